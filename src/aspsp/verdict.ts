import type { RegistrationError, RuleResult } from '../domain/registration.js';
import type { Evidence } from './evidence.js';
import type { Rule } from './rules/rule.js';

/** The judgement of a registration: every rule with what it came to, and what the bank will answer. */
export interface Verdict {
  readonly rules: readonly RuleResult[];
  readonly refusal: { readonly error: RegistrationError; readonly description: string } | undefined;
}

/**
 * Runs a table of rules in order. A rule whose prerequisite has not passed is skipped and says so; all others run, so
 * that a TPP learns everything that is wrong at once. The first failure decides the refusal.
 */
export async function judge(rules: readonly Rule[], evidence: Evidence): Promise<Verdict> {
  const results: RuleResult[] = [];
  const passedIds = new Set<string>();
  let refusal: Verdict['refusal'];
  for (const rule of rules) {
    const result = await apply(rule, evidence, passedIds);
    results.push(result);
    if (result.outcome === 'passed') passedIds.add(rule.id);
    if (result.outcome === 'failed') refusal ??= { error: rule.error, description: describe(result) };
  }
  return { rules: results, refusal };
}

async function apply(rule: Rule, evidence: Evidence, passedIds: ReadonlySet<string>): Promise<RuleResult> {
  const { id, title, spec } = rule;
  const missing = rule.needs.find((needed) => !passedIds.has(needed));
  if (missing !== undefined)
    return { id, title, spec, outcome: 'skipped', reason: `needs ${missing}, which did not pass` };
  return { id, title, spec, ...(await rule.check(evidence)) };
}

const LONGEST_DESCRIPTION = 500;

/**
 * One line for `error_description`.
 * @see RFC 6749 section 5.2: printable ASCII without quotation mark and backslash
 */
function describe({ id, expected = '', actual = '' }: RuleResult): string {
  return `${id}: expected ${expected}, got ${actual}`
    .replace(/"/g, "'")
    .replace(/\\/g, '/')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, LONGEST_DESCRIPTION);
}
