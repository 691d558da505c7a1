import type { BankProfile } from '../../aspsp/profile.js';
import { isNumericDate } from '../../domain/rules.js';
import type { ClaimDictionary, ClaimText } from '../../sandbox/inspection/claims.js';
import { duration, fromNow } from './spans.js';
import { prettyJson } from './view-models.js';

/** What a list of claims is shown for. */
export interface ClaimContext {
  /** Begins the ids of the page that lead to the claims. */
  readonly idPrefix: string;
  /** The instant of the sandbox clock. */
  readonly at: Date;
  /** Of banks that may be shown the token; they decide how old an SSA may be. Empty where age is of no concern. */
  readonly banks: readonly BankProfile[];
}

type Values = Readonly<Record<string, unknown>>;

/** A claim with everything there is to say of it. */
export interface ClaimView {
  readonly id: string;
  readonly name: string;
  /** Undefined for a claim that is missing and should be there. */
  readonly text: string | undefined;
  readonly isCode: boolean;
  readonly means: string | undefined;
  readonly spec: string | undefined;
  readonly members: readonly { readonly name: string; readonly means: string }[];
  readonly length: { readonly used: number; readonly limit: number; readonly words: string } | undefined;
  readonly time:
    { readonly at: string; readonly words: string; readonly notes: readonly string[] } | undefined;
}

/** The claims of a part of a token in their order, then those that are missing although something is said of them. */
export function claimViews(
  values: Values,
  missing: readonly string[],
  dictionary: ClaimDictionary,
  context: ClaimContext,
): ClaimView[] {
  const absent = missing
    .filter((name) => !Object.hasOwn(values, name))
    .map((name) => [name, undefined] as const);
  return [...Object.entries(values), ...absent].map(([name, value]) =>
    claimView(name, value, Object.hasOwn(dictionary, name) ? dictionary[name] : undefined, context),
  );
}

/** The id of a claim on its page. Its name may be anything, so what an id cannot have is written as its code. */
export function claimId(idPrefix: string, name: string): string {
  return `${idPrefix}-${name.replace(/[^A-Za-z0-9_]/g, (other) => `-${other.codePointAt(0) ?? 0}-`)}`;
}

function claimView(
  name: string,
  value: unknown,
  known: ClaimText | undefined,
  context: ClaimContext,
): ClaimView {
  return {
    id: claimId(context.idPrefix, name),
    name,
    text: value === undefined ? undefined : valueText(value),
    isCode: typeof value === 'object' && value !== null,
    means: known?.means,
    spec: known?.spec,
    members: Object.entries(known?.members ?? {}).map(([member, means]) => ({ name: member, means })),
    length: known?.length === undefined ? undefined : lengthView(value, known.length),
    time: known?.time === undefined ? undefined : timeView(name, value, context),
  };
}

const LONGEST_LINE = 60;

/** A value as people read it: text as it is, anything else as JSON, in one line where that is short. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  const line = JSON.stringify(value);
  return line.length <= LONGEST_LINE ? line.replaceAll('","', '", "') : prettyJson(value);
}

/** How much of its length a text takes, or the longest text of a list. */
function lengthView(value: unknown, limit: number): ClaimView['length'] {
  const isList = Array.isArray(value);
  const texts = (isList ? (value as unknown[]) : [value]).filter((item) => typeof item === 'string');
  if (texts.length === 0) return undefined;
  const used = Math.max(...texts.map(({ length }) => length));
  const excess = used > limit ? `, ${used - limit} too many` : '';
  return { used, limit, words: `${isList ? 'longest: ' : ''}${used} of ${limit} characters${excess}` };
}

function timeView(name: string, value: unknown, { at: now, banks }: ClaimContext): ClaimView['time'] {
  if (!isNumericDate(value)) return undefined;
  const at = new Date(value * 1000);
  if (Number.isNaN(at.getTime())) return undefined;
  return {
    at: at.toISOString(),
    words: fromNow(at.toISOString(), now.toISOString()),
    notes: name === 'iat' ? ageNotes(banks, at, now) : [],
  };
}

/** How old banks let an SSA be, those that agree together. */
function ageNotes(banks: readonly BankProfile[], issuedAt: Date, now: Date): string[] {
  const byAge = new Map<number, string[]>();
  for (const { name, ssa } of banks)
    byAge.set(ssa.maxAgeSeconds, [...(byAge.get(ssa.maxAgeSeconds) ?? []), name]);
  const ageSeconds = (now.getTime() - issuedAt.getTime()) / 1000;
  return Array.from(byAge, ([maxAgeSeconds, names]) => {
    const verdict = ageSeconds > maxAgeSeconds ? 'Too old for' : 'Young enough for';
    return `${verdict} ${listText(names)}: ${duration(maxAgeSeconds)} at most.`;
  });
}

function listText(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
