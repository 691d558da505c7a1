import { chmod, mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { authorityRecordSchema, keyRecordSchema, type AuthorityRecord } from '../domain/key-record.js';
import { organisationSchema } from '../domain/organisation.js';
import type { AuthorityRepository, BankRepository, OrganisationRecord, Store } from '../domain/ports.js';
import { attemptSchema, consumedJtiSchema, registeredClientSchema } from '../domain/registration.js';
import { softwareStatementSchema } from '../domain/software-statement.js';
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
});

/**
 * Points at the generation of files that is in force; replacing the whole state writes a new generation beside it and
 * switches this one file.
 */
const pointerSchema = z.strictObject({
  format: z.literal(1),
  generation: z.string().regex(/^generation-[0-9]+$/),
});

/** Makes the repositories of one sandbox, wherever they are kept. */
interface Backing {
  readonly organisations: Collection<OrganisationRecord>;
  readonly authority: Collection<AuthorityRecord>;
  readonly bankCollections: (bankId: string) => Promise<BankCollections>;
  readonly release: () => Promise<void>;
}

/** A store that lives as long as the process. */
export function createMemoryStore(): Store {
  return assemble({
    organisations: Collection.inMemory(),
    authority: Collection.inMemory(),
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
      organisations: await Collection.inDirectory(
        join(generation, 'organisations'),
        organisationRecordSchema,
      ),
      authority: await Collection.inDirectory(join(generation, 'authority'), authorityRecordSchema),
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
  const queue = new KeyedQueue();
  const banks = new Map<string, Promise<BankRepository>>();
  return {
    organisations: new OrganisationStore(backing.organisations, queue),
    authority: authorityRepository(backing.authority, queue),
    bank: (bankId) => {
      const known = banks.get(bankId);
      if (known) return known;
      const opening = backing
        .bankCollections(bankId)
        .then((collections) => new BankStore(bankId, collections, queue));
      banks.set(bankId, opening);
      return opening;
    },
    close: async () => {
      await queue.idle();
      await backing.release();
    },
  };
}

const AUTHORITY_ID = 'trust-anchor';

function authorityRepository(
  collection: Collection<AuthorityRecord>,
  queue: KeyedQueue,
): AuthorityRepository {
  return {
    find: () => collection.get(AUTHORITY_ID),
    save: (record) => queue.run('authority', () => collection.save(AUTHORITY_ID, record)),
  };
}
