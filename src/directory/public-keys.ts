import { createPublicKey, type KeyObject } from 'node:crypto';
import { invalidInput, notFound, quote, type DomainError } from '../domain/errors.js';
import type { PublicKeyRecord, PublicKeyType, RevocationReason } from '../domain/key-record.js';
import { limits } from '../domain/limits.js';
import type { Clock, OrganisationRepository } from '../domain/ports.js';
import { thumbprintKid } from '../jose/jwk.js';
import { parsePem } from '../pki/pem.js';
import { withRevoked } from './key-records.js';
import type { KeyReservations } from './key-reservations.js';
import { findStatement, refuseInactive, refuseInactiveStatement } from './registry.js';

/** Public keys of software statements that nobody certifies: for signatures (`sigkey`) and for encryption (`enckey`). */
export class PublicKeys {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly keyReservations: KeyReservations,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `not_found` */
  ofSoftwareStatement(softwareId: string): readonly PublicKeyRecord[] {
    const { record } = findStatement(this.organisations, softwareId);
    return record.publicKeys.filter((key) => key.softwareId === softwareId);
  }

  /** Those of all statements of the organisation. @throws DomainError `not_found` */
  ofOrganisation(organisationId: string): readonly PublicKeyRecord[] {
    const record = this.organisations.find(organisationId);
    if (!record) throw notFound('organisation', organisationId);
    return record.publicKeys;
  }

  find(kid: string): PublicKeyRecord | undefined {
    return this.organisations.findByKid(kid)?.publicKeys.find((key) => key.kid === kid);
  }

  /**
   * Adds a public key in PEM.
   * @throws DomainError `not_found`, `invalid_input`, `conflict` for a key that is known already, `precondition_failed`
   *   when organisation or statement is not active
   * @see Directory API 2.2.0, CSROrKey
   */
  async add(softwareId: string, type: PublicKeyType, pem: string): Promise<PublicKeyRecord> {
    const { record } = findStatement(this.organisations, softwareId);
    const publicKey = readPublicKey(pem);
    const kid = thumbprintKid(publicKey);
    const added: PublicKeyRecord = {
      kid,
      type,
      organisationId: record.organisation.id,
      softwareId,
      publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      createdAt: this.clock.now().toISOString(),
      revocation: null,
    };
    await this.keyReservations.store(kid, 'body key', () =>
      this.organisations.update(record.organisation.id, (current) => {
        refuseInactive(current.organisation);
        current.softwareStatements.filter(({ id }) => id === softwareId).forEach(refuseInactiveStatement);
        return { ...current, publicKeys: [...current.publicKeys, added] };
      }),
    );
    return added;
  }

  /** @throws DomainError `not_found`, `conflict` when it is revoked already */
  async revoke(kid: string, reason: RevocationReason): Promise<void> {
    const key = this.find(kid);
    if (!key) throw notFound('public key', kid);
    const at = this.clock.now().toISOString();
    await this.organisations.update(key.organisationId, (current) => ({
      ...current,
      publicKeys: withRevoked(current.publicKeys, kid, { at, reason }, 'key'),
    }));
  }
}

const range = `${limits.rsaModulusMinimumBits} to ${limits.rsaModulusMaximumBits} bits`;

/** Observed: all keys seen in the real keystore are RSA. */
function readPublicKey(pem: string): KeyObject {
  const expected = 'one PEM block "PUBLIC KEY"';
  const blocks = parsePem(pem);
  const [block] = blocks ?? [];
  if (!block || blocks?.length !== 1) throw wrongKey(expected, block ? 'several PEM blocks' : quote(pem));
  if (block.label !== 'PUBLIC KEY') throw wrongKey(expected, `a PEM block "${block.label}"`);
  const key = importKey(block.der);
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key?.asymmetricKeyType !== 'rsa')
    throw wrongKey('an RSA key', key?.asymmetricKeyType ?? 'no readable key');
  if (bits < limits.rsaModulusMinimumBits || bits > limits.rsaModulusMaximumBits) {
    throw wrongKey(`an RSA key of ${range}`, `one of ${bits} bits`);
  }
  return key;
}

function importKey(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function wrongKey(expected: string, actual: string): DomainError {
  return invalidInput([{ field: 'body key', expected, actual }]);
}
