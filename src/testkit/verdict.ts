import { inspect } from 'node:util';
import type { Attempt, RuleResult } from '../domain/registration.js';
import { attemptResponse } from '../http/errors.js';

/**
 * A rule that a request broke, as the desk's page shows it.
 * @category Banks
 */
export interface Failure {
  /** Of the rule: it stays the same from version to version. */
  readonly id: string;
  /** What the rule demands. */
  readonly title: string;
  /** What would have been right. */
  readonly expected: string;
  /** What came. */
  readonly got: string;
  /** Document and section. */
  readonly spec: string;
}

/**
 * What a mock bank found, rule by rule. Printed, it says what was wrong.
 * @category Banks
 */
export class Verdict {
  /** @param attempt undefined where the bank left none */
  constructor(readonly attempt: Attempt | undefined) {}

  /** Every rule in the order of their checks. */
  get rules(): readonly RuleResult[] {
    return this.attempt?.rules ?? [];
  }

  /** The rules that were broken. The first of them decided the answer. */
  get failures(): readonly Failure[] {
    return this.rules
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ id, title, spec, expected = '', actual = '' }) => ({ id, title, expected, got: actual, spec }));
  }

  /** The answer in a line, and below it each broken rule with what was expected and what came. */
  toString(): string {
    const { attempt } = this;
    if (!attempt) return 'The bank left no verdict.';
    const { status, error } = attemptResponse(attempt);
    const answer = error === undefined ? `${status}` : `${status} ${error}`;
    return [`${attempt.operation} at ${attempt.bankId}: ${answer}`, ...this.failures.flatMap(lines)].join(
      '\n',
    );
  }

  /** What `console.log` and assertions print. */
  [inspect.custom](): string {
    return this.toString();
  }
}

function lines({ id, title, expected, got, spec }: Failure): string[] {
  return [`✗ ${title} (${id})`, `  expected: ${expected}`, `  got: ${got}`, `  see: ${spec}`];
}
