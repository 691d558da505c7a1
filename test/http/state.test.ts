import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StateFile } from '../../src/sandbox/state/state-file.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

/** A state as anybody might change it before it is imported. */
type Changeable = { -readonly [Member in keyof StateFile]: StateFile[Member] };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
});
afterEach(() => sandbox.state.reset());
afterAll(() => sandbox.close());

const api = () => supertest(sandbox.deskApp);
const exported = async () => (await api().get('/sandbox/state').expect(200)).body as Changeable;
const names = () =>
  sandbox.services.registry.pageOfOrganisations({ limit: 100 }).items.map(({ name }) => name);

function comparableOf(state: StateFile): Partial<StateFile> {
  const { clock } = state;
  return { ...state, exportedAt: '', clock: clock.mode === 'real' ? { mode: 'real' } : clock };
}

/** What does not depend on when it was exported. */
async function comparable(): Promise<Partial<StateFile>> {
  return comparableOf(await exported());
}

describe('the state over the control API', () => {
  it('is one JSON document that says what it is, and is not to be kept by caches', async () => {
    const answer = await api().get('/sandbox/state').expect(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toMatchObject({
      format: 'mock-ob-directory-state',
      version: 1,
      clock: { mode: 'real' },
      qualifiedTrustServiceProvider: null,
    });
    expect(Object.keys(answer.body as object)).toEqual([
      'format',
      'version',
      'exportedAt',
      'clock',
      'faults',
      'directory',
      'qualifiedTrustServiceProvider',
      'anchors',
      'authorisation',
      'banks',
    ]);
  });

  it('comes back as it was: same state, same JWKS, same SSA signer, same time', async () => {
    const { services } = sandbox;
    const tpp = await services.createReadyTpp({ name: 'Kept' });
    await services.certificates.revoke(tpp.signing.kid, 'superseded');
    await (await services.getAnchor('second').open()).createReadyTpp({ name: 'Elsewhere' });
    await services.issueQualifiedCertificate({
      type: 'qwac',
      generate: true,
      name: 'Outsider',
      authority: { id: 'FCAGBR', registrationId: '1' },
      roles: ['AISP'],
    });
    await services.changeBankProfile('reference', {
      ...services.getBank('reference').profile,
      purpose: 'Mine.',
    });
    await services.faults.set({ kind: 'http', name: 'down', path: '/aspsp/reference/token', times: 3 });
    sandbox.clock.freeze(new Date('2027-03-01T12:00:00Z'));
    const path = `/${tpp.organisation.id}/${tpp.softwareStatement.id}.jwks`;
    const jwks = async () => [
      (await api().get(path).expect(200)).body as unknown,
      (
        await api()
          .get(path.replace('/', '/').replace(/\/(?=[^/]*$)/, '/'))
          .expect(200)
      ).body as unknown,
      (await api().get('/keystore/openbanking.jwks').expect(200)).body as unknown,
      (await api().get('/ca/issuing.crl.pem').expect(200)).text.length,
    ];
    const [state, keys] = [await exported(), await jwks()];
    await api().post('/sandbox/reset').expect(204);
    expect(names()).not.toContain('Kept');
    expect(sandbox.clock.read().mode).toBe('real');
    await api().get(path).expect(404);
    await api().put('/sandbox/state').send(state).expect(204);
    expect(await jwks()).toEqual(keys);
    expect(await comparable()).toEqual(comparableOf(state));
    await supertest(sandbox.protocolApp).post('/aspsp/reference/token').expect(503);
    expect(sandbox.services.faults.list()).toMatchObject([{ name: 'down', remaining: 2, hits: 1 }]);
    expect(sandbox.clock.read()).toEqual({ mode: 'frozen', at: new Date('2027-03-01T12:00:00Z') });
    expect(sandbox.services.getBank('reference').profile.purpose).toBe('Mine.');
    expect(sandbox.services.certificates.get(tpp.signing.kid).status).toBe('revoked');
  });

  it('can begin another sandbox, at another address', async () => {
    const tpp = await sandbox.services.createReadyTpp({ name: 'Moved' });
    const state = await exported();
    const other = await createSandbox({ keyPairs: testKeys, httpsPort: 9443, httpPort: 9080, state });
    expect(other.services.certificates.get(tpp.signing.kid).record).toEqual(
      sandbox.services.certificates.get(tpp.signing.kid).record,
    );
    expect(other.services.trustAnchor.rootPem).toBe(sandbox.services.trustAnchor.rootPem);
    const { payload } = await other.services.ssaIssuer.issue(tpp.softwareStatement.id);
    expect(payload['software_jwks_endpoint']).toContain('https://localhost:9443/');
    await other.services.createReadyTpp({ name: 'New here' });
    await other.state.reset();
    const after = other.services.registry.pageOfOrganisations({ limit: 100 }).items.map(({ name }) => name);
    expect(after).toContain('Moved');
    expect(after).not.toContain('New here');
    await other.close();
  });

  it('comes back to a sandbox without demo data, too', async () => {
    const bare = await createSandbox({ keyPairs: testKeys, demo: false });
    try {
      const state = comparableOf(await bare.state.export());
      await bare.state.replace(await bare.state.export());
      expect(comparableOf(await bare.state.export())).toEqual(state);
    } finally {
      await bare.close();
    }
  });

  it('has the keys on hold whose holder is not active, and no others, however it was written', async () => {
    const { services } = sandbox;
    const [held, free] = await Promise.all([services.createReadyTpp({}), services.createReadyTpp({})]);
    const { id } = held.softwareStatement;
    const state = structuredClone(await exported());
    for (const { softwareStatements, keys } of state.directory.organisations) {
      for (const statement of softwareStatements) if (statement.id === id) statement.active = false;
      for (const key of keys) {
        if (key.kid === free.signing.kid)
          key.revocation = { at: key.notBefore, reason: 'certificateHold', whileInactive: true };
      }
    }
    await sandbox.state.replace(state);
    const statuses = [held, free].map(({ signing }) => sandbox.services.certificates.get(signing.kid).status);
    expect(statuses).toEqual(['revoked', 'active']);
    expect((await sandbox.services.keystore.softwareJwks(id, 'active')).keys).toEqual([]);
  });

  it('is taken back to the start by a reset, with the same authority, and again', async () => {
    const atStart = await comparable();
    for (const name of ['One', 'Two']) {
      await sandbox.services.createReadyTpp({ name });
      sandbox.clock.freeze(new Date('2030-01-01T00:00:00Z'));
      await api().post('/sandbox/reset').send({}).expect(204);
      expect(await comparable()).toEqual(atStart);
    }
  });

  it('is taken back to the demo data alone when that is asked for', async () => {
    const tpp = await sandbox.services.createReadyTpp({ name: 'Kept at start-up' });
    const other = await createSandbox({ keyPairs: testKeys, state: await exported() });
    const desk = supertest(other.deskApp);
    await desk.post('/sandbox/reset').expect(204);
    expect(other.services.registry.getOrganisation(tpp.organisation.id).name).toBe('Kept at start-up');
    await desk.post('/sandbox/reset').send({ to: 'demo' }).expect(204);
    expect(() => other.services.registry.getOrganisation(tpp.organisation.id)).toThrow(/no organisation/);
    expect(other.services.registry.pageOfOrganisations({ limit: 100 }).items.length).toBeGreaterThan(5);
    expect(other.services.trustAnchor.rootPem).toBe(sandbox.services.trustAnchor.rootPem);
    await other.close();
  });

  it('leads those who hold on to the applications to the services in force', async () => {
    const { deskApp, protocolApp } = sandbox;
    const { id } = (
      await supertest(deskApp).post('/sandbox/organisations').send({ name: 'Gone' }).expect(201)
    ).body as { id: string };
    await supertest(deskApp).post('/sandbox/reset').expect(204);
    await supertest(deskApp).get(`/sandbox/organisations/${id}`).expect(404);
    await supertest(protocolApp).get(`/${id}/${id}.jwks`).expect(404);
    await supertest(protocolApp).get('/keystore/openbanking.jwks').expect(200);
  });

  it('is replaced by one after the other when two ask at once', async () => {
    const state = await exported();
    const answers = await Promise.all([
      api().put('/sandbox/state').send(state),
      api().post('/sandbox/reset'),
      api().put('/sandbox/state').send(state),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    await sandbox.services.createReadyTpp({});
  });

  it('says what a reset could be to', async () => {
    const answer = await api().post('/sandbox/reset').send({ to: 'nothing' }).expect(400);
    expect(answer.body).toMatchObject({
      errors: [{ field: 'to', expected: 'one of "start-up", "demo"', actual: '"nothing"' }],
    });
  });
});

describe('a state that does not hold together', () => {
  /** One for all: its keys take their time. */
  let good: Changeable | undefined;

  async function exportWithTpp(): Promise<Changeable> {
    await sandbox.services.createReadyTpp({ name: 'Here' });
    return exported();
  }

  /** Changes an export, imports it, and returns what is refused; nothing may have changed then. */
  async function refusalOf(spoil: (state: Changeable) => unknown): Promise<unknown> {
    good ??= await exportWithTpp();
    await sandbox.state.replace(good);
    const before = await comparable();
    const state = structuredClone(good);
    const spoilt = spoil(state) ?? state;
    const answer = await api().put('/sandbox/state').send(spoilt).expect(400);
    expect(await comparable()).toEqual(before);
    await sandbox.services.registry.createOrganisation({ name: 'Goes on', kind: 'tpp' });
    return (answer.body as { errors: unknown }).errors;
  }
  const withTpp = (state: Changeable) =>
    state.directory.organisations.findIndex(({ keys }) => keys.length > 0);
  type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;
  const recordIn = (state: Changeable) => {
    const record = state.directory.organisations[withTpp(state)];
    if (!record) throw new Error('There is a TPP.');
    return record as Writable<typeof record>;
  };

  it.each([
    ['is another document', () => ({ hello: 1 }), 'format', '"mock-ob-directory-state"'],
    ['is of another version', (state: Changeable) => ({ ...state, version: 2 }), 'version', '1'],
    ['is an array', () => [], 'body', 'an object'],
    ['lacks a member', (state: Changeable) => ({ ...state, banks: undefined }), 'banks', 'a record'],
    ['has one too many', (state: Changeable) => ({ ...state, more: 1 }), 'more', 'no member of this name'],
    [
      'is of a time beyond the authorities',
      (state: Changeable) => ({ ...state, clock: { mode: 'frozen', at: '2099-01-01T00:00:00Z' } }),
      'clock.at',
      'an instant from',
    ],
    [
      'speaks of an unknown bank',
      (state: Changeable) => ({ ...state, banks: { '../outside': state.banks['reference'] } }),
      'banks.../outside',
      'one of reference',
    ],
    [
      'speaks of an unknown anchor',
      (state: Changeable) => ({ ...state, anchors: { '..': state.directory } }),
      'anchors...',
      'one of second',
    ],
    [
      'has a fault of no known name',
      (state: Changeable) => {
        const fault = { id: 'a', kind: 'http', name: 'x', path: '/', remaining: 1, hits: 0 };
        return { ...state, faults: [{ ...fault, createdAt: '2026-11-24T10:00:00Z' }] };
      },
      'faults[0].name',
      'the name of a fault of its kind',
    ],
    [
      'has an organisation twice',
      (state: Changeable) => {
        const [first] = state.directory.organisations;
        if (first) state.directory.organisations.push(first);
      },
      'directory.organisations[13].organisation.id',
      'each organisation once',
    ],
    [
      'has a key under another kid',
      (state: Changeable) => {
        const [key] = recordIn(state).keys;
        if (key) key.kid = 'x'.repeat(27);
      },
      'directory.organisations[12].keys[0].kid',
      'as in the certificate',
    ],
    [
      'has the key of another certificate',
      (state: Changeable) => {
        const [first, second] = recordIn(state).keys;
        if (first && second) first.privateKeyPem = second.privateKeyPem;
      },
      'directory.organisations[12].keys[0].privateKeyPem',
      'the private key of the certificate',
    ],
    [
      'has the statement of another organisation',
      (state: Changeable) => {
        const [statement] = recordIn(state).softwareStatements;
        if (statement) statement.organisationId = '0015800000ACMEpAAP';
      },
      'directory.organisations[12].softwareStatements[0].organisationId',
      '"',
    ],
    [
      'has an authority that did not issue its certificates',
      (state: Changeable) => {
        const { authority } = state.directory;
        if (authority) authority.issuing = authority.root;
      },
      'directory.authority.directorySigning.certificatePem',
      'a certificate by the authority of the state',
    ],
    [
      'has a key that is none',
      (state: Changeable) => {
        if (state.directory.authority) state.directory.authority.serverPrivateKeyPem = 'secret';
      },
      'directory.authority.serverPrivateKeyPem',
      'a private key in PEM',
    ],
    [
      'has a public key that is none',
      (state: Changeable) => {
        const { organisation, softwareStatements, publicKeys } = recordIn(state);
        publicKeys.push({
          kid: 'a',
          type: 'enckey',
          organisationId: organisation.id,
          softwareId: softwareStatements[0]?.id ?? '',
          publicKeyPem: 'none',
          createdAt: '2026-11-24T10:00:00Z',
          revocation: null,
        });
      },
      'directory.organisations[12].publicKeys[0].publicKeyPem',
      'a public key in PEM',
    ],
    [
      'has an authority of another time than its certificates',
      (state: Changeable) => {
        if (state.directory.authority) state.directory.authority.createdAt = '0000-01-01T00:00:00Z';
      },
      'directory.authority.createdAt',
      'as in the root certificate',
    ],
    [
      'has a jti twice',
      (state: Changeable) => {
        const jti = { issuer: 'a', jti: 'b', expiresAt: '2026-11-24T10:00:00Z' };
        state.authorisation.jtis.push(jti, { ...jti, expiresAt: '2026-11-24T10:00:00.000Z' });
      },
      'authorisation.jtis[1]',
      'each jti of an issuer once',
    ],
    [
      'has a client that no file could be named after',
      (state: Changeable) => {
        const bank = state.banks['reference'];
        if (bank) bank.profile = { id: 'reference' };
      },
      'banks.reference.profile.name',
      'a string',
    ],
  ])('because it %s is refused, and changes nothing', async (_what, spoil, field, expected) => {
    const errors = (await refusalOf(spoil)) as { field: string; expected: string; actual: string }[];
    const named = errors.find((error) => error.field === field);
    expect(named, JSON.stringify(errors)).toBeDefined();
    expect(named?.expected).toContain(expected);
    expect(JSON.stringify(errors)).not.toContain('PRIVATE KEY');
  });

  it('is refused when it is no JSON at all, or of another type', async () => {
    await api().put('/sandbox/state').set('Content-Type', 'application/json').send('{"format"').expect(400);
    await api().put('/sandbox/state').set('Content-Type', 'text/plain').send('x').expect(415);
  });
});
