import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Low, Memory, type Adapter } from 'lowdb';
import type { z } from 'zod';
import { allOf } from './all-of.js';
import { makeDirectory, namesIn, syncDirectory } from './directories.js';
import { JsonFile, TEMPORARY_SUFFIX } from './json-file.js';

type Documents<T> = Iterable<readonly [id: string, document: T]>;

/** Of one collection, read or written side by side. */
const FILES_AT_ONCE = 64;

/** Documents by id, each a lowdb database of its own, so that a write costs the size of what changed. */
export class Collection<T> {
  private readonly documents = new Map<string, Low<T>>();

  private constructor(private readonly backing: Backing<T>) {}

  /** A collection that lives as long as the process. */
  static inMemory<T>(documents: Documents<T> = []): Collection<T> {
    const adapterFor = () => new Memory<T>();
    const collection = new Collection<T>({ adapterFor, remove: () => Promise.resolve() });
    for (const [id, data] of documents) collection.documents.set(id, new Low(adapterFor(), data));
    return collection;
  }

  /**
   * Writes the files of a new collection; a directory of no documents is made with the first.
   * @throws DomainError `storage_failed`; nothing is being written any more then
   */
  static async write<T>(path: string, schema: z.ZodType<T>, documents: Documents<T>): Promise<Collection<T>> {
    const files = new Files(path, schema);
    const collection = new Collection<T>(files);
    const entries = [...documents];
    for (let start = 0; start < entries.length; start += FILES_AT_ONCE) {
      const some = entries.slice(start, start + FILES_AT_ONCE);
      await allOf(some.map(([id, data]) => files.adapterFor(id).writeNew(data)));
    }
    for (const [id, data] of entries) collection.documents.set(id, new Low(files.adapterFor(id), data));
    if (entries.length > 0) await syncDirectory(path);
    return collection;
  }

  /**
   * A collection kept in the files of one directory; reads them all.
   * @throws StoreError `unreadable_file` that names the first file which is not as it should be
   */
  static async inDirectory<T>(path: string, schema: z.ZodType<T>): Promise<Collection<T>> {
    const files = new Files(path, schema);
    const collection = new Collection<T>(files);
    const names = await namesIn(path);
    await Promise.all(
      names
        .filter((name) => name.endsWith(TEMPORARY_SUFFIX))
        .map((name) => rm(join(path, name), { force: true })),
    );
    const ids = names
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .sort();
    for (let start = 0; start < ids.length; start += FILES_AT_ONCE) {
      const some = ids.slice(start, start + FILES_AT_ONCE);
      const results = await Promise.allSettled(some.map((id) => files.adapterFor(id).read()));
      results.forEach((result, index) => {
        const id = some[index] ?? '';
        if (result.status === 'rejected') throw result.reason;
        if (result.value !== null) collection.documents.set(id, new Low(files.adapterFor(id), result.value));
      });
    }
    return collection;
  }

  get(id: string): T | undefined {
    return this.documents.get(id)?.data;
  }

  get size(): number {
    return this.documents.size;
  }

  values(): T[] {
    return Array.from(this.documents.values(), ({ data }) => data);
  }

  entries(): [id: string, document: T][] {
    return Array.from(this.documents, ([id, { data }]) => [id, data]);
  }

  /** Resolves once the document is durable; reads show it only then. @throws DomainError `storage_failed` */
  async save(id: string, document: T): Promise<void> {
    const database = new Low(this.backing.adapterFor(id), document);
    await database.write();
    this.documents.set(id, database);
  }

  async remove(id: string): Promise<void> {
    if (!this.documents.has(id)) return;
    await this.backing.remove(id);
    this.documents.delete(id);
  }
}

interface Backing<T> {
  readonly adapterFor: (id: string) => Adapter<T>;
  readonly remove: (id: string) => Promise<void>;
}

/** The files of one directory, which is made with the first of them: most collections of a sandbox stay empty. */
class Files<T> implements Backing<T> {
  private made: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly schema: z.ZodType<T>,
  ) {}

  adapterFor(id: string): JsonFile<T> {
    return new JsonFile(join(this.path, `${checkedId(id)}.json`), this.schema, () => this.makeDirectory());
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.path, `${checkedId(id)}.json`), { force: true });
    await syncDirectory(this.path);
  }

  /** Once for all who write; a failure may be tried again. */
  private makeDirectory(): Promise<void> {
    this.made ??= makeDirectory(this.path).catch((error: unknown) => {
      this.made = undefined;
      throw error;
    });
    return this.made;
  }
}

/** Ids become file names; ours are letters, digits and hyphens. */
function checkedId(id: string): string {
  if (!/^[0-9A-Za-z-]{1,80}$/.test(id)) throw new Error(`"${id}" cannot be a file name.`);
  return id;
}
