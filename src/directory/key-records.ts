import { DomainError } from '../domain/errors.js';
import { keyRecordSchema, type KeyRecord } from '../domain/key-record.js';
import { thumbprintKid } from '../jose/jwk.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import type { QualifiedCertificate } from './qualified-certificates.js';

/** The record of a certificate that its holder brought. */
export function qualifiedKeyRecord(
  { type, certificate, certificatePem }: QualifiedCertificate,
  organisationId: string,
): KeyRecord {
  const kid = thumbprintKid(certificate.x509.publicKey);
  const chosen = { kid, type, organisationId, softwareId: null, certificatePem, privateKeyPem: null };
  return keyRecordOf(certificate, chosen);
}

/** The record of a new key; what the certificate says of itself is read off it. */
export function keyRecordOf(
  { serialNumber, notBefore, notAfter, thumbprintSha256 }: ParsedCertificate,
  chosen: Pick<
    KeyRecord,
    'kid' | 'type' | 'organisationId' | 'softwareId' | 'certificatePem' | 'privateKeyPem'
  >,
): KeyRecord {
  return keyRecordSchema.parse({
    ...chosen,
    associations: [],
    serialNumber,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    thumbprintSha256,
    revocation: null,
  });
}

/** The records, with one of them revoked. @throws DomainError `conflict` when it is revoked already */
export function withRevoked<Key extends Pick<KeyRecord, 'kid' | 'revocation'>>(
  records: readonly Key[],
  kid: string,
  revocation: NonNullable<KeyRecord['revocation']>,
  what: 'certificate' | 'key',
): Key[] {
  return records.map((record) => {
    if (record.kid !== kid) return record;
    if (record.revocation !== null) {
      throw new DomainError('conflict', `The ${what} "${kid}" was revoked at ${record.revocation.at}.`);
    }
    return { ...record, revocation };
  });
}
