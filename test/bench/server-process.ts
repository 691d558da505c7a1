import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_TIMEOUT_MILLISECONDS = 30_000;

const top = fileURLToPath(new URL('../../', import.meta.url));
const commandLine = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** A server in a process of its own. */
export interface ServerProcess {
  /** Empty when it does not listen without TLS. */
  readonly origin: string;
  /** Empty when it does not listen with TLS. */
  readonly tlsOrigin: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** The product as its users start it, on free ports and without logs; resolves when it says that it is ready. */
export function startProduct(...options: readonly string[]): Promise<ServerProcess> {
  return start(
    commandLine,
    ...['--http-port', '0', '--https-port', '0', '--json', '--log-level', 'silent'],
    ...options,
  );
}

/** A script of this folder that prints one JSON line with its `http` or `https` address when it is ready. */
export function startScript(name: string, ...words: readonly string[]): Promise<ServerProcess> {
  return start(fileURLToPath(new URL(name, import.meta.url)), ...words);
}

/** Ends at once whatever still runs. */
export function killServers(): void {
  for (const child of running) child.kill('SIGKILL');
}

async function start(file: string, ...words: readonly string[]): Promise<ServerProcess> {
  const child = spawn(process.execPath, [file, ...words], {
    cwd: top,
    // Variables are options of the product: none of this shell's may reach it.
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  const ended = once(child, 'exit').then(() => {
    running.delete(child);
  });
  const line = await firstLine(child, file);
  const { http, https } = JSON.parse(line) as { http?: string; https?: string };
  return {
    origin: loopback(http),
    tlsOrigin: loopback(https),
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The address itself, so that no name has to be looked up. */
function loopback(url: string | undefined): string {
  if (url === undefined) return '';
  const { protocol, port } = new URL(url);
  return `${protocol}//127.0.0.1:${port}`;
}

function firstLine(child: ChildProcess, file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (reason: string) => reject(new Error(`${file}: ${reason}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      refuse(`not ready within ${START_TIMEOUT_MILLISECONDS} ms`);
    }, START_TIMEOUT_MILLISECONDS);
    child.once('error', (error) => refuse(error.message));
    child.once('exit', (code) => refuse(`ended with code ${code ?? 'none'} before it was ready`));
    child.once('close', () => clearTimeout(timer));
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
  });
}
