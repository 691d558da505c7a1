import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import type { z } from 'zod';
import { DomainError } from '../domain/errors.js';
import { syncDirectory } from './directories.js';
import { reasonOf, StoreError } from './store-error.js';

/** Ends the name of a file that is not complete yet; such files are cleared away at the next start. */
export const TEMPORARY_SUFFIX = '.tmp';

/**
 * One JSON file as a lowdb adapter: a write goes to a temporary file that is renamed once it is on disk, so that the file
 * is always whole, and resolves only then. Readable by its owner alone.
 */
export class JsonFile<T> implements Adapter<T> {
  constructor(
    private readonly path: string,
    private readonly schema: z.ZodType<T>,
    /** Makes sure, before a write, that its directory is there. */
    private readonly makeRoom: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /**
   * @returns null when there is no such file
   * @throws StoreError `unreadable_file` that names the file, which is left as it is
   */
  async read(): Promise<T | null> {
    const text = await this.readText();
    if (text === null) return null;
    const parsed = this.parse(text);
    const result = this.schema.safeParse(parsed);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw this.unreadable(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`);
  }

  /** @throws DomainError `storage_failed`; the file is then as it was before */
  async write(data: T): Promise<void> {
    const temporary = `${this.path}${TEMPORARY_SUFFIX}`;
    try {
      await this.makeRoom();
      await this.writeDurably(temporary, data);
      await rename(temporary, this.path);
      await syncDirectory(dirname(this.path));
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw this.notWritten(cause);
    }
  }

  /**
   * Writes a file that nobody looks for yet; its directory is the caller's to sync.
   * @throws DomainError `storage_failed`
   */
  async writeNew(data: T): Promise<void> {
    try {
      await this.makeRoom();
      await this.writeDurably(this.path, data);
    } catch (cause) {
      throw this.notWritten(cause);
    }
  }

  private async writeDurably(path: string, data: T): Promise<void> {
    const file = await open(path, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(data)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  private notWritten(cause: unknown): DomainError {
    return new DomainError('storage_failed', `Cannot write ${this.path}: ${reasonOf(cause)}`, [], { cause });
  }

  private async readText(): Promise<string | null> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw this.unreadable(reasonOf(error), error);
    }
  }

  private parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw this.unreadable(reasonOf(error), error);
    }
  }

  private unreadable(reason: string, cause?: unknown): StoreError {
    return new StoreError('unreadable_file', `Cannot read ${this.path}: ${reason}`, { cause });
  }
}
