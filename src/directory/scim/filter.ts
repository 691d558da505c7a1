import { createRequire } from 'node:module';
import type * as filterParser from 'scim2-parse-filter';
import { quote } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import {
  formatPath,
  readMember,
  resolvePath,
  someValue,
  type Attribute,
  type AttributePath,
  type Reader,
} from './attributes.js';
import {
  comparisonOperators,
  comparisonTest,
  isPresent,
  type ComparisonOperator,
  type Operand,
} from './comparison.js';
import { ScimError } from './scim-error.js';

type Filter = filterParser.Filter;

const load = createRequire(import.meta.url);
/** Loaded with the first filter: a start need not wait for it. */
const parser = () => load('scim2-parse-filter') as typeof filterParser;

export type Predicate<Item> = (item: Item) => boolean;

/**
 * A filter as a test of resources. An attribute that the schemas do not have counts as one without a value.
 * @throws ScimError `invalidFilter`
 * @see RFC 7644 section 3.4.2.2
 */
export function compileFilter<Item>(
  filter: string,
  attributes: readonly Attribute[],
  read: Reader<Item>,
): Predicate<Item> {
  if (filter.length > limits.scimFilterLength) {
    throw refusal(`expected at most ${limits.scimFilterLength} characters, got ${filter.length}`);
  }
  const { text, literals } = withoutLiterals(filter);
  refuseDeepNesting(text);
  const compilation: Compilation = { literals, nodes: 0 };
  return compile(parsed(text, filter), { attributes, read }, compilation, 1);
}

interface Compilation {
  readonly literals: readonly string[];
  nodes: number;
}

/** What attribute names are resolved against, and values read from: a resource, or an item of a complex attribute. */
interface Scope<Item> {
  readonly attributes: readonly Attribute[];
  readonly read: Reader<Item>;
}

/**
 * A filter with numbers in place of its texts, and the texts. The parser takes backslashes in them for backslashes, where
 * RFC 7644 has the escapes of JSON, and takes a time exponential in the line breaks of a text that does not end.
 */
function withoutLiterals(filter: string): { text: string; literals: readonly string[] } {
  const literals: string[] = [];
  const literal = /"(?:[^"\\\p{Cc}]|\\[^\p{Cc}])*"/gu;
  if (filter.replace(literal, '').includes('"')) throw refusal(`a text does not end in ${quote(filter)}`);
  const text = filter.replace(literal, (quoted) => `"${literals.push(textOf(quoted)) - 1}"`);
  return { text, literals };
}

function textOf(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw refusal(`expected a text with the escapes of JSON, got ${quote(quoted)}`);
  }
}

/** Before the parser, which calls itself for each level. */
function refuseDeepNesting(text: string): void {
  let depth = 0;
  for (const character of text) {
    if (character === '(' || character === '[') depth += 1;
    if (character === ')' || character === ']') depth -= 1;
    if (depth > limits.scimFilterDepth) throw tooDeep();
  }
}

function parsed(text: string, filter: string): Filter {
  // The parser reads `a[b].c eq d` as two conditions on `a` that different items may meet; RFC 7644 does not have it.
  if (text.includes('].')) throw refusal(`a value path ends with "]"; got ${quote(filter)}`);
  try {
    return parser().parse(text);
  } catch (cause) {
    throw new ScimError(
      'invalidFilter',
      `filter: expected a filter as in RFC 7644 section 3.4.2.2, got ${quote(filter)}`,
      { cause },
    );
  }
}

function compile<Item>(
  filter: Filter,
  scope: Scope<Item>,
  compilation: Compilation,
  depth: number,
): Predicate<Item> {
  compilation.nodes += 1;
  if (compilation.nodes > limits.scimFilterNodes) {
    throw refusal(`expected at most ${limits.scimFilterNodes} conditions`);
  }
  if (depth > limits.scimFilterDepth) throw tooDeep();
  const below = (inner: Filter) => compile(inner, scope, compilation, depth + 1);
  switch (filter.op) {
    case 'and':
    case 'or':
      return joined(filter.op, filter.filters.map(below));
    case 'not': {
      const negated = 'filter' in filter ? below(filter.filter) : undefined;
      if (!negated) break;
      return (item) => !negated(item);
    }
    case '[]':
      return valuePath(filter, scope, compilation, depth);
    case 'pr': {
      const path = resolved(filter.attrPath, scope);
      return path ? (item) => someValue(item, path, scope.read, isPresent) : () => false;
    }
    default:
      if (isComparison(filter)) return comparison(filter, scope, compilation.literals);
  }
  // The parser takes "not", and names that every object has, for what joins two filters.
  throw refusal(`expected "and" or "or" between two conditions, got ${quote((filter as Filter).op)}`);
}

function joined<Item>(operator: 'and' | 'or', tests: readonly Predicate<Item>[]): Predicate<Item> {
  return operator === 'and'
    ? (item) => tests.every((test) => test(item))
    : (item) => tests.some((test) => test(item));
}

/** Conditions that one and the same item of a complex attribute meets. */
function valuePath<Item>(
  { attrPath, valFilter }: Extract<Filter, { op: '[]' }>,
  scope: Scope<Item>,
  compilation: Compilation,
  depth: number,
): Predicate<Item> {
  const path = resolved(attrPath, scope);
  const attribute = path?.at(-1);
  if (attribute && attribute.type !== 'complex') {
    throw refusal(`"${attribute.name}" has no sub-attributes; expected a complex attribute before "["`);
  }
  const itemScope: Scope<unknown> = { attributes: attribute?.subAttributes ?? [], read: readMember };
  const test = compile(valFilter, itemScope, compilation, depth + 1);
  if (!path) return () => false;
  return (item) => someValue(item, path, scope.read, (value) => isPresent(value) && test(value));
}

interface Comparison {
  readonly op: ComparisonOperator;
  readonly attrPath: string;
  readonly compValue: Operand;
}

function isComparison(filter: Filter): filter is Extract<Filter, Comparison> {
  return comparisonOperators.some((operator) => operator === filter.op);
}

function comparison<Item>(
  { op, attrPath, compValue }: Comparison,
  scope: Scope<Item>,
  literals: readonly string[],
): Predicate<Item> {
  const operand = typeof compValue === 'string' ? (literals[Number(compValue)] ?? '') : compValue;
  const path = resolved(attrPath, scope);
  const comparable = path && comparablePath(path);
  const test = comparisonTest(op, operand, comparable?.at(-1));
  if (!comparable) return () => test(undefined);
  return (item) => someValue(item, comparable, scope.read, test);
}

/**
 * The path itself, or for a complex attribute that of its `Value`.
 * @see RFC 7643 section 2.4: `value` holds what a complex attribute is compared by
 */
export function comparablePath(path: AttributePath): AttributePath {
  const value = path.at(-1)?.subAttributes.find(({ name }) => name.toLowerCase() === 'value');
  return value ? [...path, value] : path;
}

function resolved(written: string, { attributes }: Scope<never>): AttributePath | undefined {
  const [path, ...others] = resolvePath(written, attributes);
  if (others.length === 0) return path;
  const candidates = [path ?? [], ...others].map(formatPath).join(' or ');
  throw refusal(`${quote(written)} can mean ${candidates}`);
}

function tooDeep(): ScimError {
  return refusal(`expected at most ${limits.scimFilterDepth} levels of brackets and conditions`);
}

function refusal(sentence: string): ScimError {
  return new ScimError('invalidFilter', `filter: ${sentence}.`);
}
