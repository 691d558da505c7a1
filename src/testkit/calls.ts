import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { request as httpsRequest, type Agent } from 'node:https';
import { duplexPair } from 'node:stream';
import type { ClientCertificateOf } from '../http/protocol/client.js';

/** One request. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Who calls: his client certificate in DER, and his connections. */
export interface Caller {
  readonly certificate: Uint8Array;
  readonly agent: Agent;
}

/** How calls reach a server. */
export type Courier = (call: Call, caller: Caller) => Promise<RawAnswer>;

/** Over mutual TLS. */
export const overTls: Courier = (call, { agent }) =>
  new Promise((resolve, reject) => {
    const outgoing = httpsRequest(call.url, { ...optionsOf(call), agent }, (response) => {
      readAnswer(response).then(resolve, reject);
    });
    outgoing.on('error', reject).end(call.body);
  });

/** Reaches applications through memory; each call names its client certificate. */
export class MemoryCourier {
  private readonly server;
  private readonly certificates = new WeakMap<object, Uint8Array>();

  constructor(app: RequestListener) {
    // It never listens: connections are handed to it. See node:http, Event 'connection'.
    this.server = createServer(app);
  }

  /** The certificate of a request that came this way. */
  readonly certificateOf: ClientCertificateOf = ({ socket }) => this.certificates.get(socket);

  readonly deliver: Courier = (call, { certificate }) =>
    new Promise((resolve, reject) => {
      const [here, there] = duplexPair();
      this.certificates.set(there, certificate);
      // As a socket's: when one end is gone, so is the other.
      there.once('close', () => here.destroy());
      here.once('close', () => there.destroy());
      this.server.emit('connection', there);
      const { pathname, search, host } = new URL(call.url);
      const { headers, ...options } = optionsOf(call);
      const outgoing = httpRequest(
        {
          ...options,
          headers: { ...headers, host },
          path: pathname + search,
          createConnection: () => here,
        },
        (response) => {
          readAnswer(response)
            .finally(() => here.destroy())
            .then(resolve, reject);
        },
      );
      outgoing.on('error', reject).end(call.body);
    });

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

function optionsOf({ method, headers }: Call): Required<Pick<Call, 'method' | 'headers'>> {
  return { method, headers: { accept: 'application/json', ...headers } };
}

async function readAnswer(response: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const { statusCode: status = 0, headers } = response;
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
}
