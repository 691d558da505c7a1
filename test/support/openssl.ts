import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const TIMEOUT_MILLISECONDS = 20_000;

/** A folder of one's own for OpenSSL's files. */
export class Workshop {
  readonly path = mkdtempSync(join(tmpdir(), 'mock-ob-directory-test-'));

  /** Runs `openssl` here and returns what it printed; throws with its complaints when it fails. */
  openssl(...words: string[]): string {
    return execFileSync('openssl', words, {
      cwd: this.path,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MILLISECONDS,
    });
  }

  /** Runs `openssl` beside this process, which must be free to answer it; returns all that it printed, also in failure. */
  async opensslBeside(...words: string[]): Promise<string> {
    const run = promisify(execFile)('openssl', words, { cwd: this.path, timeout: TIMEOUT_MILLISECONDS });
    const { stdout, stderr } = await run.catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    );
    return stdout + stderr;
  }

  /** `openssl s_client` against a server in this process, which must be free to answer meanwhile. */
  async connect(port: number, ...words: string[]): Promise<string> {
    const call = promisify(execFile)('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...words], {
      cwd: this.path,
      timeout: TIMEOUT_MILLISECONDS,
    });
    call.child.stdin?.end();
    return (await call).stdout;
  }

  /** Runs commands of a POSIX shell beside this process, and returns what they printed. */
  async shell(commands: string): Promise<string> {
    const options = { cwd: this.path, timeout: TIMEOUT_MILLISECONDS };
    return (await promisify(execFile)('sh', ['-e', '-c', commands], options)).stdout;
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(join(this.path, name), content);
    return name;
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  readBytes(name: string): Buffer {
    return readFileSync(join(this.path, name));
  }

  /** The command line that the Open Banking guides give to TPPs, for a new RSA key. */
  csr(subject: string, ...further: string[]): string {
    return this.csrWithKey(['-newkey', 'rsa:2048', '-keyout', 'new.key'], subject, ...further);
  }

  csrWithKey(key: string[], subject: string, ...further: string[]): string {
    this.openssl('req', '-new', ...key, '-nodes', '-subj', subject, '-sha256', '-out', 'new.csr', ...further);
    return this.read('new.csr');
  }

  /** The named extensions and fields of a certificate, in OpenSSL's words. */
  text(pem: string): string {
    this.write('shown.pem', pem);
    return this.openssl('x509', '-in', 'shown.pem', '-noout', '-text', '-nameopt', 'RFC2253,show_type');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
