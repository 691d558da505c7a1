import { quote } from '../domain/errors.js';
import type { Jwk } from '../domain/jwk.js';
import { failed, passed, type Finding } from '../domain/rules.js';
import { publicKeyOfJwk } from './jwk.js';
import { verifyJwsSignature } from './jws.js';

/** Header members that would let a token bring or point at its own key, or change how it is read. */
const forbiddenHeaderMembers = ['x5c', 'x5u', 'jwk', 'jku', 'crit', 'b64'] as const;

/** @see RFC 8725 sections 3.5 and 3.10 */
export function checkHeaderMembers(header: Readonly<Record<string, unknown>>): Finding {
  const present = forbiddenHeaderMembers.filter((member) => header[member] !== undefined);
  return present.length === 0
    ? passed
    : failed(`a JOSE header without ${forbiddenHeaderMembers.join(', ')}`, present.join(', '));
}

/** Whether one of the keys that were found for a `kid` signed the token. */
export async function checkKeyedSignature(
  token: string,
  kid: string | undefined,
  found: { readonly keys: readonly Jwk[] } | { readonly problem: string },
  algorithms: readonly string[],
): Promise<Finding> {
  const expected =
    kid === undefined ? 'a signature by a registered key' : `a signature by the key ${quote(kid)}`;
  if ('problem' in found) return failed(expected, found.problem);
  for (const jwk of found.keys) {
    const key = publicKeyOfJwk(jwk);
    if (key && (await verifyJwsSignature(token, key, algorithms))) return passed;
  }
  return failed(expected, 'a signature that does not verify');
}
