import type { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify, errors } from 'jose';
import { limits } from '../domain/limits.js';

/** The algorithms FAPI allows. @see FAPI 1.0 Advanced section 8.6 */
export const fapiAlgorithms = ['PS256', 'ES256'] as const;
export type FapiAlgorithm = (typeof fapiAlgorithms)[number];

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
  if (parts.length !== 3)
    return { ok: false, reason: token === '' ? 'nothing' : `${parts.length - 1} dots instead of 2` };
  const [headerPart = '', payloadPart = '', signaturePart = ''] = parts;
  if (!/^[A-Za-z0-9_-]*$/.test(signaturePart))
    return { ok: false, reason: 'a signature that is not base64url' };
  const header = decodeObject(headerPart);
  if (!header) return { ok: false, reason: 'a header that is not base64url of a JSON object' };
  const payload = decodeObject(payloadPart);
  if (!payload) return { ok: false, reason: 'a payload that is not base64url of a JSON object' };
  if (isNestedDeeper(header, limits.tokenDepth) || isNestedDeeper(payload, limits.tokenDepth)) {
    return { ok: false, reason: `JSON nested deeper than ${limits.tokenDepth} levels` };
  }
  return { ok: true, jws: { header, payload } };
}

/** Writing JSON down takes stack for each level, so what cannot be written must not get in. */
function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isNestedDeeper(member, levels - 1));
}

function decodeObject(part: string): Record<string, unknown> | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Signs a payload as a compact JWS; the header's members keep the order given, with `alg` where the caller put it.
 * The signature is made by OpenSSL, off the event loop.
 */
export async function signJws(
  header: { readonly alg: string; readonly [member: string]: unknown },
  payload: Readonly<Record<string, unknown>>,
  privateKey: KeyObject,
): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload), 'utf8'))
    .setProtectedHeader({ ...header })
    .sign(privateKey);
}

/** A payload as a compact JWS that nobody has signed: `alg` is `none`, the signature empty. @see RFC 7518 section 3.6 */
export function unsignedJws(
  header: { readonly alg: 'none'; readonly [member: string]: unknown },
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
