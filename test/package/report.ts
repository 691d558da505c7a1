/** Prints what somebody gets who installs the package, and fails when it has what it must not have. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { packedPackage } from '../support/packed-package.js';
import { Consumer } from './consumer.js';
import { filesBelow, findUnwanted, unpack } from './contents.js';

interface Installed {
  readonly name: string;
  readonly bytes: number;
}

async function main(): Promise<void> {
  const tarball = await packedPackage();
  const files = unpack(tarball);
  const unwanted = findUnwanted(files);
  const { direct, packages } = await installed();
  const total = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  print(`packed        ${kilobytes(statSync(tarball).size)}`);
  print(
    `unpacked      ${kilobytes(files.reduce((sum, { text }) => sum + text.length, 0))}, ${files.length} files`,
  );
  print(`dependencies  ${direct} direct, ${packages.length} in all, ${kilobytes(total)}`);
  for (const { name, bytes } of packages) print(`${kilobytes(bytes).padStart(12)}  ${name}`);
  if (unwanted.length === 0) return;
  process.stderr.write(`The packed artefact must not have:\n${unwanted.join('\n')}\n`);
  process.exitCode = 1;
}

/** What comes with the package into an empty folder, the largest first. */
async function installed(): Promise<{ direct: number; packages: Installed[] }> {
  const consumer = new Consumer();
  try {
    await consumer.install();
    const { stdout } = await consumer.run('npm', 'ls', '--all', '--parseable');
    const folders = stdout
      .trim()
      .split('\n')
      .filter((path) => path !== consumer.folder && path !== consumer.installed);
    const { dependencies } = consumer.readManifest();
    const packages = folders.map((folder) => ({
      name: folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length),
      bytes: sizeOf(folder),
    }));
    packages.sort((one, other) => other.bytes - one.bytes);
    return { direct: Object.keys(dependencies ?? {}).length, packages };
  } finally {
    consumer.remove();
  }
}

/** Without the packages that lie inside: each is counted once. */
function sizeOf(folder: string): number {
  const inside = join(folder, 'node_modules');
  return filesBelow(folder)
    .filter((path) => !path.startsWith(inside))
    .reduce((sum, path) => sum + statSync(path).size, 0);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
