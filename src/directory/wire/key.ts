import type { Jwk } from '../../domain/jwk.js';
import type { KeyStatus } from '../../domain/key-record.js';
import { statementsServedBy, type RegisteredKey } from '../key-register.js';

/** The real vocabulary is not known; ours is that of organisations. @see formats.md section 4 */
const statusOnWire: Readonly<Record<KeyStatus, string>> = {
  active: 'Active',
  revoked: 'Revoked',
  expired: 'Expired',
};

/**
 * A key as the Directory's API shows it: its JWK, whose it is and how it stands.
 * @param jwk the key as its holder's JWKS has it
 * @see Directory API 2.2.0, CertificateOrKeyGetSchema
 */
export function keyToWire({ record, status }: RegisteredKey, jwk: Jwk): Readonly<Record<string, unknown>> {
  return {
    obOrganisationId: record.organisationId,
    Associations: statementsServedBy(record),
    status: statusOnWire[status],
    keyType: record.type,
    ...('notAfter' in record ? { expiryDateTime: record.notAfter } : {}),
    ...jwk,
  };
}
