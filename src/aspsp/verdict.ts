import { errorDescription, type RegistrationError, type RuleResult } from '../domain/registration.js';
import type { Evidence } from './evidence.js';
import type { Rule } from './rules/rule.js';

/** The judgement of a registration: every rule with what it came to, and what the bank will answer. */
export interface Verdict {
  readonly rules: readonly RuleResult[];
  readonly refusal: { readonly error: RegistrationError; readonly description: string } | undefined;
}

/**
 * Runs a table of rules in order. A rule whose prerequisite failed, or could not run itself, is skipped and says so; all
 * others run, so that a TPP learns everything that is wrong at once. A prerequisite that did not apply stands in nobody's
 * way: a rule must not be passed over for what a request leaves out. The first failure decides the refusal.
 */
export async function judge(rules: readonly Rule[], evidence: Evidence): Promise<Verdict> {
  const results: RuleResult[] = [];
  const met = new Set<string>();
  let refusal: Verdict['refusal'];
  for (const rule of rules) {
    const { id, title, spec } = rule;
    const unmet = rule.needs.find((needed) => !met.has(needed));
    if (unmet !== undefined) {
      results.push({ id, title, spec, outcome: 'skipped', reason: `needs ${unmet}, which did not pass` });
      continue;
    }
    const result: RuleResult = { id, title, spec, ...(await rule.check(evidence)) };
    results.push(result);
    if (result.outcome === 'failed') refusal ??= { error: rule.error, description: describe(result) };
    else met.add(id);
  }
  return { rules: results, refusal };
}

function describe({ id, expected = '', actual = '' }: RuleResult): string {
  return errorDescription(`${id}: expected ${expected}, got ${actual}`);
}
