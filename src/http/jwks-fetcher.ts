import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import { limits } from '../domain/limits.js';
import type { JwksFetcher, JwksFetchResult } from '../domain/ports.js';
import { freshSecondsOf } from './freshness.js';
import { objectionToStatus, readJwks, refused, TOO_LARGE, tooLate, unfetchable } from './jwks-answer.js';
import { asError, explain, wayTo, type OwnServer } from './outgoing.js';

/** Where a fetcher looks, and whom it trusts there. */
export interface JwksFetcherSettings {
  /** Root certificates in PEM that the servers must chain to; nobody is trusted while it is empty. */
  readonly ca: () => string;
  /** Our own origin and the address it is bound to: our public name need not resolve on this machine. */
  readonly own: () => OwnServer;
  /** For one fetch from the look-up of the name to the last byte; `limits.jwksTimeoutMilliseconds` when absent. */
  readonly timeoutMilliseconds?: number;
}

const SOCKETS_PER_SERVER = 16;
const IDLE_SOCKETS_PER_SERVER = 4;
/** Less than the 5 seconds after which Node's servers, ours among them, close an idle connection. */
const IDLE_MILLISECONDS = 4_000;

/**
 * Fetches JWKS over TLS, bounded in time, size and count of keys. Connections are kept for the next fetch: a
 * registration takes several sets from the same server, and a handshake costs more than the answer.
 */
export class HttpsJwksFetcher implements JwksFetcher {
  private readonly pool = new Agent({
    keepAlive: true,
    maxSockets: SOCKETS_PER_SERVER,
    maxFreeSockets: IDLE_SOCKETS_PER_SERVER,
    timeout: IDLE_MILLISECONDS,
    // A resumed session is not checked against the server's names again; kept connections make up for it.
    maxCachedSessions: 0,
  });
  private readonly underWay = new Set<AbortController>();
  private readonly timeoutMilliseconds: number;
  private closed = false;

  constructor(private readonly settings: JwksFetcherSettings) {
    this.timeoutMilliseconds = settings.timeoutMilliseconds ?? limits.jwksTimeoutMilliseconds;
  }

  async fetch(url: string): Promise<JwksFetchResult> {
    const target = URL.canParse(url) ? new URL(url) : undefined;
    if (target?.protocol !== 'https:') return refused('is no https URL');
    if (target.username || target.password) return refused('carries credentials');
    try {
      const { text, freshSeconds } = await this.withinTime((signal) => this.get(target, signal));
      return readJwks(text, freshSeconds);
    } catch (error) {
      return unfetchable(explain(error));
    }
  }

  /** Lets go of every connection; fetches under way end with a refusal, and so do later ones. */
  close(): void {
    this.closed = true;
    for (const control of this.underWay) control.abort(new Error('the sandbox is closing'));
    this.pool.destroy();
  }

  private async withinTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.closed) throw new Error('the sandbox is closed');
    const control = new AbortController();
    const timer = setTimeout(() => {
      control.abort(new Error(tooLate(this.timeoutMilliseconds)));
    }, this.timeoutMilliseconds);
    this.underWay.add(control);
    try {
      return await work(control.signal);
    } finally {
      clearTimeout(timer);
      this.underWay.delete(control);
    }
  }

  /** A server may close a kept connection just as it is used again; a GET may be repeated. @see RFC 9110 section 9.2.2 */
  private async get(url: URL, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.ask(url, signal, this.pool);
    } catch (error) {
      if (!(error instanceof ClosedWhileIdle)) throw error;
      return this.ask(url, signal, false);
    }
  }

  private ask(url: URL, signal: AbortSignal, agent: Agent | false): Promise<Answer> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const call = request(url, { ...this.requestOptions(url), agent }, (response) => {
        readAnswer(response).then(resolve, (error: unknown) => {
          call.destroy();
          reject(asError(error));
        });
      });
      call.on('error', (error) => reject(wasClosedWhileIdle(call, error) ? new ClosedWhileIdle() : error));
      const abort = () => {
        reject(asError(signal.reason));
        call.destroy();
      };
      signal.addEventListener('abort', abort, { once: true });
      call.end();
    });
  }

  private requestOptions(url: URL): RequestOptions {
    const { headers, ...way } = wayTo(url, this.settings.ca(), this.settings.own());
    return { ...way, headers: { accept: 'application/json', 'accept-encoding': 'identity', ...headers } };
  }
}

interface Answer {
  readonly text: string;
  readonly freshSeconds: number;
}

/** A kept connection turned out to be closed before it carried an answer. */
class ClosedWhileIdle extends Error {}

function wasClosedWhileIdle(call: ClientRequest, error: NodeJS.ErrnoException): boolean {
  return call.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/** @throws Error with a reason in its message; the connection is of no further use then */
async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const objection = objectionToStatus(status);
  if (objection !== undefined) throw new Error(objection);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') throw new Error('a compressed answer, which was not asked for');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limits.jwksBytes) throw new Error(TOO_LARGE);
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), freshSeconds: freshSecondsOf(headers) };
}
