import type { z } from 'zod';
import { limits } from './limits.js';
import { invalidInput, quote, type FieldProblem } from './errors.js';

/**
 * Parses an input against its schema.
 * @throws DomainError `invalid_input` that names every wrong field, up to a limit, what was expected and what came
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidInput(problemsOf(result.error, input).slice(0, limits.problemsNamed));
}

/** The problems zod found, in our words. */
export function problemsOf(error: z.ZodError, input: unknown): FieldProblem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, input));
}

function problemsOfIssue(issue: z.core.$ZodIssue, input: unknown): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName([...issue.path, key]),
      expected: 'no member of this name',
      actual: quote(valueAt(input, [...issue.path, key])),
    }));
  }
  return [
    {
      field: fieldName(issue.path),
      expected: expectationOf(issue),
      actual: quote(valueAt(input, issue.path)),
    },
  ];
}

/** Messages given in our schemas are noun phrases ("an https URI"); zod's own are put into words here. */
function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return articled(issue.expected);
    case 'too_big':
      return `at most ${amount(issue.maximum, issue.origin)}`;
    case 'too_small':
      return `at least ${amount(issue.minimum, issue.origin)}`;
    case 'invalid_value':
      return alternatives(issue.values.map((value) => quote(value)));
    default:
      return issue.message;
  }
}

/** `"a"`, or `one of "a", "b"`. */
function alternatives(values: readonly string[]): string {
  return values.length === 1 ? values.join() : `one of ${values.join(', ')}`;
}

const units: Readonly<Record<string, string>> = { string: 'character', array: 'item' };

/** `1 character`, `36 characters`; a number alone for numbers. */
function amount(count: number | bigint, origin: string): string {
  const unit = units[origin];
  return unit === undefined ? `${count}` : `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function articled(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** `redirectUris[1]`, `authority.id`; the body itself is called `body`. */
function fieldName(path: readonly PropertyKey[]): string {
  const name = path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    '',
  );
  return name || 'body';
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    input,
  );
}
