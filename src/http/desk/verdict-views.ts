import type { AttemptOperation, RuleResult } from '../../domain/registration.js';
import type { AttemptView } from './bank-views.js';
import { jsonMembers } from './json-lines.js';
import { CERTIFICATE, placesOfRule } from './rule-places.js';
import { citationsOf } from './specifications.js';
import { timesOf } from './view-models.js';

/** Words and signs for the outcomes of a check, never colour alone; in the order of what people look for. */
export const outcomes = {
  failed: { sign: '✗', word: 'failed' },
  replaced: { sign: '⇄', word: 'replaced' },
  passed: { sign: '✓', word: 'passed' },
  skipped: { sign: '–', word: 'skipped' },
} as const;

export type RuleOutcome = keyof typeof outcomes;

/** Whether a word of a query is an outcome. */
export function isOutcome(word: unknown): word is RuleOutcome {
  return typeof word === 'string' && word in outcomes;
}

/**
 * The rules of a verdict, what failed first, and how many of them came to what.
 * @param shown the one outcome to show, or all of them when absent
 */
export function verdictView(
  results: readonly RuleResult[],
  shown: RuleOutcome | undefined,
  tokens: TokenViews,
) {
  const places = new Set([CERTIFICATE, ...tokens.flatMap(({ ids }) => ids)]);
  const rules = results.map((rule, index) => {
    const outcome = outcomeOf(rule);
    return {
      ...rule,
      outcome,
      ...outcomes[outcome],
      number: index + 1,
      citations: citationsOf(rule.spec),
      // A claim that is not there cannot be shown: then the part of the token that lacks it.
      place: placesOfRule(rule).find((place) => places.has(place)),
    };
  });
  const counts = Object.entries(outcomes).map(([outcome, { sign, word }]) => ({
    outcome,
    sign,
    word,
    count: rules.filter((rule) => rule.outcome === outcome).length,
    isShown: outcome === shown,
  }));
  return {
    shown,
    total: rules.length,
    decisive: rules.find(({ outcome }) => outcome === 'failed'),
    groups: groupsOf(rules, shown),
    counts: counts.filter(({ outcome, count }) => outcome !== 'replaced' || count > 0),
    failedAt: failedAt(rules),
  };
}

/** Rules by what they came to. What is not asked for is folded away where something failed. */
function groupsOf<R extends { readonly outcome: RuleOutcome }>(
  rules: readonly R[],
  shown: RuleOutcome | undefined,
) {
  const hasFailed = rules.some(({ outcome }) => outcome === 'failed');
  return Object.keys(outcomes)
    .filter(isOutcome)
    .map((outcome) => ({
      outcome,
      ...outcomes[outcome],
      rules: rules.filter((rule) => rule.outcome === outcome),
      isFolded: shown === undefined && (outcome === 'skipped' || (outcome === 'passed' && hasFailed)),
    }))
    .filter((group) => group.rules.length > 0 && (shown === undefined || group.outcome === shown));
}

/** A rule that passed gives a reason only where the bank put another value in place of what was asked for. */
function outcomeOf({ outcome, reason }: RuleResult): RuleOutcome {
  return outcome === 'passed' && reason !== undefined ? 'replaced' : outcome;
}

/** The rules that failed, by the place that they look at. */
function failedAt(
  rules: readonly {
    readonly id: string;
    readonly outcome: RuleOutcome;
    readonly place: string | undefined;
  }[],
): ReadonlyMap<string, string[]> {
  const byPlace = new Map<string, string[]>();
  for (const { id, outcome, place } of rules) {
    if (outcome !== 'failed' || place === undefined) continue;
    byPlace.set(place, [...(byPlace.get(place) ?? []), id]);
  }
  return byPlace;
}

/** A token as it was sent. */
interface SentToken {
  readonly name: string;
  readonly token: AttemptView['request'];
  /** What is said where there is none. */
  readonly absent: string;
  readonly compact?: string | undefined;
  /** What it is called in a sentence. */
  readonly spoken: string;
  /** What is said where it could be decoded, and the compact form is not there any more. */
  readonly forgotten?: string;
}

/** The SSA as it came. */
function compactSsaIn(request: AttemptView['request']): string | undefined {
  const statement = request?.payload['software_statement'];
  return typeof statement === 'string' ? statement : undefined;
}

/**
 * The tokens that an attempt carries, line by line; reading and removing take none.
 * @param compactRequest the registration request as it was signed, where that is remembered
 */
export function tokensOf(
  { operation, request, ssa }: Pick<AttemptView, 'operation' | 'request' | 'ssa'>,
  compactRequest: string | undefined,
) {
  const absent = 'Could not be decoded.';
  const registration = [
    {
      name: 'Registration request',
      spoken: 'the registration request',
      token: request,
      absent,
      compact: compactRequest,
      forgotten:
        'It is remembered as it was signed until a restart alone, and not with secrets in it; so it cannot be inspected here.',
    },
    { name: 'SSA', spoken: 'the SSA', token: ssa, absent, compact: compactSsaIn(request) },
  ];
  const assertion = {
    name: 'Client assertion',
    spoken: 'the client assertion',
    token: request,
    absent: 'There was none, or it could not be decoded.',
  };
  const tokens: Readonly<Record<AttemptOperation, readonly SentToken[]>> = {
    create: registration,
    replace: registration,
    token: [assertion],
    read: [],
    remove: [],
  };
  return tokens[operation].map(({ token, absent: sentence, compact, forgotten, ...named }, index) => {
    const parts = token ? (['payload', 'header'] as const).map((part) => partOf(token, part, index)) : [];
    return {
      ...named,
      absent: sentence,
      compact,
      forgotten: token && compact === undefined ? forgotten : undefined,
      parts,
      times: token ? timesOf(token.payload) : [],
      ids: parts.flatMap(({ id, members }) => [id, ...members.flatMap((member) => member.id ?? [])]),
    };
  });
}

type TokenViews = ReturnType<typeof tokensOf>;

function partOf(
  token: Readonly<Record<'header' | 'payload', Readonly<Record<string, unknown>>>>,
  part: 'header' | 'payload',
  index: number,
) {
  const id = `token-${index}-${part}`;
  return { id, label: part === 'header' ? 'Header' : 'Payload', members: jsonMembers(token[part], id) };
}
