import { isNestedDeeper } from '../../domain/json.js';
import { limits } from '../../domain/limits.js';
import { LEFT_OUT, leaveOutSecrets, secretMembers } from '../../domain/secrets.js';

/** In the place of a token's signature: without it nobody can use the token. Of base64url, so the token stays one. */
export const SIGNATURE_LEFT_OUT = 'signature-left-out';

/** The assertion says who asks, and its signature alone is worth anything to others. */
const SIGNED_MEMBERS: readonly string[] = ['client_assertion'];

const secretHeaders = /^(?:proxy-)?authorization$|cookie|secret|token|password|credential|api-?key/i;

/** One letter is too little to know a secret by outside JSON. */
const longNames = secretMembers.filter((name) => name.length > 1 && !SIGNED_MEMBERS.includes(name)).join('|');
const VALUE = `("(?:[^"\\\\]|\\\\.)*"?|'[^']*'?|[^\\s,&}\\]]+)`;
/** As JSON and forms write it, and at the beginning of a line. */
const NAMED_SECRET = new RegExp(
  `(\\b(?:${longNames})(?:["']\\s*:|\\s*=)\\s*|^[ \\t]*(?:${longNames})\\s*:\\s*)${VALUE}`,
  'gim',
);
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const SCHEME_CREDENTIALS = /\b(Bearer|Basic|DPoP)\s+[\w.~+/=-]{16,}/gi;
const USER_INFORMATION = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@"'<>]+@/gi;
/** Asked before the text is parsed: of a host name's parts, some begin like JSON once decoded, and a failure is dear. */
const JSON_ENDS = /^\s*(?:\{[^]*\}|\[[^]*\])\s*$/;
/** Where a compact JWS or JWE may be. */
const DOTTED = /(?<![\w.-])[\w-]*\.[\w.-]+/g;

/** A header's value without credentials; a scheme such as `Bearer` stays. */
export function cleanHeader(name: string, value: string): string {
  if (!secretHeaders.test(name)) return cleanText(value);
  const [, scheme] = /^([A-Za-z][A-Za-z0-9-]*) +\S/.exec(value) ?? [];
  return scheme !== undefined && /authorization/i.test(name) ? `${scheme} ${LEFT_OUT}` : LEFT_OUT;
}

/** A request target or URL without secrets. */
export function cleanUrl(url: string): string {
  const mark = url.indexOf('?');
  if (mark < 0) return cleanText(url);
  return `${cleanText(url.slice(0, mark))}?${cleanForm(url.slice(mark + 1))}`;
}

/** The text of a body without secrets: JSON, a form, a token, or anything else. */
export function cleanBody(text: string): string {
  return cleanContent(text, limits.tapeTokenDepth);
}

function cleanContent(text: string, depth: number): string {
  const json = parseJson(text);
  if (json !== undefined) {
    const cleaned = cleanValue('', json, depth);
    // A member that comes twice is lost in parsing, and with it what it says.
    return cleaned === json && cleanText(text) === text ? text : JSON.stringify(cleaned);
  }
  return /^[\w.~%-]+=/.test(text) ? cleanForm(text, depth) : cleanText(text, depth);
}

/** A form without secrets; what needs no change keeps its escapes. @see RFC 6749 appendix B */
function cleanForm(text: string, depth: number = limits.tapeTokenDepth): string {
  return text
    .split('&')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      if (equals < 0) return cleanText(parameter, depth);
      const name = formDecode(parameter.slice(0, equals));
      const value = formDecode(parameter.slice(equals + 1));
      const cleaned = cleanMember(name, value, depth);
      return cleaned === value ? parameter : `${parameter.slice(0, equals)}=${cleaned}`;
    })
    .join('&');
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The value itself where nothing in it had to go. */
function cleanValue(member: string, value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanMember(member, value, depth);
  if (leaveOutSecrets(member, value) !== value) return LEFT_OUT;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const cleaned = entries.map(([name, item]: [string, unknown]) => [
    name,
    cleanValue(Array.isArray(value) ? '' : name, item, depth),
  ]);
  if (cleaned.every(([, item], index) => item === entries[index]?.[1])) return value;
  return Array.isArray(value) ? cleaned.map(([, item]) => item) : Object.fromEntries(cleaned);
}

function cleanMember(member: string, value: string, depth: number): string {
  if (SIGNED_MEMBERS.includes(member)) {
    const cleaned = cleanText(value, depth);
    return cleaned === value ? LEFT_OUT : cleaned;
  }
  return leaveOutSecrets(member, value) === value ? cleanText(value, depth) : LEFT_OUT;
}

function cleanText(text: string, depth: number = limits.tapeTokenDepth): string {
  let cleaned = text.includes('.') ? text.replace(DOTTED, (run) => cleanToken(run, depth)) : text;
  if (cleaned.includes('-----BEGIN')) cleaned = cleaned.replace(PRIVATE_KEY, LEFT_OUT);
  return cleaned
    .replace(NAMED_SECRET, (_whole, name: string, value: string) => {
      const quote = /^["']/.exec(value)?.[0] ?? '';
      return `${name}${quote}${LEFT_OUT}${quote}`;
    })
    .replace(SCHEME_CREDENTIALS, `$1 ${LEFT_OUT}`)
    .replace(USER_INFORMATION, `$1${LEFT_OUT}@`);
}

/** Parts joined by dots, where the last of a token is left out and the one before it has no secrets. */
function cleanToken(run: string, depth: number): string {
  const parts = run.split('.');
  const start = parts.findIndex((part) => typeof parseJson(decode(part)) === 'object');
  const [payload, ...rest] = start < 0 ? [] : parts.slice(start + 1);
  if (payload === undefined) return run;
  if (depth === 0) return LEFT_OUT;
  const content = decode(payload);
  const cleaned = cleanContent(content, depth - 1);
  const shown = cleaned === content ? payload : Buffer.from(cleaned, 'utf8').toString('base64url');
  const signature = rest.length === 0 || rest.every((part) => part === '') ? rest : [SIGNATURE_LEFT_OUT];
  return [...parts.slice(0, start + 1), shown, ...signature].join('.');
}

function decode(part: string): string {
  return Buffer.from(part, 'base64url').toString('utf8');
}

/** Undefined for what is no JSON object or array, or too deep to look through. */
function parseJson(text: string): object | undefined {
  if (!JSON_ENDS.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !isNestedDeeper(value, limits.tokenDepth)
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
