import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf, StoreError } from './store-error.js';

/**
 * The names in a directory; none when there is no such directory.
 * @throws StoreError `unreadable_file` that names the directory
 */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new StoreError('unreadable_file', `Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Makes a directory for its owner alone, with those above it that are missing; resolves once all of them are durable. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** Makes durable which names a directory has. Windows cannot open directories, and needs no such thing. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
