import { createPublicKey, verify, constants } from 'node:crypto';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSandbox,
  startSandbox,
  type Sandbox,
  type SandboxOptions,
  type TestTpp,
} from '../../src/testkit.js';
import { reply } from '../../src/testkit/reply.js';
import { Workshop } from '../support/openssl.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox({ clock: '2027-01-31T09:00:00Z', seed: 'kit' });
});
afterEach(() => sandbox.close());

const reference = () => sandbox.bank('reference');

describe('the clock of a sandbox', () => {
  it.each([
    ['milliseconds', 86_400_000],
    ['a duration in text', 'P1D'],
    ['seconds', { seconds: 86_400 }],
  ] as const)('is advanced by %s', (_what, by) => {
    sandbox.clock.freeze('2027-01-31T09:00:00Z');
    sandbox.clock.advance(by);
    expect(sandbox.clock.read()).toEqual({ mode: 'frozen', at: new Date('2027-02-01T09:00:00Z') });
  });

  it('is set, frozen where it is, and let go', () => {
    sandbox.clock.set(new Date('2027-03-01T00:00:00Z'));
    expect(sandbox.clock.read().mode).toBe('offset');
    sandbox.clock.freeze();
    expect(sandbox.clock.read().mode).toBe('frozen');
    expect(sandbox.clock.now().toISOString()).toMatch(/^2027-03-01T00:0/);
    sandbox.clock.follow();
    expect(sandbox.clock.read().mode).toBe('real');
  });

  it('stands still from the start when that is asked for, and again after a reset', async () => {
    const at = '2026-12-24T18:00:00Z';
    await using still = await createSandbox({ clock: { mode: 'frozen', at } });
    const expected = { mode: 'frozen', at: new Date(at) };
    expect(still.clock.read()).toEqual(expected);
    still.clock.follow();
    const { clock } = still;
    await still.reset();
    expect(clock.read()).toEqual(expected);
  });

  it.each([
    ['that is none', 'tomorrow', 'clock.at: expected an instant as 2027-01-31T09:00:00Z, got "tomorrow"'],
    ['that no Date has', new Date(NaN), 'clock.at: expected an instant as 2027-01-31T09:00:00Z'],
    ['before its authorities', '1970-01-01T00:00:00Z', 'clock.at: expected an instant from'],
  ])('is refused an instant %s', async (_what, clock, message) => {
    await expect(createSandbox({ clock })).rejects.toThrow(message);
  });
});

describe('a ready TPP', () => {
  it('has each key in every form, and OpenSSL finds its certificates good', async () => {
    const { signing, transport } = await sandbox.createTpp();
    const workshop = new Workshop();
    workshop.write('root.pem', sandbox.trustAnchor.rootPem);
    workshop.write('issuing.pem', sandbox.trustAnchor.issuingPem);
    for (const [key, use] of [
      [signing, 'sig'],
      [transport, 'tls'],
    ] as const) {
      workshop.write('leaf.pem', key.certificatePem);
      const at = String(Math.floor(sandbox.clock.now().getTime() / 1000) + 5);
      const words = ['verify', '-attime', at, '-CAfile', 'root.pem', '-untrusted', 'issuing.pem', 'leaf.pem'];
      expect(workshop.openssl(...words)).toContain('leaf.pem: OK');
      expect(key.jwk).toMatchObject({ kid: key.kid, use, d: expect.any(String) as string });
      expect(key.publicJwk).not.toHaveProperty('d');
      const publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' });
      expect(publicKey.equals(createPublicKey(key.key))).toBe(true);
      expect(publicKey.equals(key.certificate.publicKey)).toBe(true);
      expect(publicKey.equals(createPublicKey(key.privateKeyPem))).toBe(true);
    }
    workshop.remove();
  });

  it('has a fresh SSA whenever it asks for one', async () => {
    const tpp = await sandbox.createTpp();
    expect(payloadOf(await tpp.ssa())['jti']).not.toBe(payloadOf(await tpp.ssa())['jti']);
  });

  it('signs as it is told: with another key, under another header, or not at all', async () => {
    const tpp = await sandbox.createTpp();
    const other = await sandbox.createTpp();
    const bank = reference();
    const byOther = await tpp.registrationRequest({ bank, signWith: other.signing });
    expect(partOf(byOther, 0)['kid']).toBe(other.signing.kid);
    expect(isSignedBy(byOther, other)).toBe(true);
    const disguised = await tpp.registrationRequest({ bank, signWith: other.signing.key });
    expect(partOf(disguised, 0)['kid']).toBe(tpp.signing.kid);
    expect(isSignedBy(disguised, other)).toBe(true);
    const unsigned = await tpp.registrationRequest({ bank, signWith: 'none', header: { kid: undefined } });
    expect(partOf(unsigned, 0)).toEqual({ typ: 'JWT', alg: 'none' });
    for (const requested of [byOther, disguised, unsigned])
      expect((await tpp.register(bank, { request: requested })).status).toBe(400);
  });

  it('cannot register once its transport key is revoked, nor get a token', async () => {
    const tpp = await sandbox.createTpp();
    expect((await tpp.register(reference())).status).toBe(201);
    const ssa = await tpp.ssa();
    await sandbox.revoke(tpp.transport, 'keyCompromise');
    sandbox.clock.advance('PT1H');
    expect((await tpp.token(reference())).status).toBe(401);
    await expect(tpp.readRegistration(reference())).rejects.toThrow('The bank gave no access token: 401');
    const refused = await tpp.register(reference(), { ssa });
    expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client']);
  });

  it('may belong to another trust anchor', async () => {
    const tpp = await sandbox.createTpp({ anchorId: 'second' });
    expect((await tpp.register(sandbox.bank('open-trust'))).status).toBe(201);
    expect((await tpp.register(reference())).body.error).toBe('invalid_client');
  });

  it('says so where it has no client', async () => {
    const tpp = await sandbox.createTpp();
    await expect(tpp.token(reference())).rejects.toThrow('register it there first');
  });
});

describe('a sandbox', () => {
  it('makes organisations and software statements, and names what is wrong with them', async () => {
    const { id } = await sandbox.createOrganisation({ name: 'One Ltd' });
    const statement = await sandbox.createSoftwareStatement(id, {
      clientName: 'App',
      clientUri: 'https://app.example',
      logoUri: 'https://app.example/logo.svg',
      policyUri: 'https://app.example/policy',
      termsOfServiceUri: 'https://app.example/terms',
    });
    expect(statement).toMatchObject({ organisationId: id, clientName: 'App' });
    await expect(sandbox.createOrganisation({ name: '' })).rejects.toThrow(
      'name: expected text that is not blank',
    );
    await expect(sandbox.createTpp({ roles: [] })).rejects.toThrow('roles: expected at least 1 item');
    expect(() => sandbox.bank('unknown')).toThrow('There is no bank "unknown".');
  });

  it('has the verdicts of a bank, newest first', async () => {
    const tpp = await sandbox.createTpp();
    await tpp.register(reference());
    await tpp.register(reference(), { claims: { aud: undefined } });
    const [last, first] = sandbox.attempts('reference');
    expect(last?.failures.map(({ id }) => id)).toEqual(['request-aud']);
    expect(first?.failures).toEqual([]);
    expect(reference().attempts()).toHaveLength(2);
  });

  it('tells each answer’s verdict from those of others at the same time', async () => {
    const tpp = await sandbox.createTpp();
    const bank = reference();
    const changes = [{}, { defect: 'no-iat' }, {}, { claims: { scope: 'none' } }] as const;
    const requests = await Promise.all(changes.map((change) => tpp.registrationRequest({ bank, ...change })));
    const replies = await Promise.all(requests.map((one) => tpp.register(bank, { request: one })));
    expect(replies.map(({ status }) => status)).toEqual([201, 400, 201, 400]);
    for (const [index, { verdict }] of replies.entries())
      expect(verdict.attempt?.request?.payload['jti']).toBe(payloadOf(requests[index] ?? '')['jti']);
    // As where the answer to the first comes only after the bank has judged the third.
    const late = reply({ status: 201, headers: {}, text: '{}' }, bank.attempts(), requests[0]);
    expect(late.verdict.attempt).toEqual(replies[0]?.verdict.attempt);
  });

  it('misbehaves when it is told to, until it is told no longer', async () => {
    const tpp = await sandbox.createTpp();
    await sandbox.faults.set({ kind: 'http', name: 'down', path: '/aspsp/reference/register', times: null });
    expect(sandbox.faults.list()).toMatchObject([{ name: 'down', hits: 0 }]);
    expect((await tpp.register(reference())).status).toBe(503);
    sandbox.faults.clear();
    expect((await tpp.register(reference())).status).toBe(201);
  });

  it.each([
    ['over TLS', startSandbox],
    ['through memory', createSandbox],
  ])('resets a connection %s when it is told to', async (_how, makeSandbox) => {
    await using own = await makeSandbox();
    const tpp = await own.createTpp();
    await own.faults.set({ kind: 'http', name: 'connection-reset', path: '/aspsp/reference/register' });
    await expect(tpp.register(own.bank('reference'))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect((await tpp.register(own.bank('reference'))).status).toBe(201);
  });

  it('counts the requests to a path that it was asked to observe', async () => {
    const tpp = await sandbox.createTpp();
    const { id } = tpp.organisation;
    const jwks = `/${id}/${tpp.softwareStatement.id}.jwks`;
    expect(() => sandbox.requests(jwks)).toThrow(`await sandbox.observe('${jwks}')`);
    await sandbox.observe(jwks);
    await sandbox.observe(jwks);
    expect(sandbox.requests(jwks)).toBe(0);
    await tpp.register(reference());
    const byBank = sandbox.requests(jwks);
    expect(byBank).toBeGreaterThan(0);
    await request(sandbox.deskApp).get(jwks).set('Host', 'localhost').expect(200);
    await request(sandbox.protocolApp).get(jwks).expect(200);
    expect(sandbox.requests(jwks)).toBe(byBank + 2);
  });

  it('is taken back to its start, and forward again', async () => {
    const { organisation } = await sandbox.createTpp();
    const exported = await sandbox.state.export();
    await sandbox.reset();
    expect(() => sandbox.services.registry.getOrganisation(organisation.id)).toThrow(
      'There is no organisation',
    );
    await sandbox.state.import(exported);
    expect(sandbox.services.registry.getOrganisation(organisation.id)).toEqual(organisation);
  });

  it('has a trust anchor whose URLs serve what it says', async () => {
    await using listening = await startSandbox();
    const { trustAnchor } = listening;
    const { urls } = trustAnchor;
    const textAt = async (url: string) => (await fetch(url)).text();
    expect(await textAt(urls.root)).toBe(trustAnchor.rootPem);
    expect(await textAt(urls.issuing)).toBe(trustAnchor.issuingPem);
    expect(await textAt(urls.chain)).toBe(trustAnchor.chainPem);
    expect((await fetch(urls.crl)).status).toBe(200);
    const tpp = await listening.createTpp();
    expect(await (await tpp.fetch(trustAnchor.jwksUri)).json()).toEqual(await trustAnchor.jwks());
    expect(payloadOf(await tpp.ssa())['iss']).toBe(trustAnchor.ssaIssuer);
  });

  it('answers supertest with the client certificate that a test hands in', async () => {
    const shown: { certificate?: Uint8Array } = {};
    await using own = await createSandbox({ clientCertificateOf: () => shown.certificate });
    const tpp = await own.createTpp();
    const post = async () =>
      request(own.protocolApp)
        .post('/aspsp/reference/register')
        .set('Content-Type', 'application/jwt')
        .send(await tpp.registrationRequest({ bank: own.bank('reference') }));
    expect((await post()).status).toBe(401);
    shown.certificate = tpp.transport.certificate.raw;
    expect((await post()).status).toBe(201);
  });
});

describe('options', () => {
  it('with a seed give the same identifiers again, and other keys and secrets', async () => {
    const identifiersOf = async (seed: string) => {
      await using seeded = await createSandbox({ seed });
      const tpp = await seeded.createTpp();
      const { body } = await tpp.register(seeded.bank('generic'), {
        claims: { token_endpoint_auth_method: 'client_secret_basic' },
      });
      const secrets = [tpp.signing.kid, body.client_secret];
      return { identifiers: [tpp.organisation.id, tpp.softwareStatement.id, body.client_id], secrets };
    };
    const [one, again, other] = [
      await identifiersOf('a'),
      await identifiersOf('a'),
      await identifiersOf('b'),
    ];
    expect(again.identifiers).toEqual(one.identifiers);
    for (const [index, identifier] of one.identifiers.entries())
      expect(other.identifiers[index]).not.toBe(identifier);
    for (const [index, secret] of one.secrets.entries()) expect(again.secrets[index]).not.toBe(secret);
  });

  it('with a seed give no identifier that a given state has', async () => {
    const { organisation } = await sandbox.createTpp();
    const state = await sandbox.state.export();
    await using next = await createSandbox({ seed: 'kit', state });
    expect((await next.createTpp()).organisation.id).not.toBe(organisation.id);
  });

  it('with profiles change banks and add some, also after a reset', async () => {
    await using own = await createSandbox({
      profiles: {
        reference: { ssa: { maxAgeSeconds: 60 } },
        mine: { name: 'My Bank', operations: ['POST'] },
      },
    });
    await own.reset();
    const tpp = await own.createTpp();
    const ssa = await tpp.ssa();
    own.clock.advance('PT10M');
    const refused = await tpp.register(own.bank('reference'), { ssa });
    expect(refused.verdict.failures.map(({ id }) => id)).toEqual(['ssa-age']);
    expect((await tpp.register(own.bank('mine'), { ssa })).status).toBe(201);
    expect((await tpp.readRegistration(own.bank('mine'))).status).toBe(405);
  });

  it.each([
    [
      { profiles: { reference: { clockSkewSeconds: -1 } } },
      'profiles.reference.clockSkewSeconds: expected at least 0',
    ],
    [
      { profiles: { reference: { id: 'other' } } },
      'profiles.reference.id: expected "reference", got "other"',
    ],
    [{ profiles: { Mine: {} } }, 'profiles.Mine.id: expected lower-case letters, digits and hyphens'],
    [{ keyCache: '/dev/null/keys' }, 'keyCache: /dev/null/keys cannot be used'],
    [{ clok: 'now' }, 'clok: expected one of the options'],
  ])('that are wrong are named: %j', async (options, message) => {
    await expect(startSandbox(options as SandboxOptions)).rejects.toThrow(message);
  });
});

function partOf(jwt: string, index: 0 | 1): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

function payloadOf(jwt: string): Record<string, unknown> {
  return partOf(jwt, 1);
}

function isSignedBy(jwt: string, { signing }: TestTpp): boolean {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  const key = {
    key: signing.certificate.publicKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  };
  return verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
}
