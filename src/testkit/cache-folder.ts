import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../sandbox/options.js';

/** Where keys for tests are kept, or `off`. */
export const CACHE_VARIABLE = 'MOCK_OB_DIRECTORY_KEY_CACHE';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder that keys for tests are kept in; undefined for none.
 * @param given a path, `false` for none, or undefined for what the variable says and else the user's cache folder
 * @throws ConfigurationError for a folder that was asked for and cannot be used
 */
export function cacheFolder(
  given: string | false | undefined,
  environment: Environment = process.env,
): string | undefined {
  const variable = environment[CACHE_VARIABLE];
  const wanted = given ?? (variable === '' ? undefined : variable);
  if (wanted === false || wanted === 'off' || wanted === 'false') return undefined;
  if (wanted === undefined) return attempt(() => usable(join(userCache(environment), 'keys')));
  try {
    return usable(wanted);
  } catch (error) {
    const option = given === undefined ? CACHE_VARIABLE : 'keyCache';
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new ConfigurationError(`${option}: ${wanted} cannot be used: ${reason}`, { cause: error });
  }
}

/** @see XDG Base Directory Specification 0.8, XDG_CACHE_HOME: a path that is not absolute counts for nothing */
function userCache({ XDG_CACHE_HOME: xdg, LOCALAPPDATA: local }: Environment): string {
  const name = 'mock-ob-directory';
  if (platform() === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), name, 'Cache');
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Caches', name);
  return join(xdg?.startsWith('/') === true ? xdg : join(homedir(), '.cache'), name);
}

/** Makes the folder where there is none, for its owner alone. @throws Error for one that others may write to */
function usable(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode, isDirectory } = found(folder);
  if (!isDirectory) throw new Error('it is no folder');
  if (process.getuid && uid !== process.getuid()) throw new Error('it is somebody else’s');
  if (platform() !== 'win32' && (mode & 0o077) !== 0) chmodSync(folder, 0o700);
  return folder;
}

function found(folder: string) {
  const stats = lstatSync(folder);
  return { uid: stats.uid, mode: stats.mode, isDirectory: stats.isDirectory() };
}

/** Nobody asked for the folder: without it keys are made anew. */
function attempt(open: () => string): string | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
