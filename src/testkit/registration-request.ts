import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { BankProfile } from '../aspsp/profile.js';
import { signJws, signJwsText, unsignedJws } from '../jose/jws.js';
import type { TestKey } from './keys.js';
import { requestAlgorithm, type Claims } from './registration-claims.js';

/**
 * With what a request is signed: a key of the kit, any private key, or none at all.
 * @category TPP
 */
export type SignWith = Pick<TestKey, 'kid' | 'key'> | KeyObject | string;

/**
 * How a request departs from the one that the bank accepts.
 * @category TPP
 */
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
  const kid = isKitKey(signWith) ? signWith.kid : kidOf(signing, profile);
  const members = defined({ typ: 'JWT', alg: requestAlgorithm(profile), kid, ...header });
  return signJws({ ...members, alg: String(members['alg']) }, payload, keyOf(signWith, signing));
}

/** A detached signature of a body, for banks that want one beside a replacement. @see RFC 7515 appendix F */
export async function detachedSignature(
  body: string,
  signing: TestKey,
  profile: BankProfile,
): Promise<string> {
  const header = { typ: 'JOSE', alg: requestAlgorithm(profile), kid: signing.kid };
  const [head = '', , signature = ''] = (await signJwsText(header, body, signing.key)).split('.');
  return `${head}..${signature}`;
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

/** The name of the key that the bank understands. @see formats.md section 7, quirk 12 */
function kidOf({ kid, certificatePem }: TestKey, { request: { kidNames } }: BankProfile): string {
  if (kidNames.includes('kid')) return kid;
  const { fingerprint, fingerprint256 } = new X509Certificate(certificatePem);
  const hex = kidNames.includes('x5t') ? fingerprint : fingerprint256;
  return Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url');
}
