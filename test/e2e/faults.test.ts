import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JwkSet } from '../../src/domain/jwk.js';
import type { BankError } from '../../src/domain/registration.js';
import { defects } from '../../src/sandbox/defects/catalogue.js';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { BankClient, failedRules } from '../support/bank-client.js';
import { DirectoryClient } from '../support/directory-client.js';
import { jwksDefects, reasonsOfRefusal } from '../support/faults.js';
import { testKeys } from '../support/keys.js';
import { callOverTls, signRequest, type Claims, type TlsAnswer } from '../support/registration.js';

/** Long for an answer from this machine, short for a test that waits for none. */
const TIMEOUT_MILLISECONDS = 2_000;

interface Fault {
  readonly id: string;
  readonly path: string;
  readonly hits: number;
  readonly remaining: number | null;
  readonly keys?: readonly { kid: string; use: string; privateKeyPem: string }[];
}

let sandbox: Sandbox;
let tpp: ReadyTpp;
let bank: BankClient;
let directory: DirectoryClient;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys, jwksTimeoutMilliseconds: TIMEOUT_MILLISECONDS });
  tpp = await sandbox.services.createReadyTpp({ name: 'Faulty Keys Limited' });
  bank = new BankClient(sandbox, 'reference', tpp);
  directory = new DirectoryClient(sandbox, tpp);
});
afterEach(async () => {
  expect((await desk('DELETE', '/sandbox/faults')).status).toBe(204);
});
afterAll(() => sandbox.close());

function desk(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(sandbox.urls.http + path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

async function setFault(fault: Claims): Promise<Fault> {
  const response = await desk('POST', '/sandbox/faults', fault);
  expect(response.status, await response.clone().text()).toBe(201);
  const set = (await response.json()) as Fault;
  expect(response.headers.get('location')).toBe(`/sandbox/faults/${set.id}`);
  return set;
}

async function hitsOf({ id }: Fault): Promise<number> {
  return ((await (await desk('GET', `/sandbox/faults/${id}`)).json()) as Fault).hits;
}

const read = (path: string): Promise<TlsAnswer> =>
  callOverTls(sandbox.urls.https + path, { method: 'GET', ca: sandbox.services.trustAnchor.rootPem });

const jwksPath = (set = '', holder = tpp.softwareStatement.id) =>
  `/${tpp.organisation.id}/${set}${holder}.jwks`;

async function kidsAt(path: string): Promise<(string | undefined)[]> {
  const { status, text } = await read(path);
  expect(status, text).toBe(200);
  return (JSON.parse(text) as JwkSet).keys.map(({ kid }) => kid).sort();
}

/** The keys of a TPP in whatever order. */
const kidsOf = ({ signing, transport }: ReadyTpp) => [signing.kid, transport.kid].sort();

/** The JWKS fault of a name on the software statement of the test. */
const onSoftware = (name: string, parameters: Claims = {}) =>
  setFault({ kind: 'jwks', name, softwareId: tpp.softwareStatement.id, ...parameters });

/** A request signed with a key of a fault in place of the TPP's own. */
function signedByMadeKey({ keys = [] }: Fault, claims = bank.claims()): string {
  const made = keys.find(({ use }) => use === 'sig');
  if (!made) throw new Error('The fault has no signing key.');
  return signRequest({ ...tpp, signing: { ...tpp.signing, ...made } }, claims);
}

/** Expects that the newest attempt failed by this rule first, and says why. */
function expectVerdict(answer: TlsAnswer, error: BankError, rule: string, reason: string): void {
  expect((JSON.parse(answer.text) as { error: string }).error, answer.text).toBe(error);
  const verdict = bank.lastVerdict();
  expect(failedRules(verdict)[0]).toBe(rule);
  expect(verdict.response.errorDescription).toContain(reason);
}

const reasons = reasonsOfRefusal(TIMEOUT_MILLISECONDS);

describe('the catalogue of defects', () => {
  it('lists every fault of a JWKS and of a server, and names for each what a bank should answer', async () => {
    for (const kind of ['jwks', 'http'] as const) {
      const response = await desk('GET', `/sandbox/defects?kind=${kind}`);
      expect(await response.json()).toEqual({
        items: defects.filter((defect) => defect.kind === kind),
        next: null,
      });
    }
    const refused = jwksDefects.filter(({ error }) => error !== null).map(({ name }) => name);
    expect(refused.sort()).toEqual(Object.keys(reasons).sort());
  });
});

describe('a JWKS that misbehaves in the way of', () => {
  it.each(jwksDefects.map((defect) => [defect.name, defect] as const))(
    '%s is answered as the catalogue promises, and well again when that is cleared',
    async (name, { rule, error, answeredByReferenceBank }) => {
      const fault = await onSoftware(name);
      expect(fault).toMatchObject({ name, path: jwksPath(), hits: 0, remaining: null });
      const claims = bank.claims();
      const answer = await bank.register(claims);
      expect(answeredByReferenceBank).toBe(true);
      if (rule !== null && error !== null) expectVerdict(answer, error, rule, reasons[name] ?? '?');
      else expect(answer.status, answer.text).toBe(201);
      expect(await hitsOf(fault)).toBe(1);

      expect((await desk('DELETE', `/sandbox/faults/${fault.id}`)).status).toBe(204);
      expect((await desk('GET', `/sandbox/faults/${fault.id}`)).status).toBe(404);
      const afterwards = await bank.register(error === null ? bank.claims() : claims);
      expect(afterwards.status, afterwards.text).toBe(201);
      expect(await kidsAt(jwksPath())).toEqual(kidsOf(tpp));
    },
  );

  it('a slow answer beyond what the bank waits is refused', async () => {
    await onSoftware('slow', { milliseconds: 60_000 });
    const reason = `cannot be fetched: no complete answer within ${TIMEOUT_MILLISECONDS / 1000} seconds`;
    expectVerdict(await bank.register(), 'invalid_software_statement', 'request-signature', reason);
  });

  it('a fault for the next two reads is over with the third', async () => {
    const fault = await onSoftware('server-error', { times: 2 });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await bank.register()).status);
    expect(statuses).toEqual([400, 400, 201]);
    expect(await hitsOf(fault)).toBe(2);
  });
});

describe('a rotated key', () => {
  it('verifies beside the old one with overlap, and alone without', async () => {
    const overlapping = await onSoftware('rotation-with-overlap');
    const made = overlapping.keys?.map(({ kid }) => kid);
    expect(made).toHaveLength(2);
    expect(await kidsAt(jwksPath())).toEqual([...kidsOf(tpp), ...(made ?? [])].sort());
    expect(await bank.register(signedByMadeKey(overlapping))).toMatchObject({ status: 201 });
    const replacing = await onSoftware('rotation-without-overlap');
    expect(await kidsAt(jwksPath())).toEqual(replacing.keys?.map(({ kid }) => kid).sort());
    expect(await bank.register(signedByMadeKey(replacing))).toMatchObject({ status: 201 });
    expect(await bank.register(signedByMadeKey(overlapping))).toMatchObject({ status: 400 });
  });

  it('of the organisation without overlap costs its certificate its place among the active keys', async () => {
    const { id } = tpp.organisation;
    await setFault({ kind: 'jwks', name: 'rotation-without-overlap', organisationId: id });
    const reason = 'a certificate that the keystore does not list';
    expectVerdict(await bank.register(), 'invalid_client', 'client-certificate-not-revoked', reason);
  });
});

describe('a stale JWKS', () => {
  async function certifyAnother(): Promise<ReadyTpp> {
    const { certificates } = sandbox.services;
    const { record } = await certificates.certifySoftwareStatement(tpp.softwareStatement.id, {
      type: 'obsigning',
      generate: true,
    });
    const { kid } = record;
    return { ...tpp, signing: { ...tpp.signing, kid, privateKeyPem: certificates.getPrivateKey(kid) } };
  }

  it('lacks a new key for as many reads as were asked for', async () => {
    const fault = await onSoftware('stale', { reads: 1 });
    const rotated = new BankClient(sandbox, 'reference', await certifyAnother());
    expectVerdict(await rotated.register(), 'invalid_software_statement', 'request-signature', 'other keys');
    expect(await rotated.register()).toMatchObject({ status: 201 });
    expect(await hitsOf(fault)).toBe(1);
    await sandbox.services.certificates.revoke(rotated.tpp.signing.kid, 'superseded');
  });

  it('shows a revoked key until the seconds are over by the clock of the sandbox', async () => {
    const rotated = new BankClient(sandbox, 'reference', await certifyAnother());
    await onSoftware('stale', { seconds: 600 });
    await sandbox.services.certificates.revoke(rotated.tpp.signing.kid, 'keyCompromise');
    expect(await rotated.register()).toMatchObject({ status: 201 });
    sandbox.clock.advance(601_000);
    const reason = 'a revoked key';
    expectVerdict(await rotated.register(), 'invalid_software_statement', 'request-signature', reason);
  });
});

describe('the sets of others', () => {
  it('stay as they are: the organisation’s, the revoked one and the Directory’s', async () => {
    await onSoftware('empty');
    expect(await kidsAt(jwksPath())).toEqual([]);
    expect(await kidsAt(jwksPath('', tpp.organisation.id))).toContain(tpp.signing.kid);
    const other = await sandbox.services.createReadyTpp({ name: 'Another' });
    const path = `/${other.organisation.id}/${other.softwareStatement.id}.jwks`;
    expect(await kidsAt(path)).toEqual(kidsOf(other));
    expect(await kidsAt('/keystore/openbanking.jwks')).toHaveLength(1);
  });

  it('can be spoilt too: the revoked ones, on both listeners', async () => {
    const fault = await onSoftware('server-error', { set: 'revoked' });
    expect(fault.path).toBe(jwksPath('revoked/'));
    expect(await read(jwksPath('revoked/'))).toMatchObject({ status: 500 });
    expect((await fetch(sandbox.urls.http + jwksPath('revoked/'))).status).toBe(500);
    expect(await bank.register()).toMatchObject({ status: 201 });
    expect(await hitsOf(fault)).toBe(2);
  });

  it('can be spoilt too: the Directory’s own, so that no SSA verifies', async () => {
    await setFault({ kind: 'jwks', name: 'not-found', directory: true });
    expectVerdict(await bank.register(), 'invalid_software_statement', 'ssa-signature', 'status 404');
  });

  it('can be spoilt too: those of the second trust anchor', async () => {
    const second = await sandbox.services.getAnchor('second').open();
    const other = await second.createReadyTpp({});
    const { organisation, softwareStatement } = other;
    const target = { anchorId: 'second', softwareId: softwareStatement.id };
    const fault = await setFault({ kind: 'jwks', name: 'missing-kid', ...target });
    const path = `/anchors/second/${organisation.id}/${softwareStatement.id}.jwks`;
    expect(fault.path).toBe(path);
    expect(await kidsAt(path)).toEqual([undefined, undefined]);
    await desk('DELETE', '/sandbox/faults');
    expect(await kidsAt(path)).toEqual(kidsOf(other));
  });
});

describe('what goes over the wire', () => {
  it.each<[string, Claims, object]>([
    ['unavailable', { retryAfterSeconds: 7 }, { status: 503, headers: { 'retry-after': '7' } }],
    ['wrong-content-type', {}, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } }],
    [
      'redirect',
      { location: 'https://elsewhere.example/a' },
      { headers: { location: 'https://elsewhere.example/a' } },
    ],
    [
      'redirect',
      { location: 'https://elsewhere.example/\n→' },
      { headers: { location: 'https://elsewhere.example/%E2%86%92' } },
    ],
  ])('is as asked for: %s', async (name, parameters, expected) => {
    await onSoftware(name, parameters);
    expect(await read(jwksPath())).toMatchObject(expected);
  });

  it('leads a client that follows a redirect to the honest set, to tell it from others', async () => {
    await onSoftware('redirect');
    const { status, headers } = await read(jwksPath());
    expect(status).toBe(302);
    expect(await kidsAt(headers.location ?? '')).toEqual(kidsOf(tpp));
  });

  it('has the wrong key first under each kid, and a private key that is nobody’s', async () => {
    await onSoftware('duplicate-kid');
    const { keys: doubled } = JSON.parse((await read(jwksPath())).text) as JwkSet;
    expect(doubled.map(({ kid }) => kid).sort()).toEqual([...kidsOf(tpp), ...kidsOf(tpp)].sort());
    expect(doubled.map(({ x5c }) => x5c === undefined)).toEqual([true, false, true, false]);
    await onSoftware('private-key');
    const { keys } = JSON.parse((await read(jwksPath())).text) as JwkSet;
    const secret = keys.filter((key) => key['d'] !== undefined);
    expect(secret).toHaveLength(1);
    expect(kidsOf(tpp)).not.toContain(secret[0]?.kid);
  });
});

describe('a bank that keeps copies', () => {
  it('reads a set once for two registrations, as observed', async () => {
    const caching = new BankClient(sandbox, 'generic', tpp);
    const shipped = structuredClone(caching.profile);
    const jwks = { ...shipped.jwks, maxAgeSeconds: 600 };
    expect((await desk('PUT', '/sandbox/banks/generic', { ...shipped, jwks })).status).toBe(200);
    const observed = await onSoftware('observe');
    expect(await caching.register()).toMatchObject({ status: 201 });
    expect(await caching.register()).toMatchObject({ status: 201 });
    expect(await hitsOf(observed)).toBe(1);
    expect(await bank.register()).toMatchObject({ status: 201 });
    expect(await hitsOf(observed)).toBe(2);
    await sandbox.services.changeBankProfile('generic', shipped);
  });
});

const onPath = (name: string, path: string, parameters: Claims = {}) =>
  setFault({ kind: 'http', name, path, ...parameters });

describe('a server that misbehaves', () => {
  it('is down at the token endpoint for the next two requests, and up at all others', async () => {
    const fault = await onPath('down', '/as/token.oauth2', { times: 2 });
    for (let count = 0; count < 2; count += 1) {
      const answer = await directory.requestToken();
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      expect(answer.text).toContain(fault.id);
      expect(await bank.register()).toMatchObject({ status: 201 });
    }
    expect(await directory.requestToken()).toMatchObject({ status: 200 });
    expect(await hitsOf(fault)).toBe(2);
  });

  it('has too many requests for SSAs, once, and counts no more', async () => {
    const path = `/organisation/tpp/${tpp.organisation.id}/software-statement/${tpp.softwareStatement.id}/software-statement-assertion`;
    const authorization = await directory.bearer();
    const ask = async () => (await directory.call('GET', path, { authorization })).status;
    const fault = await onPath('too-many-requests', '/organisation/tpp/*', { method: 'GET' });
    expect(await ask()).toBe(429);
    expect(await ask()).toBe(200);
    expect(await hitsOf(fault)).toBe(1);
  });

  it('refuses registrations at one bank, by one method', async () => {
    const other = new BankClient(sandbox, 'generic', tpp);
    await onPath('too-many-requests', '/aspsp/reference/register*', {
      method: 'POST',
      retryAfterSeconds: 30,
    });
    expect(await other.register()).toMatchObject({ status: 201 });
    expect(await bank.call('GET', '/register/none', undefined)).toMatchObject({ status: 401 });
    expect(await bank.register()).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    expect(await bank.register()).toMatchObject({ status: 201 });
  });

  it('answers late, and well, while others are answered at once', async () => {
    const fault = await onPath('slow', '/aspsp/reference/register', { milliseconds: 2_000 });
    const order: string[] = [];
    const late = bank.register();
    const noted = late.then(() => order.push('late'));
    await expect.poll(() => hitsOf(fault)).toBe(1);
    expect(await bank.register()).toMatchObject({ status: 201 });
    order.push('at once');
    expect(await late).toMatchObject({ status: 201 });
    await noted;
    expect(order).toEqual(['at once', 'late']);
  });

  it('resets the connection, which its client sees as that', async () => {
    const fault = await onPath('connection-reset', '/aspsp/reference/register');
    // A connection that is merely closed has the same code, but without a call to the system that failed.
    await expect(bank.register()).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'read' });
    expect(await hitsOf(fault)).toBe(1);
    expect(await bank.register()).toMatchObject({ status: 201 });
  });

  it('resets a JWKS read by the bank, which says so', async () => {
    await onPath('connection-reset', jwksPath(), { times: null });
    const reason = 'the connection was closed before the answer was complete';
    expectVerdict(await bank.register(), 'invalid_software_statement', 'request-signature', reason);
  });

  it('is merely observed, and answers as ever', async () => {
    const observed = await onPath('observe', '/aspsp/reference/*');
    const acting = await onPath('down', '/aspsp/reference/register');
    expect(await bank.register()).toMatchObject({ status: 503 });
    expect(await bank.register()).toMatchObject({ status: 201 });
    expect([await hitsOf(observed), await hitsOf(acting)]).toEqual([2, 1]);
  });
});

describe('a sandbox that closes', () => {
  it.each(['slow', 'never-ending'])('waits for no answer that is %s', async (name) => {
    const closing = await startSandbox({ keyPairs: testKeys });
    const { faults, trustAnchor } = closing.services;
    const { id, path } = await faults.set({
      kind: 'jwks',
      name,
      directory: true,
      ...(name === 'slow' ? { milliseconds: 60_000 } : {}),
    });
    const cut = expect(
      callOverTls(closing.urls.https + path, { method: 'GET', ca: trustAnchor.rootPem }),
    ).rejects.toThrow(/socket hang up|aborted/);
    await expect.poll(() => faults.get(id).hits).toBe(1);
    await closing.close();
    await cut;
  });
});

describe('the control API', () => {
  it('answers whatever is down around it', async () => {
    await onPath('down', '/*', { listener: 'http', times: null });
    await onPath('down', '/*', { times: null });
    expect((await fetch(`${sandbox.urls.http}/healthz`)).status).toBe(503);
    expect(await read('/healthz')).toMatchObject({ status: 503 });
    const response = await desk('GET', '/SANDBOX/faults');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toMatchObject({ items: [{ hits: 1 }, { hits: 1 }], next: null });
    expect((await desk('DELETE', '/sandbox/faults')).status).toBe(204);
    expect(await read('/healthz')).toMatchObject({ status: 200 });
  });

  it.each<[string, Claims, number, string]>([
    ['no kind', {}, 400, 'kind: expected one of "jwks", "http", got nothing'],
    ['an unknown name', { kind: 'http', name: 'tired' }, 400, 'name: expected one of "down", "slow", '],
    ['no path', { kind: 'http', name: 'down' }, 400, 'path: expected a string, got nothing'],
    [
      'its own path',
      { kind: 'http', name: 'down', path: '/Sandbox/faults' },
      400,
      'path: expected a path outside of /sandbox',
    ],
    [
      'a URL',
      { kind: 'http', name: 'down', path: 'https://a.example' },
      400,
      'path: expected a path without host and query',
    ],
    ['no holder', { kind: 'jwks', name: 'empty' }, 400, 'body: expected one of organisationId, softwareId'],
    [
      'an hour',
      { kind: 'jwks', name: 'slow', milliseconds: 3_600_000 },
      400,
      'milliseconds: expected at most 60000, got 3600000',
    ],
    [
      'no times at all',
      { kind: 'jwks', name: 'empty', directory: true, times: 0 },
      400,
      'times: expected at least 1, got 0',
    ],
    [
      'a parameter of another',
      { kind: 'jwks', name: 'empty', directory: true, reads: 1 },
      400,
      'reads: expected no member of this name',
    ],
    [
      'revoked keys of the Directory',
      { kind: 'jwks', name: 'empty', directory: true, set: 'revoked' },
      400,
      'set: expected "active"',
    ],
    [
      'an unknown statement',
      { kind: 'jwks', name: 'empty', softwareId: 'AcmeUnknown00000000001' },
      404,
      'AcmeUnknown00000000001',
    ],
    [
      'an unknown anchor',
      { kind: 'jwks', name: 'empty', directory: true, anchorId: 'third' },
      404,
      '"third"',
    ],
  ])('refuses %s, and says what was expected', async (_what, fault, status, detail) => {
    const response = await desk('POST', '/sandbox/faults', fault);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { detail: string }).detail).toContain(detail);
    expect(await (await desk('GET', '/sandbox/faults')).json()).toEqual({ items: [], next: null });
  });
});
