import type { Bank } from '../../aspsp/bank.js';
import { isLive, isQualifiedType, type CertificateType, type KeyRecord } from '../../domain/key-record.js';
import type { OrganisationRecord } from '../../domain/ports.js';
import type { Services } from '../../sandbox/services.js';

/** How a certificate stands, with a sign of its own for each: never colour alone. */
export type TrustStatus = 'active' | 'revoked' | 'on hold' | 'expired' | 'not yet valid';

export interface TrustCertificate {
  readonly kid: string;
  readonly type: string;
  readonly status: TrustStatus;
  readonly notAfter: string;
  /** Who issued it. */
  readonly authorityId: string;
}

export interface TrustStatement {
  readonly id: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly certificates: readonly TrustCertificate[];
  readonly moreCertificates: number;
}

export interface TrustOrganisation {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly certificates: readonly TrustCertificate[];
  readonly moreCertificates: number;
  readonly statements: readonly TrustStatement[];
  readonly moreStatements: number;
}

/** What an authority has: each of its parts signs the next. */
export interface TrustAuthority {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly parts: readonly {
    readonly role: 'root' | 'issuing' | 'signing';
    readonly name: string;
    readonly note: string;
    readonly path: string;
  }[];
}

export interface TrustBank {
  readonly id: string;
  readonly name: string;
  readonly dcrVersion: string;
  /** Authorities whose certificates for TLS it accepts, and those whose SSAs. */
  readonly certificatesOf: readonly string[];
  readonly ssasOf: readonly string[];
  /** Issuers of SSAs that are none of ours, and TPPs themselves. */
  readonly furtherIssuers: readonly string[];
}

/** Who there is, and who trusts whom: what the picture and the list beside it show. */
export interface TrustModel {
  readonly banks: readonly TrustBank[];
  readonly authorities: readonly TrustAuthority[];
  readonly organisations: readonly TrustOrganisation[];
  readonly moreOrganisations: number;
}

/** How much of each there is room for. */
export interface TrustExtent {
  readonly certificates: number;
  readonly statements: number;
}

const DIRECTORY = 'directory';
const QTSP = 'qtsp';

/** @param records the organisations to show, of `total` */
export function trustModel(
  services: Services,
  records: readonly OrganisationRecord[],
  total: number,
  extent: TrustExtent,
): TrustModel {
  const at = services.clock.now();
  return {
    banks: services.banks.map((bank) => bankView(bank, services)),
    authorities: authoritiesOf(services),
    organisations: records.map((record) => organisationView(record, at, extent)),
    moreOrganisations: total - records.length,
  };
}

function authoritiesOf({ anchors, trustAnchor }: Services): TrustAuthority[] {
  const until = trustAnchor.validity.notAfter.getUTCFullYear();
  return [
    {
      id: DIRECTORY,
      name: 'Open Banking Directory',
      path: '/organisations',
      parts: partsOf('', `valid until ${until}`, 'issues certificates'),
    },
    ...anchors.map(({ id, name }) => ({
      id,
      name,
      path: `/anchors/${id}`,
      parts: partsOf(`/anchors/${id}`, 'not the Directory’s', 'issues certificates'),
    })),
    {
      id: QTSP,
      name: 'Mock QTSP',
      path: '/qtsp',
      parts: partsOf('/qtsp', 'for eIDAS', 'issues QWAC and QSealC').slice(0, 2),
    },
  ];
}

function partsOf(base: string, ofRoot: string, ofIssuing: string): TrustAuthority['parts'] {
  return [
    { role: 'root', name: 'Root CA', note: ofRoot, path: `${base}/ca/root.pem` },
    { role: 'issuing', name: 'Issuing CA', note: ofIssuing, path: `${base}/ca/issuing.pem` },
    {
      role: 'signing',
      name: 'Signing key',
      note: 'signs the SSAs',
      path: `${base}/keystore/openbanking.jwks`,
    },
  ];
}

function bankView({ profile }: Bank, { anchors }: Services): TrustBank {
  const authorityOf = (jwksUri: string) =>
    anchors.find(({ urls }) => jwksUri.startsWith(`${urls.https}/`))?.id ?? DIRECTORY;
  return {
    id: profile.id,
    name: profile.name,
    dcrVersion: profile.dcrVersion,
    certificatesOf: profile.clientCertificate.authorities,
    ssasOf: profile.ssa.issuers.map(({ jwksUri }) => authorityOf(jwksUri)),
    furtherIssuers: profile.ssa.selfSigned ? ['TPPs themselves'] : [],
  };
}

function organisationView(
  { organisation, softwareStatements, keys }: OrganisationRecord,
  at: Date,
  extent: TrustExtent,
): TrustOrganisation {
  const { id, name, status } = organisation;
  // The newest first: old ones are of less interest, and may be many.
  const statements = [...softwareStatements].reverse();
  return {
    id,
    name,
    status,
    ...certificatesOf(keys, null, at, extent),
    statements: statements.slice(0, extent.statements).map((statement) => ({
      id: statement.id,
      name: statement.clientName,
      isActive: statement.active,
      ...certificatesOf(keys, statement.id, at, extent),
    })),
    moreStatements: Math.max(0, statements.length - extent.statements),
  };
}

function certificatesOf(
  keys: readonly KeyRecord[],
  softwareId: string | null,
  at: Date,
  { certificates: limit }: TrustExtent,
) {
  const own = keys.filter((key) => key.softwareId === softwareId).reverse();
  return {
    certificates: own.slice(0, limit).map((key) => ({
      kid: key.kid,
      type: typeNames[key.type],
      status: trustStatus(key, at),
      notAfter: key.notAfter,
      authorityId: isQualifiedType(key.type) ? QTSP : DIRECTORY,
    })),
    moreCertificates: Math.max(0, own.length - limit),
  };
}

const typeNames: Readonly<Record<CertificateType, string>> = {
  obtransport: 'OBTransport',
  obsigning: 'OBSigning',
  obwac: 'OBWAC',
  obseal: 'OBSeal',
  qwac: 'QWAC',
  qseal: 'QSealC',
};

function trustStatus(key: KeyRecord, at: Date): TrustStatus {
  if (key.revocation) {
    return key.revocation.whileInactive || key.revocation.reason === 'certificateHold'
      ? 'on hold'
      : 'revoked';
  }
  if (isLive(key, at)) return 'active';
  return new Date(key.notAfter).getTime() < at.getTime() ? 'expired' : 'not yet valid';
}
