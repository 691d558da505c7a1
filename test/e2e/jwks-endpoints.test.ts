import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { payloadOf } from '../corpus/kitchen.js';
import { BankClient } from '../support/bank-client.js';
import { testKeys } from '../support/keys.js';
import { signCompact, type Claims } from '../support/registration.js';
import { expectRefusal } from '../support/target.js';

let sandbox: Sandbox;
let tpp: ReadyTpp;
let server: Server;
let origin: string;
let directoryJwks: string;
let answer: RequestListener;
let connections = 0;
const paths: (string | undefined)[] = [];
const sockets = new Set<Duplex>();
/** A bank that is pointed at the server of this test, and one that is left alone. */
let bank: BankClient;
let other: BankClient;
let shipped: Claims;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Keys Limited' });
  bank = new BankClient(sandbox, 'generic', tpp);
  other = new BankClient(sandbox, 'reference', tpp);
  shipped = structuredClone(bank.profile);
  const { keyPem, chainPem } = await sandbox.services.trustAnchor.issueServerIdentity(
    { dns: ['localhost'], ip: [Uint8Array.of(127, 0, 0, 1)] },
    new Date(),
  );
  server = createServer({ key: keyPem, cert: chainPem }, (request, response) => {
    paths.push(request.url);
    answer(request, response);
  });
  server.on('connection', (socket: Duplex) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  directoryJwks = JSON.stringify(await sandbox.services.keystore.directoryJwks());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await sandbox.services.changeBankProfile('generic', shipped);
  for (const socket of sockets) socket.destroy();
  paths.length = 0;
});

afterAll(async () => {
  server.close();
  await sandbox.close();
});

/** The shipped profile with the issuer's keys at the test's server and other changes. */
async function follow(path: string, changes: Claims = {}): Promise<string> {
  const { issuers } = bank.profile.ssa;
  const url = `${origin}${path}`;
  const ssa = {
    ...(shipped['ssa'] as Claims),
    issuers: issuers.map((issuer) => ({
      ...issuer,
      jwksUri: url,
      jwksOrigins: [...new Set([...issuer.jwksOrigins, origin])],
    })),
  };
  await sandbox.services.changeBankProfile('generic', { ...shipped, ...changes, ssa });
  return url;
}

const directoryKeys = () => directoryJwks;

/** An SSA with other claims, as only the Directory could issue it. */
function ssaWith(claims: Claims): string {
  const { kid, privateKey } = sandbox.services.trustAnchor.signing;
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return signCompact({ alg: 'PS256', kid, typ: 'JWT' }, { ...payloadOf(tpp.ssa), ...claims }, 'PS256', key);
}

const refused = (mentions: string) => ({
  status: 400,
  error: 'invalid_software_statement',
  rule: 'ssa-signature',
  mentions,
});

/** Two keys of one `kid` of which neither is the Directory's. */
async function twoWrongKeys(): Promise<string> {
  const { keys } = await sandbox.services.keystore.directoryJwks();
  const wrong = keys.map((key) => ({ ...key, n: 'x'.repeat(342) }));
  return JSON.stringify({ keys: [...wrong, ...wrong] });
}

describe('a JWKS endpoint that', () => {
  it.each<[string, RequestListener, string]>([
    ['never answers', () => undefined, 'no complete answer within 5 seconds'],
    [
      'trickles',
      (_request, response) => {
        const timer = setInterval(() => response.write(' '), 100);
        response.on('close', () => clearInterval(timer));
      },
      'no complete answer within 5 seconds',
    ],
    ['sends 2 MB', (_request, response) => response.end(' '.repeat(2_000_000)), 'more than 1000000 bytes'],
    [
      'redirects to the real keystore',
      (_request, response) =>
        response.writeHead(302, { location: `${sandbox.urls.https}/keystore/openbanking.jwks` }).end(),
      'status 302, a redirect that is not followed',
    ],
    ['sends garbage', (_request, response) => response.end('<html>\0\u202e'), 'is not JSON'],
    ['sends a set that is none', (_request, response) => response.end('{"keys":{}}'), 'is no JWK set'],
    ['sends no keys', (_request, response) => response.end('{"keys":[]}'), '0 other keys at '],
    ['answers 500', (_request, response) => response.writeHead(500).end(directoryKeys()), 'status 500'],
    [
      'closes the connection',
      (request) => request.socket.destroy(),
      'the connection was closed before the answer was complete',
    ],
  ])(
    '%s gets the SSA refused, with its URL and the reason, while others answer',
    async (title, listener, reason) => {
      answer = listener;
      const url = await follow(`/${encodeURIComponent(title)}`);
      const start = performance.now();
      const attack = bank.register();
      expect(await other.register()).toMatchObject({ status: 201 });
      expect(performance.now() - start, 'the other bank is not held up').toBeLessThan(3_000);
      const result = await attack;
      expect(performance.now() - start).toBeLessThan(limits.jwksTimeoutMilliseconds + 3_000);
      expectRefusal(result, refused(reason));
      expectRefusal(result, refused(url));
      expect(bank.lastVerdict().clientId).toBeUndefined();
    },
  );

  it('has a kid twice verifies by the key that fits, and by no other', async () => {
    const url = await follow('/twice');
    const wrongOnes = await twoWrongKeys();
    answer = (_request, response) => response.end(wrongOnes);
    expectRefusal(await bank.register(), refused('a signature that does not verify'));
    const right = JSON.parse(directoryKeys()) as { keys: unknown[] };
    const wrong = JSON.parse(wrongOnes) as { keys: unknown[] };
    answer = (_request, response) => response.end(JSON.stringify({ keys: [...wrong.keys, ...right.keys] }));
    expect(await bank.register()).toMatchObject({ status: 201 });
    expect(url).toContain('/twice');
  });
});

describe('a JWKS endpoint that an SSA names elsewhere is never asked:', () => {
  it.each<[string, () => string, string]>([
    ['a cloud metadata service', () => 'https://169.254.169.254/latest/meta-data', 'ssa-jwks-endpoints'],
    ['another port of this machine', () => `${origin}/a.jwks`, 'ssa-jwks-endpoints'],
    ['the same by name', () => `${origin.replace('127.0.0.1', 'localhost')}/a.jwks`, 'ssa-jwks-endpoints'],
    [
      'a host behind a user',
      () => `https://${new URL(sandbox.urls.https).host}@${new URL(origin).host}/a.jwks`,
      'ssa-jwks-endpoints',
    ],
    ['credentials', () => sandbox.urls.https.replace('https://', 'https://user:word@'), 'request-signature'],
    ['plain HTTP', () => `http://${new URL(origin).host}/a.jwks`, 'ssa-jwks-endpoints'],
    ['a file', () => 'file:///etc/passwd', 'ssa-jwks-endpoints'],
    ['data', () => 'data:application/json,{"keys":[]}', 'ssa-jwks-endpoints'],
    ['a blob of the right origin', () => `blob:${sandbox.urls.https}/a`, 'request-signature'],
  ])('%s', async (_title, url, rule) => {
    answer = (_request, response) => response.end('{"keys":[]}');
    const before = connections;
    for (const claim of ['software_jwks_endpoint', 'software_jwks_revoked_endpoint']) {
      const statement = ssaWith({ [claim]: url() });
      const response = await other.register(other.claims({ software_statement: statement }));
      if (claim === 'software_jwks_endpoint' || rule === 'ssa-jwks-endpoints') {
        expectRefusal(response, {
          status: 400,
          error: 'invalid_software_statement',
          rule,
          mentions: `${rule}: `,
        });
      }
    }
    expect(connections).toBe(before);
    expect(paths).toEqual([]);
  });
});

describe('the keys that a bank keeps', () => {
  const seconds = (count: number) => sandbox.clock.advance(count * 1000);
  const cached =
    (text: () => string, maxAge: number): RequestListener =>
    (_request, response) =>
      response.writeHead(200, { 'cache-control': `max-age=${maxAge}` }).end(text());
  const otherKeys = () => directoryKeys().replaceAll(sandbox.services.trustAnchor.signing.kid, 'another');
  const register = async () => (await bank.register()).status;

  it('are asked for again once max-age has passed on the sandbox clock', async () => {
    await follow('/max-age');
    answer = cached(directoryKeys, 60);
    expect(await register()).toBe(201);
    expect(await register()).toBe(201);
    expect(paths).toHaveLength(1);
    seconds(59);
    expect(await register()).toBe(201);
    expect(paths).toHaveLength(1);
    seconds(2);
    expect(await register()).toBe(201);
    expect(paths).toHaveLength(2);
  });

  it('are asked for once more when a kid is unknown, and exactly once', async () => {
    await follow('/unknown-kid');
    answer = cached(otherKeys, 3600);
    expect(await register()).toBe(400);
    expect(paths).toHaveLength(1);
    answer = cached(directoryKeys, 3600);
    expect(await register()).toBe(201);
    expect(paths).toHaveLength(2);
  });

  it('stay as they were at a bank that does not ask again for an unknown kid', async () => {
    const jwks = { maxAgeSeconds: 600, refetchForUnknownKid: false, whenUnreachable: 'refuse' };
    await follow('/stale', { jwks });
    answer = cached(otherKeys, 0);
    expect(await register()).toBe(400);
    answer = cached(directoryKeys, 0);
    expect(await register()).toBe(400);
    expect(paths).toHaveLength(1);
    seconds(601);
    expect(await register()).toBe(201);
    expect(paths).toHaveLength(2);
  });

  it('are good for as long as the profile says, even when the endpoint has withdrawn them', async () => {
    const jwks = { maxAgeSeconds: 600, refetchForUnknownKid: true, whenUnreachable: 'refuse' };
    await follow('/withdrawn', { jwks });
    answer = cached(directoryKeys, 0);
    expect(await register()).toBe(201);
    answer = cached(otherKeys, 0);
    expect(await register()).toBe(201);
    seconds(601);
    expect(await register()).toBe(400);
  });

  it('are used on when the endpoint is down, at a bank that does so, and refused at one that does not', async () => {
    const jwks = { maxAgeSeconds: 0, refetchForUnknownKid: true };
    await follow('/down', { jwks: { ...jwks, whenUnreachable: 'use-last-known' } });
    answer = cached(directoryKeys, 0);
    expect(await register()).toBe(201);
    answer = (request) => request.socket.destroy();
    expect(await register()).toBe(201);
    const url = await follow('/down', { jwks: { ...jwks, whenUnreachable: 'refuse' } });
    expectRefusal(await bank.register(), refused(url));
  });

  it('change with a rotation: the new key works at once, the old one no more once it is revoked', async () => {
    const { services } = sandbox;
    const rotating = await services.createReadyTpp({ name: 'Rotating Limited' });
    const { record } = await services.certificates.certifySoftwareStatement(rotating.softwareStatement.id, {
      type: 'obsigning',
      generate: true,
    });
    const privateKeyPem = services.certificates.getPrivateKey(record.kid);
    const signing = { ...rotating.signing, kid: record.kid, privateKeyPem };
    const [before, after] = [rotating, { ...rotating, signing }].map(
      (one) => new BankClient(sandbox, 'reference', one),
    );
    expect(await before?.register()).toMatchObject({ status: 201 });
    expect(await after?.register()).toMatchObject({ status: 201 });
    await services.certificates.revoke(rotating.signing.kid, 'superseded');
    const late = await before?.register();
    if (!late) throw new Error('No answer.');
    expectRefusal(late, { ...refused('a revoked key'), rule: 'request-signature' });
    expect(await after?.register()).toMatchObject({ status: 201 });
  });
});
