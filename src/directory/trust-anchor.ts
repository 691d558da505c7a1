import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { addMonths } from '../domain/calendar.js';
import type { AuthorityRecord } from '../domain/key-record.js';
import type { AuthorityRepository, KeyPairSource, Random } from '../domain/ports.js';
import { directoryKid } from '../jose/jwk.js';
import {
  draftLeaf,
  issueDraft,
  issueServer,
  type CertificateDraft,
  type LeafRequest,
} from '../pki/authority.js';
import type { AuthorityNames, Holder, LeafProfile } from '../pki/profiles.js';
import { CertificateAuthority, newSerialNumber } from './certificate-authority.js';
import type { AuthorityIssuers } from './revocation-lists.js';
import {
  certifySigningKey,
  createAuthorityRecord,
  readdressAuthorityRecord,
  type TrustAnchorCertifier,
} from './trust-anchor-record.js';

/**
 * The bases of the URLs that certificates and SSAs carry, without a slash at the end.
 * @category Start
 */
export interface PublicUrls {
  /** Of the desk and the public artefacts. */
  readonly http: string;
  /** Of the Directory and the banks. */
  readonly https: string;
}

/** A key and the chain that certifies it, as a TLS listener wants them. */
export interface ServerIdentity {
  readonly keyPem: string;
  readonly chainPem: string;
  readonly notAfter: Date;
}

/** What distinguishes one trust anchor from another. */
export interface TrustAnchorSettings {
  readonly names: AuthorityNames;
  readonly urls: PublicUrls;
}

/** The key that SSAs are signed with, under one of its certificates. */
export interface SigningIdentity {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Months between the beginnings of two certificates of the signing key: one less than they live. */
const SIGNING_PERIOD_MONTHS = 12;

/** Root, issuing CA and the Directory's signing key: everything that relying parties trust. */
export class TrustAnchor {
  private readonly authority: CertificateAuthority;
  private readonly signingKey: KeyObject;
  private signingIdentities: readonly SigningIdentity[];
  private renewing: Promise<unknown> = Promise.resolve();
  /** Of the certificates that our TLS listeners have shown since the start, in lower-case hex. */
  private readonly serverSerialNumbers = new Set<string>();

  private constructor(
    private record: AuthorityRecord,
    private readonly repository: AuthorityRepository,
    private readonly certifier: TrustAnchorCertifier,
  ) {
    this.authority = new CertificateAuthority(record, certifier.names);
    this.signingKey = createPrivateKey(record.directorySigning.privateKeyPem);
    this.signingIdentities = [
      record.directorySigning.certificatePem,
      ...record.furtherSigningCertificatesPem,
    ].map((pem) => signingIdentity(pem, this.signingKey));
  }

  /**
   * Opens the trust anchor that is kept, or makes one. When our own address has changed since, the certificates that
   * carry it are made anew for the same keys, so that everything issued before still chains.
   * @param madeAt the middle of the years for which the certificates of new authorities are valid
   * @throws DomainError `storage_failed`
   */
  static async open(
    repository: AuthorityRepository,
    keyPairs: KeyPairSource,
    random: Random,
    { names, urls }: TrustAnchorSettings,
    madeAt: Date,
  ): Promise<TrustAnchor> {
    const certifier: TrustAnchorCertifier = { names, publicBaseUrl: urls.http, random, at: madeAt };
    const kept = repository.find();
    if (kept?.publicBaseUrl === urls.http) return new TrustAnchor(kept, repository, certifier);
    const current = kept
      ? await readdressAuthorityRecord(kept, certifier)
      : await createAuthorityRecord(keyPairs, certifier);
    await repository.save(current);
    return new TrustAnchor(current, repository, certifier);
  }

  /** When the keys were made, and so the directory came to be. */
  get createdAt(): Date {
    return new Date(this.record.createdAt);
  }

  /** The dates between which both authorities are valid. */
  get validity(): { readonly notBefore: Date; readonly notAfter: Date } {
    const certificates = [this.rootPem, this.issuingPem].map((pem) => new X509Certificate(pem));
    return {
      notBefore: new Date(Math.max(...certificates.map(({ validFrom }) => Date.parse(validFrom)))),
      notAfter: new Date(Math.min(...certificates.map(({ validTo }) => Date.parse(validTo)))),
    };
  }

  get issuers(): AuthorityIssuers {
    return this.authority.issuers;
  }

  get rootPem(): string {
    return this.authority.rootPem;
  }

  get issuingPem(): string {
    return this.authority.issuingPem;
  }

  /** Issuing certificate, then root. */
  get chainPem(): string {
    return this.authority.chainPem;
  }

  /**
   * Whether one of its own certificates has a serial number: those that SSAs are signed with, and those of our TLS listeners
   * since the start. No record of a participant has them.
   * @param serialNumber in lower-case hex
   */
  isOwnCertificate(serialNumber: string): boolean {
    return (
      this.serverSerialNumbers.has(serialNumber) ||
      this.signingIdentities.some((identity) => identity.serialNumber === serialNumber)
    );
  }

  /** The signing key with its first certificate: the one in force unless the clock has been moved far. */
  get signing(): SigningIdentity {
    const [first] = this.signingIdentities;
    if (!first) throw new Error('A trust anchor has a signing certificate from the start.');
    return first;
  }

  /**
   * The signing key with a certificate that is valid at an instant; it is made when there is none yet. Such certificates
   * begin at anniversaries of the first, so that however often the clock is moved they are not many.
   * @throws DomainError `storage_failed`
   */
  async signingAt(at: Date): Promise<SigningIdentity> {
    const known = this.findSigning(at);
    if (known) return known;
    const renewing = this.renewing.then(() => this.findSigning(at) ?? this.renewSigning(at));
    this.renewing = renewing.catch(() => undefined);
    return renewing;
  }

  private findSigning(at: Date): SigningIdentity | undefined {
    return this.signingIdentities.find(({ notBefore, notAfter }) => notBefore <= at && at <= notAfter);
  }

  private async renewSigning(at: Date): Promise<SigningIdentity> {
    const { names, random } = this.certifier;
    const certificatePem = await certifySigningKey(
      this.authority,
      names,
      this.signingKey,
      random,
      lastAnniversary(this.createdAt, at),
    );
    const record = {
      ...this.record,
      furtherSigningCertificatesPem: [...this.record.furtherSigningCertificatesPem, certificatePem],
    };
    await this.repository.save(record);
    this.record = record;
    const identity = signingIdentity(certificatePem, this.signingKey);
    this.signingIdentities = [...this.signingIdentities, identity];
    return identity;
  }

  /** @returns the certificate as PEM */
  issueLeaf(...leaf: Parameters<TrustAnchor['draftLeaf']>): Promise<string> {
    return issueDraft(this.draftLeaf(...leaf));
  }

  draftLeaf(
    profile: LeafProfile,
    holder: Holder,
    request: LeafRequest,
    serialNumber: Uint8Array,
    notBefore: Date,
  ): CertificateDraft {
    const { issuer, urls } = this.authority;
    return draftLeaf(issuer, urls, profile, holder, request, serialNumber, notBefore);
  }

  /**
   * A fresh certificate for our TLS listeners.
   * @param at an instant of the real clock: clients judge it by theirs, whatever the sandbox clock says
   */
  async issueServerIdentity(
    names: { readonly dns: readonly string[]; readonly ip: readonly Uint8Array[] },
    at: Date,
  ): Promise<ServerIdentity> {
    const { issuer, urls } = this.authority;
    const publicKey = createPublicKey(this.record.serverPrivateKeyPem);
    const serialNumber = newSerialNumber(this.certifier.random);
    this.serverSerialNumbers.add(Buffer.from(serialNumber).toString('hex'));
    const leaf = await issueServer(
      issuer,
      urls,
      names,
      publicKey,
      serialNumber,
      // A client whose clock runs a little late must not be turned away by a certificate made this second.
      new Date(at.getTime() - 3_600_000),
    );
    return {
      keyPem: this.record.serverPrivateKeyPem,
      chainPem: leaf + this.issuingPem,
      notAfter: new Date(new X509Certificate(leaf).validTo),
    };
  }
}

function signingIdentity(certificatePem: string, privateKey: KeyObject): SigningIdentity {
  const certificate = new X509Certificate(certificatePem);
  return {
    kid: directoryKid(certificate),
    privateKey,
    certificatePem,
    serialNumber: certificate.serialNumber.toLowerCase(),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
  };
}

/** The last instant not after `at` that lies whole periods before or after `first`. */
function lastAnniversary(first: Date, at: Date): Date {
  const months = (at.getUTCFullYear() - first.getUTCFullYear()) * 12 + at.getUTCMonth() - first.getUTCMonth();
  const anniversary = (period: number) => addMonths(first, period * SIGNING_PERIOD_MONTHS);
  const period = Math.floor(months / SIGNING_PERIOD_MONTHS);
  return anniversary(period) <= at ? anniversary(period) : anniversary(period - 1);
}
