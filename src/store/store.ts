import { chmod, mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { authorisationServerSchema } from '../domain/authorisation-server.js';
import {
  authorityRecordSchema,
  certificateAuthorityRecordSchema,
  keyRecordSchema,
  publicKeyRecordSchema,
  type AuthorityRecord,
  type CertificateAuthorityRecord,
} from '../domain/key-record.js';
import { organisationClientSchema } from '../domain/organisation-client.js';
import { organisationSchema } from '../domain/organisation.js';
import type {
  BankRepository,
  DirectoryStore,
  OrganisationRecord,
  OwnRecordRepository,
  Store,
} from '../domain/ports.js';
import {
  attemptSchema,
  consumedJtiSchema,
  registeredClientSchema,
  type ConsumedJti,
} from '../domain/registration.js';
import { softwareStatementSchema } from '../domain/software-statement.js';
import { AuthorisationStore } from './authorisation-store.js';
import { BankStore, type BankCollections } from './bank-store.js';
import { Collection } from './collection.js';
import { DirectoryLock } from './directory-lock.js';
import { JsonFile } from './json-file.js';
import { KeyedQueue } from './keyed-queue.js';
import { OrganisationStore } from './organisation-store.js';
import { reasonOf, StoreError } from './store-error.js';

const organisationRecordSchema: z.ZodType<OrganisationRecord> = z.strictObject({
  organisation: organisationSchema,
  softwareStatements: z.array(softwareStatementSchema),
  keys: z.array(keyRecordSchema),
  // Files of earlier versions have none of these.
  publicKeys: z.array(publicKeyRecordSchema).default([]),
  authorisationServers: z.array(authorisationServerSchema).default([]),
  client: organisationClientSchema.nullable().default(null),
});

/**
 * Points at the generation of files that is in force; replacing the whole state writes a new generation beside it and
 * switches this one file.
 */
const pointerSchema = z.strictObject({
  format: z.literal(1),
  generation: z.string().regex(/^generation-[0-9]+$/),
});

const AUTHORITY_ID = 'trust-anchor';
const QUALIFIED_TRUST_SERVICE_PROVIDER_ID = 'qualified-trust-service-provider';

/** What one directory keeps, a document for each organisation and one for its own keys. */
interface DirectoryCollections {
  readonly organisations: Collection<OrganisationRecord>;
  readonly authority: Collection<AuthorityRecord>;
}

/** Makes the repositories of one sandbox, wherever they are kept. */
interface Backing {
  readonly directory: DirectoryCollections;
  readonly jtis: Collection<ConsumedJti>;
  readonly qualifiedTrustServiceProvider: Collection<CertificateAuthorityRecord>;
  readonly anchorCollections: (anchorId: string) => Promise<DirectoryCollections>;
  readonly bankCollections: (bankId: string) => Promise<BankCollections>;
  readonly release: () => Promise<void>;
}

/** A store that lives as long as the process. */
export function createMemoryStore(): Store {
  const directoryInMemory = (): DirectoryCollections => ({
    organisations: Collection.inMemory(),
    authority: Collection.inMemory(),
  });
  return assemble({
    directory: directoryInMemory(),
    jtis: Collection.inMemory(),
    qualifiedTrustServiceProvider: Collection.inMemory(),
    anchorCollections: () => Promise.resolve(directoryInMemory()),
    bankCollections: () =>
      Promise.resolve({
        clients: Collection.inMemory(),
        attempts: Collection.inMemory(),
        jtis: Collection.inMemory(),
        profile: Collection.inMemory(),
      }),
    release: () => Promise.resolve(),
  });
}

/**
 * Opens the store in a directory, which is made when missing and kept to its owner.
 * @throws StoreError `in_use`, `not_writable`, or `unreadable_file` that names the file; no file is changed then
 */
export async function openFileStore(dataDirectory: string): Promise<Store> {
  const directory = await prepareDirectory(resolve(dataDirectory));
  const lock = await DirectoryLock.acquire(directory);
  try {
    const generation = join(directory, await currentGeneration(directory));
    return assemble({
      directory: await directoryInFiles(generation),
      jtis: await Collection.inDirectory(join(generation, 'authorisation', 'jtis'), consumedJtiSchema),
      qualifiedTrustServiceProvider: await Collection.inDirectory(
        join(generation, QUALIFIED_TRUST_SERVICE_PROVIDER_ID),
        certificateAuthorityRecordSchema,
      ),
      anchorCollections: (anchorId) => directoryInFiles(join(generation, 'anchors', anchorId)),
      bankCollections: async (bankId) => ({
        clients: await Collection.inDirectory(
          join(generation, 'banks', bankId, 'clients'),
          registeredClientSchema,
        ),
        attempts: await Collection.inDirectory(join(generation, 'banks', bankId, 'attempts'), attemptSchema),
        jtis: await Collection.inDirectory(join(generation, 'banks', bankId, 'jtis'), consumedJtiSchema),
        profile: await Collection.inDirectory(
          join(generation, 'banks', bankId, 'profile'),
          z.record(z.string(), z.unknown()),
        ),
      }),
      release: () => lock.release(),
    });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function directoryInFiles(folder: string): Promise<DirectoryCollections> {
  return {
    organisations: await Collection.inDirectory(join(folder, 'organisations'), organisationRecordSchema),
    authority: await Collection.inDirectory(join(folder, 'authority'), authorityRecordSchema),
  };
}

async function prepareDirectory(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
    return await realpath(directory);
  } catch (cause) {
    throw new StoreError('not_writable', `Cannot write to ${directory}: ${reasonOf(cause)}`, { cause });
  }
}

async function currentGeneration(directory: string): Promise<string> {
  const pointer = new JsonFile(join(directory, 'current.json'), pointerSchema);
  const kept = await pointer.read();
  if (kept) return kept.generation;
  const first = { format: 1, generation: 'generation-1' } as const;
  try {
    await pointer.write(first);
  } catch (cause) {
    throw new StoreError('not_writable', reasonOf(cause), { cause });
  }
  return first.generation;
}

function assemble(backing: Backing): Store {
  // One for all, so that `close` waits for all; directories that share an id wait for each other, and no more.
  const queue = new KeyedQueue();
  return {
    ...directoryStore(backing.directory, queue),
    authorisation: new AuthorisationStore('authorisation', backing.jtis, queue),
    qualifiedTrustServiceProvider: ownRecord(
      QUALIFIED_TRUST_SERVICE_PROVIDER_ID,
      backing.qualifiedTrustServiceProvider,
      queue,
    ),
    anchor: openedOnce(async (anchorId) => directoryStore(await backing.anchorCollections(anchorId), queue)),
    bank: openedOnce<BankRepository>(
      async (bankId) => new BankStore(bankId, await backing.bankCollections(bankId), queue),
    ),
    close: async () => {
      await queue.idle();
      await backing.release();
    },
  };
}

function directoryStore(
  { organisations, authority }: DirectoryCollections,
  queue: KeyedQueue,
): DirectoryStore {
  return {
    organisations: new OrganisationStore(organisations, queue),
    authority: ownRecord(AUTHORITY_ID, authority, queue),
  };
}

/** Opens what an id stands for at the first call, and once for all who call; a failure may be tried again. */
function openedOnce<T>(open: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const opened = new Map<string, Promise<T>>();
  return (id) => {
    const known = opened.get(id);
    if (known) return known;
    const opening = open(id);
    opened.set(id, opening);
    opening.catch(() => opened.delete(id));
    return opening;
  };
}

/** A repository of the one document with this id. */
function ownRecord<T>(id: string, collection: Collection<T>, queue: KeyedQueue): OwnRecordRepository<T> {
  return {
    find: () => collection.get(id),
    save: (record) => queue.run(id, () => collection.save(id, record)),
  };
}
