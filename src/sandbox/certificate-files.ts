import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { KeyReader } from '../directory/certificates.js';
import type { Keystore } from '../directory/keystore.js';
import type { Jwk } from '../domain/jwk.js';
import { useOfKey } from '../domain/key-record.js';
import { limits } from '../domain/limits.js';
import { parseInput } from '../domain/parse.js';
import type { Random } from '../domain/ports.js';
import { privateKeyJwk } from '../jose/jwk.js';
import { encodePkcs12 } from '../pki/pkcs12.js';

const MAC_SALT_BYTES = 16;

/** What is asked of a PKCS#12 file. */
export const pkcs12Schema = z.strictObject({
  password: z
    .string()
    .min(1)
    .max(limits.pkcs12PasswordLength)
    .refine((text) => !/\p{Cc}/u.test(text), 'a password without control characters'),
});

/** Certificates and their keys in the forms that tools take, beside PEM. */
export class CertificateFiles {
  constructor(
    private readonly certificates: KeyReader,
    private readonly keystore: Keystore,
    private readonly random: Random,
  ) {}

  /** The certificate alone, in DER. @throws DomainError `not_found` */
  der(kid: string): Buffer {
    return new X509Certificate(this.certificates.get(kid).record.certificatePem).raw;
  }

  /** The public key, as its holder's JWKS shows it. @throws DomainError `not_found` */
  jwk(kid: string): Jwk {
    return this.keystore.jwkOf(this.certificates.get(kid).record);
  }

  /** @throws DomainError `not_found` when the key is its holder's own */
  privateJwk(kid: string): Jwk {
    const privateKeyPem = this.certificates.getPrivateKey(kid);
    return privateKeyJwk({ privateKeyPem, use: useOfKey[this.certificates.get(kid).record.type] });
  }

  /**
   * Key and certificates in one file.
   * @param request `{password}`, under which the key is kept in it
   * @throws DomainError `not_found` when the key is its holder's own, `invalid_input`
   */
  pkcs12(kid: string, request: unknown): Buffer {
    const privateKeyPem = this.certificates.getPrivateKey(kid);
    const { password } = parseInput(pkcs12Schema, request);
    const { record, chainPem } = this.certificates.get(kid);
    return encodePkcs12({
      privateKeyPem,
      certificatesPem: record.certificatePem + chainPem,
      friendlyName: `${record.type} ${kid}`,
      password,
      macSalt: this.random.bytes(MAC_SALT_BYTES),
    });
  }
}
