import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const top = fileURLToPath(new URL('../../', import.meta.url));
const cache = join(top, 'node_modules', '.cache', 'packed');
const lock = join(cache, 'lock');
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
/** Longer than any build: who held the lock for so long was killed. */
const STALE_LOCK_MILLISECONDS = 5 * 60 * 1000;

/** The part of a `package.json` that tests are concerned with. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/** What a command printed. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The path of the packed artefact, which is what users install. It is built and packed where that has not happened for
 * what the tree holds now; test files that ask side by side get one and the same.
 */
export function packedPackage(): Promise<string> {
  packed ??= alone(async () => {
    await promisify(execFile)(process.execPath, [join(top, '.ci', 'ready.mjs')], { cwd: top });
    return pack();
  });
  return packed;
}
let packed: Promise<string> | undefined;

/**
 * Installs the packed artefact and the given dependencies into a folder outside of the tree, as `npm install` does for
 * users. A `package.json` that is there already is kept, but for what is given here.
 * @param manifest further members of `package.json`
 * @throws Error with what npm said
 */
export async function installInto(
  folder: string,
  { dependencies = {}, ...manifest }: Manifest = {},
): Promise<void> {
  const file = join(folder, 'package.json');
  const present = existsSync(file) ? readManifest(file) : { private: true };
  const wanted = { ...present.dependencies, ...dependencies };
  wanted['mock-ob-directory'] = `file:${await packedPackage()}`;
  const written = { ...present, ...manifest, dependencies: wanted };
  writeFileSync(file, `${JSON.stringify(written, undefined, 2)}\n`);
  await runIn(folder, 'npm', [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--ignore-scripts',
  ]);
}

/** The version of a development dependency of ours, for a consumer that is to have the same. */
export function installedVersion(name: string): string {
  return String(readManifest(join(top, 'node_modules', name, 'package.json'))['version']);
}

/** Runs a command in a folder as its user would, who is inside of neither npm nor vitest. @throws Error with its output */
export async function runIn(
  folder: string,
  command: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Output> {
  const env = { ...userEnvironment(), ...environment };
  try {
    return await promisify(execFile)(command, words, { cwd: folder, env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Output>;
    throw new Error(`${[command, ...words].join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** The environment without what npm and vitest have put into it. */
export function userEnvironment(): NodeJS.ProcessEnv {
  const theirs =
    /^(npm_(?!config_(registry|cache|userconfig)$)|VITEST|NODE_ENV$|NODE_OPTIONS$|INIT_CWD$|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !theirs.test(name)));
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest;
}

/** One process at a time: a build that another one begins would be packed half written. */
async function alone<T>(act: () => Promise<T>): Promise<T> {
  mkdirSync(cache, { recursive: true });
  while (!take(lock)) await sleep(100);
  try {
    return await act();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function take(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (ageOf(folder) > STALE_LOCK_MILLISECONDS) rmSync(folder, { recursive: true, force: true });
    return false;
  }
}

function ageOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? Date.now() - stats.mtimeMs : 0;
}

async function pack(): Promise<string> {
  const folder = join(cache, digest());
  if (!existsSync(folder)) {
    forgetOld();
    const draft = mkdtempSync(join(cache, 'draft-'));
    await runIn(top, 'npm', ['pack', '--ignore-scripts', '--pack-destination', draft]);
    renameSync(draft, folder);
  }
  const [tarball, ...others] = readdirSync(folder);
  if (tarball === undefined || others.length > 0)
    throw new Error(`expected one packed artefact in ${folder}`);
  return join(folder, tarball);
}

/** Of everything that may be packed. */
function digest(): string {
  const { files } = readManifest(join(top, 'package.json')) as { files?: readonly string[] };
  const hash = createHash('sha256');
  for (const path of ['package.json', ...readdirSync(top).filter(isAlwaysPacked), ...(files ?? [])])
    for (const file of filesBelow(join(top, path)))
      hash.update(relative(top, file)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 32);
}

function isAlwaysPacked(name: string): boolean {
  return /^(README|LICEN[CS]E)/i.test(name);
}

/** A path that is none, as the exceptions in `files`, has no files. */
function filesBelow(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats ? [path] : [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

function forgetOld(): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (path !== lock && ageOf(path) > DAY_MILLISECONDS) rmSync(path, { recursive: true, force: true });
  }
}
