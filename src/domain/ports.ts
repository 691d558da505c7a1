import type { AuthorisationServer } from './authorisation-server.js';
import type { JwkSet } from './jwk.js';
import type { AccessTokenRecord, Attempt, ConsumedJti, RegisteredClient } from './registration.js';
import type {
  AuthorityRecord,
  CertificateAuthorityRecord,
  KeyRecord,
  PublicKeyRecord,
} from './key-record.js';
import type { OrganisationClient } from './organisation-client.js';
import type { Organisation, OrganisationKind } from './organisation.js';
import type { StoreState } from './state.js';
import type { SoftwareStatement } from './software-statement.js';

/** The one clock of a sandbox: settable, so never to be replaced by the machine's own. */
export interface Clock {
  now(): Date;
}

/** A source of chance; seeded in tests that want the same identifiers again. */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** An RSA key pair in PEM: PKCS#8 and SPKI. */
export interface KeyPairPem {
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
}

/** Hands out new key pairs, each one once. */
export interface KeyPairSource {
  take(): Promise<KeyPairPem>;
}

export type JwksFetchResult =
  | {
      readonly ok: true;
      readonly jwks: JwkSet;
      /** For how long the answer may be used again by its own headers; 0 for not at all. */
      readonly freshSeconds: number;
    }
  /** A short sentence without its subject, which is the URL: "cannot be fetched: status 500". */
  | { readonly ok: false; readonly reason: string };

/** Fetches a JWKS within bounded time and size, follows no redirect and never throws. */
export interface JwksFetcher {
  fetch(url: string): Promise<JwksFetchResult>;
}

/** An organisation with everything that changes together with it: the unit of storage. */
export interface OrganisationRecord {
  readonly organisation: Organisation;
  readonly softwareStatements: readonly SoftwareStatement[];
  readonly keys: readonly KeyRecord[];
  readonly publicKeys: readonly PublicKeyRecord[];
  /** Of ASPSPs only. */
  readonly authorisationServers: readonly AuthorisationServer[];
  /** Its own client at the Directory's authorisation server. */
  readonly client: OrganisationClient | null;
}

/** What an organisation has before anything is added to it. */
export const emptyRecord: Omit<OrganisationRecord, 'organisation'> = {
  softwareStatements: [],
  keys: [],
  publicKeys: [],
  authorisationServers: [],
  client: null,
};

/** A page request: at most `limit` items that follow the item with the id `after`. */
export interface PageRequest {
  readonly limit: number;
  readonly after?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/**
 * Organisations with their statements and keys. Reads are answered from memory; a write resolves once it is durable, and
 * only then do reads show it. Writes to one organisation happen one after the other.
 */
export interface OrganisationRepository {
  find(organisationId: string): OrganisationRecord | undefined;
  findBySoftwareId(softwareId: string): OrganisationRecord | undefined;
  findByKid(kid: string): OrganisationRecord | undefined;
  hasSerialNumber(serialNumber: string): boolean;
  /** The certified key whose certificate has the number: in lower-case hex, whoever issued it. */
  findBySerialNumber(serialNumber: string): KeyRecord | undefined;
  page(request: PageRequest): Page<OrganisationRecord>;
  /** How many organisations of a kind there are, or of every kind. */
  countOf(kind?: OrganisationKind): number;
  /** At most `limit` organisations of a kind, or of every kind, from the one at `offset` on, in the order of `page`. */
  slice(kind: OrganisationKind | undefined, offset: number, limit: number): OrganisationRecord[];
  /** Every certified key that is revoked, in the order in which they were: the same list until that changes. */
  revokedKeys(): readonly KeyRecord[];
  /** The ids of the competent authorities that organisations name at present, each once, in no order. */
  authorityIds(): string[];
  /** @throws DomainError `conflict` when the organisation exists already */
  create(record: OrganisationRecord): Promise<void>;
  /**
   * Applies a pure change to the record as it is when its turn comes; the record itself, given back, is not written again.
   * @throws DomainError `not_found`, and whatever `change` throws; nothing is stored then
   */
  update(
    organisationId: string,
    change: (record: OrganisationRecord) => OrganisationRecord,
  ): Promise<OrganisationRecord>;
}

/** The one record that an authority has of its own keys and certificates; the same object until another is saved. */
export interface OwnRecordRepository<T> {
  find(): T | undefined;
  /** @throws DomainError `storage_failed` */
  save(record: T): Promise<void>;
}

/** The keys and certificates of the trust anchor itself. */
export type AuthorityRepository = OwnRecordRepository<AuthorityRecord>;

/** The keys and certificates of the qualified trust service provider. */
export type QualifiedTrustServiceProviderRepository = OwnRecordRepository<CertificateAuthorityRecord>;

/** The access tokens that an authorisation server has issued, and the `jti`s that have been used up there. */
export interface AuthorisationRepository {
  /** Tokens live in memory alone, in every kind of store: they are short-lived, and end with the process. */
  saveToken(token: AccessTokenRecord): void;
  findToken(digest: string): AccessTokenRecord | undefined;
  revokeToken(digest: string): void;
  revokeTokensOf(clientId: string): void;
  /** Remembers a `jti` unless it is known; resolves to whether it was new. Forgets those that have expired at `at`. */
  consumeJti(jti: ConsumedJti, at: Date): Promise<boolean>;
}

/** What one mock bank remembers. */
export interface BankRepository extends AuthorisationRepository {
  findClient(clientId: string): RegisteredClient | undefined;
  /** How many clients a software statement has. */
  countClientsOf(softwareId: string): number;
  /** At most `limit` clients of a software statement, the newest first. */
  clientsOf(softwareId: string, limit: number): RegisteredClient[];
  clientCount(): number;
  /** Adds a client, or replaces the one with its id. */
  saveClient(client: RegisteredClient): Promise<void>;
  /** Replaces the client with its id; resolves to whether there was one, and adds none. */
  replaceClient(client: RegisteredClient): Promise<boolean>;
  removeClient(clientId: string): Promise<void>;
  /** The profile that somebody gave the bank in place of the one it came with. */
  findProfile(): Readonly<Record<string, unknown>> | undefined;
  saveProfile(profile: Readonly<Record<string, unknown>>): Promise<void>;
  /** Nothing happens when there is none. */
  forgetProfile(): Promise<void>;
  /** Newest first. */
  attempts(request: PageRequest): Page<Attempt>;
  findAttempt(id: string): Attempt | undefined;
  saveAttempt(attempt: Attempt): Promise<void>;
}

/** What one directory keeps: its participants, and its own keys. */
export interface DirectoryStore {
  readonly organisations: OrganisationRepository;
  readonly authority: AuthorityRepository;
}

/** Everything that is kept. */
export interface Store extends DirectoryStore {
  /** What the Directory's own authorisation server remembers. */
  readonly authorisation: AuthorisationRepository;
  readonly qualifiedTrustServiceProvider: QualifiedTrustServiceProviderRepository;
  /** What the trust anchor with this id keeps, apart from the Directory; the same repositories at each call. */
  anchor(anchorId: string): Promise<DirectoryStore>;
  /** What the bank with this id remembers; the same repository at each call. */
  bank(bankId: string): Promise<BankRepository>;
  /** Everything that is kept, at one instant. @throws StoreError `unreadable_file` */
  export(): Promise<StoreState>;
  /**
   * Writes a whole state beside the one in force, which it leaves alone.
   * @throws DomainError `storage_failed`; nothing half-written stays then
   */
  prepare(state: StoreState): Promise<PreparedStore>;
  /** Waits for writes under way and lets go of the data directory. */
  close(): Promise<void>;
}

/** A whole state that is ready to take the place of the one in force. */
export interface PreparedStore {
  readonly store: Store;
  /**
   * Puts it in force, at once and for good. The store that it was prepared beside takes no more changes: they are refused
   * with DomainError `conflict`. To close it is to close this one.
   * @throws DomainError `storage_failed`; the other one is in force then
   */
  commit(): Promise<void>;
  /** Clears it away. */
  discard(): Promise<void>;
}
