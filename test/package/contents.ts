import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../../', import.meta.url));

/** A file of the packed artefact; its path as it is below the package. */
export interface PackedFile {
  readonly path: string;
  readonly text: string;
}

/** What a packed artefact must not have, and how it shows. */
const unwanted: readonly [what: string, isIt: (file: PackedFile) => boolean][] = [
  ['a test', ({ path }) => /^test\/|\.test\.|\.test-d\./.test(path)],
  ['the state of a sandbox', ({ path }) => path.startsWith('data/sandbox/')],
  ['a remnant of the build', ({ path }) => /(^|\/)\.[^/]+$|\.tsbuildinfo$/.test(path)],
  ['a source, or a map to sources that are not there', ({ path }) => /(?<!\.d)\.ts$|\.map$/.test(path)],
  ['a reference to a map', ({ text }) => /^\/\/# sourceMappingURL=/m.test(text)],
  ['a key or a certificate by its name', ({ path }) => /\.(pem|key|crt|cer|der|p12|pfx|jks|csr)$/.test(path)],
  // Code that writes or looks for PEM has the header, too, but no content below it.
  ['PEM', ({ text }) => /-----BEGIN [A-Z0-9 ]+-----(\s|\\[nr])*[A-Za-z0-9+/=]{16}/.test(text)],
  ['a private JWK', ({ text }) => /"(d|p|q|dp|dq|qi|k)"\s*:\s*"[\w-]{16,}"/.test(text)],
  ['a path of the machine that built it', ({ text }) => text.includes(top)],
];

/** What is wrong with the files, each in a line. */
export function findUnwanted(files: readonly PackedFile[]): string[] {
  return files.flatMap((file) =>
    unwanted.filter(([, isIt]) => isIt(file)).map(([what]) => `${file.path}: ${what}`),
  );
}

/** The files of a packed artefact. */
export function unpack(tarball: string): PackedFile[] {
  const folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-unpacked-'));
  try {
    execFileSync('tar', ['-xzf', tarball, '-C', folder]);
    const below = join(folder, 'package');
    return filesBelow(below).map((path) => ({
      path: relative(below, path),
      text: readFileSync(path, 'latin1'),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Paths, in an order that is always the same. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .sort();
}
