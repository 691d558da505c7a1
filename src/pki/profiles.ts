import type { DirectoryCertificateType } from '../domain/key-record.js';
import { competentAuthority, organisationIdentifier, type Organisation } from '../domain/organisation.js';
import { name, type DistinguishedName } from './distinguished-name.js';
import type { KeyUsage } from './extensions.js';
import { oids } from './oids.js';
import type { QcType } from './qc-statements.js';

/** Whom a certificate is about. */
export interface Holder {
  readonly organisation: Organisation;
  /** Present for certificates of a software statement. */
  readonly softwareId?: string;
}

/** Calendar months, then minutes or days, from `notBefore`. */
export interface Validity {
  readonly months?: number;
  readonly days?: number;
  readonly minutes?: number;
}

/** What makes a leaf certificate one of its kind. */
export interface LeafProfile {
  readonly title: string;
  readonly subject: (holder: Holder) => DistinguishedName;
  readonly keyUsage: readonly KeyUsage[];
  readonly extendedKeyUsage: { readonly purposes: readonly string[]; readonly critical: boolean };
  readonly qcType?: QcType;
  /** Whether DNS names of the request are certified. Observed: on OBWAC, OBSeal and the OBTransport of ASPSPs. */
  readonly takesDnsNames: (holder: Holder) => boolean;
}

/** Observed: all certificate types of the sandbox live 13 months and half an hour. */
export const leafValidity: Validity = { months: 13, minutes: 30 };

/** TLS clients refuse server certificates that live longer than a year or so; ours are renewed at each start anyway. */
export const serverValidity: Validity = { days: 90 };

/** Observed: policy and qualifiers of every leaf of the real sandbox. */
export const sandboxPolicy = {
  id: oids.openBankingSandboxPolicy,
  cps: 'http://ob.trustis.com/policies',
  notice:
    'Use of this Certificate constitutes acceptance of the OpenBanking Root CA Certification Policies and Certificate Practice Statement',
} as const;

const transport = {
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: { purposes: [oids.serverAuth, oids.clientAuth], critical: true },
} as const;

const signing = {
  keyUsage: ['digitalSignature', 'nonRepudiation'],
  extendedKeyUsage: { purposes: [oids.documentSigning], critical: false },
} as const;

function subjectOfSoftware({ organisation, softwareId }: Holder): DistinguishedName {
  if (softwareId === undefined) throw new Error('A certificate of a software statement needs its id.');
  return name(
    [oids.countryName, 'GB'],
    [oids.organizationName, 'OpenBanking'],
    [oids.organizationalUnitName, organisation.id],
    [oids.commonName, softwareId],
  );
}

function subjectOfOrganisation({ organisation }: Holder): DistinguishedName {
  return name(
    [oids.countryName, 'GB'],
    [oids.organizationName, organisation.name],
    [oids.organizationIdentifier, organisationIdentifier(organisation)],
    [oids.commonName, organisation.id],
  );
}

/**
 * The certificates the Directory issues.
 * @see formats.md section 3, read off certificates of the real sandbox
 */
export const leafProfiles: Readonly<Record<DirectoryCertificateType, LeafProfile>> = {
  obtransport: {
    title: 'OBTransport',
    subject: subjectOfSoftware,
    ...transport,
    takesDnsNames: ({ organisation }) => organisation.kind === 'aspsp',
  },
  obsigning: {
    title: 'OBSigning',
    subject: subjectOfSoftware,
    ...signing,
    takesDnsNames: () => false,
  },
  obwac: {
    title: 'OBWAC',
    subject: subjectOfOrganisation,
    ...transport,
    qcType: 'web',
    takesDnsNames: () => true,
  },
  obseal: {
    title: 'OBSeal',
    subject: subjectOfOrganisation,
    ...signing,
    qcType: 'eseal',
    takesDnsNames: () => true,
  },
};

/** The names of a trust anchor's own certificates. */
export interface AuthorityNames {
  readonly root: DistinguishedName;
  readonly issuing: DistinguishedName;
  /** Of the certificate that SSAs are signed with. */
  readonly directorySigning: DistinguishedName;
}

/**
 * Names that must never be mistaken for those of an authority in use: the real ones read "OpenBanking Pre-Production …".
 * @param organisation begins the common names, which hold 64 characters (X.520 ub-common-name)
 */
export function authorityNamesOf(organisation: string, directory: string): AuthorityNames {
  const ofOrganisation = [
    [oids.countryName, 'GB'],
    [oids.organizationName, organisation],
  ] as const;
  return {
    root: name(...ofOrganisation, [oids.commonName, `${organisation} Mock Root CA TEST ONLY`]),
    issuing: name(...ofOrganisation, [oids.commonName, `${organisation} Mock Issuing CA TEST ONLY`]),
    directorySigning: name(
      ...ofOrganisation,
      [oids.organizationalUnitName, directory],
      [oids.commonName, 'signing'],
    ),
  };
}

/** The Directory's own names. Observed: the subject of the certificate that SSAs are signed with. */
export const authorityNames = authorityNamesOf('OpenBanking', 'Open Banking Directory');

/** The authority named in an organisation's PSD2 statement. */
export const authorityOfHolder = ({ organisation }: Holder) => competentAuthority(organisation);
