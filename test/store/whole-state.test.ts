import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newOrganisationId, newUuid } from '../../src/domain/identifiers.js';
import type { AuthorityRecord } from '../../src/domain/key-record.js';
import { createOrganisation, newOrganisationSchema } from '../../src/domain/organisation.js';
import { emptyRecord, type OrganisationRecord, type Store } from '../../src/domain/ports.js';
import { emptyStoreState, type StoreState } from '../../src/domain/state.js';
import { systemRandom } from '../../src/sandbox/random.js';
import { createMemoryStore, openFileStore } from '../../src/store/store.js';

const at = new Date('2026-11-24T10:00:00Z');
const iso = at.toISOString();
const own = { certificatePem: 'c', privateKeyPem: 'k' };
const ca = { publicBaseUrl: 'http://localhost:8080', createdAt: iso, root: own, issuing: own };
const authority: AuthorityRecord = {
  ...ca,
  directorySigning: own,
  furtherSigningCertificatesPem: ['c2'],
  serverPrivateKeyPem: 'k',
};

function record(name: string, createdAt = at): OrganisationRecord {
  const id = newOrganisationId(systemRandom);
  return {
    ...emptyRecord,
    organisation: createOrganisation(newOrganisationSchema.parse({ name }), id, createdAt),
  };
}

/** A state with something in every corner. */
function fullState(): StoreState {
  const jti = { issuer: 'a', jti: 'b', expiresAt: iso };
  const token = {
    digest: 'd',
    clientId: 'c',
    scope: 'openid',
    certificateThumbprintSha256: 'ab',
    issuedAt: at,
    expiresAt: new Date(at.getTime() + 300_000),
  };
  const client = {
    clientId: newUuid(systemRandom),
    issuedAt: iso,
    organisationId: 'o',
    softwareId: 's',
    certificateThumbprintSha256: 'ab',
    metadata: {
      redirect_uris: ['https://tpp.example.com/callback'],
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials'],
      response_types: ['code id_token'],
      software_id: 's',
      scope: 'openid',
      software_statement: 'e30.e30.',
      application_type: 'web',
      id_token_signed_response_alg: 'PS256',
      request_object_signing_alg: 'PS256',
    },
    softwareClaims: { software_id: 's' },
    clientSecret: 'secret',
  };
  const attempt = (minute: number) => ({
    id: newUuid(systemRandom),
    at: new Date(at.getTime() + minute * 60_000).toISOString(),
    bankId: 'reference',
    operation: 'create' as const,
    certificate: null,
    request: null,
    ssa: null,
    rules: [],
    response: {},
  });
  return {
    directory: { authority, organisations: [record('A'), record('B', new Date(at.getTime() + 1))] },
    qualifiedTrustServiceProvider: ca,
    anchors: { second: { authority, organisations: [record('C')] } },
    authorisation: { jtis: [jti], tokens: [token] },
    banks: {
      reference: {
        profile: { id: 'reference' },
        clients: [client],
        attempts: [attempt(1), attempt(0)],
        jtis: [jti],
        tokens: [{ ...token, digest: 'e' }],
      },
    },
  };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const generations = () =>
  readdirSync(folder)
    .filter((name) => name.startsWith('generation-'))
    .sort();
const namesOf = (store: Store) =>
  store.organisations.page({ limit: 10 }).items.map(({ organisation }) => organisation.name);

describe.each([
  ['memory', () => Promise.resolve(createMemoryStore())],
  ['files', () => openFileStore(folder)],
] as const)('the whole state of a store in %s', (_kind, open) => {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  async function replaceBy(state: StoreState): Promise<Store> {
    const prepared = await store.prepare(state);
    await prepared.commit();
    const before = store;
    ({ store } = prepared);
    return before;
  }

  it('is empty in the beginning', async () => {
    expect(await store.export()).toEqual(emptyStoreState);
  });

  it('is exported as it was put in, with what nobody has opened', async () => {
    const state = fullState();
    await replaceBy(state);
    expect(await store.export()).toEqual(state);
    expect(namesOf(store)).toEqual(['A', 'B']);
    const bank = await store.bank('reference');
    expect(bank.findToken('e')).toBeDefined();
    expect(await bank.consumeJti({ issuer: 'a', jti: 'b', expiresAt: iso }, at)).toBe(false);
    expect(await bank.consumeJti({ issuer: 'a', jti: 'new', expiresAt: iso }, at)).toBe(true);
  });

  it('is exported with later changes', async () => {
    await replaceBy(fullState());
    await store.organisations.create(record('Later', new Date(at.getTime() + 2)));
    await (await store.bank('other')).saveProfile({ id: 'other' });
    const { directory, banks } = await store.export();
    expect(directory.organisations.map(({ organisation }) => organisation.name)).toEqual(['A', 'B', 'Later']);
    expect(banks['other']?.profile).toEqual({ id: 'other' });
  });

  it('stays as it is until another is put in force, and when that is thrown away', async () => {
    await store.organisations.create(record('Before'));
    const prepared = await store.prepare(fullState());
    await prepared.store.organisations.create(record('Beside'));
    expect(namesOf(store)).toEqual(['Before']);
    await prepared.discard();
    expect(namesOf(store)).toEqual(['Before']);
    await store.organisations.create(record('After'));
    expect(namesOf(store)).toEqual(['Before', 'After']);
  });

  it('takes no more changes once it has been replaced: they are refused, not lost', async () => {
    const one = record('Before');
    await store.organisations.create(one);
    const before = await replaceBy(emptyStoreState);
    const refusal = { code: 'conflict', message: expect.stringMatching(/state was replaced/) as string };
    await expect(before.organisations.create(record('Too late'))).rejects.toMatchObject(refusal);
    await expect(
      before.organisations.update(one.organisation.id, (same) => ({ ...same })),
    ).rejects.toMatchObject(refusal);
    await expect((await before.bank('reference')).saveProfile({})).rejects.toMatchObject(refusal);
    expect(await store.export()).toEqual(emptyStoreState);
    // Its owner may not know yet.
    await before.close();
    await store.organisations.create(record('In force'));
    expect(namesOf(store)).toEqual(['In force']);
  });
});

describe('the generations of a data directory', () => {
  it('follow each other: one alone stays, readable by its owner alone, and the next process finds it', async () => {
    const first = await openFileStore(folder);
    await first.organisations.create(record('Before'));
    const state = fullState();
    const prepared = await first.prepare(state);
    expect(generations()).toEqual(['generation-1', 'generation-2']);
    await prepared.commit();
    expect(generations()).toEqual(['generation-2']);
    await prepared.store.close();
    for (const name of readdirSync(folder, { recursive: true }).map(String)) {
      const { mode } = statSync(join(folder, name));
      expect(mode & 0o077, name).toBe(0);
    }
    const again = await openFileStore(folder);
    const withoutTokens = structuredClone(state);
    withoutTokens.authorisation.tokens = [];
    for (const bank of Object.values(withoutTokens.banks)) bank.tokens = [];
    expect(await again.export()).toEqual(withoutTokens);
    await again.close();
  });

  it('keep the lock through a change, and let go of it at the end', async () => {
    const first = await openFileStore(folder);
    const prepared = await first.prepare(fullState());
    await prepared.commit();
    await first.close();
    await expect(openFileStore(folder)).rejects.toMatchObject({ code: 'in_use' });
    await prepared.store.close();
    await (await openFileStore(folder)).close();
  });

  it('leave the one in force alone when the process is killed before the switch, or after it', async () => {
    const first = await openFileStore(folder);
    await first.organisations.create(record('In force'));
    await first.prepare(fullState());
    await first.close();
    expect(generations()).toEqual(['generation-1', 'generation-2']);
    const again = await openFileStore(folder);
    expect(namesOf(again)).toEqual(['In force']);
    expect(generations()).toEqual(['generation-1']);
    // A leftover of the same number as the next is no part of it.
    mkdirSync(join(folder, 'generation-2', 'organisations'), { recursive: true });
    writeFileSync(join(folder, 'generation-2', 'organisations', 'leftover.json'), '{');
    const prepared = await again.prepare(emptyStoreState);
    await prepared.commit();
    expect(await prepared.store.export()).toEqual(emptyStoreState);
    await prepared.store.close();
  });

  it('are not left half-written when the disk refuses', async () => {
    const store = await openFileStore(folder);
    await store.organisations.create(record('In force'));
    const state = fullState();
    const [first] = state.banks['reference']?.attempts ?? [];
    if (first) first.id = 'not/a/file/name';
    await expect(store.prepare(state)).rejects.toThrow();
    expect(generations()).toEqual(['generation-1']);
    mkdirSync(join(folder, 'current.json.tmp', 'in-the-way'), { recursive: true });
    const prepared = await store.prepare(fullState());
    await expect(prepared.commit()).rejects.toMatchObject({ code: 'storage_failed' });
    await prepared.discard();
    expect(generations()).toEqual(['generation-1']);
    await store.organisations.create(record('Goes on'));
    expect(JSON.parse(readFileSync(join(folder, 'current.json'), 'utf8'))).toMatchObject({
      generation: 'generation-1',
    });
    expect(existsSync(join(folder, 'generation-2'))).toBe(false);
    await store.close();
  });
});
