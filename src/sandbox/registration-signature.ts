import { X509Certificate, type KeyObject } from 'node:crypto';
import type { BankProfile } from '../aspsp/profile.js';
import { signJwsText } from '../jose/jws.js';
import { requestAlgorithm } from './registration-claims.js';

/** A private key with the certificate that names it. */
export interface SigningKey {
  /** Its name in the Directory's keystore. */
  readonly kid: string;
  readonly key: KeyObject;
  readonly certificatePem: string;
}

/** The name of a key that the bank understands. @see formats.md section 7, quirk 12 */
export function nameOfKey(
  { kid, certificatePem }: Pick<SigningKey, 'kid' | 'certificatePem'>,
  { request: { kidNames } }: BankProfile,
): string {
  if (kidNames.includes('kid')) return kid;
  const { fingerprint, fingerprint256 } = new X509Certificate(certificatePem);
  const hex = kidNames.includes('x5t') ? fingerprint : fingerprint256;
  return Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url');
}

/** A detached signature of a body, for banks that want one beside a replacement. @see RFC 7515 appendix F */
export async function detachedSignature(
  body: string,
  { kid, key }: Pick<SigningKey, 'kid' | 'key'>,
  profile: BankProfile,
): Promise<string> {
  const header = { typ: 'JOSE', alg: requestAlgorithm(profile), kid };
  const [head = '', , signature = ''] = (await signJwsText(header, body, key)).split('.');
  return `${head}..${signature}`;
}
