import type { QualifiedCertificateType } from '../domain/key-record.js';
import type { Role } from '../domain/roles.js';
import { name, type DistinguishedName } from './distinguished-name.js';
import type { KeyUsage } from './extensions.js';
import { oids } from './oids.js';
import type { AuthorityNames, Validity } from './profiles.js';
import type { Qualification, QcType } from './qc-statements.js';

/** Whom a qualified certificate is about, as its issuer found it. */
export interface QualifiedHolder {
  readonly name: string;
  /** @see ETSI TS 119 495 section 5.2.1 */
  readonly organisationIdentifier: string;
  /** The competent authority by its name and by the id that PSD2 statements give it: `GB-FCA`. */
  readonly authority: { readonly name: string; readonly id: string };
  readonly roles: readonly Role[];
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly locality?: string | undefined;
  /** The organisation's name where there is none. */
  readonly commonName?: string | undefined;
}

/** What makes a qualified certificate one of its kind. */
export interface QualifiedProfile {
  readonly title: string;
  readonly keyUsage: readonly KeyUsage[];
  /** None forbids no purpose: the holder of a seal can still show it as a TLS client's. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly policy: string;
  readonly qcType: QcType;
  readonly takesDnsNames: boolean;
}

/** A year, as QWACs live: browsers refuse longer ones. @see CA/Browser Forum Baseline Requirements section 6.3.2 */
export const qualifiedValidity: Validity = { months: 12 };

/**
 * The certificates of qualified trust service providers for payment service providers.
 * @see formats.md section 3, "eIDAS QWAC samples"; ETSI EN 319 412-3 and 412-4; ETSI TS 119 495 section 5
 */
export const qualifiedProfiles: Readonly<Record<QualifiedCertificateType, QualifiedProfile>> = {
  qwac: {
    title: 'QWAC',
    keyUsage: ['digitalSignature', 'keyEncipherment', 'dataEncipherment'],
    extendedKeyUsage: [oids.serverAuth, oids.clientAuth],
    policy: oids.qcpWeb,
    qcType: 'web',
    takesDnsNames: true,
  },
  qseal: {
    title: 'QSealC',
    keyUsage: ['digitalSignature', 'nonRepudiation'],
    extendedKeyUsage: undefined,
    policy: oids.qcpLegalPerson,
    qcType: 'eseal',
    takesDnsNames: false,
  },
};

/** A common name holds 64 characters. @see X.520, ub-common-name */
const COMMON_NAME_LENGTH = 64;

export function subjectOf(holder: QualifiedHolder): DistinguishedName {
  return name(
    [oids.countryName, holder.country],
    ...(holder.locality === undefined ? [] : [[oids.localityName, holder.locality] as const]),
    [oids.organizationName, holder.name],
    [oids.organizationIdentifier, holder.organisationIdentifier],
    [oids.commonName, commonNameOf(holder)],
  );
}

/** Cut between characters: half of one could not be encoded. */
function commonNameOf({ commonName, name: organisationName }: QualifiedHolder): string {
  return Array.from(commonName ?? organisationName)
    .slice(0, COMMON_NAME_LENGTH)
    .join('');
}

/** A name that nobody can take for that of a provider on a trusted list. */
export const qtspName = 'Mock Qualified Trust Service Provider TEST ONLY';

export const providerNames: Pick<AuthorityNames, 'root' | 'issuing'> = {
  root: providerName('Mock QTSP Root CA TEST ONLY'),
  issuing: providerName('Mock QTSP Issuing CA TEST ONLY'),
};

function providerName(commonName: string): DistinguishedName {
  return name([oids.countryName, 'GB'], [oids.organizationName, qtspName], [oids.commonName, commonName]);
}

/** Where the provider says what its certificates are worth, below the base of its URLs. */
export const DISCLOSURE_PATH = '/disclosure-en.txt';

export function disclosureUrl(publicBaseUrl: string): string {
  return publicBaseUrl + DISCLOSURE_PATH;
}

/** Seven years, as in the sample, and one statement in English. */
export function qualificationAt(publicBaseUrl: string): Qualification {
  return {
    retentionYears: 7,
    disclosures: [{ url: disclosureUrl(publicBaseUrl), language: 'en' }],
  };
}
