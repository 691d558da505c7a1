import { chmod, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { authorityRecordSchema, certificateAuthorityRecordSchema } from '../domain/key-record.js';
import { attemptSchema, consumedJtiSchema, registeredClientSchema } from '../domain/registration.js';
import {
  organisationRecordSchema,
  type BankState,
  type DirectoryState,
  type StoreState,
} from '../domain/state.js';
import type { BankCollections } from './bank-store.js';
import { Collection } from './collection.js';
import { DirectoryLock } from './directory-lock.js';
import {
  documentsOfBank,
  documentsOfDirectory,
  documentsOfJtis,
  documentsOfProvider,
  QUALIFIED_TRUST_SERVICE_PROVIDER_ID,
} from './documents.js';
import { JsonFile, syncDirectory } from './json-file.js';
import { reasonOf, StoreError } from './store-error.js';
import type { Backing, DirectoryCollections } from './store.js';

const generationPattern = /^generation-([0-9]+)$/;

/**
 * Points at the generation of files that is in force; replacing the whole state writes a new generation beside it and
 * switches this one file.
 */
const pointerSchema = z.strictObject({
  format: z.literal(1),
  generation: z.string().regex(generationPattern),
});

const profileSchema = z.record(z.string(), z.unknown());

/**
 * Opens the generation that is in force in a data directory, which is made when missing and kept to its owner.
 * @throws StoreError `in_use`, `not_writable`, or `unreadable_file` that names the file; no file is changed then
 */
export async function openGenerations(dataDirectory: string): Promise<Backing> {
  const directory = await prepareDirectory(resolve(dataDirectory));
  const lock = await DirectoryLock.acquire(directory);
  try {
    const pointer = new JsonFile(join(directory, 'current.json'), pointerSchema);
    const generation = await currentGeneration(pointer);
    await refuseLostGeneration(directory, generation);
    const backing = await openGeneration({ directory, pointer, lock }, generation);
    await clearOthers(directory, generation);
    return backing;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** What all generations of a data directory share. */
interface Place {
  readonly directory: string;
  readonly pointer: JsonFile<z.output<typeof pointerSchema>>;
  readonly lock: DirectoryLock;
}

async function openGeneration(place: Place, generation: string): Promise<Backing> {
  const folder = join(place.directory, generation);
  return {
    directory: await directoryInFiles(folder),
    jtis: await Collection.inDirectory(folderOf.authorisationJtis(folder), consumedJtiSchema),
    qualifiedTrustServiceProvider: await Collection.inDirectory(
      folderOf.provider(folder),
      certificateAuthorityRecordSchema,
    ),
    anchorCollections: (anchorId) => directoryInFiles(folderOf.anchor(folder, anchorId)),
    bankCollections: (bankId) => bankInFiles(folderOf.bank(folder, bankId)),
    anchorIds: () => namesIn(join(folder, 'anchors')),
    bankIds: () => namesIn(join(folder, 'banks')),
    prepare: async (state) => {
      const next = generationAfter(generation);
      const nextFolder = join(place.directory, next);
      try {
        await rm(nextFolder, { recursive: true, force: true });
        await writeGeneration(nextFolder, state);
        await syncDirectory(place.directory);
        return {
          backing: await openGeneration(place, next),
          commit: () => switchTo(place.pointer, next),
        };
      } catch (error) {
        await rm(nextFolder, { recursive: true, force: true }).catch(() => undefined);
        throw error;
      }
    },
    // What stays behind is cleared away at the next start.
    clear: () => rm(folder, { recursive: true, force: true }).catch(() => undefined),
    release: () => place.lock.release(),
  };
}

/** Where the collections of a generation are. */
const folderOf = {
  organisations: (directory: string) => join(directory, 'organisations'),
  authority: (directory: string) => join(directory, 'authority'),
  authorisationJtis: (generation: string) => join(generation, 'authorisation', 'jtis'),
  provider: (generation: string) => join(generation, QUALIFIED_TRUST_SERVICE_PROVIDER_ID),
  anchor: (generation: string, anchorId: string) => join(generation, 'anchors', anchorId),
  bank: (generation: string, bankId: string) => join(generation, 'banks', bankId),
};

async function directoryInFiles(folder: string): Promise<DirectoryCollections> {
  return {
    organisations: await Collection.inDirectory(folderOf.organisations(folder), organisationRecordSchema),
    authority: await Collection.inDirectory(folderOf.authority(folder), authorityRecordSchema),
  };
}

async function bankInFiles(folder: string): Promise<BankCollections> {
  return {
    clients: await Collection.inDirectory(join(folder, 'clients'), registeredClientSchema),
    attempts: await Collection.inDirectory(join(folder, 'attempts'), attemptSchema),
    jtis: await Collection.inDirectory(join(folder, 'jtis'), consumedJtiSchema),
    profile: await Collection.inDirectory(join(folder, 'profile'), profileSchema),
  };
}

async function writeGeneration(folder: string, state: StoreState): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await allOf([
    writeDirectory(folder, state.directory),
    Collection.writeDirectory(
      folderOf.authorisationJtis(folder),
      consumedJtiSchema,
      documentsOfJtis(state.authorisation.jtis),
    ),
    Collection.writeDirectory(
      folderOf.provider(folder),
      certificateAuthorityRecordSchema,
      documentsOfProvider(state),
    ),
    ...Object.entries(state.anchors).map(([id, anchor]) =>
      writeDirectory(folderOf.anchor(folder, id), anchor),
    ),
    ...Object.entries(state.banks).map(([id, bank]) => writeBank(folderOf.bank(folder, id), bank)),
  ]);
}

async function writeDirectory(folder: string, state: DirectoryState): Promise<void> {
  const { organisations, authority } = documentsOfDirectory(state);
  await allOf([
    Collection.writeDirectory(folderOf.organisations(folder), organisationRecordSchema, organisations),
    Collection.writeDirectory(folderOf.authority(folder), authorityRecordSchema, authority),
  ]);
}

async function writeBank(folder: string, state: BankState): Promise<void> {
  const { clients, attempts, jtis, profile } = documentsOfBank(state);
  await allOf([
    Collection.writeDirectory(join(folder, 'clients'), registeredClientSchema, clients),
    Collection.writeDirectory(join(folder, 'attempts'), attemptSchema, attempts),
    Collection.writeDirectory(join(folder, 'jtis'), consumedJtiSchema, jtis),
    Collection.writeDirectory(join(folder, 'profile'), profileSchema, profile),
  ]);
}

/** Waits for all, also when one fails: whoever clears away what they wrote must come after the last. */
async function allOf(writes: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(writes);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
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

async function currentGeneration(pointer: Place['pointer']): Promise<string> {
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

/** A write that failed once its file was in place has switched all the same; to throw away what it names would lose all. */
async function switchTo(pointer: Place['pointer'], generation: string): Promise<void> {
  try {
    await pointer.write({ format: 1, generation });
  } catch (error) {
    const kept = await pointer.read();
    if (kept?.generation !== generation) throw error;
  }
}

/** To begin anew would clear away the others, one of which somebody may want back. @throws StoreError `unreadable_file` */
async function refuseLostGeneration(directory: string, current: string): Promise<void> {
  const found = (await readdir(directory)).filter((name) => generationPattern.test(name));
  if (found.length === 0 || found.includes(current)) return;
  const reason = `current.json names ${current}, which is not there; there is ${found.join(', ')}`;
  throw new StoreError('unreadable_file', `Cannot read ${directory}: ${reason}`);
}

function generationAfter(generation: string): string {
  return `generation-${Number(generationPattern.exec(generation)?.[1]) + 1}`;
}

/** Whoever was killed while replacing the state has left a generation behind that is not in force, or no longer. */
async function clearOthers(directory: string, current: string): Promise<void> {
  const others = (await readdir(directory)).filter(
    (name) => generationPattern.test(name) && name !== current,
  );
  for (const name of others) await rm(join(directory, name), { recursive: true, force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new StoreError('unreadable_file', `Cannot read ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}
