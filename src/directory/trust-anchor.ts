import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { AuthorityRecord } from '../domain/key-record.js';
import type { AuthorityRepository, KeyPairSource, Random } from '../domain/ports.js';
import { directoryKid } from '../jose/jwk.js';
import {
  createIssuer,
  issueDirectorySigning,
  issueIssuing,
  issueLeaf,
  issueRoot,
  issueServer,
  type Issuer,
  type IssuerUrls,
  type LeafRequest,
} from '../pki/authority.js';
import type { AuthorityNames, Holder, LeafProfile } from '../pki/profiles.js';

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
  private readonly issuer: Issuer;
  private readonly issuingUrls: IssuerUrls;
  readonly signing: { readonly kid: string; readonly privateKey: KeyObject; readonly certificatePem: string };

  private constructor(
    private readonly record: AuthorityRecord,
    names: AuthorityNames,
    private readonly random: Random,
  ) {
    this.issuer = createIssuer(names.issuing, record.issuing.privateKeyPem);
    this.issuingUrls = issuingUrlsAt(record.publicBaseUrl);
    this.signing = {
      kid: directoryKid(new X509Certificate(record.directorySigning.certificatePem)),
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
    const certifier: Certifier = { names, urls, random, at };
    const kept = repository.find();
    const current = kept ? await readdress(kept, certifier) : await create(keyPairs, certifier);
    if (current !== kept) await repository.save(current);
    return new TrustAnchor(current, names, random);
  }

  /** When the keys were made, and so the directory came to be. */
  get createdAt(): Date {
    return new Date(this.record.createdAt);
  }

  get rootPem(): string {
    return this.record.root.certificatePem;
  }

  get issuingPem(): string {
    return this.record.issuing.certificatePem;
  }

  /** Issuing certificate, then root. */
  get chainPem(): string {
    return this.issuingPem + this.rootPem;
  }

  /** @returns the certificate as PEM */
  issueLeaf(
    profile: LeafProfile,
    holder: Holder,
    request: LeafRequest,
    serialNumber: Uint8Array,
    notBefore: Date,
  ): Promise<string> {
    return issueLeaf(this.issuer, this.issuingUrls, profile, holder, request, serialNumber, notBefore);
  }

  /**
   * A fresh certificate for our TLS listeners.
   * @param at an instant of the real clock: clients judge it by theirs, whatever the sandbox clock says
   */
  async issueServerIdentity(
    names: { readonly dns: readonly string[]; readonly ip: readonly Uint8Array[] },
    at: Date,
  ): Promise<ServerIdentity> {
    const publicKey = createPublicKey(this.record.serverPrivateKeyPem);
    const leaf = await issueServer(
      this.issuer,
      this.issuingUrls,
      names,
      publicKey,
      newSerialNumber(this.random),
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

/** Observed: serial numbers of four bytes; the first bit is clear and the second set, so that all have this length. */
export function newSerialNumber(random: Random): Uint8Array {
  const bytes = Uint8Array.from(random.bytes(4));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function issuingUrlsAt(httpBase: string): IssuerUrls {
  return {
    caIssuers: `${httpBase}/ca/issuing.crt`,
    crl: `${httpBase}/ca/issuing.crl`,
    ocsp: `${httpBase}/ca/ocsp`,
  };
}

function rootUrlsAt(httpBase: string): IssuerUrls {
  return { caIssuers: `${httpBase}/ca/root.crt`, crl: `${httpBase}/ca/root.crl` };
}

/** What it takes to certify the trust anchor's own keys. */
interface Certifier extends TrustAnchorSettings {
  readonly random: Random;
  readonly at: Date;
}

async function create(keyPairs: KeyPairSource, certifier: Certifier): Promise<AuthorityRecord> {
  const { names, random, at } = certifier;
  const take = async () => (await keyPairs.take()).privateKeyPem;
  const [root, issuing, signing, server] = await Promise.all([take(), take(), take(), take()]);
  const rootPem = await issueRoot(createIssuer(names.root, root), newSerialNumber(random), at);
  const keys = {
    createdAt: at.toISOString(),
    root: { certificatePem: rootPem, privateKeyPem: root },
    issuingKeyPem: issuing,
    signingKeyPem: signing,
    serverPrivateKeyPem: server,
  };
  return certify(keys, certifier);
}

async function readdress(kept: AuthorityRecord, certifier: Certifier): Promise<AuthorityRecord> {
  if (kept.publicBaseUrl === certifier.urls.http) return kept;
  const keys = {
    ...kept,
    issuingKeyPem: kept.issuing.privateKeyPem,
    signingKeyPem: kept.directorySigning.privateKeyPem,
  };
  return certify(keys, certifier);
}

/** Certifies the issuing and the signing key at our address. */
async function certify(
  keys: Pick<AuthorityRecord, 'createdAt' | 'root' | 'serverPrivateKeyPem'> & {
    readonly issuingKeyPem: string;
    readonly signingKeyPem: string;
  },
  { names, urls, random, at }: Certifier,
): Promise<AuthorityRecord> {
  const root = createIssuer(names.root, keys.root.privateKeyPem);
  const issuing = createIssuer(names.issuing, keys.issuingKeyPem);
  const [issuingPem, signingPem] = await Promise.all([
    issueIssuing(
      root,
      names.issuing,
      createPublicKey(keys.issuingKeyPem),
      rootUrlsAt(urls.http),
      newSerialNumber(random),
      new Date(keys.createdAt),
    ),
    issueDirectorySigning(
      issuing,
      issuingUrlsAt(urls.http),
      names.directorySigning,
      createPublicKey(keys.signingKeyPem),
      newSerialNumber(random),
      at,
    ),
  ]);
  return {
    publicBaseUrl: urls.http,
    createdAt: keys.createdAt,
    root: keys.root,
    issuing: { certificatePem: issuingPem, privateKeyPem: keys.issuingKeyPem },
    directorySigning: { certificatePem: signingPem, privateKeyPem: keys.signingKeyPem },
    serverPrivateKeyPem: keys.serverPrivateKeyPem,
  };
}
