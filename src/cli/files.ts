import { lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure, UsageError, reasonOf } from './failures.js';

/** For whom a file is: private keys and what holds them are for their owner alone. */
const modes = { private: 0o600, public: 0o644 } as const;

export interface NewFile {
  readonly path: string;
  readonly mode: keyof typeof modes;
  /** Whether it may take the place of another. */
  readonly force: boolean;
}

/**
 * Writes a file, whole or not at all.
 * @param write fills it
 * @throws Failure for one that is there already or cannot be written, and whatever `write` throws
 */
export async function writeFileWith(
  { path, mode, force }: NewFile,
  write: (file: NodeJS.WritableStream) => Promise<void>,
): Promise<void> {
  // Another's place is taken by a rename: its own mode and its readers stay behind with it.
  const place = force ? `${path}.${process.pid}.new` : path;
  const handle = await open(place, 'wx', modes[mode]).catch((error: unknown) => {
    throw cannotWrite(path, error);
  });
  try {
    await write(handle.createWriteStream());
    if (force) await rename(place, path);
  } catch (error) {
    await rm(place, { force: true });
    throw isOfTheSystem(error) ? cannotWrite(path, error) : error;
  } finally {
    await handle.close();
  }
}

export function writeText(file: NewFile, text: string): Promise<void> {
  return writeFileWith(file, (stream) => pipeline(Readable.from([text]), stream));
}

/**
 * Makes a folder for its owner alone, where it is not there yet, in which files of these names can be made.
 * @throws Failure
 */
export async function prepareFolder(folder: string, names: readonly string[], force: boolean): Promise<void> {
  await makeFolder(folder).catch((error: unknown) => {
    throw cannotWrite(folder, error);
  });
  for (const name of force ? [] : names) await refuseOverwriting(join(folder, name));
}

/** Not with mkdir's own `recursive`, which never ends where a parent is there and takes no folders, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || (await isThere(dirname(folder)))) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700 });
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Before there is something to write, so that nothing is made in vain. @throws Failure */
export async function refuseOverwriting(path: string): Promise<void> {
  if (await isThere(path)) throw alreadyThere(path);
}

/** @throws Failure where there is no folder to write the file in */
export async function refuseNowhere(path: string): Promise<void> {
  await lstat(dirname(path)).catch((error: unknown) => {
    throw cannotWrite(path, error);
  });
}

/** What holds private keys is shown to a terminal only where somebody says so. @throws UsageError */
export function refuseTerminal(what: string, option: string): void {
  if (!process.stdout.isTTY) return;
  throw new UsageError(`${what} holds private keys: expected ${option}, or - to see it here`);
}

function cannotWrite(path: string, error: unknown): Failure {
  return (error as NodeJS.ErrnoException).code === 'EEXIST'
    ? alreadyThere(path)
    : new Failure(`${path} cannot be written: ${reasonOf(error)}`);
}

function alreadyThere(path: string): Failure {
  return new Failure(`${path} is there already; --force overwrites it`);
}

function isOfTheSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
