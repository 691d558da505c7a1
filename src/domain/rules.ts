import { quote } from './errors.js';

/** What one check came to. */
export type Finding =
  | {
      readonly outcome: 'passed';
      /** Present when the check passed because a value was replaced. */
      readonly expected?: string;
      readonly actual?: string;
      readonly reason?: string;
    }
  | { readonly outcome: 'failed'; readonly expected: string; readonly actual: string }
  | { readonly outcome: 'skipped'; readonly reason: string };

/** One check of a request, as people read it in a verdict. */
export interface Rule<Evidence, Code extends string = string> {
  readonly id: string;
  readonly title: string;
  /** The claim or parameter that the rule is about, where it is about one. */
  readonly claim?: string;
  /** Document and section. */
  readonly spec: string;
  /** What is answered when this is the first rule to fail. */
  readonly error: Code;
  /** Rules that must have passed; when one has not, this one is skipped. */
  readonly needs: readonly string[];
  readonly check: (evidence: Evidence) => Finding | Promise<Finding>;
}

/** A rule with what it came to. */
export type Judged = Pick<Rule<never>, 'id' | 'title' | 'spec'> & Finding;

/** Every rule with what it came to, and the failure that decides. */
export interface Judgement<Code extends string> {
  readonly results: readonly Judged[];
  readonly decisive: { readonly error: Code; readonly description: string } | undefined;
}

/**
 * Runs a table of rules in order. A rule whose prerequisite failed, or could not run itself, is skipped and says so; all
 * others run, so that a caller learns everything that is wrong at once. A prerequisite that did not apply stands in
 * nobody's way: a rule must not be passed over for what a request leaves out. The first failure decides.
 */
export async function judge<Evidence, Code extends string>(
  rules: readonly Rule<Evidence, Code>[],
  evidence: Evidence,
): Promise<Judgement<Code>> {
  const results: Judged[] = [];
  const met = new Set<string>();
  let decisive: Judgement<Code>['decisive'];
  for (const { id, title, spec, needs, error, check } of rules) {
    const unmet = needs.find((needed) => !met.has(needed));
    if (unmet !== undefined) {
      results.push({ id, title, spec, ...skipped(`needs ${unmet}, which did not pass`) });
      continue;
    }
    const finding = await check(evidence);
    results.push({ id, title, spec, ...finding });
    if (finding.outcome !== 'failed') met.add(id);
    else decisive ??= { error, description: `${id}: expected ${finding.expected}, got ${finding.actual}` };
  }
  return { results, decisive };
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

/** What time claims are held against. */
export interface Moment {
  readonly at: Date;
  readonly clockSkewSeconds: number;
}

/** @see RFC 7519 section 4.1.6 */
export function checkIssuedAt({ at, clockSkewSeconds }: Moment, issuedAt: unknown, claim = 'iat'): Finding {
  if (!isNumericDate(issuedAt)) return failed(`${claim}: whole seconds since the epoch`, quote(issuedAt));
  return issuedAt <= at.getTime() / 1000 + clockSkewSeconds
    ? passed
    : failed(`${claim} not after ${at.toISOString()}`, instantOf(issuedAt));
}

/** @see RFC 7519 section 4.1.4 */
export function checkNotExpired({ at, clockSkewSeconds }: Moment, expiresAt: unknown): Finding {
  if (!isNumericDate(expiresAt)) return failed('exp: whole seconds since the epoch', quote(expiresAt));
  return expiresAt >= at.getTime() / 1000 - clockSkewSeconds
    ? passed
    : failed(`exp not before ${at.toISOString()}`, instantOf(expiresAt));
}

/** The instant of a NumericDate, no later than a `Date` and its ISO 8601 form can hold. */
export function instantWithin(seconds: number): string {
  const LATEST_MILLISECONDS = 253_402_300_799_000; // 9999-12-31T23:59:59Z
  return new Date(Math.min(seconds * 1000, LATEST_MILLISECONDS)).toISOString();
}
