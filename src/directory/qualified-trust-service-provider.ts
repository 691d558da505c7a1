import {
  authorisedRoles,
  competentAuthority,
  organisationIdentifier,
  type Organisation,
} from '../domain/organisation.js';
import { inOidOrder } from '../pki/qc-statements.js';
import type { CertificateAuthorityRecord, QualifiedCertificateType } from '../domain/key-record.js';
import type { KeyPairSource, QualifiedTrustServiceProviderRepository, Random } from '../domain/ports.js';
import { parseCertificate, type ParsedCertificate } from '../pki/certificate.js';
import type { CertificateDraft } from '../pki/authority.js';
import { draftQualified, type QualifiedRequest } from '../pki/qualified-authority.js';
import { providerNames, qualifiedProfiles, type QualifiedHolder } from '../pki/qualified-profiles.js';
import {
  CertificateAuthority,
  chainPemOf,
  createAuthority,
  readdressAuthority,
  type AuthorityCertifier,
} from './certificate-authority.js';
import { RecognisableSerialNumbers } from './recognisable-serial-numbers.js';
import type { AuthorityIssuers } from './revocation-lists.js';
import type { PublicUrls } from './trust-anchor.js';

/**
 * A qualified trust service provider that the Directory trusts, for eIDAS certificates. Its keys are made when they are
 * first needed, and once for all who need them; a failure may be tried again.
 * @see Regulation (EU) 910/2014, ETSI TS 119 495
 */
export class QualifiedTrustServiceProvider {
  readonly publicBaseUrl: string;
  private opening: Promise<CertificateAuthority> | undefined;
  private serialNumbers: RecognisableSerialNumbers | undefined;
  private parsed: { record: CertificateAuthorityRecord; issuers: readonly ParsedCertificate[] } | undefined;

  /** @param madeAt the middle of the years for which its own certificates are valid */
  constructor(
    private readonly repository: QualifiedTrustServiceProviderRepository,
    private readonly keyPairs: KeyPairSource,
    private readonly madeAt: () => Date,
    private readonly random: Random,
    urls: PublicUrls,
  ) {
    this.publicBaseUrl = `${urls.http}/qtsp`;
  }

  /** @throws DomainError `storage_failed` */
  async issuers(): Promise<AuthorityIssuers> {
    return (await this.open()).issuers;
  }

  /** @throws DomainError `storage_failed` */
  async rootPem(): Promise<string> {
    return (await this.open()).rootPem;
  }

  /** @throws DomainError `storage_failed` */
  async issuingPem(): Promise<string> {
    return (await this.open()).issuingPem;
  }

  /** Issuing certificate, then root. @throws DomainError `storage_failed` */
  async chainPem(): Promise<string> {
    return (await this.open()).chainPem;
  }

  /** As `chainPem`, but empty while there is none: whoever holds a certificate from here need not wait. */
  chainPemIfMade(): string {
    const record = this.repository.find();
    return record ? chainPemOf(record) : '';
  }

  /** Whose certificates are the provider's; none while it has issued nothing. */
  issuersIfMade(): readonly ParsedCertificate[] {
    const record = this.repository.find();
    if (!record) return [];
    if (this.parsed?.record !== record)
      this.parsed = { record, issuers: [parseCertificate(record.issuing.certificatePem)] };
    return this.parsed.issuers;
  }

  /** A certificate before it is signed. @throws DomainError `storage_failed` */
  async draft(
    type: QualifiedCertificateType,
    holder: QualifiedHolder,
    request: QualifiedRequest,
    notBefore: Date,
  ): Promise<CertificateDraft> {
    const authority = await this.open();
    return draftQualified(
      authority,
      qualifiedProfiles[type],
      holder,
      request,
      this.serialNumbersOf(authority).next(this.random),
      notBefore,
    );
  }

  /**
   * Whether a certificate with this serial number was issued here: also for an organisation that the Directory does not
   * know, and so is in no record.
   * @throws DomainError `storage_failed`
   */
  async hasIssued(serialNumber: string): Promise<boolean> {
    return this.serialNumbersOf(await this.open()).includes(serialNumber);
  }

  /** The provider never changes its issuing key. */
  private serialNumbersOf({ issuer }: CertificateAuthority): RecognisableSerialNumbers {
    return (this.serialNumbers ??= new RecognisableSerialNumbers(issuer));
  }

  private open(): Promise<CertificateAuthority> {
    if (this.opening) return this.opening;
    const opening = this.openNow();
    this.opening = opening;
    opening.catch(() => (this.opening = undefined));
    return opening;
  }

  private async openNow(): Promise<CertificateAuthority> {
    const { publicBaseUrl, random } = this;
    const certifier: AuthorityCertifier = {
      names: providerNames,
      publicBaseUrl,
      random,
      at: this.madeAt(),
    };
    const kept = this.repository.find();
    if (kept?.publicBaseUrl === publicBaseUrl) return new CertificateAuthority(kept, providerNames);
    const current = kept
      ? await readdressAuthority(kept, certifier)
      : await createAuthority(this.keyPairs, certifier);
    await this.repository.save(current);
    return new CertificateAuthority(current, providerNames);
  }
}

/** An organisation as the provider finds it in the Directory; of its roles and names the holder may choose. */
export function qualifiedHolderOf(
  organisation: Organisation,
  chosen: Partial<Pick<QualifiedHolder, 'roles' | 'commonName' | 'locality'>> = {},
): QualifiedHolder {
  return {
    name: organisation.name,
    ...authorityOfHolder(organisation),
    roles: chosen.roles ?? inOidOrder(authorisedRoles(organisation)),
    commonName: chosen.commonName,
    locality: chosen.locality,
  };
}

/** How an authority and its number appear in qualified certificates. */
export function authorityOfHolder(
  holder: Pick<Organisation, 'authority'>,
): Pick<QualifiedHolder, 'organisationIdentifier' | 'authority' | 'country'> {
  const identifier = organisationIdentifier(holder);
  return {
    organisationIdentifier: identifier,
    authority: competentAuthority(holder),
    country: identifier.slice('PSD'.length, 'PSDGB'.length),
  };
}
