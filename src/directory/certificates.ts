import { createPublicKey } from 'node:crypto';
import { DomainError, invalidInput, notFound, quote } from '../domain/errors.js';
import {
  keyStatus,
  organisationCertificateTypes,
  qualifiedCertificateTypes,
  softwareCertificateTypes,
  type CertificateType,
  type KeyRecord,
  type KeyStatus,
  type RevocationReason,
} from '../domain/key-record.js';
import { organisationIdentifier } from '../domain/organisation.js';
import type { Clock, KeyPairSource, OrganisationRecord, OrganisationRepository } from '../domain/ports.js';
import { thumbprintKid } from '../jose/jwk.js';
import { issueDraft } from '../pki/authority.js';
import { parseCertificate } from '../pki/certificate.js';
import type { Holder } from '../pki/profiles.js';
import { requestedKey, type CertificateDrafter } from './certificate-drafts.js';
import type { QualifiedCertificate } from './qualified-certificates.js';
import { keyRecordOf, qualifiedKeyRecord, withRevoked } from './key-records.js';
import type { KeyReservations } from './key-reservations.js';
import { findStatement, refuseInactive, refuseInactiveStatement } from './registry.js';
import type { KeyToCertify } from './requested-keys.js';

/** What to certify: the key of a request, or one that the sandbox makes and keeps. */
export type CertificateRequest =
  | {
      readonly type: CertificateType;
      readonly csrPem: string;
      readonly notBefore?: Date | undefined;
    }
  | {
      readonly type: CertificateType;
      readonly generate: true;
      readonly notBefore?: Date | undefined;
    };

/** A key record with what follows from it at an instant. */
export interface CertifiedKey {
  readonly record: KeyRecord;
  readonly status: KeyStatus;
  readonly chainPem: string;
}

/** What others read of certificates. A decorator may have to make one first, so the lists may take their time. */
export interface CertificateReader {
  /** All certificates of a software statement, the oldest first. @throws DomainError `not_found` */
  ofSoftwareStatement(softwareId: string): Promise<CertifiedKey[]> | CertifiedKey[];
  /** Certificates of its organisation that the statement is associated with. @throws DomainError `not_found` */
  associatedWith(softwareId: string): Promise<CertifiedKey[]> | CertifiedKey[];
  /** Certificates of the organisation itself, without those of its statements. @throws DomainError `not_found` */
  ofOrganisation(organisationId: string): Promise<CertifiedKey[]> | CertifiedKey[];
  /** Certificates of the organisation and of all its statements. @throws DomainError `not_found` */
  allOfOrganisation(organisationId: string): Promise<CertifiedKey[]> | CertifiedKey[];
  /** @throws DomainError `not_found` */
  get(kid: string): CertifiedKey;
}

/** A reader that also hands out the private keys that the sandbox made. */
export interface KeyReader extends CertificateReader {
  /** PKCS#8 PEM. @throws DomainError `not_found` when the key is its holder's own */
  getPrivateKey(kid: string): string;
}

/** Certifies keys of software statements and of organisations. */
export interface Certifier {
  certifySoftwareStatement(softwareId: string, request: CertificateRequest): Promise<CertifiedKey>;
  certifyOrganisation(organisationId: string, request: CertificateRequest): Promise<CertifiedKey>;
}

/** What the desk and the Directory API do with certificates. */
export interface CertificateService extends KeyReader, Certifier {
  registerQualified(organisationId: string, qualified: QualifiedCertificate): Promise<CertifiedKey>;
  revoke(kid: string, reason: RevocationReason): Promise<CertifiedKey>;
}

/** Certificates of organisations and software statements: how they come and go. */
export class Certificates implements CertificateService {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly keyReservations: KeyReservations,
    private readonly drafter: CertificateDrafter,
    private readonly keyPairs: KeyPairSource,
    private readonly clock: Clock,
  ) {}

  ofSoftwareStatement(softwareId: string): CertifiedKey[] {
    const { record } = findStatement(this.organisations, softwareId);
    return record.keys.filter((key) => key.softwareId === softwareId).map((key) => this.present(key));
  }

  associatedWith(softwareId: string): CertifiedKey[] {
    const { record } = findStatement(this.organisations, softwareId);
    return record.keys.filter((key) => key.associations.includes(softwareId)).map((key) => this.present(key));
  }

  ofOrganisation(organisationId: string): CertifiedKey[] {
    const own = this.getRecord(organisationId).keys.filter(({ softwareId }) => softwareId === null);
    return own.map((key) => this.present(key));
  }

  allOfOrganisation(organisationId: string): CertifiedKey[] {
    return this.getRecord(organisationId).keys.map((key) => this.present(key));
  }

  /** @throws DomainError `not_found` */
  get(kid: string): CertifiedKey {
    const key = this.organisations.findByKid(kid)?.keys.find((candidate) => candidate.kid === kid);
    if (!key) throw notFound('certificate', kid);
    return this.present(key);
  }

  /** PKCS#8 PEM of a key that the sandbox made. @throws DomainError `not_found` when the key is its holder's own */
  getPrivateKey(kid: string): string {
    const { privateKeyPem } = this.get(kid).record;
    if (privateKeyPem === null) {
      throw new DomainError(
        'not_found',
        `The private key of "${kid}" is not here: its certificate was made from a signing request, so only its holder has the key.`,
      );
    }
    return privateKeyPem;
  }

  /**
   * Certifies a key of a software statement.
   * @throws DomainError `not_found`, `invalid_input`, `invalid_csr`, `conflict` for a key that is certified already,
   *   `precondition_failed` when organisation or statement is not active
   */
  async certifySoftwareStatement(softwareId: string, request: CertificateRequest): Promise<CertifiedKey> {
    refuseOtherTypes(request.type, softwareCertificateTypes);
    const { record, statement } = findStatement(this.organisations, softwareId);
    refuseInactiveStatement(statement);
    return this.certify(record, { organisation: record.organisation, softwareId }, request);
  }

  /**
   * Certifies a key of an organisation, by our own authority or by the qualified trust service provider.
   * @throws DomainError as `certifySoftwareStatement`
   */
  async certifyOrganisation(organisationId: string, request: CertificateRequest): Promise<CertifiedKey> {
    refuseOtherTypes(request.type, [...organisationCertificateTypes, ...qualifiedCertificateTypes]);
    const record = this.getRecord(organisationId);
    return this.certify(record, { organisation: record.organisation }, request);
  }

  /**
   * Takes up a certificate that the organisation brought; its private key stays with its holder.
   * @throws DomainError `not_found`, `precondition_failed` when the organisation is not active, `invalid_input` for
   *   another organisation's certificate, `conflict` for a key that is known already
   */
  async registerQualified(organisationId: string, qualified: QualifiedCertificate): Promise<CertifiedKey> {
    const record = this.getRecord(organisationId);
    refuseInactive(record.organisation);
    const expected = organisationIdentifier(record.organisation);
    if (qualified.organisationIdentifier !== expected) {
      const field = 'certificate subject organizationIdentifier';
      const actual = quote(qualified.organisationIdentifier);
      throw invalidInput([{ field, expected: quote(expected), actual }]);
    }
    const added = qualifiedKeyRecord(qualified, organisationId);
    return this.add(added.kid, 'certificate key', () => Promise.resolve(added));
  }

  /**
   * Revokes a certificate: keystore, SSA precondition and banks follow at once, since all of them read this record.
   * @throws DomainError `not_found`, `conflict` when it is revoked already
   */
  async revoke(kid: string, reason: RevocationReason): Promise<CertifiedKey> {
    const { record } = this.get(kid);
    const at = this.clock.now().toISOString();
    await this.organisations.update(record.organisationId, (current) => ({
      ...current,
      keys: withRevoked(current.keys, kid, { at, reason }, 'certificate'),
    }));
    return this.get(kid);
  }

  private async certify(
    record: OrganisationRecord,
    holder: Holder,
    request: CertificateRequest,
  ): Promise<CertifiedKey> {
    refuseInactive(record.organisation);
    const { type } = request;
    const key = 'csrPem' in request ? requestedKey(request.csrPem, type, holder) : await this.newKey();
    const kid = thumbprintKid(key.publicKey);
    return this.add(kid, 'csrPem key', async () => {
      const notBefore = request.notBefore ?? this.clock.now();
      const certificatePem = await issueDraft(await this.drafter.draft(type, holder, key, notBefore));
      return keyRecordOf(parseCertificate(certificatePem), {
        kid,
        type,
        organisationId: holder.organisation.id,
        softwareId: holder.softwareId ?? null,
        certificatePem,
        privateKeyPem: key.privateKeyPem,
      });
    });
  }

  /** Adds the record of a key that nobody has brought before. */
  private add(kid: string, field: string, make: () => Promise<KeyRecord>): Promise<CertifiedKey> {
    return this.keyReservations.store(kid, field, async () => {
      const added = await make();
      await this.organisations.update(added.organisationId, (current) => {
        refuseInactive(current.organisation);
        // It may have been deactivated while the key was being made.
        current.softwareStatements
          .filter(({ id }) => id === added.softwareId)
          .forEach(refuseInactiveStatement);
        return { ...current, keys: [...current.keys, added] };
      });
      return this.present(added);
    });
  }

  private async newKey(): Promise<KeyToCertify> {
    const pair = await this.keyPairs.take();
    return { publicKey: createPublicKey(pair.publicKeyPem), privateKeyPem: pair.privateKeyPem };
  }

  private present(record: KeyRecord): CertifiedKey {
    return {
      record,
      status: keyStatus(record, this.clock.now()),
      chainPem: this.drafter.chainPemOf(record.type),
    };
  }

  private getRecord(organisationId: string): OrganisationRecord {
    const record = this.organisations.find(organisationId);
    if (!record) throw notFound('organisation', organisationId);
    return record;
  }
}

function refuseOtherTypes(type: string, allowed: readonly string[]): void {
  if (!allowed.includes(type)) {
    throw invalidInput([{ field: 'type', expected: `one of ${allowed.join(', ')}`, actual: `"${type}"` }]);
  }
}
