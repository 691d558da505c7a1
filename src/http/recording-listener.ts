import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import type { HeaderFields } from '../sandbox/tape/exchange.js';
import { BodyCollector } from '../sandbox/tape/recorded-body.js';
import type { RecordedExchange, Tape } from '../sandbox/tape/tape.js';
import type { ClientCertificateOf } from './protocol/client.js';

export interface RecordingSettings {
  readonly tape: Tape;
  readonly clientCertificateOf: ClientCertificateOf;
  /** Which requests are of interest, by their path. */
  readonly isRecorded: (path: string) => boolean;
}

/** An application whose requests and answers are on the tape, as they pass. */
export function recordingListener(honest: RequestListener, settings: RecordingSettings): RequestListener {
  const { tape, isRecorded } = settings;
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (!isRecorded(path)) {
      honest(request, response);
      return;
    }
    const exchange = exchangeOf(request, settings);
    record(exchange, request, response);
    tape.during(exchange, () => honest(request, response));
  };
}

/** Whether the HTTP side serves a path to programs without a password, as the HTTPS side does. */
export function isPublicArtefact(path: string): boolean {
  if (path.startsWith('/sandbox/')) return false;
  return (
    /^(?:\/qtsp|\/anchors\/[^/]+)?\/(?:ca|keystore)\//.test(path) ||
    /^(?:\/anchors\/[^/]+)?\/[0-9A-Za-z]{18}\/.+\.(?:jwks|pem)$/.test(path) ||
    path.startsWith('/aspsp/') ||
    path === '/.well-known/openid-configuration'
  );
}

/** Whether the HTTPS side serves a path as Directory or bank: anything but its own health. */
export function isOfProtocol(path: string): boolean {
  return path !== '/healthz';
}

/** A fetch of a bank of ours that arrives here is on the tape already. */
function exchangeOf(request: IncomingMessage, { tape, clientCertificateOf }: RecordingSettings) {
  const { socket, method = '', url = '', rawHeaders } = request;
  const headers = fieldsOf(rawHeaders);
  const arriving = tape.arriving(socket.localPort, socket.remotePort);
  if (arriving) {
    arriving.arrived(headers);
    return arriving;
  }
  const certificate = clientCertificateOf(request);
  return tape.begin({ caller: { kind: 'client', certificate }, method, url, headers });
}

/** Listens in without touching what passes: reading the body here would take it from the application. */
function record(exchange: RecordedExchange, request: IncomingMessage, response: ServerResponse): void {
  const asked = new BodyCollector();
  const answered = new BodyCollector();
  const push = request.push.bind(request);
  request.push = (chunk: Uint8Array | string | null, encoding?: BufferEncoding) => {
    if (chunk !== null) asked.add(chunk, encoding);
    return push(chunk, encoding);
  };
  let written: HeaderFields = [];
  listenIn(response, answered, (headers) => (written = headers));
  response.once('close', () => {
    const set = fieldsOfOutgoing(response.getHeaders());
    const headers = set.length > 0 ? set : written;
    const type = headers.find(([name]) => name === 'content-type')?.[1];
    exchange.complete(asked.take(request.headers['content-type']), {
      status: response.headersSent ? response.statusCode : 0,
      headers,
      body: answered.take(type),
      isComplete: response.writableFinished,
    });
  });
}

/** Node answers by these three methods, whatever stands above it. */
function listenIn(
  response: ServerResponse,
  body: BodyCollector,
  onHeaders: (headers: HeaderFields) => void,
): void {
  const write = response.write.bind(response) as (...given: unknown[]) => boolean;
  const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
  const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => ServerResponse;
  const collect = (chunk: unknown, encoding: unknown) => {
    if (chunk instanceof Uint8Array) body.add(chunk);
    else if (typeof chunk === 'string') body.add(chunk, isEncoding(encoding) ? encoding : 'utf8');
  };
  Object.assign(response, {
    write: (...given: unknown[]) => {
      collect(given[0], given[1]);
      return write(...given);
    },
    end: (...given: unknown[]) => {
      collect(given[0], given[1]);
      return end(...given);
    },
    writeHead: (...given: unknown[]) => {
      const headers = given.at(-1);
      if (typeof headers === 'object' && headers !== null && !Array.isArray(headers)) {
        onHeaders(fieldsOfOutgoing(headers as OutgoingHttpHeaders));
      }
      return writeHead(...given);
    },
  });
}

function isEncoding(value: unknown): value is BufferEncoding {
  return typeof value === 'string' && Buffer.isEncoding(value);
}

/** Names and values follow each other in Node's list. */
function fieldsOf(rawHeaders: readonly string[]): HeaderFields {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ''] as const] : [],
  );
}

function fieldsOfOutgoing(headers: OutgoingHttpHeaders): HeaderFields {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((single) => [name.toLowerCase(), String(single)] as const),
  );
}
