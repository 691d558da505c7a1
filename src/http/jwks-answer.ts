import { jwkSetSchema } from '../domain/jwk.js';
import { limits } from '../domain/limits.js';
import type { JwksFetchResult } from '../domain/ports.js';

const REDIRECTS = [301, 302, 303, 307, 308];

/** What is said of an answer that did not come to its end. */
export const CLOSED_EARLY = 'the connection was closed before the answer was complete';
export const TOO_LARGE = `more than ${limits.jwksBytes} bytes`;

export function tooLate(timeoutMilliseconds: number): string {
  return `no complete answer within ${timeoutMilliseconds / 1000} seconds`;
}

/** Why an answer with this status is not read; undefined when it is. */
export function objectionToStatus(status: number): string | undefined {
  if (REDIRECTS.includes(status)) return `status ${status}, a redirect that is not followed`;
  return status === 200 ? undefined : `status ${status}`;
}

/** The set that the body of an answer is, or why it is none. */
export function readJwks(text: string, freshSeconds: number): JwksFetchResult {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused('is not JSON');
  }
  // Counted first: each of a great many wrong keys would cost the schema a complaint of its own.
  if (countKeys(json) > limits.jwksKeyCount) return refused(`has more than ${limits.jwksKeyCount} keys`);
  const result = jwkSetSchema.safeParse(json);
  return result.success ? { ok: true, jwks: result.data, freshSeconds } : refused('is no JWK set');
}

export function refused(reason: string): JwksFetchResult {
  return { ok: false, reason };
}

export function unfetchable(reason: string): JwksFetchResult {
  return refused(`cannot be fetched: ${reason}`);
}

function countKeys(json: unknown): number {
  const keys = typeof json === 'object' && json !== null && 'keys' in json ? json.keys : undefined;
  return Array.isArray(keys) ? keys.length : 0;
}
