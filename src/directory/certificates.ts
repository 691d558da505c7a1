import { createPublicKey, X509Certificate } from 'node:crypto';
import { DomainError, invalidInput, notFound, type FieldProblem } from '../domain/errors.js';
import {
  keyRecordSchema,
  keyStatus,
  organisationCertificateTypes,
  softwareCertificateTypes,
  type DirectoryCertificateType,
  type KeyRecord,
  type KeyStatus,
  type RevocationReason,
} from '../domain/key-record.js';
import { authorisedRoles } from '../domain/organisation.js';
import type {
  Clock,
  KeyPairSource,
  OrganisationRecord,
  OrganisationRepository,
  Random,
} from '../domain/ports.js';
import type { Role } from '../domain/roles.js';
import { thumbprintKid } from '../jose/jwk.js';
import { parseSigningRequest, subjectProblems, type SigningRequest } from '../pki/csr.js';
import { leafProfiles, type Holder } from '../pki/profiles.js';
import { findStatement } from './registry.js';
import { newSerialNumber, type TrustAnchor } from './trust-anchor.js';

/** What to certify: the key of a request, or one that the sandbox makes and keeps. */
export type CertificateRequest =
  | {
      readonly type: DirectoryCertificateType;
      readonly csrPem: string;
      readonly notBefore?: Date | undefined;
    }
  | {
      readonly type: DirectoryCertificateType;
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

/** What the desk and the Directory API do with certificates. */
export interface CertificateService extends KeyReader {
  certifySoftwareStatement(softwareId: string, request: CertificateRequest): Promise<CertifiedKey>;
  certifyOrganisation(organisationId: string, request: CertificateRequest): Promise<CertifiedKey>;
  revoke(kid: string, reason: RevocationReason): Promise<CertifiedKey>;
}

/** Certificates of organisations and software statements: the only room where key records change. */
export class Certificates implements CertificateService {
  /** Keys being certified right now; the repository does not know them yet. */
  private readonly underWay = new Set<string>();

  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly trustAnchor: TrustAnchor,
    private readonly keyPairs: KeyPairSource,
    private readonly clock: Clock,
    private readonly random: Random,
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
    return this.allOfOrganisation(organisationId).filter(({ record }) => record.softwareId === null);
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
    if (!statement.active) {
      throw new DomainError('precondition_failed', `The software statement "${softwareId}" is not active.`);
    }
    return this.certify(record, { organisation: record.organisation, softwareId }, request);
  }

  /** Certifies a key of an organisation. @throws DomainError as `certifySoftwareStatement` */
  async certifyOrganisation(organisationId: string, request: CertificateRequest): Promise<CertifiedKey> {
    refuseOtherTypes(request.type, organisationCertificateTypes);
    const record = this.getRecord(organisationId);
    return this.certify(record, { organisation: record.organisation }, request);
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
      keys: current.keys.map((key) => {
        if (key.kid !== kid) return key;
        if (key.revocation !== null) {
          throw new DomainError('conflict', `The certificate "${kid}" was revoked at ${key.revocation.at}.`);
        }
        return { ...key, revocation: { at, reason } };
      }),
    }));
    return this.get(kid);
  }

  private async certify(
    record: OrganisationRecord,
    holder: Holder,
    request: CertificateRequest,
  ): Promise<CertifiedKey> {
    if (record.organisation.status !== 'Active') {
      throw new DomainError(
        'precondition_failed',
        `The organisation "${record.organisation.id}" is ${record.organisation.status}, not Active.`,
      );
    }
    const key =
      'csrPem' in request ? keyOfRequest(request.csrPem, request.type, holder) : await this.newKey();
    const kid = thumbprintKid(key.publicKey);
    this.refuseKnownKey(kid);
    this.underWay.add(kid);
    try {
      const issued = await this.issue(kid, key, holder, request);
      await this.organisations.update(record.organisation.id, (current) => ({
        ...current,
        keys: [...current.keys, issued],
      }));
      return this.present(issued);
    } finally {
      this.underWay.delete(kid);
    }
  }

  private async issue(
    kid: string,
    key: KeyToCertify,
    holder: Holder,
    request: CertificateRequest,
  ): Promise<KeyRecord> {
    const certificatePem = await this.trustAnchor.issueLeaf(
      leafProfiles[request.type],
      holder,
      key,
      this.unusedSerialNumber(),
      request.notBefore ?? this.clock.now(),
    );
    const certificate = new X509Certificate(certificatePem);
    return keyRecordSchema.parse({
      kid,
      type: request.type,
      organisationId: holder.organisation.id,
      softwareId: holder.softwareId ?? null,
      associations: [],
      serialNumber: certificate.serialNumber.toLowerCase(),
      notBefore: new Date(certificate.validFrom).toISOString(),
      notAfter: new Date(certificate.validTo).toISOString(),
      thumbprintSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      certificatePem,
      privateKeyPem: key.privateKeyPem,
      revocation: null,
    });
  }

  private async newKey(): Promise<KeyToCertify> {
    const pair = await this.keyPairs.take();
    return { publicKey: createPublicKey(pair.publicKeyPem), privateKeyPem: pair.privateKeyPem };
  }

  private refuseKnownKey(kid: string): void {
    if (this.underWay.has(kid) || this.organisations.findByKid(kid)) {
      throw new DomainError(
        'conflict',
        `csrPem key: expected a key that has not been certified before, got the key "${kid}", which has.`,
      );
    }
  }

  private unusedSerialNumber(): Uint8Array {
    let serialNumber: Uint8Array;
    do serialNumber = newSerialNumber(this.random);
    while (this.organisations.hasSerialNumber(Buffer.from(serialNumber).toString('hex')));
    return serialNumber;
  }

  private present(record: KeyRecord): CertifiedKey {
    return {
      record,
      status: keyStatus(record, this.clock.now()),
      chainPem: this.trustAnchor.chainPem,
    };
  }

  private getRecord(organisationId: string): OrganisationRecord {
    const record = this.organisations.find(organisationId);
    if (!record) throw notFound('organisation', organisationId);
    return record;
  }
}

interface KeyToCertify {
  readonly publicKey: SigningRequest['publicKey'];
  readonly privateKeyPem: string | null;
  readonly dnsNames?: readonly string[];
  readonly roles?: readonly Role[];
}

function keyOfRequest(csrPem: string, type: DirectoryCertificateType, holder: Holder): KeyToCertify {
  const request = parseSigningRequest(csrPem);
  const problems = [
    ...subjectProblems(request.subject, leafProfiles[type].subject(holder)),
    ...qcStatementProblems(request, type, holder),
  ];
  if (problems.length > 0) throw invalidInput(problems, 'invalid_csr');
  return {
    publicKey: request.publicKey,
    privateKeyPem: null,
    dnsNames: request.dnsNames,
    ...(request.qcStatements ? { roles: request.qcStatements.roles } : {}),
  };
}

/** The type and the roles a request asks for must be the profile's and the organisation's. */
function qcStatementProblems(
  request: SigningRequest,
  type: DirectoryCertificateType,
  holder: Holder,
): FieldProblem[] {
  const { qcStatements } = request;
  const expectedType = leafProfiles[type].qcType;
  if (!qcStatements) return [];
  const field = 'csrPem qcStatements';
  if (expectedType === undefined) {
    return [
      { field, expected: `no QCStatements in a request for ${type}`, actual: `QcType ${qcStatements.type}` },
    ];
  }
  const authorised = authorisedRoles(holder.organisation);
  const surplus = qcStatements.roles.filter((role) => !authorised.includes(role));
  return [
    ...(qcStatements.type === expectedType
      ? []
      : [{ field: `${field} QcType`, expected: expectedType, actual: qcStatements.type }]),
    ...(surplus.length === 0 && qcStatements.roles.length > 0
      ? []
      : [
          {
            field: `${field} roles`,
            expected: `one or more of ${authorised.join(', ')}`,
            actual: qcStatements.roles.join(', ') || 'none',
          },
        ]),
  ];
}

function refuseOtherTypes(type: string, allowed: readonly string[]): void {
  if (!allowed.includes(type)) {
    throw invalidInput([{ field: 'type', expected: `one of ${allowed.join(', ')}`, actual: `"${type}"` }]);
  }
}
