import { quote } from '../../domain/errors.js';
import type { Attribute } from './attributes.js';
import { ScimError } from './scim-error.js';

export const comparisonOperators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
export type ComparisonOperator = (typeof comparisonOperators)[number];

export type Operand = string | number | boolean | null;
export type ValueTest = (value: unknown) => boolean;

/** Whether a value counts as one. @see RFC 7643 section 2.5, RFC 7644 section 3.4.2.2, `pr` */
export const isPresent: ValueTest = (value) => {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== '';
};

/**
 * The test that a comparison puts to each value of an attribute. What has no value is equal to null, and unequal to every
 * other operand; nothing else is true of it.
 * @param attribute undefined for one that the schemas do not have, which has no value
 * @throws ScimError `invalidFilter` for a combination that makes no sense
 * @see RFC 7644 section 3.4.2.2, table 3
 */
export function comparisonTest(
  operator: ComparisonOperator,
  operand: Operand,
  attribute: Attribute | undefined,
): ValueTest {
  if (operand === null) return nullTest(operator);
  if (attribute === undefined) return () => operator === 'ne';
  switch (attribute.type) {
    case 'boolean':
      return booleanTest(operator, operand, attribute);
    case 'dateTime':
      return dateTimeTest(operator, operand, attribute);
    case 'string':
      return textTest(operator, textOperand(operand, attribute, 'a text'), attribute.caseExact);
    case 'complex':
      throw refusal(`"${attribute.name}" is a complex attribute; expected one of its sub-attributes`);
  }
}

function nullTest(operator: ComparisonOperator): ValueTest {
  if (operator === 'eq') return (value) => !isPresent(value);
  if (operator === 'ne') return isPresent;
  throw refusal(`"${operator}" does not compare with null; expected "eq" or "ne"`);
}

function booleanTest(operator: ComparisonOperator, operand: Operand, { name }: Attribute): ValueTest {
  if (operator !== 'eq' && operator !== 'ne') {
    throw refusal(`"${operator}" does not compare "${name}", a boolean attribute; expected "eq" or "ne"`);
  }
  if (typeof operand !== 'boolean') {
    throw refusal(`"${name}" is a boolean attribute; expected true or false, got ${quote(operand)}`);
  }
  return operator === 'eq' ? (value) => value === operand : (value) => value !== operand;
}

type TextOperator = 'co' | 'sw' | 'ew';
type Comparable = string | number;

const textOperations: Readonly<Record<TextOperator, (value: string, operand: string) => boolean>> = {
  co: (value, operand) => value.includes(operand),
  sw: (value, operand) => value.startsWith(operand),
  ew: (value, operand) => value.endsWith(operand),
};

const orderOperations: Readonly<
  Record<Exclude<ComparisonOperator, TextOperator>, (value: Comparable, operand: Comparable) => boolean>
> = {
  eq: (value, operand) => value === operand,
  ne: (value, operand) => value !== operand,
  gt: (value, operand) => value > operand,
  ge: (value, operand) => value >= operand,
  lt: (value, operand) => value < operand,
  le: (value, operand) => value <= operand,
};

/** Texts are ordered by their UTF-16 code units: the same everywhere, and quick. */
function textTest(operator: ComparisonOperator, operand: string, caseExact: boolean): ValueTest {
  const wanted = caseExact ? operand : operand.toLowerCase();
  const operation: (value: string, operand: string) => boolean = isTextOperator(operator)
    ? textOperations[operator]
    : orderOperations[operator];
  return (value) => {
    if (typeof value !== 'string') return operator === 'ne';
    return operation(caseExact ? value : value.toLowerCase(), wanted);
  };
}

/** Instants are compared as such, however they are written. @see RFC 7643 section 2.3.5 */
function dateTimeTest(operator: ComparisonOperator, operand: Operand, attribute: Attribute): ValueTest {
  const expected = 'a date and time such as "2026-11-24T10:00:00Z"';
  const written = textOperand(operand, attribute, expected);
  if (isTextOperator(operator)) return textTest(operator, written, false);
  const wanted = instantOf(written);
  if (wanted === undefined) {
    throw refusal(`"${attribute.name}" is a dateTime attribute; expected ${expected}, got ${quote(operand)}`);
  }
  return (value) => {
    const instant = instantOf(value);
    return instant === undefined ? operator === 'ne' : orderOperations[operator](instant, wanted);
  };
}

/** Milliseconds since 1970; what names no time zone is in UTC. Undefined for what is no date and time. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const parts = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/i.exec(value);
  if (!parts) return undefined;
  const instant = Date.parse(parts[1] === undefined ? `${value}Z` : value);
  return Number.isNaN(instant) ? undefined : instant;
}

function isTextOperator(operator: ComparisonOperator): operator is TextOperator {
  return operator in textOperations;
}

function textOperand(operand: Operand, { name, type }: Attribute, expected: string): string {
  if (typeof operand === 'string') return operand;
  throw refusal(`"${name}" is a ${type} attribute; expected ${expected}, got ${quote(operand)}`);
}

function refusal(sentence: string): ScimError {
  return new ScimError('invalidFilter', `filter: ${sentence}.`);
}
