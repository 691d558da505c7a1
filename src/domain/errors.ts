import { leaveOutSecrets } from './secrets.js';

/**
 * What was wrong with one field of an input: which, what was expected and what came.
 * @category Start
 */
export interface FieldProblem {
  /** Its name, with the path to it: `redirectUris[1]`. */
  readonly field: string;
  /** In words, as a part of a sentence. */
  readonly expected: string;
  /** The value as JSON, cut to a bearable length and without secrets. */
  readonly actual: string;
}

/**
 * The closed set of codes; `http/errors.ts` alone maps them to status codes.
 * @category Start
 */
export type ErrorCode =
  | 'invalid_input'
  | 'invalid_csr'
  | 'unauthorised'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'no_answer'
  | 'storage_failed';

/**
 * A refusal with a code that programs read and a sentence that people read.
 * @category Start
 */
export class DomainError extends Error {
  /** For programs that have more than one copy of this class. */
  override readonly name = 'DomainError';

  constructor(
    /** What kind of a refusal it is. */
    readonly code: ErrorCode,
    message: string,
    /** Every field that was wrong; none where it was not about fields. */
    readonly problems: readonly FieldProblem[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An input that has one or more wrong fields; the message names them all. */
export function invalidInput(
  problems: readonly FieldProblem[],
  code: ErrorCode = 'invalid_input',
): DomainError {
  return new DomainError(code, problems.map(describeProblem).join('; '), problems);
}

export function notFound(what: string, id: string): DomainError {
  return new DomainError('not_found', `There is no ${what} ${quote(id)}.`);
}

/** One line of text for a problem. */
export function describeProblem(problem: FieldProblem): string {
  return `${problem.field}: expected ${problem.expected}, got ${problem.actual}`;
}

const LONGEST_QUOTE = 80;

/** Shows any value in a message: as JSON without secrets, cut to a bearable length, printable. */
export function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value, leaveOutSecrets);
  if (text.length <= LONGEST_QUOTE) return text;
  // Of a text the reader knows how long it is without quotes and escapes.
  const length = typeof value === 'string' ? value.length : text.length;
  return `${text.slice(0, LONGEST_QUOTE)}... (${length} characters)`;
}
