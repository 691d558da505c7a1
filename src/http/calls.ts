import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { request as httpsRequest, type Agent, type RequestOptions } from 'node:https';
import { duplexPair } from 'node:stream';
import type { Call, RawAnswer } from '../sandbox/tpp-sender.js';
import type { ClientCertificateOf } from './protocol/client.js';

/** Who calls: his client certificate in DER, if he shows one, and his connections. */
export interface Caller {
  readonly certificate: Uint8Array | undefined;
  readonly agent: Agent;
}

/** How calls reach a server. */
export type Courier = (call: Call, caller: Caller) => Promise<RawAnswer>;

/** Over mutual TLS. */
export const overTls: Courier = (call, { agent }) => requestOverTls(call, { agent });

type TlsOptions = Omit<RequestOptions, 'headers'> & Pick<Call, 'headers'>;

/** @param options of the connection, and who is shown on it */
export function requestOverTls(call: Call, options: TlsOptions): Promise<RawAnswer> {
  const { headers, ...rest } = options;
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(call.url, { ...rest, ...optionsOf(call, headers) }, (response) => {
      readAnswer(response).then(resolve, reject);
    });
    outgoing.on('error', reject).end(call.body);
  });
}

/** Reaches applications through memory; each call names its client certificate. */
export class MemoryCourier {
  private readonly server;
  private readonly certificates = new WeakMap<object, Uint8Array | undefined>();

  constructor(app: RequestListener) {
    // It never listens: connections are handed to it. See node:http, Event 'connection'.
    this.server = createServer(app);
  }

  /** The certificate of a request, be it one that came this way or another. */
  certificateOf(others: ClientCertificateOf | undefined): ClientCertificateOf {
    return (request) =>
      this.certificates.has(request.socket) ? this.certificates.get(request.socket) : others?.(request);
  }

  readonly deliver = (call: Call, { certificate }: Pick<Caller, 'certificate'>): Promise<RawAnswer> =>
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

function optionsOf({ method, headers, signal }: Call, others: Call['headers'] = {}) {
  return {
    method,
    headers: { accept: 'application/json', ...others, ...headers },
    ...(signal ? { signal } : {}),
  };
}

async function readAnswer(response: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const { statusCode: status = 0, headers } = response;
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
}
