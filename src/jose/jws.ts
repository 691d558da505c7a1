import type { KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
// Part by part: the whole of the library costs every start several times as much.
import * as errors from 'jose/errors';
import { CompactSign } from 'jose/jws/compact/sign';
import { compactVerify } from 'jose/jws/compact/verify';
import type * as jsoncParser from 'jsonc-parser';
import { quote } from '../domain/errors.js';
import { isNestedDeeper } from '../domain/json.js';
import { limits } from '../domain/limits.js';

const load = createRequire(import.meta.url);
/** Loaded with the first JWS that comes in: a start need not wait for it. */
const parser = () => load('jsonc-parser') as typeof jsoncParser;

/** A compact JWS taken apart. Nothing of it is verified. */
export interface DecodedJws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

export type DecodeResult =
  { readonly ok: true; readonly jws: DecodedJws } | { readonly ok: false; readonly reason: string };

/** Takes a compact JWS with a JSON object as payload apart, without trusting it. @see RFC 7515 section 3.1 */
export function decodeJws(token: string): DecodeResult {
  const parts = token.split('.');
  if (token === '') return { ok: false, reason: 'nothing' };
  if (parts.length !== 3)
    return { ok: false, reason: `${parts.length - 1} ${parts.length === 2 ? 'dot' : 'dots'} instead of 2` };
  const [headerPart = '', payloadPart = '', signaturePart = ''] = parts;
  if (!/^[A-Za-z0-9_-]*$/.test(signaturePart))
    return { ok: false, reason: 'a signature that is not base64url' };
  const header = decodeObject(headerPart, 'a header');
  if (typeof header === 'string') return { ok: false, reason: header };
  const payload = decodeObject(payloadPart, 'a payload');
  if (typeof payload === 'string') return { ok: false, reason: payload };
  return { ok: true, jws: { header, payload } };
}

/** The object, or what came instead of one. */
function decodeObject(part: string, name: string): Record<string, unknown> | string {
  const text = decodeText(part);
  const value = text === undefined ? undefined : parseJson(text);
  if (text === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `${name} that is not base64url of a JSON object`;
  }
  if (isNestedDeeper(value, limits.tokenDepth)) return `JSON nested deeper than ${limits.tokenDepth} levels`;
  const repeated = repeatedMember(text);
  if (repeated !== undefined) return `${name} with the member ${quote(repeated)} twice`;
  return value as Record<string, unknown>;
}

function decodeText(part: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'));
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A name that an object of the text has twice: what one reader takes from such a text, another does not.
 * @see RFC 7515 section 4, RFC 7519 section 4
 */
function repeatedMember(text: string): string | undefined {
  const open: Set<string>[] = [];
  let repeated: string | undefined;
  parser().visit(text, {
    onObjectBegin: () => void open.push(new Set()),
    onObjectEnd: () => void open.pop(),
    onObjectProperty: (member) => {
      const members = open.at(-1);
      if (members?.has(member)) repeated ??= member;
      members?.add(member);
    },
  });
  return repeated;
}

/** What a compact JWS says of itself; the extensions that `crit` names are members too. */
export interface JwsHeader {
  readonly alg: string;
  readonly crit?: string[];
  readonly [member: string]: unknown;
}

/**
 * Signs a payload as a compact JWS; the header's members keep the order given, with `alg` where the caller put it.
 * The signature is made by OpenSSL, off the event loop.
 */
export function signJws(
  header: JwsHeader,
  payload: Readonly<Record<string, unknown>>,
  key: KeyObject,
): Promise<string> {
  return signJwsText(header, JSON.stringify(payload), key);
}

/** Signs a text as a compact JWS, whether or not it is JSON. @see RFC 7515 section 7.1 */
export async function signJwsText(header: JwsHeader, payload: string, key: KeyObject): Promise<string> {
  const extensions = Object.fromEntries((header.crit ?? []).map((name) => [name, true]));
  return new CompactSign(Buffer.from(payload, 'utf8'))
    .setProtectedHeader({ ...header })
    .sign(key, { crit: extensions });
}

/** The payload of a detached JWS put back in its place. @see RFC 7515 appendix F */
export function attachPayload(detached: string, payload: string): string | undefined {
  const [header, empty, signature, ...others] = detached.split('.');
  if (!header || empty !== '' || !signature || others.length > 0) return undefined;
  return `${header}.${Buffer.from(payload, 'utf8').toString('base64url')}.${signature}`;
}

/** A payload as a compact JWS that nobody has signed: `alg` is `none`, the signature empty. @see RFC 7518 section 3.6 */
export function unsignedJws(
  header: JwsHeader & { readonly alg: 'none' },
  payload: Readonly<Record<string, unknown>>,
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
  return `${part(header)}.${part(payload)}.`;
}

/**
 * Whether `key` signed the token with one of `algorithms`. Claims, dates and the other header members are not looked at.
 * A header with `crit` never verifies.
 */
export async function verifyJwsSignature(
  token: string,
  key: KeyObject,
  algorithms: readonly string[],
): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [...algorithms] });
    return true;
  } catch (error) {
    // TypeErrors are jose's answer to a key that does not fit the algorithm.
    if (error instanceof errors.JOSEError || error instanceof TypeError) return false;
    throw error;
  }
}
