import { DomainError } from '../domain/errors.js';
import { keyRecordSchema, withoutHold, type KeyRecord } from '../domain/key-record.js';
import type { OrganisationRecord } from '../domain/ports.js';
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

/**
 * The record with the keys on hold whose holder is not active, and without that hold for all others: a software statement
 * that is deactivated takes its keys along, an organisation that is withdrawn or revoked all of them, and both bring them
 * back. What is on hold is revoked for everybody who looks.
 * @returns the record itself where all is so already
 * @see RFC 5280 section 5.3.1: certificateHold is the one reason that can be taken back
 */
export function withHolds(record: OrganisationRecord, at: Date): OrganisationRecord {
  const { organisation, softwareStatements, keys, publicKeys } = record;
  const inactive = new Set(softwareStatements.filter(({ active }) => !active).map(({ id }) => id));
  const isInactive = (softwareId: string | null) =>
    organisation.status !== 'Active' || (softwareId !== null && inactive.has(softwareId));
  const hold: KeyRecord['revocation'] = {
    at: at.toISOString(),
    reason: 'certificateHold',
    whileInactive: true,
  };
  const held = <Key extends Pick<KeyRecord, 'softwareId' | 'revocation'>>(key: Key): Key => {
    if (!isInactive(key.softwareId)) return withoutHold(key);
    return key.revocation ? key : { ...key, revocation: hold };
  };
  const changed = { keys: keys.map(held), publicKeys: publicKeys.map(held) };
  const isSame =
    keys.every((key, index) => key === changed.keys[index]) &&
    publicKeys.every((key, index) => key === changed.publicKeys[index]);
  return isSame ? record : { ...record, ...changed };
}

/**
 * The records, with one of them revoked; a hold gives way.
 * @throws DomainError `conflict` when it is revoked already
 */
export function withRevoked<Key extends Pick<KeyRecord, 'kid' | 'revocation'>>(
  records: readonly Key[],
  kid: string,
  revocation: NonNullable<KeyRecord['revocation']>,
  what: 'certificate' | 'key',
): Key[] {
  return records.map((record) => {
    if (record.kid !== kid) return record;
    if (record.revocation !== null && !record.revocation.whileInactive) {
      throw new DomainError('conflict', `The ${what} "${kid}" was revoked at ${record.revocation.at}.`);
    }
    return { ...record, revocation };
  });
}
