import { decodeJws } from '../../jose/jws.js';
import type { ParsedCertificate } from '../../pki/certificate.js';
import { formatName } from '../../pki/distinguished-name.js';
import type { Exchange, HeaderFields } from './exchange.js';
import type { Parties, Party } from './parties.js';
import type { RecordedBody } from './recorded-body.js';

/**
 * A token that a body, a form or a header carries, decoded; nothing of it is verified.
 * @category Tape
 */
export interface ShownToken {
  /** `body`, or the names that lead to it: `body.software_statement`. */
  readonly where: string;
  /** The JOSE header. */
  readonly header: Readonly<Record<string, unknown>>;
  /** The claims. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * A body as it is shown: as text, or in base64 where it is none; with neither when it was left out.
 * @category Tape
 */
export interface ShownBody {
  /** Without parameters; null where none was named. */
  readonly mediaType: string | null;
  /** How long it was as it came. */
  readonly bytes: number;
  /** Whether only its beginning is kept. */
  readonly cut: boolean;
  /** Whether nothing of it is kept: secrets could not be told from the rest. */
  readonly leftOut: boolean;
  /** Without secrets, signatures of tokens included. */
  readonly text?: string;
  /** Of what is no text. */
  readonly base64?: string;
  /** Those that the text carries. */
  readonly tokens: readonly ShownToken[];
}

/**
 * One exchange between TPP, Directory and bank, without secrets: as programs and pages see it.
 * @category Tape
 */
export interface ShownExchange {
  /** Names it as long as it is on the tape. */
  readonly id: string;
  /** The exchange that it came of, as a bank's fetch comes of a registration; null for calls from outside. */
  readonly parentId: string | null;
  /** When it began: ISO 8601, by the sandbox’s clock. */
  readonly at: string;
  /** Who asked. */
  readonly from: Party;
  /** Who was asked. */
  readonly to: Party;
  /** What was asked. */
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: HeaderFields;
    readonly body: ShownBody | null;
  };
  /** The client certificate; null without one. */
  readonly clientCertificate: {
    readonly subject: string;
    readonly issuer: string;
    readonly serialNumber: string;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly thumbprintSha256: string;
  } | null;
  /** Null while it is under way, and where a bank fetched from elsewhere. */
  readonly answer: {
    readonly status: number;
    readonly headers: HeaderFields;
    readonly body: ShownBody | null;
    readonly complete: boolean;
  } | null;
  /** What a fetch came to, for whoever fetched. */
  readonly fetched: {
    readonly ok: boolean;
    readonly reason?: string;
    readonly body?: ShownBody | null;
  } | null;
  /** How long it took; null while it is under way. */
  readonly milliseconds: number | null;
  /** The attempt that a bank made of it; null where it left none. */
  readonly verdict: { readonly bankId: string; readonly attemptId: string } | null;
}

const LONGEST_TRAIL = 4;

/** Decodes what is kept; costs nothing until somebody looks. */
export function showExchange(exchange: Exchange, parties: Parties): ShownExchange {
  const { id, parent, at, request, answer, fetched, milliseconds, verdict } = exchange;
  const certificate = parties.certificateOf(exchange);
  return {
    id,
    parentId: parent?.id ?? null,
    at: at.toISOString(),
    from: parties.callerOf(exchange),
    to: parties.calledIn(exchange),
    request: { ...request, body: showBody(request.body) },
    clientCertificate: certificate ? showCertificate(certificate) : null,
    answer: answer
      ? {
          status: answer.status,
          headers: answer.headers,
          body: showBody(answer.body),
          complete: answer.isComplete,
        }
      : null,
    fetched: fetched ? (fetched.ok ? { ok: true, body: showBody(fetched.body) } : fetched) : null,
    milliseconds: milliseconds === undefined ? null : Math.round(milliseconds * 10) / 10,
    verdict: verdict ?? null,
  };
}

function showCertificate(certificate: ParsedCertificate): ShownExchange['clientCertificate'] {
  const { subject, issuer, serialNumber, notBefore, notAfter, thumbprintSha256 } = certificate;
  return {
    subject: formatName(subject),
    issuer: formatName(issuer),
    serialNumber,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    thumbprintSha256,
  };
}

function showBody(body: RecordedBody | undefined): ShownBody | null {
  if (!body) return null;
  const { mediaType = null, bytes, isCut: cut, kind, content } = body;
  const facts = { mediaType, bytes, cut, leftOut: kind === 'left-out', tokens: [] };
  if (kind === 'left-out') return facts;
  if (kind === 'binary') return { ...facts, base64: content.toString('base64') };
  const text = content.toString('utf8');
  return { ...facts, text, tokens: tokensIn(text) };
}

/** The tokens of a body: the body itself, or members and parameters of it, and tokens inside those. */
function tokensIn(text: string): ShownToken[] {
  const json = /^\s*[[{]/.test(text) ? parse(text) : undefined;
  if (json !== undefined) return tokensUnder(json, []);
  const whole = text.trim();
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(whole)) return tokensUnder(whole, []);
  return tokensUnder(Object.fromEntries(new URLSearchParams(text)), []);
}

function tokensUnder(value: unknown, trail: readonly string[]): ShownToken[] {
  if (trail.length > LONGEST_TRAIL) return [];
  if (typeof value === 'string') {
    const decoded = value.includes('.') ? decodeJws(value) : undefined;
    if (!decoded?.ok) return [];
    const { header, payload } = decoded.jws;
    return [{ where: ['body', ...trail].join('.'), header, payload }, ...tokensUnder(payload, trail)];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]: [string, unknown]) =>
    tokensUnder(item, [...trail, name]),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
