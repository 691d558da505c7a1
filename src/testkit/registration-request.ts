import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { BankProfile } from '../aspsp/profile.js';
import { signJws, unsignedJws } from '../jose/jws.js';
import { requestAlgorithm, type Claims } from '../sandbox/registration-claims.js';
import { nameOfKey } from '../sandbox/registration-signature.js';
import type { TestKey } from './keys.js';

/** With what a request is signed: a key of the kit, any private key, or none at all. */
export type SignWith = Pick<TestKey, 'kid' | 'key'> | KeyObject | string;

/** How a request departs from the one that the bank accepts. */
export interface RequestChanges {
  /** Claims to replace or add; a claim that is undefined is left out. */
  readonly claims?: Claims;
  /** Members of the JOSE header to replace or add; one that is undefined is left out. */
  readonly header?: Claims;
  /**
   * A key of the kit, which brings its `kid`; or a private key, as `KeyObject` or PEM, under the `kid` of the TPP's own; or
   * `'none'` for no signature.
   */
  readonly signWith?: SignWith;
}

/** Signs a request as the bank wants it, but for what was asked to be otherwise. */
export function signRequest(
  claims: Claims,
  { header, signWith }: Pick<RequestChanges, 'header' | 'signWith'>,
  signing: TestKey,
  profile: BankProfile,
): Promise<string> {
  const payload = defined(claims);
  if (signWith === 'none')
    return Promise.resolve(unsignedJws({ ...defined({ typ: 'JWT', ...header }), alg: 'none' }, payload));
  const kid = isKitKey(signWith) ? signWith.kid : nameOfKey(signing, profile);
  const members = defined({ typ: 'JWT', alg: requestAlgorithm(profile), kid, ...header });
  return signJws({ ...members, alg: String(members['alg']) }, payload, keyOf(signWith, signing));
}

function defined(members: Claims): Claims {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function isKitKey(signWith: SignWith | undefined): signWith is Pick<TestKey, 'kid' | 'key'> {
  return typeof signWith === 'object' && 'kid' in signWith;
}

function keyOf(signWith: SignWith | undefined, signing: TestKey): KeyObject {
  if (signWith === undefined) return signing.key;
  if (typeof signWith === 'string') return createPrivateKey(signWith);
  return isKitKey(signWith) ? signWith.key : signWith;
}
