import { DomainError } from '../domain/errors.js';
import type { AuthorityRecord, CertificateAuthorityRecord } from '../domain/key-record.js';
import type { DirectoryStore, OrganisationRecord, OwnRecordRepository, Store } from '../domain/ports.js';
import type { ConsumedJti } from '../domain/registration.js';
import { emptyStoreState, type DirectoryState, type StoreState } from '../domain/state.js';
import { AuthorisationStore } from './authorisation-store.js';
import { BankStore, type BankCollections } from './bank-store.js';
import type { Collection } from './collection.js';
import { AUTHORITY_ID, QUALIFIED_TRUST_SERVICE_PROVIDER_ID } from './documents.js';
import { openGenerations } from './generations.js';
import { KeyedQueue } from './keyed-queue.js';
import { memoryBacking } from './memory-backing.js';
import { OrganisationStore } from './organisation-store.js';

/** What one directory keeps, a document for each organisation and one for its own keys. */
export interface DirectoryCollections {
  readonly organisations: Collection<OrganisationRecord>;
  readonly authority: Collection<AuthorityRecord>;
}

/** Where the collections of one sandbox come from, and how a whole state takes their place. */
export interface Backing {
  readonly directory: DirectoryCollections;
  readonly jtis: Collection<ConsumedJti>;
  readonly qualifiedTrustServiceProvider: Collection<CertificateAuthorityRecord>;
  readonly anchorCollections: (anchorId: string) => Promise<DirectoryCollections>;
  readonly bankCollections: (bankId: string) => Promise<BankCollections>;
  /** Of what there is, whether or not anybody has opened it. */
  readonly anchorIds: () => Promise<readonly string[]>;
  readonly bankIds: () => Promise<readonly string[]>;
  readonly prepare: (state: StoreState) => Promise<PreparedBacking>;
  /** Clears away what another has taken the place of. */
  readonly clear: () => Promise<void>;
  readonly release: () => Promise<void>;
}

export interface PreparedBacking {
  readonly backing: Backing;
  readonly commit: () => Promise<void>;
}

/** A store that lives as long as the process. */
export function createMemoryStore(): Store {
  return assemble(memoryBacking(emptyStoreState));
}

/**
 * Opens the store in a directory, which is made when missing and kept to its owner.
 * @throws StoreError `in_use`, `not_writable`, or `unreadable_file` that names the file; no file is changed then
 */
export async function openFileStore(dataDirectory: string): Promise<Store> {
  return assemble(await openGenerations(dataDirectory));
}

function assemble(backing: Backing): Store {
  // One for all, so that `close` waits for all; directories that share an id wait for each other, and no more.
  const queue = new KeyedQueue();
  const directory = directoryStore(backing.directory, queue);
  const authorisation = new AuthorisationStore('authorisation', backing.jtis, queue);
  const qtsp = ownRecord(QUALIFIED_TRUST_SERVICE_PROVIDER_ID, backing.qualifiedTrustServiceProvider, queue);
  const anchors = new OpenedOnce(async (anchorId) =>
    directoryStore(await backing.anchorCollections(anchorId), queue),
  );
  const banks = new OpenedOnce(
    async (bankId) => new BankStore(bankId, await backing.bankCollections(bankId), queue),
  );
  let isReplaced = false;
  return {
    ...directory,
    authorisation,
    qualifiedTrustServiceProvider: qtsp,
    anchor: (anchorId) => anchors.open(anchorId),
    bank: (bankId) => banks.open(bankId),
    export: async () => {
      const openedAnchors = await anchors.openAll(await backing.anchorIds());
      const openedBanks = await banks.openAll(await backing.bankIds());
      // Nothing is awaited from here on, so that all is of one instant.
      return {
        directory: directoryState(directory),
        qualifiedTrustServiceProvider: qtsp.find() ?? null,
        anchors: mapValues(openedAnchors, directoryState),
        authorisation: authorisation.state(),
        banks: mapValues(openedBanks, (bank) => bank.state()),
      };
    },
    prepare: async (state) => {
      const next = await backing.prepare(state);
      const store = assemble(next.backing);
      await giveTokens(store, state);
      return {
        store,
        commit: async () => {
          await next.commit();
          isReplaced = true;
          queue.close(new DomainError('conflict', 'The whole state was replaced while this was under way.'));
          await queue.idle();
          await backing.clear();
        },
        discard: () => next.backing.clear(),
      };
    },
    close: async () => {
      if (isReplaced) return;
      await queue.idle();
      await backing.release();
    },
  };
}

/** Tokens live in memory alone, in every kind of store. */
async function giveTokens(store: Store, { authorisation, banks }: StoreState): Promise<void> {
  authorisation.tokens.forEach((token) => store.authorisation.saveToken(token));
  for (const [bankId, { tokens }] of Object.entries(banks)) {
    const bank = await store.bank(bankId);
    tokens.forEach((token) => bank.saveToken(token));
  }
}

interface OpenedDirectory extends DirectoryStore {
  readonly organisations: OrganisationStore;
}

function directoryStore(
  { organisations, authority }: DirectoryCollections,
  queue: KeyedQueue,
): OpenedDirectory {
  return {
    organisations: new OrganisationStore(organisations, queue),
    authority: ownRecord(AUTHORITY_ID, authority, queue),
  };
}

function directoryState({ organisations, authority }: OpenedDirectory): DirectoryState {
  return { authority: authority.find() ?? null, organisations: organisations.state() };
}

function mapValues<From, To>(
  entries: ReadonlyMap<string, From>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Array.from(entries, ([id, value]) => [id, map(value)]));
}

/** Opens what an id stands for at the first call, and once for all who call; a failure may be tried again. */
class OpenedOnce<T> {
  private readonly opened = new Map<string, Promise<T>>();

  constructor(private readonly openNow: (id: string) => Promise<T>) {}

  open(id: string): Promise<T> {
    const known = this.opened.get(id);
    if (known) return known;
    const opening = this.openNow(id);
    this.opened.set(id, opening);
    opening.catch(() => this.opened.delete(id));
    return opening;
  }

  /** Those with these ids, and those that are open already. */
  async openAll(ids: readonly string[]): Promise<Map<string, T>> {
    const all = [...new Set([...ids, ...this.opened.keys()])].sort();
    return new Map(await Promise.all(all.map(async (id) => [id, await this.open(id)] as const)));
  }
}

/** A repository of the one document with this id. */
function ownRecord<T>(id: string, collection: Collection<T>, queue: KeyedQueue): OwnRecordRepository<T> {
  return {
    find: () => collection.get(id),
    save: (record) => queue.run(id, () => collection.save(id, record)),
  };
}
