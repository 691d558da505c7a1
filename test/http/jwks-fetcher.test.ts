import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer as createPlainServer, type AddressInfo, type Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HttpsJwksFetcher, type JwksFetcherSettings } from '../../src/http/jwks-fetcher.js';
import { Workshop } from '../support/openssl.js';

const TIMEOUT_MILLISECONDS = 600;
/** Every test ends well before this, whatever the server does. */
const BOUND_MILLISECONDS = 5_000;

const jwks = { keys: [{ kty: 'RSA', kid: 'a', use: 'sig', n: 'AQAB', e: 'AQAB' }] };
const body = JSON.stringify(jwks);

const workshop = new Workshop();
let identity: { key: string; cert: string };
const open: { close: () => unknown }[] = [];

beforeAll(() => {
  identity = certificateFor('subjectAltName=IP:127.0.0.1,DNS:keystore.test');
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
afterAll(() => workshop.remove());

function certificateFor(names: string): { key: string; cert: string } {
  const words = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const files = ['-keyout', 'server.key', '-out', 'server.pem'];
  workshop.openssl('req', '-x509', ...words, ...files, '-subj', '/CN=keystore', '-addext', names);
  return { key: workshop.read('server.key'), cert: workshop.read('server.pem') };
}

interface Running {
  readonly server: Server;
  readonly port: number;
  readonly origin: string;
  readonly url: string;
  readonly handshakes: () => number;
}

async function listen(server: NetServer, port = 0): Promise<number> {
  const sockets = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function serve(listener: RequestListener): Promise<Running> {
  const server = createServer(identity, listener);
  let handshakes = 0;
  server.on('secureConnection', () => (handshakes += 1));
  const port = await listen(server);
  const origin = `https://127.0.0.1:${port}`;
  return { server, port, origin, url: `${origin}/a.jwks`, handshakes: () => handshakes };
}

function fetcherWith(settings: Partial<JwksFetcherSettings> = {}): HttpsJwksFetcher {
  const fetcher = new HttpsJwksFetcher({
    ca: () => identity.cert,
    own: () => ({ origin: 'https://own.test', address: '127.0.0.1' }),
    timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    ...settings,
  });
  open.push(fetcher);
  return fetcher;
}

/** What a fetch from a server that answers this way results in. */
async function fetchFrom(listener: RequestListener) {
  const { url } = await serve(listener);
  return fetcherWith().fetch(url);
}

const sends =
  (text: string | Buffer, headers: Record<string, string> = {}, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(text);

const refusal = (reason: string) => ({ ok: false, reason });
const unfetchable = (reason: string) => refusal(`cannot be fetched: ${reason}`);
const late = unfetchable('no complete answer within 0.6 seconds');

/** Sends a byte each 100 milliseconds until the other side has had enough. */
function trickle(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
}

describe('fetching a JWKS', { timeout: BOUND_MILLISECONDS }, () => {
  it('asks for JSON that is not compressed, under the name in the URL', async () => {
    const asked: Record<string, unknown>[] = [];
    const { url, port } = await serve((request, response) => {
      asked.push({ method: request.method, path: request.url, ...request.headers });
      response.end(body);
    });
    expect(await fetcherWith().fetch(`${url}?b=1#c`)).toEqual({ ok: true, jwks, freshSeconds: 0 });
    expect(asked).toEqual([
      {
        method: 'GET',
        path: '/a.jwks?b=1',
        accept: 'application/json',
        'accept-encoding': 'identity',
        host: `127.0.0.1:${port}`,
        connection: 'keep-alive',
      },
    ]);
  });

  it('reaches its own origin by a name that nobody resolves', async () => {
    const { port } = await serve(sends(body));
    const origin = `https://keystore.test:${port}`;
    const fetcher = fetcherWith({ own: () => ({ origin, address: '127.0.0.1' }) });
    expect(await fetcher.fetch(`${origin}/a.jwks`)).toMatchObject({ ok: true });
  });

  it('reaches its own origin by an address', async () => {
    const { origin, url } = await serve(sends(body));
    const fetcher = fetcherWith({ own: () => ({ origin, address: '127.0.0.1' }) });
    expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
  });

  it.each([
    ['no URL', 'keystore.test/a.jwks', 'is no https URL'],
    ['plain HTTP', 'http://127.0.0.1/a.jwks', 'is no https URL'],
    ['a file', 'file:///etc/hosts', 'is no https URL'],
    ['a user', 'https://user@127.0.0.1/a.jwks', 'carries credentials'],
    ['a password', 'https://:secret@127.0.0.1/a.jwks', 'carries credentials'],
  ])('refuses %s', async (_title, url, reason) => {
    expect(await fetcherWith().fetch(url)).toEqual(refusal(reason));
  });
});

describe('an answer that is no JWKS', { timeout: BOUND_MILLISECONDS }, () => {
  const manyKeys = (count: number) => JSON.stringify({ keys: Array(count).fill({ kty: 'RSA' }) });
  const redirect = unfetchable('status 302, a redirect that is not followed');
  const compressed = unfetchable('a compressed answer, which was not asked for');

  it.each<[string, RequestListener, object]>([
    ['a redirect', sends('', { location: 'https://127.0.0.1/b.jwks' }, 302), redirect],
    ['status 500 with a set', sends(body, {}, 500), unfetchable('status 500')],
    ['status 404', sends('', {}, 404), unfetchable('status 404')],
    ['status 204', sends('', {}, 204), unfetchable('status 204')],
    ['2 MB', sends(Buffer.alloc(2_000_000, ' ')), unfetchable('more than 1000000 bytes')],
    ['gzip', sends(gzipSync(body), { 'content-encoding': 'gzip' }), compressed],
    ['no JSON', sends('<html>'), refusal('is not JSON')],
    ['nothing', sends(''), refusal('is not JSON')],
    ['JSON of another shape', sends('{"keys":{}}'), refusal('is no JWK set')],
    ['null', sends('null'), refusal('is no JWK set')],
    ['a key without a type', sends('{"keys":[{"kid":"a"}]}'), refusal('is no JWK set')],
    ['1,001 keys', sends(manyKeys(1_001)), refusal('has more than 1000 keys')],
    [
      'very many wrong keys',
      sends(`{"keys":[${'0,'.repeat(400_000)}0]}`),
      refusal('has more than 1000 keys'),
    ],
  ])('is refused: %s', async (_title, listener, expected) => {
    expect(await fetchFrom(listener)).toEqual(expected);
  });

  it('may have 1,000 keys and an encoding named identity', async () => {
    const answer = await fetchFrom(sends(manyKeys(1_000), { 'content-encoding': 'identity' }));
    expect(answer).toMatchObject({ ok: true });
  });
});

describe('a server that does not answer in time', { timeout: BOUND_MILLISECONDS }, () => {
  it('is given up when it sends no headers', async () => {
    expect(await fetchFrom(() => undefined)).toEqual(late);
  });

  it('is given up when its body trickles', async () => {
    expect(await fetchFrom((_request, response) => trickle(response))).toEqual(late);
  });

  it('is given up when it never shakes hands', async () => {
    const port = await listen(createPlainServer());
    expect(await fetcherWith().fetch(`https://127.0.0.1:${port}/`)).toEqual(late);
  });

  it('holds its connection no longer than that', async () => {
    const { server, url } = await serve((_request, response) => trickle(response));
    await fetcherWith().fetch(url);
    await expect.poll(() => connectionsOf(server), { timeout: 2_000 }).toBe(0);
  });
});

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

describe('a server that cannot be trusted or reached', { timeout: BOUND_MILLISECONDS }, () => {
  it('is refused when another root stands above it', async () => {
    const { url } = await serve(sends(body));
    const other = certificateFor('subjectAltName=IP:127.0.0.1').cert;
    expect(await fetcherWith({ ca: () => other }).fetch(url)).toEqual(unfetchable('self-signed certificate'));
  });

  it('is refused while no root is known, and trusted as soon as one is', async () => {
    const { url } = await serve(sends(body));
    let ca = '';
    const fetcher = fetcherWith({ ca: () => ca });
    expect(await fetcher.fetch(url)).toEqual(unfetchable('self-signed certificate'));
    ca = identity.cert;
    expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
  });

  it('is refused when its root is no longer the trusted one, also over a kept connection', async () => {
    const { url } = await serve(sends(body));
    let ca = identity.cert;
    const fetcher = fetcherWith({ ca: () => ca });
    expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
    ca = certificateFor('subjectAltName=IP:127.0.0.1').cert;
    expect(await fetcher.fetch(url)).toMatchObject({ ok: false });
  });

  it('is refused under a name that its certificate does not have, each time', async () => {
    const { port } = await serve(sends(body));
    const origin = `https://other.test:${port}`;
    const fetcher = fetcherWith({ own: () => ({ origin, address: '127.0.0.1' }) });
    const expected = unfetchable('the certificate of its server is for other names');
    expect(await fetcher.fetch(`${origin}/a.jwks`)).toEqual(expected);
    expect(await fetcher.fetch(`${origin}/a.jwks`)).toEqual(expected);
  });

  it('is refused when it does not speak TLS', async () => {
    const port = await listen(createHttpServer());
    expect(await fetcherWith().fetch(`https://127.0.0.1:${port}/`)).toEqual(
      unfetchable('the TLS handshake failed'),
    );
  });

  it('is refused when nobody listens, by address and by a name with several addresses', async () => {
    const server = createPlainServer();
    const port = await listen(server);
    server.close();
    const expected = unfetchable('connection refused');
    expect(await fetcherWith().fetch(`https://127.0.0.1:${port}/`)).toEqual(expected);
    expect(await fetcherWith().fetch(`https://localhost:${port}/`)).toEqual(expected);
  });

  it.each<[string, RequestListener]>([
    ['before the headers', (request) => request.socket.destroy()],
    [
      'in the middle of a body of known length',
      (request, response) => {
        response.writeHead(200, { 'content-length': body.length });
        response.write(body.slice(0, 9), () => request.socket.destroy());
      },
    ],
    [
      'in the middle of a chunked body',
      (request, response) => response.write(body, () => request.socket.destroy()),
    ],
  ])('is refused when it closes the connection %s', async (_title, listener) => {
    expect(await fetchFrom(listener)).toEqual(
      unfetchable('the connection was closed before the answer was complete'),
    );
  });
});

describe('how long an answer may be used again', { timeout: BOUND_MILLISECONDS }, () => {
  const at = 'Thu, 01 Jan 2015 00:00:00 GMT';
  const anHourLater = 'Thu, 01 Jan 2015 01:00:00 GMT';

  it.each<[number, string, Record<string, string>]>([
    [0, 'headers that say nothing', {}],
    [60, 'max-age', { 'cache-control': 'max-age=60' }],
    [60, 'max-age in capitals', { 'cache-control': 'Public, Max-Age=60' }],
    [60, 'max-age of a private answer', { 'cache-control': 'private, max-age=60' }],
    [
      60,
      'max-age beside s-maxage, which is for shared caches',
      { 'cache-control': 's-maxage=5, max-age=60' },
    ],
    [60, 'max-age beside Expires', { 'cache-control': 'max-age=60', date: at, expires: anHourLater }],
    [50, 'max-age of an answer that is old already', { 'cache-control': 'max-age=60', age: '10' }],
    [0, 'max-age of an answer that is too old already', { 'cache-control': 'max-age=60', age: '90' }],
    [
      60,
      'max-age, whatever may be done with a stale answer',
      { 'cache-control': 'max-age=60, stale-if-error=99' },
    ],
    [0, 'max-age below zero', { 'cache-control': 'max-age=-60' }],
    [0, 'max-age without a number', { 'cache-control': 'max-age=soon' }],
    [0, 'no-store', { 'cache-control': 'max-age=60, No-Store' }],
    [0, 'no-cache', { 'cache-control': 'max-age=60, no-cache' }],
    [0, 'no-cache for HTTP/1.0', { pragma: 'no-cache', date: at, expires: anHourLater }],
    [0, 'an answer that varies with everything', { 'cache-control': 'max-age=60', vary: '*' }],
    [3600, 'Expires, counted from the Date beside it', { date: at, expires: anHourLater }],
    [0, 'Expires in the past', { date: anHourLater, expires: at }],
    [0, 'Expires that is no date', { date: at, expires: '0' }],
    [0, 'Expires beside a Date that is none', { date: 'today', expires: 'Thu, 01 Jan 2099 00:00:00 GMT' }],
    [0, 'an age that can only be guessed from Last-Modified', { date: anHourLater, 'last-modified': at }],
    [0, 'immutable without an age', { 'cache-control': 'immutable' }],
  ])('is %i seconds by %s', async (freshSeconds, _title, headers) => {
    expect(await fetchFrom(sends(body, headers))).toEqual({ ok: true, jwks, freshSeconds });
  });

  it('is 0 seconds by Expires with no Date at all', async () => {
    const answer = await fetchFrom((_request, response) => {
      response.sendDate = false;
      response.setHeader('expires', 'Thu, 01 Jan 2099 00:00:00 GMT');
      response.end(body);
    });
    expect(answer).toEqual({ ok: true, jwks, freshSeconds: 0 });
  });
});

describe('the connections', { timeout: BOUND_MILLISECONDS }, () => {
  it('are kept for the next fetch', async () => {
    const { url, handshakes } = await serve(sends(body));
    const fetcher = fetcherWith();
    for (let fetched = 0; fetched < 4; fetched += 1) {
      expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
    }
    expect(handshakes()).toBe(1);
  });

  it('are bounded in number, and all fetches come to their end', async () => {
    const { url, handshakes } = await serve(sends(body));
    const fetcher = fetcherWith({ timeoutMilliseconds: 4_000 });
    const answers = await Promise.all(Array.from({ length: 60 }, () => fetcher.fetch(url)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(handshakes()).toBeLessThanOrEqual(16);
  });

  it('are replaced once when the server has closed a kept one', async () => {
    const requestsOf = new Map<unknown, number>();
    const { url, handshakes } = await serve((request, response) => {
      const count = (requestsOf.get(request.socket) ?? 0) + 1;
      requestsOf.set(request.socket, count);
      if (count > 1) request.socket.destroy();
      else response.end(body);
    });
    const fetcher = fetcherWith();
    expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
    expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
    expect(handshakes()).toBe(2);
  });

  it('are replaced no second time', async () => {
    let requests = 0;
    const { url } = await serve((request, response) => {
      requests += 1;
      if (requests > 1) request.socket.destroy();
      else response.end(body);
    });
    const fetcher = fetcherWith();
    expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
    expect(await fetcher.fetch(url)).toMatchObject({ ok: false });
    expect(requests).toBe(3);
  });

  it('share the time of one fetch when one replaces another', async () => {
    // Long enough for the difference between one time and two to show on a busy machine.
    const timeoutMilliseconds = 3_000;
    let requests = 0;
    const { url } = await serve((request, response) => {
      requests += 1;
      if (requests === 1) response.end(body);
      if (requests === 2) setTimeout(() => request.socket.destroy(), timeoutMilliseconds * 0.75);
    });
    const fetcher = fetcherWith({ timeoutMilliseconds });
    expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
    const start = performance.now();
    expect(await fetcher.fetch(url)).toEqual(unfetchable('no complete answer within 3 seconds'));
    expect(performance.now() - start).toBeLessThan(timeoutMilliseconds * 1.6);
    expect(requests).toBe(3);
  });

  it('survive a server that was started again', async () => {
    const first = await serve(sends(body));
    const fetcher = fetcherWith();
    expect(await fetcher.fetch(first.url)).toMatchObject({ ok: true });
    first.server.close();
    first.server.closeAllConnections();
    await once(first.server, 'close');
    await listen(createServer(identity, sends(body)), first.port);
    expect(await fetcher.fetch(first.url)).toMatchObject({ ok: true });
  });

  it('are let go on close, with the fetches under way', async () => {
    const { server, url } = await serve((request, response) => {
      if (request.url === '/a.jwks') response.end(body);
    });
    const fetcher = fetcherWith();
    expect(await fetcher.fetch(url)).toMatchObject({ ok: true });
    const slow = fetcher.fetch(`${url}/never`);
    await once(server, 'request');
    fetcher.close();
    expect(await slow).toEqual(unfetchable('the sandbox is closing'));
    expect(await fetcher.fetch(url)).toEqual(unfetchable('the sandbox is closed'));
    await expect.poll(() => connectionsOf(server), { timeout: 2_000 }).toBe(0);
  });
});
