import { decodeJws, type DecodedJws } from '../../jose/jws.js';

/** What somebody pasted: the token in it, or what it is instead of one. */
type PastedToken =
  | {
      readonly ok: true;
      readonly token: string;
      /** What stood around the token or in it, in words. */
      readonly passedOver: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

/** A pasted token taken apart. Nothing of it is verified. */
export type ReadToken =
  (Extract<PastedToken, { ok: true }> & { readonly jws: DecodedJws }) | Extract<PastedToken, { ok: false }>;

/** Takes the token in a pasted text apart, or says what came instead of one. */
export function readToken(text: string): ReadToken {
  const pasted = tokenIn(text);
  if (!pasted.ok) return pasted;
  const decoded = decodeJws(pasted.token);
  return decoded.ok ? { ...pasted, jws: decoded.jws } : decoded;
}

/** What tokens come wrapped in when they are copied from elsewhere; each may stand inside another. */
const wrappings: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  {
    name: 'the link around it',
    pattern: /^https?:\/\/[^\s#]+#(?:[^#]*&)?token=(?<inside>[^&\s]+)(?:&\S*)?$/,
  },
  { name: 'the name of a header', pattern: /^Authorization:\s*(?<inside>\S.*)$/is },
  { name: 'the word Bearer', pattern: /^Bearer\s+(?<inside>\S.*)$/is },
  { name: 'quotes', pattern: /^(["'`])(?<inside>.*)\1[,;]?$/s },
];

const WRAPPINGS_AT_MOST = 4;

/** Members of our answers, and of other people's, that hold a token. */
const tokenMembers = ['ssa', 'token', 'software_statement', 'client_assertion'];

/** What PEM holds, and is pasted by mistake. @see RFC 7468 */
const pemContents: Readonly<Record<string, string>> = {
  CERTIFICATE: 'a certificate: paste the SSA, which has three parts with dots between them',
  'CERTIFICATE REQUEST': 'a certificate signing request: paste the SSA',
  'NEW CERTIFICATE REQUEST': 'a certificate signing request: paste the SSA',
  'PUBLIC KEY': 'a public key: paste the SSA',
};

/** A text with control characters, or one that was no UTF-8, is not text. */
// eslint-disable-next-line no-control-regex -- these are what it looks for
const BINARY = /[\u0000-\u0008\u000e-\u001f\ufffd]/;

/** Finds the token in what somebody pasted: quotes, `Bearer`, line breaks and the JSON of an answer are forgiven. */
function tokenIn(text: string): PastedToken {
  let rest = text.replace(/^\ufeff/, '').trim();
  const passedOver: string[] = [];
  for (let round = 0; round < WRAPPINGS_AT_MOST; round++) {
    const other = otherThing(rest);
    if (other !== undefined) return { ok: false, reason: other };
    const unwrapped = unwrap(rest);
    if (!unwrapped) break;
    if ('reason' in unwrapped) return { ok: false, reason: unwrapped.reason };
    passedOver.push(unwrapped.name);
    rest = unwrapped.inside.trim();
  }
  const token = rest.replace(/\s+/g, '');
  if (token !== rest) passedOver.push('spaces and line breaks');
  return { ok: true, token, passedOver };
}

/** What the text is, where no token can be in it. */
function otherThing(text: string): string | undefined {
  if (text === '') return 'nothing';
  if (BINARY.test(text)) return 'binary data: paste the text of the token';
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
  if (label === undefined) return undefined;
  if (label.endsWith('PRIVATE KEY')) return 'a private key: keep it to yourself, and paste the SSA';
  return pemContents[label] ?? 'PEM: paste the SSA';
}

function unwrap(text: string): { name: string; inside: string } | { reason: string } | undefined {
  if (text.startsWith('{') || text.startsWith('[')) return tokenOfJson(text);
  for (const { name, pattern } of wrappings) {
    const inside = pattern.exec(text)?.groups?.['inside'];
    if (inside !== undefined) return { name, inside };
  }
  return undefined;
}

function tokenOfJson(text: string): { name: string; inside: string } | { reason: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'a text that begins like JSON and is none' };
  }
  const members = Object.entries(value ?? {});
  const found = tokenMembers
    .map((name) => members.find(([member]) => member === name)?.[1] as unknown)
    .find((member) => typeof member === 'string');
  if (found !== undefined) return { name: 'the JSON around it', inside: found };
  return { reason: `JSON without a member ${tokenMembers.slice(0, 2).join(' or ')}: paste the token itself` };
}
