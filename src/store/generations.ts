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
import { allOf } from './all-of.js';
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
import { makeDirectory, namesIn } from './directories.js';
import { JsonFile } from './json-file.js';
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
    const collections = await readGeneration(join(directory, generation));
    const backing = backingOf({ directory, pointer, lock }, generation, collections);
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

/** What there is from the beginning, and what of it is at hand already when others ask for theirs. */
interface Collections extends Pick<Backing, 'directory' | 'jtis' | 'qualifiedTrustServiceProvider'> {
  readonly anchors: ReadonlyMap<string, DirectoryCollections>;
  readonly banks: ReadonlyMap<string, BankCollections>;
}

function backingOf(place: Place, generation: string, collections: Collections): Backing {
  const folder = join(place.directory, generation);
  const { anchors, banks, ...others } = collections;
  return {
    ...others,
    anchorCollections: async (id) => anchors.get(id) ?? readDirectory(folderOf.anchor(folder, id)),
    bankCollections: async (id) => banks.get(id) ?? readBank(folderOf.bank(folder, id)),
    anchorIds: () => namesIn(join(folder, 'anchors')),
    bankIds: () => namesIn(join(folder, 'banks')),
    prepare: async (state) => {
      const next = generationAfter(generation);
      const nextFolder = join(place.directory, next);
      try {
        await rm(nextFolder, { recursive: true, force: true });
        const written = await writeGeneration(nextFolder, state);
        return {
          backing: backingOf(place, next, written),
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

async function readGeneration(folder: string): Promise<Collections> {
  await makeDirectory(folder);
  return {
    directory: await readDirectory(folder),
    jtis: await Collection.inDirectory(folderOf.authorisationJtis(folder), consumedJtiSchema),
    qualifiedTrustServiceProvider: await Collection.inDirectory(
      folderOf.provider(folder),
      certificateAuthorityRecordSchema,
    ),
    anchors: new Map(),
    banks: new Map(),
  };
}

async function readDirectory(folder: string): Promise<DirectoryCollections> {
  return {
    organisations: await Collection.inDirectory(folderOf.organisations(folder), organisationRecordSchema),
    authority: await Collection.inDirectory(folderOf.authority(folder), authorityRecordSchema),
  };
}

async function readBank(folder: string): Promise<BankCollections> {
  return {
    clients: await Collection.inDirectory(join(folder, 'clients'), registeredClientSchema),
    attempts: await Collection.inDirectory(join(folder, 'attempts'), attemptSchema),
    jtis: await Collection.inDirectory(join(folder, 'jtis'), consumedJtiSchema),
    profile: await Collection.inDirectory(join(folder, 'profile'), profileSchema),
  };
}

async function writeGeneration(folder: string, state: StoreState): Promise<Collections> {
  await makeDirectory(folder);
  const [directory, jtis, qualifiedTrustServiceProvider, anchors, banks] = await allOf([
    writeDirectory(folder, state.directory),
    Collection.write(
      folderOf.authorisationJtis(folder),
      consumedJtiSchema,
      documentsOfJtis(state.authorisation.jtis),
    ),
    Collection.write(folderOf.provider(folder), certificateAuthorityRecordSchema, documentsOfProvider(state)),
    writeEach(state.anchors, (id, anchor) => writeDirectory(folderOf.anchor(folder, id), anchor)),
    writeEach(state.banks, (id, bank) => writeBank(folderOf.bank(folder, id), bank)),
  ]);
  return { directory, jtis, qualifiedTrustServiceProvider, anchors, banks };
}

async function writeEach<From, To>(
  parts: Readonly<Record<string, From>>,
  write: (id: string, part: From) => Promise<To>,
): Promise<ReadonlyMap<string, To>> {
  return new Map(
    await allOf(Object.entries(parts).map(async ([id, part]) => [id, await write(id, part)] as const)),
  );
}

async function writeDirectory(folder: string, state: DirectoryState): Promise<DirectoryCollections> {
  const documents = documentsOfDirectory(state);
  const [organisations, authority] = await allOf([
    Collection.write(folderOf.organisations(folder), organisationRecordSchema, documents.organisations),
    Collection.write(folderOf.authority(folder), authorityRecordSchema, documents.authority),
  ]);
  return { organisations, authority };
}

async function writeBank(folder: string, state: BankState): Promise<BankCollections> {
  const documents = documentsOfBank(state);
  const [clients, attempts, jtis, profile] = await allOf([
    Collection.write(join(folder, 'clients'), registeredClientSchema, documents.clients),
    Collection.write(join(folder, 'attempts'), attemptSchema, documents.attempts),
    Collection.write(join(folder, 'jtis'), consumedJtiSchema, documents.jtis),
    Collection.write(join(folder, 'profile'), profileSchema, documents.profile),
  ]);
  return { clients, attempts, jtis, profile };
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
