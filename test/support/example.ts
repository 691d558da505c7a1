import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installInto, runIn } from './packed-package.js';

const PACKAGE = 'mock-ob-directory';
const INSTALL = 'npm install';

/** How a command ended, and all that it printed. */
export interface Outcome {
  readonly succeeded: boolean;
  readonly text: string;
}

/** One folder of `examples/`, copied to where nothing else is, with the packed artefact installed as its README says. */
export class Example {
  /** What its README says to type, but for the installation. */
  readonly commands: readonly string[];

  private constructor(readonly folder: string) {
    const [block = ''] = Array.from(this.read('README.md').matchAll(/```sh\n(.*?)```/gs), ([, text]) => text);
    const [first, ...commands] = block.trim().split('\n');
    if (first !== INSTALL) throw new Error(`expected a README that begins with ${INSTALL}, got ${first}`);
    this.commands = commands;
  }

  /** @throws Error with what npm said, or for a `package.json` that does not name our version */
  static async install(name: string): Promise<Example> {
    const folder = mkdtempSync(join(tmpdir(), `${PACKAGE}-example-`));
    cpSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), folder, { recursive: true });
    const example = new Example(folder);
    const { devDependencies, ...manifest } = JSON.parse(example.read('package.json')) as Record<
      'devDependencies',
      Record<string, string>
    >;
    const { [PACKAGE]: range, ...others } = devDependencies;
    if (range !== `^${ownVersion()}`)
      throw new Error(`expected ${PACKAGE} ^${ownVersion()}, got ${String(range)}`);
    // Of one package npm wants one range: the packed artefact stands among the dependencies.
    example.write('package.json', JSON.stringify({ ...manifest, devDependencies: others }));
    await installInto(folder);
    return example;
  }

  /** Runs a line of a shell in the example's folder, to its end. */
  async run(command: string, environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    try {
      const { stdout, stderr } = await runIn(
        this.folder,
        'bash',
        ['--norc', '-euo', 'pipefail', '-c', command],
        {
          NO_COLOR: '1',
          ...environment,
        },
      );
      return { succeeded: true, text: stdout + stderr };
    } catch (error) {
      return { succeeded: false, text: String(error) };
    }
  }

  /** The only command of its README. */
  get command(): string {
    const [command, ...others] = this.commands;
    if (command === undefined || others.length > 0) throw new Error('expected one command in the README');
    return command;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Changes a text that must be there. */
  change(name: string, from: string, to: string): void {
    const text = this.read(name);
    if (!text.includes(from)) throw new Error(`expected ${JSON.stringify(from)} in ${name}`);
    this.write(name, text.replaceAll(from, to));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
