import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { userEnvironment } from '../support/packed-package.js';
import { containerEnvironment, NODE_USER, type Image } from './image.js';

const isRoot = process.getuid?.() === 0;

/** Whether a process here may become the user of the image. */
export const canBeNode = isRoot || process.getuid?.() === NODE_USER;

/** Whether a container may have processes and a network of its own. */
export const canIsolate =
  isRoot && spawnSync('unshare', ['--pid', '--net', '--fork', '--mount-proc', 'ip', 'link']).status === 0;

/** How a container is run, as in `docker run`. */
export interface RunOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** With processes and a network of its own: its command is process 1 there. */
  readonly isolated?: { readonly sysctls: Readonly<Record<string, number>> };
}

const asNode = ['setpriv', `--reuid=${NODE_USER}`, `--regid=${NODE_USER}`, '--clear-groups'];
const withoutPrivileges = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];

/** What an image runs, without Docker: a process of its user, below the folder of its files. */
export class Container {
  private readonly output = { stdout: '', stderr: '' };
  private readonly closed: Promise<unknown[]>;

  private constructor(
    private readonly image: Image,
    private readonly options: RunOptions,
    private readonly child: ChildProcess,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.output.stderr += chunk.toString()));
    this.closed = once(child, 'close');
  }

  static run(image: Image, options: RunOptions): Container {
    const { entrypoint, command } = image;
    const words = [...entrypoint, ...command];
    const child = options.isolated
      ? spawnIsolated(image, options, words)
      : spawnPlainly(image, options, words);
    return new Container(image, options, child);
  }

  /** The exit code of the image's health check, beside the container. */
  static async check(image: Image, options: RunOptions): Promise<number | null> {
    const child = spawnPlainly(image, options, image.healthcheck);
    await once(child, 'close');
    return child.exitCode;
  }

  /** The exit code of the image's health check, inside. */
  async check(): Promise<number | null> {
    if (!this.options.isolated) return Container.check(this.image, this.options);
    if (this.findProcess() === undefined) return null;
    return (await this.exec(...this.image.healthcheck)).status;
  }

  /** Resolves once the health check succeeds. @throws Error when the container ends before */
  async healthy(): Promise<void> {
    const ended = this.closed.then(() => true);
    while ((await this.check()) !== 0) {
      if (await Promise.race([ended, sleep(100, false)])) throw new Error(`It ended: ${this.output.stderr}`);
    }
  }

  /** Runs a command inside of an isolated container. */
  async exec(...words: readonly string[]): Promise<{ status: number | null; stdout: string }> {
    const inside = ['--target', String(this.process), '--pid', '--net', ...asNode, ...words];
    const child = spawn('nsenter', inside, spawnOptions(this.image, this.options));
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    await once(child, 'close');
    return { status: child.exitCode, stdout };
  }

  /** Of its first process, as this machine numbers it. @throws Error where it has none */
  get process(): number {
    const process = this.findProcess();
    if (process === undefined) throw new Error(`The container has no process: ${this.output.stderr}`);
    return process;
  }

  private findProcess(): number | undefined {
    const { pid, exitCode } = this.child;
    if (pid === undefined || exitCode !== null) return undefined;
    if (!this.options.isolated) return pid;
    const [only = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return only === '' ? undefined : Number(only);
  }

  /** As `docker stop` does. @returns how it ended and what it said */
  async stop(): Promise<{ code: number | null; stderr: string }> {
    process.kill(this.process, 'SIGTERM');
    return this.ended();
  }

  /** For a test that has not come to its end. */
  async kill(): Promise<void> {
    const found = this.findProcess();
    if (found !== undefined) process.kill(found, 'SIGKILL');
    this.child.kill('SIGKILL');
    await this.closed;
  }

  async ended(): Promise<{ code: number | null; stderr: string }> {
    await this.closed;
    return { code: this.child.exitCode, stderr: this.output.stderr };
  }
}

function spawnPlainly(image: Image, options: RunOptions, [command = '', ...words]: readonly string[]) {
  const user = isRoot ? { uid: NODE_USER, gid: NODE_USER } : {};
  return spawn(command, words, { ...spawnOptions(image, options), ...user });
}

function spawnIsolated(image: Image, options: RunOptions, words: readonly string[]) {
  const settings = Object.entries(options.isolated?.sysctls ?? {}).map(
    ([name, value]) => `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`,
  );
  const script = ['set -e', 'ip link set lo up', ...settings, 'exec "$@"'].join('\n');
  const isolation = ['--pid', '--net', '--fork', '--mount-proc', '--kill-child'];
  return spawn(
    'unshare',
    [...isolation, 'sh', '-c', script, 'sh', ...asNode, ...withoutPrivileges, ...words],
    spawnOptions(image, options),
  );
}

function spawnOptions(image: Image, { environment }: RunOptions) {
  const env = { ...userEnvironment(), ...containerEnvironment(image), HOME: '/home/node', ...environment };
  return { cwd: join(image.root, image.workdir), env };
}
