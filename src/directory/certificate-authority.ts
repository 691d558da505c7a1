import { createPublicKey } from 'node:crypto';
import type { CertificateAuthorityRecord } from '../domain/key-record.js';
import type { KeyPairSource, Random } from '../domain/ports.js';
import { createIssuer, issueIssuing, issueRoot, type Issuer, type IssuerUrls } from '../pki/authority.js';
import type { AuthorityNames } from '../pki/profiles.js';
import type { AuthorityIssuers } from './revocation-lists.js';

export type CertificateAuthorityNames = Pick<AuthorityNames, 'root' | 'issuing'>;

/** Root and issuing certificate, and the key that signs what is issued. */
export class CertificateAuthority {
  readonly issuer: Issuer;
  private rootIssuer: Issuer | undefined;
  /** What the certificates that it issues say of it. */
  readonly urls: IssuerUrls;

  constructor(
    private readonly record: CertificateAuthorityRecord,
    private readonly names: CertificateAuthorityNames,
  ) {
    this.issuer = createIssuer(names.issuing, record.issuing.privateKeyPem);
    this.urls = issuingUrlsAt(record.publicBaseUrl);
  }

  /** Whoever signs revocation lists; the root's key is read when it is first needed. */
  get issuers(): AuthorityIssuers {
    this.rootIssuer ??= createIssuer(this.names.root, this.record.root.privateKeyPem);
    return { root: this.rootIssuer, issuing: this.issuer };
  }

  get publicBaseUrl(): string {
    return this.record.publicBaseUrl;
  }

  get rootPem(): string {
    return this.record.root.certificatePem;
  }

  get issuingPem(): string {
    return this.record.issuing.certificatePem;
  }

  get chainPem(): string {
    return chainPemOf(this.record);
  }
}

/** Issuing certificate, then root. */
export function chainPemOf({ issuing, root }: CertificateAuthorityRecord): string {
  return issuing.certificatePem + root.certificatePem;
}

/** What it takes to certify an authority's own keys. */
export interface AuthorityCertifier {
  readonly names: CertificateAuthorityNames;
  /** Its certificates are at `/ca` below it; without a slash at the end. */
  readonly publicBaseUrl: string;
  readonly random: Random;
  readonly at: Date;
}

/** Makes the keys of a new authority, and certifies them. */
export async function createAuthority(
  keyPairs: KeyPairSource,
  certifier: AuthorityCertifier,
): Promise<CertificateAuthorityRecord> {
  const { names, random, at } = certifier;
  const [root, issuing] = await Promise.all([keyPairs.take(), keyPairs.take()]);
  const rootPem = await issueRoot(createIssuer(names.root, root.privateKeyPem), newSerialNumber(random), at);
  const keys = {
    createdAt: at.toISOString(),
    root: { certificatePem: rootPem, privateKeyPem: root.privateKeyPem },
    issuingKeyPem: issuing.privateKeyPem,
  };
  return certifyIssuing(keys, certifier);
}

/** Makes the issuing certificate anew for the same key, at another address: everything issued before still chains. */
export function readdressAuthority(
  kept: CertificateAuthorityRecord,
  certifier: AuthorityCertifier,
): Promise<CertificateAuthorityRecord> {
  return certifyIssuing({ ...kept, issuingKeyPem: kept.issuing.privateKeyPem }, certifier);
}

async function certifyIssuing(
  keys: Pick<CertificateAuthorityRecord, 'createdAt' | 'root'> & { readonly issuingKeyPem: string },
  { names, publicBaseUrl, random }: AuthorityCertifier,
): Promise<CertificateAuthorityRecord> {
  const issuingPem = await issueIssuing(
    createIssuer(names.root, keys.root.privateKeyPem),
    names.issuing,
    createPublicKey(keys.issuingKeyPem),
    rootUrlsAt(publicBaseUrl),
    newSerialNumber(random),
    new Date(keys.createdAt),
  );
  return {
    publicBaseUrl,
    createdAt: keys.createdAt,
    root: keys.root,
    issuing: { certificatePem: issuingPem, privateKeyPem: keys.issuingKeyPem },
  };
}

/**
 * Observed: the Directory's serial numbers have four bytes. The first bit is clear and the second set, so that all have
 * their whole length.
 */
export function newSerialNumber(random: Random, byteCount = 4): Uint8Array {
  const bytes = Uint8Array.from(random.bytes(byteCount));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function issuingUrlsAt(publicBaseUrl: string): IssuerUrls {
  return {
    caIssuers: `${publicBaseUrl}/ca/issuing.crt`,
    crl: `${publicBaseUrl}/ca/issuing.crl`,
    ocsp: `${publicBaseUrl}/ca/ocsp`,
  };
}

function rootUrlsAt(publicBaseUrl: string): IssuerUrls {
  return { caIssuers: `${publicBaseUrl}/ca/root.crt`, crl: `${publicBaseUrl}/ca/root.crl` };
}
