import { notFound } from '../domain/errors.js';
import type { KeyRecord, KeyStatus, PublicKeyRecord, RevocationReason } from '../domain/key-record.js';
import type { CertificateService } from './certificates.js';
import type { PublicKeys } from './public-keys.js';

/** A key of a participant, certified or bare. */
export interface RegisteredKey {
  readonly record: KeyRecord | PublicKeyRecord;
  readonly status: KeyStatus;
}

/** Certificates and bare public keys side by side, as the Directory's API lists them. */
export class KeyRegister {
  constructor(
    private readonly certificates: Pick<
      CertificateService,
      'ofOrganisation' | 'allOfOrganisation' | 'ofSoftwareStatement' | 'associatedWith' | 'revoke'
    >,
    private readonly publicKeys: PublicKeys,
  ) {}

  /** Certificates of the organisation itself. @throws DomainError `not_found` */
  async ofOrganisation(organisationId: string): Promise<RegisteredKey[]> {
    return this.certificates.ofOrganisation(organisationId);
  }

  /** Keys of a statement, and the organisation's certificates associated with it. @throws DomainError `not_found` */
  async ofSoftwareStatement(softwareId: string): Promise<RegisteredKey[]> {
    return [
      ...(await this.certificates.ofSoftwareStatement(softwareId)),
      ...(await this.certificates.associatedWith(softwareId)),
      ...this.publicKeys.ofSoftwareStatement(softwareId).map(present),
    ];
  }

  /** The same for each statement of the organisation, by its id. @throws DomainError `not_found` */
  async ofEachStatement(organisationId: string): Promise<ReadonlyMap<string, RegisteredKey[]>> {
    const bySoftwareId = new Map<string, RegisteredKey[]>();
    const add = (softwareId: string, key: RegisteredKey) => {
      const keys = bySoftwareId.get(softwareId);
      if (keys) keys.push(key);
      else bySoftwareId.set(softwareId, [key]);
    };
    for (const key of await this.allOfOrganisation(organisationId)) {
      statementsServedBy(key.record).forEach((softwareId) => add(softwareId, key));
    }
    return bySoftwareId;
  }

  /** Any key of the organisation or of its statements. @throws DomainError `not_found` */
  async get(organisationId: string, kid: string): Promise<RegisteredKey> {
    const key = (await this.allOfOrganisation(organisationId)).find(({ record }) => record.kid === kid);
    if (!key) throw notFound('certificate or key', kid);
    return key;
  }

  /** A key of the organisation or of its statements. @throws DomainError `not_found`, `conflict` */
  async revokeOf(organisationId: string, kid: string, reason: RevocationReason): Promise<void> {
    await this.get(organisationId, kid);
    await this.revoke(kid, reason);
  }

  /** @throws DomainError `not_found`, `conflict` when it is revoked already */
  async revoke(kid: string, reason: RevocationReason): Promise<void> {
    if (this.publicKeys.find(kid)) await this.publicKeys.revoke(kid, reason);
    else await this.certificates.revoke(kid, reason);
  }

  private async allOfOrganisation(organisationId: string): Promise<RegisteredKey[]> {
    const certified = await this.certificates.allOfOrganisation(organisationId);
    return [...certified, ...this.publicKeys.ofOrganisation(organisationId).map(present)];
  }
}

/** The statement that has the key, or those that the organisation's certificate is associated with. */
export function statementsServedBy(record: RegisteredKey['record']): readonly string[] {
  if (record.softwareId !== null) return [record.softwareId];
  return 'associations' in record ? record.associations : [];
}

function present(record: PublicKeyRecord): RegisteredKey {
  return { record, status: record.revocation === null ? 'active' : 'revoked' };
}
