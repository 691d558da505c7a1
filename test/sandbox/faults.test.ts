import { createPublicKey, X509Certificate } from 'node:crypto';
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { jwkSetSchema, type JwkSet } from '../../src/domain/jwk.js';
import type { Attempt } from '../../src/domain/registration.js';
import type { Faults, MetRequest } from '../../src/sandbox/faults/faults.js';
import type { Plan } from '../../src/sandbox/faults/plan.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { failedRules } from '../support/bank-client.js';
import { jwksDefects, reasonsOfRefusal } from '../support/faults.js';
import { testKeys } from '../support/keys.js';
import {
  anonymousPost,
  registrationClaims,
  signRequest,
  verdictOf,
  type Claims,
} from '../support/registration.js';

const TIMEOUT_MILLISECONDS = 300;

let sandbox: Sandbox;
let faults: Faults;
let tpp: ReadyTpp;
let path: string;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys, jwksTimeoutMilliseconds: TIMEOUT_MILLISECONDS });
  ({ faults } = sandbox.services);
  tpp = await sandbox.services.createReadyTpp({ name: 'Faulty Keys Limited' });
  path = `/${tpp.organisation.id}/${tpp.softwareStatement.id}.jwks`;
});
afterEach(() => {
  faults.clearAll();
});
afterAll(() => sandbox.close());

const onSoftware = (name: string, parameters: Claims = {}) =>
  faults.set({ kind: 'jwks', name, softwareId: tpp.softwareStatement.id, ...parameters });
/** What a fault on somebody unknown is refused with. */
const refusalOf = (target: Claims) =>
  faults.set({ kind: 'jwks', name: 'empty', ...target }).then(
    () => 'It was set.',
    (error: unknown) => (error as Error).message,
  );
const onPath = (name: string, target: string, parameters: Claims = {}) =>
  faults.set({ kind: 'http', name, path: target, ...parameters });

const request = (target: string, parts: Partial<MetRequest> = {}): MetRequest => ({
  method: 'GET',
  path: target,
  query: '',
  listener: 'https',
  ...parts,
});

/** What becomes of one read of the test's JWKS. */
async function planOf(target = path): Promise<Plan> {
  const met = faults.meet(request(target));
  if (!met) throw new Error('No fault was met.');
  return met.plan();
}

/** The keys that are served in place of the honest ones. */
async function servedKeys(): Promise<JwkSet['keys']> {
  const plan = await planOf();
  if (plan.kind !== 'answer') throw new Error(`Not an answer: ${plan.kind}`);
  return jwkSetSchema.parse(JSON.parse(plan.body)).keys;
}

const honestKeys = async () =>
  (await sandbox.services.keystore.softwareJwks(tpp.softwareStatement.id, 'active')).keys;

describe('a fault on keys of somebody whom the Directory does not know', () => {
  it('is refused with the trust anchors that may know him', async () => {
    const anchor = await sandbox.services.getAnchor('second').open();
    const { softwareStatement, organisation } = await anchor.createReadyTpp({});
    for (const target of [{ softwareId: softwareStatement.id }, { organisationId: organisation.id }]) {
      expect(await refusalOf(target)).toMatch(
        /^There is no .*\. With anchorId second it is looked for there\.$/,
      );
      expect(await refusalOf({ ...target, anchorId: 'second' })).toBe('It was set.');
    }
  });

  it('is refused without, where he was looked for at one', async () => {
    expect(await refusalOf({ organisationId: 'nobody0000', anchorId: 'second' })).toMatch(
      /^There is no .*\.$/,
    );
    expect(await refusalOf({ organisationId: 'nobody0000', anchorId: 'second' })).not.toContain('anchorId');
  });
});

describe('a request', () => {
  it('meets nothing where nothing is set, and that is told at once', async () => {
    expect(faults.isEmpty).toBe(true);
    expect(faults.meet(request(path))).toBeUndefined();
    const { id } = await onSoftware('empty');
    expect(faults.isEmpty).toBe(false);
    faults.clear(id);
    expect(faults.isEmpty).toBe(true);
  });

  it.each<[string, Partial<MetRequest>, boolean]>([
    ['at its path', {}, true],
    ['by HEAD', { method: 'HEAD' }, true],
    ['at the other listener', { listener: 'http' }, true],
    ['with a query', { query: 'a=1' }, true],
    ['by POST', { method: 'POST' }, false],
    ['for the revoked set', { path: '/revoked' }, false],
    ['that followed a redirect', { query: 'moved' }, false],
  ])('for a JWKS that comes %s', async (_how, parts, isMet) => {
    await onSoftware('empty');
    expect(faults.meet(request(path, parts)) !== undefined).toBe(isMet);
  });

  it.each<[string, string, Partial<MetRequest>, boolean]>([
    ['at the path', '/as/token.oauth2', {}, true],
    ['below the path', '/as/token.oauth2/more', {}, false],
    ['below a prefix', '/aspsp/reference/register', {}, true],
    ['at another listener', '/as/token.oauth2', { listener: 'http' }, false],
    ['beside a prefix', '/aspsp/generic/register', {}, false],
  ])('to a server that comes %s', async (_how, target, parts, isMet) => {
    await onPath('down', '/as/token.oauth2');
    await onPath('down', '/aspsp/reference/*');
    expect(faults.meet(request(target, parts)) !== undefined).toBe(isMet);
  });

  it('meets by its method alone, where one was asked for', async () => {
    await onPath('down', '/a', { method: 'POST' });
    expect(faults.meet(request('/a'))).toBeUndefined();
    expect(faults.meet(request('/a', { method: 'POST' }))).toBeDefined();
  });

  it('meets of several faults the one set last, and of observers all', async () => {
    const [first, second, once, always] = [
      await onSoftware('empty'),
      await onSoftware('not-found', { times: 1 }),
      await onSoftware('observe', { times: 1 }),
      await onPath('observe', '/*'),
    ];
    const names = [1, 2].map(() => faults.meet(request(path))?.fault.name);
    expect(names).toEqual(['not-found', 'empty']);
    const hits = [first, second, once, always].map(({ id }) => faults.get(id));
    expect(hits).toMatchObject([
      { hits: 1, remaining: null },
      { hits: 1, remaining: 0 },
      { hits: 1, remaining: 0 },
      { hits: 2, remaining: null },
    ]);
  });

  it('for the control API meets nothing, in any spelling', async () => {
    await onPath('down', '/*', { listener: 'http' });
    for (const target of ['/sandbox', '/sandbox/faults', '/SandBox/faults/1']) {
      expect(faults.meet(request(target, { listener: 'http' })), target).toBeUndefined();
    }
    expect(faults.meet(request('/sandboxes', { listener: 'http' }))).toBeDefined();
  });
});

describe('the keys of a fault', () => {
  it.each([
    ['rotation-with-overlap', ['sig', 'tls']],
    ['rotation-without-overlap', ['sig', 'tls']],
    ['private-key', ['sig']],
  ])('are made for it alone: %s', async (name, uses) => {
    const { keys = [] } = await onSoftware(name);
    expect(keys.map(({ use }) => use)).toEqual(uses);
    const served = await servedKeys();
    for (const { kid, use, privateKeyPem } of keys) {
      const { n } = createPublicKey(privateKeyPem).export({ format: 'jwk' });
      expect(served.find((key) => key.kid === kid)).toMatchObject({ n, use });
      expect((await honestKeys()).map((key) => key.n)).not.toContain(n);
    }
  });

  it('give no private half of a real key away', async () => {
    await onSoftware('private-key');
    const honest = (await honestKeys()).map(({ kid }) => kid);
    for (const key of await servedKeys()) expect('d' in key).toBe(!honest.includes(key.kid));
  });

  it('leave what is real untouched', async () => {
    const before = structuredClone(await honestKeys());
    for (const { name } of jwksDefects) {
      await onSoftware(name);
      await planOf();
    }
    expect(await honestKeys()).toEqual(before);
  });
});

describe('a stale set', () => {
  it('is what it was for so many seconds of the sandbox clock, and again when that is set back', async () => {
    const start = new Date('2027-01-01T00:00:00Z');
    sandbox.clock.freeze(start);
    await onSoftware('stale', { seconds: 60 });
    const met = () => faults.meet(request(path)) !== undefined;
    sandbox.clock.advance(59_999);
    expect(met()).toBe(true);
    sandbox.clock.advance(1);
    expect(met()).toBe(false);
    sandbox.clock.freeze(start);
    expect(met()).toBe(true);
    sandbox.clock.set(new Date());
  });
});

describe('the list of faults', () => {
  it('is bounded; those that are spent give way to new ones, the oldest first', async () => {
    const spent = await onPath('down', '/spent');
    const later = await onPath('down', '/later');
    faults.meet(request('/later'));
    faults.meet(request('/spent'));
    for (let count = 2; count < limits.faults; count += 1) await onPath('observe', '/a');
    await onPath('down', '/new');
    expect(() => faults.get(spent.id)).toThrow(`There is no fault "${spent.id}"`);
    expect(faults.get(later.id)).toMatchObject({ hits: 1 });
    await onPath('down', '/new');
    const surplus = onPath('down', '/new');
    await expect(surplus).rejects.toMatchObject({ code: 'conflict' });
    await expect(surplus).rejects.toThrow(`There are ${limits.faults} faults already`);
    expect(faults.list()).toHaveLength(limits.faults);
  });

  it('comes back as it was exported, with counts, keys and what a set was', async () => {
    const [rotation] = [await onSoftware('rotation-without-overlap'), await onSoftware('stale')];
    await onPath('down', '/a', { times: 3 });
    faults.meet(request('/a'));
    const text = JSON.stringify(faults);
    const listed = faults.list();
    faults.clearAll();
    faults.restore(JSON.parse(text));
    expect(faults.list()).toEqual(listed);
    expect(faults.list().at(-1)).toMatchObject({ hits: 1, remaining: 2 });
    expect(await servedKeys()).toEqual(await honestKeys());
    faults.clear(listed[1]?.id ?? '');
    expect((await servedKeys()).map(({ kid }) => kid)).toEqual(rotation.keys?.map(({ kid }) => kid));
  });

  it('stays as it is when what is to come back is wrong', async () => {
    const { id } = await onSoftware('empty');
    const [fault] = faults.toJSON().faults;
    for (const wrong of [
      { ...fault, name: 'tired' },
      { ...fault, hits: -1 },
      { ...fault, extra: 1 },
    ]) {
      expect(() => faults.restore({ faults: [wrong] })).toThrow(/^faults\[0\]\.(name|hits|extra): expected /);
    }
    expect(faults.list().map((one) => one.id)).toEqual([id]);
  });

  it('shows no snapshot, which may be large', async () => {
    const fault = await onSoftware('stale', { reads: 3 });
    expect(Object.keys(fault)).toEqual([
      'id',
      'name',
      'kind',
      'softwareId',
      'set',
      'path',
      'remaining',
      'hits',
      'createdAt',
    ]);
  });
});

/** Registers at the reference bank without any socket. */
async function register(): Promise<Attempt> {
  const bank = sandbox.services.getBank('reference');
  const claims = registrationClaims(tpp, bank.profile, sandbox.clock.now());
  const answer = await bank.register({
    ...anonymousPost(signRequest(tpp, claims), 'application/jwt'),
    clientCertificate: new X509Certificate(tpp.transport.certificatePem).raw,
  });
  return verdictOf(answer);
}

describe('a sandbox without sockets', () => {
  const reasons = reasonsOfRefusal(TIMEOUT_MILLISECONDS);

  it.each(jwksDefects.map((defect) => [defect.name, defect] as const))(
    'sees what one with sockets sees: %s',
    async (name, { rule, error }) => {
      const fault = await onSoftware(name, name === 'slow' ? { milliseconds: 20 } : {});
      const verdict = await register();
      expect(failedRules(verdict)[0] ?? null).toBe(rule);
      expect(verdict.response.error ?? null).toBe(error);
      if (error !== null) expect(verdict.response.errorDescription).toContain(reasons[name]);
      expect(faults.get(fault.id).hits).toBe(1);
      faults.clear(fault.id);
      expect(failedRules(await register())).toEqual([]);
    },
  );

  it.each<[string, Claims, string]>([
    ['slow', { milliseconds: 5_000 }, 'no complete answer within 0.3 seconds'],
    ['down', {}, 'status 503'],
    ['too-many-requests', {}, 'status 429'],
    ['connection-reset', {}, 'the connection was closed before the answer was complete'],
  ])('sees a server that is %s', async (name, parameters, reason) => {
    await onPath(name, path, parameters);
    const verdict = await register();
    expect(failedRules(verdict)[0]).toBe('request-signature');
    expect(verdict.response.errorDescription).toContain(`cannot be fetched: ${reason}`);
    expect(failedRules(await register())).toEqual([]);
  });

  it('has both applications behind its faults', async () => {
    await onSoftware('not-found');
    for (const app of [sandbox.protocolApp, sandbox.deskApp]) await supertest(app).get(path).expect(404);
    await onPath('down', '/login', { listener: 'http', retryAfterSeconds: 9 });
    await supertest(sandbox.deskApp).get('/login').expect(503).expect('retry-after', '9');
  });

  it('closes though a bank still waits, and tells it why', async () => {
    const closing = await createSandbox({ keyPairs: testKeys, jwksTimeoutMilliseconds: 60_000 });
    const { services } = closing;
    const fault = await services.faults.set({ kind: 'jwks', name: 'never-ending', directory: true });
    const { ssa } = await services.createReadyTpp({});
    const judging = services.getBank('reference').judgeSsa(ssa);
    await expect.poll(() => services.faults.get(fault.id).hits).toBe(1);
    await closing.close();
    const signature = (await judging).find(({ id }) => id === 'ssa-signature');
    expect(signature?.actual).toContain('cannot be fetched: the sandbox is closing');
  });
});
