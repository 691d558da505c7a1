import { STATUS_CODES } from 'node:http';
import type { Exchange, RecordedAnswer } from '../../sandbox/tape/exchange.js';
import type { Parties, Party } from '../../sandbox/tape/parties.js';
import { tppKeysOf } from '../../sandbox/tape/selection.js';
import type { ShownBody, ShownExchange } from '../../sandbox/tape/views.js';
import { prettyJson, timesOf } from './view-models.js';

/** The lanes of the diagram, from left to right: a bank stands between those who call it and the Directory. */
const lanes = [
  { id: 'tpp', name: 'TPP' },
  { id: 'bank', name: 'Bank' },
  { id: 'directory', name: 'Directory' },
  { id: 'other', name: 'Elsewhere' },
] as const;

/** Signs for what came of a call, beside its words: never colour alone. */
const outcomes = {
  good: '✓',
  refused: '✗',
  failed: '✗',
  open: '…',
} as const;

interface Outcome {
  readonly kind: keyof typeof outcomes;
  readonly sign: string;
  readonly text: string;
}

/** A call as the diagram shows it, with the calls that came of it. */
export interface CallRow {
  readonly id: string;
  readonly at: string;
  readonly time: string;
  readonly from: string;
  readonly to: string;
  readonly method: string;
  readonly target: string;
  /** The lanes that its arrow joins, the left one first, and whether it points to the left. */
  readonly span: string;
  readonly pointsLeft: boolean;
  readonly outcome: Outcome;
  readonly milliseconds: string | undefined;
  readonly verdictPath: string | undefined;
  readonly children: readonly CallRow[];
}

/** Calls that no other call here caused, each with what came of it, in the order given. */
export function callTree(exchanges: readonly Exchange[], parties: Parties): CallRow[] {
  const present = new Set(exchanges);
  const children = new Map<Exchange | undefined, Exchange[]>();
  for (const exchange of exchanges) {
    const { parent } = exchange;
    const key = parent && present.has(parent) ? parent : undefined;
    children.set(key, [...(children.get(key) ?? []), exchange]);
  }
  const rowsUnder = (parent: Exchange | undefined): CallRow[] =>
    (children.get(parent) ?? []).map((exchange) => ({
      ...callRow(exchange, parties),
      children: rowsUnder(exchange),
    }));
  return rowsUnder(undefined);
}

/** The lanes that a diagram needs: those of others only where there are any. */
export function lanesOf(exchanges: readonly Exchange[], parties: Parties) {
  const hasOthers = exchanges.some((exchange) =>
    [parties.callerOf(exchange), parties.calledIn(exchange)].some(({ party }) => party === 'other'),
  );
  return lanes.filter(({ id }) => id !== 'other' || hasOthers);
}

function callRow(exchange: Exchange, parties: Parties): Omit<CallRow, 'children'> {
  const { id, at, request, milliseconds, verdict } = exchange;
  const [from, to] = [parties.callerOf(exchange), parties.calledIn(exchange)];
  const [start, end] = [laneOf(from), laneOf(to)];
  return {
    id,
    at: at.toISOString(),
    time: at.toISOString().slice(11, 23),
    from: from.name,
    to: to.name,
    method: request.method,
    target: shortened(targetOf(request.url)),
    span: `${Math.min(start, end)}-${Math.max(start, end)}`,
    pointsLeft: end < start,
    outcome: outcomeOf(exchange),
    milliseconds: milliseconds === undefined ? undefined : `${Math.round(milliseconds)} ms`,
    verdictPath: verdict && `/banks/${verdict.bankId}/attempts/${verdict.attemptId}`,
  };
}

function laneOf({ party }: Party): number {
  return lanes.findIndex(({ id }) => party === id || party.startsWith(`${id}:`));
}

/** Without the host, which the arrow says. */
function targetOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/';
}

/** Ids of organisations, software statements, keys and clients. */
const LONG_ID =
  /(?<=\/)(?:[0-9A-Za-z]{18}|[0-9A-Za-z]{22}|[\w-]{27}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?=[/.?]|$)/g;

/** With long ids cut in their middle: the page of the exchange has them whole. */
function shortened(target: string): string {
  return target.replace(LONG_ID, (id) => `${id.slice(0, 5)}…${id.slice(-3)}`);
}

function outcomeOf({ answer, fetched }: Pick<Exchange, 'answer' | 'fetched'>): Outcome {
  if (answer) return outcomeOfAnswer(answer);
  if (!fetched) return outcome('open', 'under way');
  return fetched.ok ? outcome('good', 'fetched') : outcome('failed', fetched.reason);
}

function outcomeOfAnswer({ status, isComplete }: RecordedAnswer): Outcome {
  if (status === 0) return outcome('failed', 'no answer');
  const text = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  if (!isComplete) return outcome('failed', `${text}, broken off`);
  return outcome(status < 400 ? 'good' : status < 500 ? 'refused' : 'failed', text);
}

function outcome(kind: Outcome['kind'], text: string): Outcome {
  return { kind, sign: outcomes[kind], text };
}

/** Everybody on the tape by whom it can be filtered, each once, by name. */
export function filterOptions(exchanges: readonly Exchange[], parties: Parties) {
  const tpps = new Map<string, string>();
  const banks = new Map<string, string>();
  for (const party of exchanges.flatMap((one) => [parties.callerOf(one), parties.calledIn(one)])) {
    const [key] = tppKeysOf(party);
    if (key !== undefined) tpps.set(key, party.name);
    if (party.party.startsWith('bank:')) banks.set(party.party.slice('bank:'.length), party.name);
  }
  const optionsOf = (names: ReadonlyMap<string, string>) =>
    Array.from(names, ([value, text]) => ({ value, text })).sort((one, other) =>
      one.text.localeCompare(other.text, 'en-GB'),
    );
  return { tpps: optionsOf(tpps), banks: optionsOf(banks) };
}

/** One exchange as its own page shows it. */
export function exchangeView(shown: ShownExchange, exchange: Exchange) {
  const { from, to, request, answer, fetched } = shown;
  return {
    ...shown,
    target: targetOf(request.url),
    outcome: outcomeOf(exchange),
    from: { ...from, path: pathOf(from) },
    to: { ...to, path: pathOf(to) },
    requestBody: bodyView(request.body),
    answerBody: bodyView(answer?.body ?? fetched?.body ?? null),
  };
}

function pathOf({ party, softwareId, organisationId, known }: Party): string | undefined {
  if (party === 'directory') return '/trust';
  if (party.startsWith('bank:')) return `/banks/${party.slice('bank:'.length)}`;
  if (!known) return undefined;
  return softwareId === undefined ? `/organisations/${organisationId}` : `/software-statements/${softwareId}`;
}

const tokenNames: Readonly<Record<string, string>> = {
  body: 'Token',
  'body.software_statement': 'SSA',
  'body.client_assertion': 'Client assertion',
};

function bodyView(body: ShownBody | null) {
  if (!body) return undefined;
  const { text, base64, tokens, ...facts } = body;
  return {
    ...facts,
    text: text === undefined ? base64 : indented(text),
    isBase64: base64 !== undefined,
    tokens: tokens.map((token) => ({
      ...token,
      name: tokenNames[token.where] ?? token.where,
      times: timesOf(token.payload),
    })),
  };
}

/** JSON in lines that can be read; anything else as it is. */
function indented(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return prettyJson(JSON.parse(text));
  } catch {
    return text;
  }
}
