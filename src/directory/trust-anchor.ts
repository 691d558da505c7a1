import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { AuthorityRecord, CertificateAuthorityRecord } from '../domain/key-record.js';
import type { AuthorityRepository, KeyPairSource, Random } from '../domain/ports.js';
import { directoryKid } from '../jose/jwk.js';
import { issueDirectorySigning, issueLeaf, issueServer, type LeafRequest } from '../pki/authority.js';
import type { AuthorityNames, Holder, LeafProfile } from '../pki/profiles.js';
import {
  CertificateAuthority,
  createAuthority,
  newSerialNumber,
  readdressAuthority,
  type AuthorityCertifier,
} from './certificate-authority.js';
import type { AuthorityIssuers } from './revocation-lists.js';

/** The bases of the URLs that certificates and SSAs carry, without a slash at the end. */
export interface PublicUrls {
  readonly http: string;
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

/** Root, issuing CA and the Directory's signing key: everything that relying parties trust. */
export class TrustAnchor {
  private readonly authority: CertificateAuthority;
  /** Of its own certificates, in lower-case hex. */
  private readonly ownSerialNumbers = new Set<string>();
  readonly signing: { readonly kid: string; readonly privateKey: KeyObject; readonly certificatePem: string };

  private constructor(
    private readonly record: AuthorityRecord,
    names: AuthorityNames,
    private readonly random: Random,
  ) {
    this.authority = new CertificateAuthority(record, names);
    const signingCertificate = new X509Certificate(record.directorySigning.certificatePem);
    this.ownSerialNumbers.add(signingCertificate.serialNumber.toLowerCase());
    this.signing = {
      kid: directoryKid(signingCertificate),
      privateKey: createPrivateKey(record.directorySigning.privateKeyPem),
      certificatePem: record.directorySigning.certificatePem,
    };
  }

  /**
   * Opens the trust anchor that is kept, or makes one. When our own address has changed since, the certificates that
   * carry it are made anew for the same keys, so that everything issued before still chains.
   * @throws DomainError `storage_failed`
   */
  static async open(
    repository: AuthorityRepository,
    keyPairs: KeyPairSource,
    random: Random,
    { names, urls }: TrustAnchorSettings,
    at: Date,
  ): Promise<TrustAnchor> {
    const certifier: TrustAnchorCertifier = { names, publicBaseUrl: urls.http, random, at };
    const kept = repository.find();
    if (kept?.publicBaseUrl === urls.http) return new TrustAnchor(kept, names, random);
    const current = kept ? await readdress(kept, certifier) : await create(keyPairs, certifier);
    await repository.save(current);
    return new TrustAnchor(current, names, random);
  }

  /** When the keys were made, and so the directory came to be. */
  get createdAt(): Date {
    return new Date(this.record.createdAt);
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
   * Whether one of its own certificates has a serial number: the one that SSAs are signed with at present, and those of
   * our TLS listeners since the start. No record has them.
   */
  isOwnCertificate(serialNumber: string): boolean {
    return this.ownSerialNumbers.has(serialNumber);
  }

  /** @returns the certificate as PEM */
  issueLeaf(
    profile: LeafProfile,
    holder: Holder,
    request: LeafRequest,
    serialNumber: Uint8Array,
    notBefore: Date,
  ): Promise<string> {
    const { issuer, urls } = this.authority;
    return issueLeaf(issuer, urls, profile, holder, request, serialNumber, notBefore);
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
    const serialNumber = newSerialNumber(this.random);
    this.ownSerialNumbers.add(Buffer.from(serialNumber).toString('hex'));
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

interface TrustAnchorCertifier extends AuthorityCertifier {
  readonly names: AuthorityNames;
}

async function create(keyPairs: KeyPairSource, certifier: TrustAnchorCertifier): Promise<AuthorityRecord> {
  const take = async () => (await keyPairs.take()).privateKeyPem;
  const [authority, signingKeyPem, serverPrivateKeyPem] = await Promise.all([
    createAuthority(keyPairs, certifier),
    take(),
    take(),
  ]);
  return certifySigning(authority, { signingKeyPem, serverPrivateKeyPem }, certifier);
}

async function readdress(
  { directorySigning, serverPrivateKeyPem, ...kept }: AuthorityRecord,
  certifier: TrustAnchorCertifier,
): Promise<AuthorityRecord> {
  const authority = await readdressAuthority(kept, certifier);
  const signingKeyPem = directorySigning.privateKeyPem;
  return certifySigning(authority, { signingKeyPem, serverPrivateKeyPem }, certifier);
}

/** The certificate of the signing key says where its issuer is, so it is made anew with the issuer's. */
async function certifySigning(
  authority: CertificateAuthorityRecord,
  keys: { readonly signingKeyPem: string; readonly serverPrivateKeyPem: string },
  { names, random, at }: TrustAnchorCertifier,
): Promise<AuthorityRecord> {
  const { issuer, urls } = new CertificateAuthority(authority, names);
  const certificatePem = await issueDirectorySigning(
    issuer,
    urls,
    names.directorySigning,
    createPublicKey(keys.signingKeyPem),
    newSerialNumber(random),
    at,
  );
  return {
    ...authority,
    directorySigning: { certificatePem, privateKeyPem: keys.signingKeyPem },
    serverPrivateKeyPem: keys.serverPrivateKeyPem,
  };
}
