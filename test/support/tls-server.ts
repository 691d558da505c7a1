import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import type { Workshop } from './openssl.js';

const START_TIMEOUT_MILLISECONDS = 20_000;

/** A TLS server of OpenSSL's, which shows a page to whoever it lets in. */
export class OpensslServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** @param words of `openssl s_server`, whose files are in the workshop */
  static async start(workshop: Workshop, ...words: string[]): Promise<OpensslServer> {
    const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', '-www', ...words], {
      cwd: workshop.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new OpensslServer(child, await portOf(child));
  }

  /** How a client fares: the first line of the page, or why there is none. */
  visit(identity: ConnectionOptions): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: this.port, servername: 'localhost', ...identity });
      let page = '';
      socket.once('secureConnect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
      socket.on('data', (chunk: Buffer) => (page += chunk.toString()));
      socket.once('error', ({ message }: Error) => resolve(message));
      socket.once('close', () => resolve(page.split('\r\n', 1)[0] ?? ''));
    });
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }
}

/** `s_server` says where it listens once it does. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const timer = setTimeout(() => child.kill(), START_TIMEOUT_MILLISECONDS);
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      const [, port] = /^ACCEPT .*:(\d+)$/m.exec(printed) ?? [];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`openssl s_server ended: ${printed}`));
    });
  });
}
