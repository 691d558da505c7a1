import { quote } from '../../domain/errors.js';
import type { RegistrationError } from '../../domain/registration.js';
import type { Evidence } from '../evidence.js';

/** What one check came to. */
export type Finding =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'failed'; readonly expected: string; readonly actual: string }
  | { readonly outcome: 'skipped'; readonly reason: string };

/** One check of a registration, as people read it in a verdict. */
export interface Rule {
  readonly id: string;
  readonly title: string;
  /** The claim that the rule is about, where it is about one. */
  readonly claim?: string;
  /** Document and section. */
  readonly spec: string;
  /** What the bank answers when this is the first rule to fail. */
  readonly error: RegistrationError;
  /** Rules that must have passed; when one has not, this one is skipped. */
  readonly needs: readonly string[];
  readonly check: (evidence: Evidence) => Finding | Promise<Finding>;
}

export const passed: Finding = { outcome: 'passed' };

export function failed(expected: string, actual: string): Finding {
  return { outcome: 'failed', expected, actual };
}

export function skipped(reason: string): Finding {
  return { outcome: 'skipped', reason };
}

/** Fails with the value as it came unless the condition holds. */
export function expectThat(condition: boolean, expected: string, value: unknown): Finding {
  return condition ? passed : failed(expected, quote(value));
}

/** A time claim in words: the number and the instant it means. */
export function instantOf(numericDate: number): string {
  const at = new Date(numericDate * 1000);
  return Number.isNaN(at.getTime()) ? quote(numericDate) : `${numericDate} (${at.toISOString()})`;
}

/** A number of whole seconds since the epoch. @see RFC 7519 section 2, NumericDate */
export function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
