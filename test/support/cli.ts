import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { program, quietEnvironment, runCli, type Run } from './server.js';

/** The command line as somebody uses it who has one sandbox running. */
export class CommandLine {
  /** @param url of its desk, known once it runs */
  constructor(private readonly url: () => string) {}

  run(words: string[], environment: Record<string, string> = {}, input = ''): Promise<Run> {
    return runCli(words, { ...this.environment, ...environment }, input);
  }

  /** What a command that must go well prints. */
  async output(words: string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(words, {}, input);
    if (code !== 0) throw new Error(`${words.join(' ')}: exit code ${code}, ${stderr}`);
    return stdout;
  }

  async json<T>(words: string[], input = ''): Promise<T> {
    return JSON.parse(await this.output([...words, '--json'], input)) as T;
  }

  /** The words of a call as a shell takes them. */
  words(words: string[]): string {
    return [process.execPath, program, ...words].join(' ');
  }

  /** Runs a line of a shell in which `mock-ob-directory` is the command line; throws where any part of it fails. */
  async paste(line: string, folder = '/'): Promise<{ stdout: string; stderr: string }> {
    const itself = `mock-ob-directory() { '${process.execPath}' '${program}' "$@"; }`;
    return promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', `${itself}\n${line}`], {
      cwd: folder,
      env: this.environment,
    });
  }

  private get environment(): Record<string, string> {
    const { PATH = '', HOME = '' } = quietEnvironment;
    return { PATH, HOME, MOCK_OB_DIRECTORY_URL: this.url() };
  }
}
