import type { Request } from 'express';
import { z } from 'zod';
import type { CertifiedKey } from '../../directory/certificates.js';
import type { FoundOrganisation } from '../../directory/directory-search.js';
import type { Registry } from '../../directory/registry.js';
import type { CertificateType } from '../../domain/key-record.js';
import { limits } from '../../domain/limits.js';
import type { Organisation } from '../../domain/organisation.js';
import type { PageRequest } from '../../domain/ports.js';
import type { ClockReading } from '../../sandbox/clock.js';
import { paged } from './json-api.js';

/** An instant for people, to the second: `2025-01-31 12:00:00 UTC`. */
export function instant(iso: string): string {
  return iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}

/** The sandbox time, and what there is to say of it when it is not the real one. */
export function clockNotice({ mode, at }: ClockReading) {
  const notices = {
    real: undefined,
    offset: 'The sandbox clock has been moved, and runs on.',
    frozen: 'The sandbox clock stands still.',
  } as const;
  return { at: at.toISOString(), notice: notices[mode] };
}

export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

const notices = {
  'tpp-created': 'The TPP is ready, and this is its SSA.',
  'own-keys': 'The software statement is there. Certify your keys, and then issue an SSA.',
  'organisation-created': 'The organisation has been created.',
  'changes-saved': 'The changes have been saved.',
  'status-changed': 'The status has been changed.',
  'statement-created': 'The software statement has been created.',
  'redirect-uris-changed': 'The redirect URIs have been replaced.',
  'state-changed': 'The state of the software statement has been changed.',
  'certificate-issued': 'The certificate has been issued.',
  'certificate-revoked': 'The certificate has been revoked.',
  'client-removed': 'The bank has removed the client.',
  'clock-changed': 'The clock has been changed, for everybody who uses this sandbox.',
  'fault-set': 'The fault is set, for everybody who uses this sandbox.',
  'fault-cleared': 'The fault has been cleared.',
  'faults-cleared': 'All faults have been cleared.',
  'state-imported': 'The imported state is in force.',
  'state-reset': 'The sandbox has been reset.',
  'profile-changed': 'The profile has been saved; the bank follows it from now on.',
  'tape-cleared': 'The tape has been cleared.',
  'profile-reset': 'The bank is back to the profile that it came with.',
} as const;

/** A page with the news of what a form has just done there; only sentences from the list can be shown. */
export function withNotice(path: string, notice: keyof typeof notices): string {
  return `${path}?notice=${notice}`;
}

/** A path with those parts of a query that ask for something. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

const querySchema = z.object({
  after: z.string().optional().catch(undefined),
  certificates: z.string().optional().catch(undefined),
  notice: z.string().optional().catch(undefined),
});

/** What the query of a page asks for; anything unknown in it is passed over. */
export interface PageQuery {
  readonly page: PageRequest;
  /** The page of the certificates, where those are a list beside another. */
  readonly certificates: PageRequest;
  readonly notice: string | undefined;
}

export function pageQuery(request: Pick<Request, 'query'>): PageQuery {
  const { after, certificates, notice } = querySchema.parse(request.query);
  return {
    page: { limit: limits.pageSize, after },
    certificates: { limit: limits.pageSize, after: certificates },
    notice: Object.entries(notices).find(([key]) => key === notice)?.[1],
  };
}

/** The first page of a list, without news. */
export const plainQuery: PageQuery = {
  page: { limit: limits.pageSize },
  certificates: { limit: limits.pageSize },
  notice: undefined,
};

const STATEMENTS_PER_ORGANISATION = 5;

/** Organisations as lists show them, each with the first of its software statements. */
export function withStatements(registry: Registry, organisations: readonly Organisation[]) {
  return organisations.map((organisation) => ({
    ...organisation,
    statements: registry.pageOfSoftwareStatements(organisation.id, { limit: STATEMENTS_PER_ORGANISATION }),
    kids: [] as readonly string[],
  }));
}

/** The same of organisations that were found: with what was found, where that is their software or their keys. */
export function withFindings(registry: Registry, found: readonly FoundOrganisation[]) {
  return found.map(({ organisation, softwareStatements, kids }) => {
    if (softwareStatements.length + kids.length === 0) return withStatements(registry, [organisation])[0];
    const items = softwareStatements.slice(0, STATEMENTS_PER_ORGANISATION);
    const next = items.length < softwareStatements.length ? (items.at(-1)?.id ?? null) : null;
    return { ...organisation, statements: { items, next }, kids: kids.slice(0, STATEMENTS_PER_ORGANISATION) };
  });
}

/** A text in parts, those that were searched for marked. @param query in lower case */
export function markedParts(text: string, query: string): { text: string; isMatch: boolean }[] {
  const lower = text.toLowerCase();
  // Some letters are longer in lower case, and the places in the two texts differ then.
  if (query === '' || lower.length !== text.length) return [{ text, isMatch: false }];
  const parts: { text: string; isMatch: boolean }[] = [];
  let from = 0;
  for (let at = lower.indexOf(query); at >= 0; at = lower.indexOf(query, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), isMatch: false });
    from = at + query.length;
    parts.push({ text: text.slice(at, from), isMatch: true });
  }
  return from < text.length ? [...parts, { text: text.slice(from), isMatch: false }] : parts;
}

/** A certificate with the places where its parts are. */
export function certificateRow({ record, status }: CertifiedKey) {
  const { kid, type, organisationId, serialNumber, notBefore, notAfter, revocation } = record;
  return {
    kid,
    type,
    status,
    serialNumber,
    notBefore,
    notAfter,
    revocation,
    ...certificatePaths(`/sandbox/certificates/${kid}`, record),
    path: `/certificates/${kid}`,
    pemPath: `/${organisationId}/${kid}.pem`,
  };
}

/** Where a certificate and its keys are as files. @param base the certificate in the control API */
export function certificatePaths(base: string, { privateKeyPem }: CertifiedKey['record']) {
  const ofPrivateKey = (path: string) => (privateKeyPem === null ? null : path);
  return {
    derPath: `${base}/certificate.crt`,
    jwkPath: `${base}/jwk`,
    privateKeyPath: ofPrivateKey(`${base}/private-key`),
    privateJwkPath: ofPrivateKey(`${base}/private-jwk`),
  };
}

/**
 * The certificates of a holder as its page lists them, page by page.
 * @param path of the holder's page, with what its query asks for beside
 */
export function certificateList(
  keys: readonly CertifiedKey[],
  path: string,
  request: PageRequest,
): { certificates: ReturnType<typeof certificateRow>[]; certificatePager: PagerView } {
  const { items, next } = paged(
    keys.map((key) => ({ id: key.record.kid, key })),
    request,
  );
  return {
    certificates: items.map(({ key }) => certificateRow(key)),
    certificatePager: {
      path,
      parameter: 'certificates',
      fragment: 'certificates',
      next,
      isFirstPage: request.after === undefined,
      label: 'Pages of certificates',
    },
  };
}

/** Ways through a list. */
interface PagerView {
  /** Of its first page, whatever its query asks for. */
  readonly path: string;
  /** What its query calls the place to go on from. */
  readonly parameter: string;
  /** Where on the page it is. */
  readonly fragment: string;
  readonly next: string | null;
  readonly isFirstPage: boolean;
  readonly label: string;
}

/** The active certificates to register with, as many as one page has, and how many there are beyond them. */
export function activeCertificates<Row>(keys: readonly CertifiedKey[], rowOf: (key: CertifiedKey) => Row) {
  const active = keys.filter(({ status }) => status === 'active');
  return {
    certificates: active.slice(0, limits.pageSize).map(rowOf),
    moreCertificates: Math.max(0, active.length - limits.pageSize),
  };
}

/** Where the keys of a holder are for relying parties. */
export function keySetPaths(organisationId: string, holderId: string) {
  return {
    jwksPath: `/${organisationId}/${holderId}.jwks`,
    revokedJwksPath: `/${organisationId}/revoked/${holderId}.jwks`,
  };
}

/** What a certificate of the type is called, what it is for, and who issues it. */
const typeLabels: Readonly<Record<CertificateType, string>> = {
  obtransport: 'OBTransport (TLS)',
  obsigning: 'OBSigning (signatures)',
  obwac: 'OBWAC (TLS)',
  obseal: 'OBSeal (signatures)',
  qwac: 'QWAC (TLS), of the mock QTSP',
  qseal: 'QSealC (signatures), of the mock QTSP',
};

/** The types to choose from. */
export function typeOptions(types: readonly CertificateType[]): { value: string; text: string }[] {
  return types.map((type) => ({ value: type, text: typeLabels[type] }));
}

const timeClaims = ['iat', 'nbf', 'exp'];

/** The times among a token's claims, as dates. */
export function timesOf(payload: Readonly<Record<string, unknown>>): { claim: string; at: string }[] {
  return timeClaims.flatMap((claim) => {
    const at = new Date(Number(payload[claim]) * 1000);
    const isTime = typeof payload[claim] === 'number' && !Number.isNaN(at.getTime());
    return isTime ? [{ claim, at: at.toISOString() }] : [];
  });
}
