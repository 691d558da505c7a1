import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installInto, runIn, type Manifest, type Output } from '../support/packed-package.js';

/** A project of somebody who has installed the packed artefact, in a folder far from the tree. */
export class Consumer {
  // Programs see the real path of a folder, as in error messages.
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'mock-ob-directory-consumer-'));

  /** Where our package lies. */
  readonly installed = join(this.folder, 'node_modules', 'mock-ob-directory');

  install(manifest: Manifest = {}): Promise<void> {
    return installInto(this.folder, manifest);
  }

  write(name: string, content: string | object): string {
    const text = typeof content === 'string' ? content : JSON.stringify(content, undefined, 2);
    writeFileSync(join(this.folder, name), text);
    return name;
  }

  /** Runs a command in the project; throws when it fails. */
  run(command: string, ...words: string[]): Promise<Output> {
    return runIn(this.folder, command, words);
  }

  /** Runs a program of the project, until it ends by itself; throws when it fails. */
  node(...words: string[]): Promise<Output> {
    return runIn(this.folder, process.execPath, words);
  }

  /** The `package.json` that came with our package. */
  readManifest(): Manifest {
    return JSON.parse(readFileSync(join(this.installed, 'package.json'), 'utf8')) as Manifest;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
