// Makes a clone ready to run: installs and builds what is missing or older than its sources, and nothing else.
// Plain JavaScript on Node alone, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const installedMark = join(top, 'node_modules', '.installed');
const builtMark = join(top, 'dist', '.built');

/** Runs one step with its output on standard error, so that standard output stays the program's own. */
function run(words, why) {
  process.stderr.write(`mock-ob-directory: ${why}\n`);
  const done = spawnSync(words.join(' '), { cwd: top, stdio: ['ignore', 2, 2], shell: true });
  if (done.status !== 0) {
    process.stderr.write(`mock-ob-directory: "${words.join(' ')}" failed\n`);
    process.exit(done.status ?? 1);
  }
}

function digestOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path).update(readFileSync(join(top, path)));
  return hash.digest('hex');
}

function marked(mark, digest) {
  return existsSync(mark) && readFileSync(mark, 'utf8') === digest;
}

/** The build leaves what it made of sources as they were, and it would be packed. */
function removeLeftovers() {
  const { outputs } = JSON.parse(readFileSync(join(top, 'dist', '.modules.json'), 'utf8'));
  const modules = Object.keys(outputs).map((path) => join(path));
  for (const name of readdirSync(join(top, 'dist'), { recursive: true })) {
    const [, declared] = /^(.*)\.d\.ts$/.exec(String(name)) ?? [];
    const path = join(top, 'dist', String(name));
    const isCurrent = declared
      ? sources.includes(join('src', `${declared}.ts`))
      : modules.includes(join('dist', String(name))) || /^\.[a-z.]+$/.test(String(name));
    if (!isCurrent && statSync(path).isFile()) rmSync(path);
  }
}

const sources = readdirSync(join(top, 'src'), { recursive: true })
  .map((name) => join('src', String(name)))
  .filter((name) => statSync(join(top, name)).isFile())
  .sort();

const installDigest = digestOf(['package.json', 'package-lock.json']);
if (!marked(installedMark, installDigest)) {
  // NODE_ENV=production would leave the compiler out.
  run(['npm', 'ci', '--include=dev', '--no-audit', '--no-fund'], 'installing dependencies');
  writeFileSync(installedMark, installDigest);
}

const buildDigest = digestOf([
  ...sources,
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
]);
if (!marked(builtMark, buildDigest)) {
  run(['npm', 'run', '--silent', 'build'], 'building');
  removeLeftovers();
  writeFileSync(builtMark, buildDigest);
}
