import { z } from 'zod';
import { limits } from './limits.js';
import { invalidInput, quote, type FieldProblem } from './errors.js';
import { nearest } from './nearest.js';

/** Of more names than these a misspelt one is not told, where one of them is near it. */
const NAMES_SHOWN = 12;

/**
 * Parses an input against its schema.
 * @throws DomainError `invalid_input` that names every wrong field, up to a limit, what was expected and what came
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidInput(problemsOf(result.error, input, schema).slice(0, limits.problemsNamed));
}

/**
 * The problems zod found, in our words.
 * @param schema tells for a member that is unknown which there are
 */
export function problemsOf(error: z.ZodError, input: unknown, schema?: z.ZodType): FieldProblem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, input, schema));
}

function problemsOfIssue(
  issue: z.core.$ZodIssue,
  input: unknown,
  schema: z.ZodType | undefined,
): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldName([...issue.path, key]),
      expected: `no member of this name${hint(key, membersAt(schema, issue.path))}`,
      actual: quote(valueAt(input, [...issue.path, key])),
    }));
  }
  return [
    {
      field: fieldName(issue.path),
      expected: expectationOf(issue, valueAt(input, issue.path)),
      actual: quote(valueAt(input, issue.path)),
    },
  ];
}

/** Messages given in our schemas are noun phrases ("an https URI"); zod's own are put into words here. */
function expectationOf(issue: z.core.$ZodIssue, actual: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return articled(issue.expected);
    case 'too_big':
      return `at most ${amount(issue.maximum, issue.origin)}`;
    case 'too_small':
      return `at least ${amount(issue.minimum, issue.origin)}`;
    case 'invalid_value':
      return alternatives(issue.values, actual);
    default:
      return issue.message;
  }
}

/** `"a"`, or `one of "a", "b"`; of many only how many there are, where one is near what came. */
function alternatives(values: readonly unknown[], actual: unknown): string {
  const written = values.map((value) => quote(value)).join(', ');
  if (values.length === 1) return written;
  const names = values.filter((value) => typeof value === 'string');
  const meant =
    values.length > NAMES_SHOWN && typeof actual === 'string' ? nearest(actual, names) : undefined;
  return meant === undefined ? `one of ${written}` : `one of ${values.length} names${didYouMean(meant)}`;
}

/** What to say of the names that there are to somebody who used another. */
function hint(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return didYouMean(meant);
  return known.length === 0 ? '' : ` (there are ${known.join(', ')})`;
}

function didYouMean(name: string): string {
  return ` (did you mean ${quote(name)}?)`;
}

/** The members of the object that a schema has at a path; none where that depends on what is there. */
function membersAt(schema: z.core.$ZodType | undefined, path: readonly PropertyKey[]): readonly string[] {
  const [first, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    return first === undefined ? Object.keys(shape) : membersAt(shape[String(first)], rest);
  }
  if (schema instanceof z.ZodArray) return first === undefined ? [] : membersAt(schema.element, rest);
  const { innerType, in: input } = (schema?._zod.def ?? {}) as Wrapping;
  const inner = innerType ?? input;
  return inner ? membersAt(inner, path) : [];
}

/** What a schema holds that makes another optional, or goes on with what it has read. */
interface Wrapping {
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
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
