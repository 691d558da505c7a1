import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The command line as it is built: what users run. */
export const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** What a finished run of the command line left behind. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running instance of the command line. */
export interface Instance {
  readonly http: string;
  readonly https: string;
  readonly child: ChildProcess;
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Run>;
}

export const quietEnvironment = { PATH: process.env['PATH'], HOME: process.env['HOME'] };

/** Runs the command line to its end. @param input what it finds on standard input */
export async function runCli(
  words: string[],
  environment: Record<string, string> = {},
  input = '',
): Promise<Run> {
  const { child, output } = start(words, environment);
  // A command need not read all of it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await once(child, 'close');
  return { code: child.exitCode, ...output };
}

/** Starts the command line on free ports and waits for its ready line. */
export async function startCli(
  words: string[] = [],
  environment: Record<string, string> = {},
): Promise<Instance> {
  const { child, output } = start(['--http-port', '0', '--https-port', '0', '--json', ...words], environment);
  const closed = once(child, 'close');
  const ready = await Promise.race([readyLine(child), closed.then(() => undefined)]);
  if (ready === undefined) throw new Error(`The sandbox did not start: ${output.stderr}`);
  const { http, https } = JSON.parse(ready) as { http: string; https: string };
  return {
    http,
    https,
    child,
    end: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await closed;
      return { code: child.exitCode, ...output };
    },
  };
}

function start(words: string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...quietEnvironment, ...environment },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output };
}

function readyLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text);
    });
  });
}
