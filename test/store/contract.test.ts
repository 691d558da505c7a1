import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authorisationServerSchema } from '../../src/domain/authorisation-server.js';
import type { AuthorityRecord, CertificateAuthorityRecord, KeyRecord } from '../../src/domain/key-record.js';
import { limits } from '../../src/domain/limits.js';
import { createOrganisation, newOrganisationSchema } from '../../src/domain/organisation.js';
import { emptyRecord, type OrganisationRecord, type Store } from '../../src/domain/ports.js';
import type { AccessTokenRecord, Attempt, RegisteredClient } from '../../src/domain/registration.js';
import { newOrganisationId, newSoftwareId, newUuid } from '../../src/domain/identifiers.js';
import { createSoftwareStatement, newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { systemRandom } from '../../src/sandbox/random.js';
import { createMemoryStore, openFileStore } from '../../src/store/store.js';

const at = new Date('2026-11-24T10:00:00Z');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function record(name = 'A', createdAt = at): OrganisationRecord {
  const id = newOrganisationId(systemRandom);
  const organisation = createOrganisation(newOrganisationSchema.parse({ name }), id, createdAt);
  return { ...emptyRecord, organisation };
}

function withStatement(
  current: OrganisationRecord,
  softwareId = newSoftwareId(systemRandom),
): OrganisationRecord {
  const input = newSoftwareStatementSchema.parse({ clientName: 'App' });
  const statement = createSoftwareStatement(input, current.organisation, softwareId, at);
  return { ...current, softwareStatements: [...current.softwareStatements, statement] };
}

function keyOf(current: OrganisationRecord): KeyRecord {
  return {
    kid: newUuid(systemRandom),
    type: 'obwac',
    organisationId: current.organisation.id,
    softwareId: null,
    associations: [],
    serialNumber: '41000001',
    notBefore: at.toISOString(),
    notAfter: at.toISOString(),
    thumbprintSha256: '',
    certificatePem: '',
    privateKeyPem: null,
    revocation: null,
  };
}

const authorisationServer = authorisationServerSchema.parse({
  id: 'AuthorisationServer001',
  customerFriendlyName: 'A bank',
  baseApiDnsUri: 'https://bank.example',
  openIdDiscoveryEndPointUri: 'https://bank.example/.well-known/openid-configuration',
});

const ownCertificate = { certificatePem: 'c', privateKeyPem: 'k' };
const certificateAuthority: CertificateAuthorityRecord = {
  publicBaseUrl: 'http://localhost:8080',
  createdAt: at.toISOString(),
  root: ownCertificate,
  issuing: ownCertificate,
};
const authority: AuthorityRecord = {
  ...certificateAuthority,
  directorySigning: ownCertificate,
  furtherSigningCertificatesPem: [],
  serverPrivateKeyPem: 'k',
};

function attempt(minute: number): Attempt {
  return {
    id: newUuid(systemRandom),
    at: new Date(at.getTime() + minute * 60_000).toISOString(),
    bankId: 'reference',
    operation: 'create',
    certificate: null,
    request: null,
    ssa: null,
    rules: [],
    response: {},
  };
}

function client(softwareId = newSoftwareId(systemRandom)): RegisteredClient {
  return {
    clientId: newUuid(systemRandom),
    issuedAt: at.toISOString(),
    organisationId: newOrganisationId(systemRandom),
    softwareId,
    certificateThumbprintSha256: 'ab'.repeat(32),
    metadata: {
      redirect_uris: ['https://tpp.example.com/callback'],
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['client_credentials'],
      response_types: ['code id_token'],
      software_id: softwareId,
      scope: 'openid accounts',
      software_statement: 'e30.e30.',
      application_type: 'web',
      id_token_signed_response_alg: 'PS256',
      request_object_signing_alg: 'PS256',
    },
    softwareClaims: { software_id: softwareId },
    clientSecret: null,
  };
}

function token(digest: string, clientId = 'a-client', lifetimeSeconds = 300): AccessTokenRecord {
  return {
    digest,
    clientId,
    scope: 'openid accounts',
    certificateThumbprintSha256: 'ab'.repeat(32),
    issuedAt: at,
    expiresAt: later(lifetimeSeconds),
  };
}

function later(seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000);
}

/** A store, and the same store after the process has ended and begun anew; memory has no second life. */
const kinds: {
  kind: string;
  open: () => Promise<Store>;
  reopen: ((store: Store) => Promise<Store>) | undefined;
}[] = [
  { kind: 'memory', open: () => Promise.resolve(createMemoryStore()), reopen: undefined },
  {
    kind: 'files',
    open: () => openFileStore(folder),
    reopen: async (store) => {
      await store.close();
      return openFileStore(folder);
    },
  },
];

describe.each(kinds)('a store in $kind', ({ open, reopen }) => {
  let store: Store;
  const again = async () => {
    if (reopen) store = await reopen(store);
    return store;
  };
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  it('finds an organisation by its own, its software’s, and its keys’ ids', async () => {
    const first = record();
    await store.organisations.create(first);
    const { id } = first.organisation;
    const changed = await store.organisations.update(id, (current) => {
      const more = withStatement(current);
      return { ...more, keys: [keyOf(more)], authorisationServers: [authorisationServer] };
    });
    const { organisations } = await again();
    expect(organisations.find(id)).toEqual(changed);
    expect(organisations.findBySoftwareId(changed.softwareStatements[0]?.id ?? '')).toEqual(changed);
    expect(organisations.findByKid(changed.keys[0]?.kid ?? '')).toEqual(changed);
    expect(organisations.hasSerialNumber('41000001')).toBe(true);
    expect(organisations.hasSerialNumber('41000002')).toBe(false);
    expect(organisations.find('unknown')).toBeUndefined();
  });

  it('finds a key by the serial number of its certificate, as the key is now', async () => {
    const first = record();
    const key = keyOf(first);
    await store.organisations.create({ ...first, keys: [key] });
    expect((await again()).organisations.keysWithSerialNumber('41000001')).toEqual([key]);
    const revocation = { at: at.toISOString(), reason: 'superseded' } as const;
    await store.organisations.update(first.organisation.id, (current) => ({
      ...current,
      keys: current.keys.map((one) => ({ ...one, revocation })),
    }));
    const { organisations } = await again();
    expect(organisations.keysWithSerialNumber('41000001')).toEqual([{ ...key, revocation }]);
    expect(organisations.keysWithSerialNumber('41000002')).toEqual([]);
  });

  it('finds both keys whose certificates have the same serial number, each from its issuer', async () => {
    const [first, second] = [record(), record()];
    const [key, other] = [keyOf(first), { ...keyOf(second), kid: 'another' }];
    await store.organisations.create({ ...first, keys: [key] });
    await store.organisations.create({ ...second, keys: [other] });
    const { organisations } = await again();
    expect(organisations.keysWithSerialNumber('41000001')).toHaveLength(2);
    expect(organisations.keysWithSerialNumber('41000001')).toEqual(expect.arrayContaining([key, other]));
  });

  it('refuses an organisation that exists and a change to one that does not', async () => {
    const first = record();
    await store.organisations.create(first);
    await expect(store.organisations.create(first)).rejects.toMatchObject({ code: 'conflict' });
    await expect(store.organisations.update('unknown', (current) => current)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('loses no change when many come at once', async () => {
    const first = record();
    await store.organisations.create(first);
    const { id } = first.organisation;
    await Promise.all(
      Array.from({ length: 50 }, () => store.organisations.update(id, (current) => withStatement(current))),
    );
    expect((await again()).organisations.find(id)?.softwareStatements).toHaveLength(50);
  });

  it('stores nothing of a change that throws, and goes on', async () => {
    const first = record();
    await store.organisations.create(first);
    const { id } = first.organisation;
    const failing = store.organisations.update(id, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await store.organisations.update(id, (current) => withStatement(current));
    expect(store.organisations.find(id)?.softwareStatements).toHaveLength(1);
  });

  it('lists organisations in the order of their making, page by page', async () => {
    const all = [3, 1, 2, 5, 4].map((day) => record(`Day ${day}`, new Date(at.getTime() + day * 86_400_000)));
    all.sort((one, other) => one.organisation.createdAt.localeCompare(other.organisation.createdAt));
    for (const one of all) await store.organisations.create(one);
    const { organisations } = await again();
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = organisations.page({ limit: 2, after });
      names.push(...page.items.map(({ organisation }) => organisation.name));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(names).toEqual(['Day 1', 'Day 2', 'Day 3', 'Day 4', 'Day 5']);
  });

  it('lists organisations that are created at once in the order of the calls', async () => {
    const all = Array.from({ length: 12 }, (_, index) => record(`Organisation ${index}`));
    await Promise.all(all.map((one) => store.organisations.create(one)));
    const { items } = store.organisations.page({ limit: 20 });
    expect(items.map(({ organisation }) => organisation.name)).toEqual(
      all.map(({ organisation }) => organisation.name),
    );
  });

  it('counts and slices organisations of one kind, and of every kind, in the order of their making', async () => {
    const kinds = ['tpp', 'aspsp', 'tpp', 'tpp', 'aspsp'] as const;
    const all = kinds.map((kind, day) => {
      const one = record(`${kind} ${day}`, new Date(at.getTime() + day * 86_400_000));
      return { ...one, organisation: { ...one.organisation, kind } };
    });
    await Promise.all(all.map((one) => store.organisations.create(one)));
    const { organisations } = await again();
    const names = (kind: 'tpp' | 'aspsp' | undefined, offset: number, limit: number) =>
      organisations.slice(kind, offset, limit).map(({ organisation }) => organisation.name);
    expect([organisations.countOf(), organisations.countOf('tpp'), organisations.countOf('aspsp')]).toEqual([
      5, 3, 2,
    ]);
    expect(names('tpp', 0, 10)).toEqual(['tpp 0', 'tpp 2', 'tpp 3']);
    expect(names('tpp', 1, 1)).toEqual(['tpp 2']);
    expect(names('aspsp', 0, 10)).toEqual(['aspsp 1', 'aspsp 4']);
    expect(names(undefined, 1, 3)).toEqual(['aspsp 1', 'tpp 2', 'tpp 3']);
    expect(names('aspsp', 2, 10)).toEqual([]);
    expect(names('tpp', 0, 0)).toEqual([]);
  });

  it('knows the keys that have been revoked, of all organisations', async () => {
    const [one, other] = [record('A'), record('B')];
    const good = keyOf(one);
    const bad: KeyRecord = {
      ...keyOf(other),
      revocation: { at: at.toISOString(), reason: 'keyCompromise' },
    };
    await store.organisations.create({ ...one, keys: [good] });
    await store.organisations.create({ ...other, keys: [bad] });
    expect((await again()).organisations.revokedKeys()).toEqual([bad]);
    const { organisations } = await again();
    const revocation = { at: at.toISOString(), reason: 'superseded' } as const;
    await organisations.update(one.organisation.id, (current) => ({
      ...current,
      keys: current.keys.map((key) => ({ ...key, revocation })),
    }));
    expect(
      (await again()).organisations
        .revokedKeys()
        .map(({ kid }) => kid)
        .sort(),
    ).toEqual([good.kid, bad.kid].sort());
  });

  it('does not count an organisation whose creation was refused', async () => {
    const first = record();
    await store.organisations.create(first);
    await expect(store.organisations.create(first)).rejects.toMatchObject({ code: 'conflict' });
    expect([store.organisations.countOf(), store.organisations.countOf('tpp')]).toEqual([1, 1]);
  });

  it('knows the authorities that organisations name, until the last of them names another', async () => {
    const [one, other] = [record(), record()];
    await store.organisations.create(one);
    await store.organisations.create(other);
    const move = (organisationId: string) =>
      store.organisations.update(organisationId, (current) => ({
        ...current,
        organisation: { ...current.organisation, authority: { id: 'CBIIRL', registrationId: 'C1' } },
      }));
    await move(one.organisation.id);
    expect((await again()).organisations.authorityIds().sort()).toEqual(['CBIIRL', 'OBGBR']);
    await move(other.organisation.id);
    expect(store.organisations.authorityIds()).toEqual(['CBIIRL']);
  });

  it('keeps the trust anchor', async () => {
    expect(store.authority.find()).toBeUndefined();
    await store.authority.save(authority);
    expect((await again()).authority.find()).toEqual(authority);
  });

  it('keeps the qualified trust service provider, apart from the trust anchor', async () => {
    expect(store.qualifiedTrustServiceProvider.find()).toBeUndefined();
    await store.qualifiedTrustServiceProvider.save(certificateAuthority);
    const { qualifiedTrustServiceProvider, authority: trustAnchor } = await again();
    expect(qualifiedTrustServiceProvider.find()).toEqual(certificateAuthority);
    expect(qualifiedTrustServiceProvider.find()).toBe(qualifiedTrustServiceProvider.find());
    expect(trustAnchor.find()).toBeUndefined();
  });

  it('keeps what a further trust anchor has, apart from the Directory and from other anchors', async () => {
    const [ours, theirs] = [record('ours'), record('theirs')];
    await store.organisations.create(ours);
    const second = await store.anchor('second');
    await second.organisations.create(theirs);
    await second.organisations.create({ ...ours, organisation: { ...ours.organisation, name: 'namesake' } });
    await second.authority.save(authority);
    const kept = await again();
    const keptSecond = await kept.anchor('second');
    expect(keptSecond.authority.find()).toEqual(authority);
    expect(keptSecond.organisations.find(theirs.organisation.id)).toEqual(theirs);
    expect(keptSecond.organisations.find(ours.organisation.id)?.organisation.name).toBe('namesake');
    expect(kept.authority.find()).toBeUndefined();
    expect(kept.organisations.find(theirs.organisation.id)).toBeUndefined();
    expect(kept.organisations.find(ours.organisation.id)).toEqual(ours);
    const third = await kept.anchor('third');
    expect(third.authority.find()).toBeUndefined();
    expect(third.organisations.page({ limit: 5 }).items).toEqual([]);
  });

  it('gives the same repositories of an anchor to all who ask, also at once', async () => {
    const [first, second] = await Promise.all([store.anchor('second'), store.anchor('second')]);
    expect(first).toBe(second);
  });

  it('lists a bank’s attempts with the newest first', async () => {
    const bank = await store.bank('reference');
    const all = [1, 2, 3].map(attempt);
    for (const one of all) await bank.saveAttempt(one);
    const kept = await (await again()).bank('reference');
    expect(kept.attempts({ limit: 2 })).toEqual({ items: [all[2], all[1]], next: all[1]?.id });
    expect(kept.attempts({ limit: 2, after: all[1]?.id })).toEqual({ items: [all[0]], next: null });
    expect(kept.findAttempt(all[0]?.id ?? '')).toEqual(all[0]);
    expect((await store.bank('other')).attempts({ limit: 5 }).items).toEqual([]);
  });

  it('keeps the profile that a bank was given, until it is forgotten', async () => {
    const bank = await store.bank('reference');
    expect(bank.findProfile()).toBeUndefined();
    await bank.forgetProfile();
    await bank.saveProfile({ id: 'reference', name: 'first' });
    await bank.saveProfile({ id: 'reference', name: 'second' });
    const kept = await (await again()).bank('reference');
    expect(kept.findProfile()).toEqual({ id: 'reference', name: 'second' });
    expect((await store.bank('other')).findProfile()).toBeUndefined();
    await kept.forgetProfile();
    expect(kept.findProfile()).toBeUndefined();
    expect((await (await again()).bank('reference')).findProfile()).toBeUndefined();
  });

  it('keeps a client until it is removed, and replaces the one with its id', async () => {
    const [one, other] = [client(), client()];
    const bank = await store.bank('reference');
    await bank.saveClient(one);
    await bank.saveClient(other);
    const changed = { ...one, metadata: { ...one.metadata, scope: 'openid' } };
    await bank.saveClient(changed);
    await bank.removeClient(other.clientId);
    await bank.removeClient('unknown');
    const kept = await (await again()).bank('reference');
    expect(kept.clientCount()).toBe(1);
    expect(kept.findClient(one.clientId)).toEqual(changed);
    expect(kept.findClient(other.clientId)).toBeUndefined();
    expect((await store.bank('other')).findClient(one.clientId)).toBeUndefined();
  });

  it('counts the clients of a software statement as they come, change and go', async () => {
    const bank = await store.bank('reference');
    const [softwareId, newSoftware] = [newSoftwareId(systemRandom), newSoftwareId(systemRandom)];
    const [one, other] = [client(softwareId), client(softwareId)];
    const counts = (counting = bank) => [softwareId, newSoftware].map((id) => counting.countClientsOf(id));
    expect(counts()).toEqual([0, 0]);
    await bank.saveClient(one);
    await bank.saveClient(other);
    expect(counts()).toEqual([2, 0]);
    await bank.saveClient({ ...one, organisationId: 'another' });
    expect(counts()).toEqual([2, 0]);
    await bank.saveClient({ ...one, softwareId: newSoftware });
    expect(counts()).toEqual([1, 1]);
    expect(counts(await (await again()).bank('reference'))).toEqual([1, 1]);
    const kept = await store.bank('reference');
    await kept.removeClient(other.clientId);
    await kept.removeClient(other.clientId);
    expect(counts(kept)).toEqual([0, 1]);
  });

  it('lists the newest clients of a software statement, also after one has been replaced', async () => {
    const bank = await store.bank('reference');
    const softwareId = newSoftwareId(systemRandom);
    const [first, second, third] = [1, 3, 2].map((day) => ({
      ...client(softwareId),
      issuedAt: `2026-01-0${day}T00:00:00.000Z`,
    })) as [RegisteredClient, RegisteredClient, RegisteredClient];
    for (const one of [first, second, third, client(newSoftwareId(systemRandom))]) await bank.saveClient(one);
    await bank.replaceClient(first);
    const newest = (listing = bank) => listing.clientsOf(softwareId, 2).map(({ clientId }) => clientId);
    expect(newest()).toEqual([second.clientId, third.clientId]);
    expect(newest(await (await again()).bank('reference'))).toEqual([second.clientId, third.clientId]);
    expect(bank.clientsOf(newSoftwareId(systemRandom), 2)).toEqual([]);
  });

  it('finds a token by its digest until it is revoked', async () => {
    const bank = await store.bank('reference');
    const [first, second] = [token('first'), token('second')];
    bank.saveToken(first);
    bank.saveToken(second);
    bank.revokeToken('first');
    bank.revokeToken('unknown');
    expect(bank.findToken('first')).toBeUndefined();
    expect(bank.findToken('second')).toEqual(second);
    expect((await store.bank('other')).findToken('second')).toBeUndefined();
  });

  it('revokes the tokens of one client and of no other', async () => {
    const bank = await store.bank('reference');
    for (const digest of ['1', '2']) bank.saveToken(token(digest, 'one'));
    bank.saveToken(token('3', 'other'));
    bank.revokeTokensOf('one');
    bank.revokeTokensOf('unknown');
    expect(['1', '2', '3'].map((digest) => bank.findToken(digest)?.clientId)).toEqual([
      undefined,
      undefined,
      'other',
    ]);
  });

  it('lets go of the oldest tokens at the limit, and of none because it has expired', async () => {
    const bank = await store.bank('reference');
    bank.saveToken(token('expired', 'a-client', -10));
    bank.saveToken(token('second'));
    for (let count = 2; count < limits.tokensPerBank; count += 1) bank.saveToken(token(String(count)));
    expect(bank.findToken('expired')).toBeDefined();
    bank.saveToken(token('one too many'));
    expect(bank.findToken('expired')).toBeUndefined();
    expect(bank.findToken('second')).toBeDefined();
    expect(['2', 'one too many'].map((digest) => bank.findToken(digest)?.digest)).toEqual([
      '2',
      'one too many',
    ]);
  });

  it('replaces a client that is there and adds none that is not', async () => {
    const bank = await store.bank('reference');
    const one = { ...client(), clientId: 'one' };
    expect(await bank.replaceClient(one)).toBe(false);
    expect(bank.clientCount()).toBe(0);
    await bank.saveClient(one);
    const changed = { ...one, metadata: { ...one.metadata, scope: 'openid accounts' } };
    expect(await bank.replaceClient(changed)).toBe(true);
    const kept = await (await again()).bank('reference');
    expect(kept.findClient('one')).toEqual(changed);
    expect(kept.countClientsOf(one.softwareId)).toBe(1);
  });

  it('brings no client back whose removal and replacement come at once, in either order', async () => {
    const bank = await store.bank('reference');
    const [one, other] = [
      { ...client(), clientId: 'one' },
      { ...client(), clientId: 'other' },
    ];
    await bank.saveClient(one);
    await bank.saveClient(other);
    const [, replaced] = await Promise.all([bank.removeClient('one'), bank.replaceClient(one)]);
    const [replacedBefore] = await Promise.all([bank.replaceClient(other), bank.removeClient('other')]);
    expect([replaced, replacedBefore]).toEqual([false, true]);
    const kept = await (await again()).bank('reference');
    expect(kept.clientCount()).toBe(0);
    expect(kept.countClientsOf(one.softwareId)).toBe(0);
  });

  it('remembers for the Directory what its authorisation server used up, apart from the banks', async () => {
    const jti = { issuer: 'a', jti: '1', expiresAt: later(60).toISOString() };
    expect(await store.authorisation.consumeJti(jti, at)).toBe(true);
    expect(await (await store.bank('reference')).consumeJti(jti, at)).toBe(true);
    store.authorisation.saveToken(token('directory'));
    expect(store.authorisation.findToken('directory')).toBeDefined();
    expect((await store.bank('reference')).findToken('directory')).toBeUndefined();
    const { authorisation } = await again();
    expect(await authorisation.consumeJti(jti, at)).toBe(false);
  });

  it('takes a jti once for each issuer until it has expired', async () => {
    const bank = await store.bank('reference');
    const jti = { issuer: 'a', jti: '1', expiresAt: later(60).toISOString() };
    expect(await Promise.all([bank.consumeJti(jti, at), bank.consumeJti(jti, at)])).toEqual([true, false]);
    expect(await bank.consumeJti({ ...jti, issuer: 'b' }, at)).toBe(true);
    const kept = await (await again()).bank('reference');
    expect(await kept.consumeJti(jti, at)).toBe(false);
    expect(await kept.consumeJti(jti, later(60))).toBe(false);
    const anew = { ...jti, expiresAt: later(120).toISOString() };
    expect(await kept.consumeJti(anew, later(61))).toBe(true);
    expect(await kept.consumeJti(anew, later(61))).toBe(false);
  });

  it('forgets no live jti when it sweeps the expired ones away', async () => {
    const bank = await store.bank('reference');
    const jtis = Array.from({ length: 300 }, (_, index) => ({
      issuer: 'a',
      jti: String(index),
      expiresAt: later(index % 2 === 0 ? 60 : 600).toISOString(),
    }));
    await Promise.all(jtis.map((jti) => bank.consumeJti(jti, at)));
    expect(
      await bank.consumeJti({ issuer: 'a', jti: 'next', expiresAt: later(600).toISOString() }, later(61)),
    ).toBe(true);
    const kept = await (await again()).bank('reference');
    const answers = await Promise.all(jtis.map((jti) => kept.consumeJti(jti, later(61))));
    expect(answers).toEqual(jtis.map((_, index) => index % 2 === 0));
  });
});

describe('a store in files', () => {
  function allFiles(): string[] {
    return readdirSync(folder, { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((path) => statSync(path).isFile());
  }

  it('can be read by its owner alone', async () => {
    chmodSync(folder, 0o755);
    const store = await openFileStore(folder);
    await store.organisations.create(record());
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const path of allFiles()) expect(statSync(path).mode & 0o777, path).toBe(0o600);
    await store.close();
  });

  it.each([
    ['is no JSON', '{"organisation":'],
    ['is empty', ''],
    ['lacks a member', '{"organisation":{},"softwareStatements":[],"keys":[]}'],
  ])(
    'does not start with a file that %s: it names the file and leaves it as it is',
    async (_what, content) => {
      const store = await openFileStore(folder);
      const one = record();
      await store.organisations.create(one);
      await store.close();
      const path = join(folder, 'generation-1', 'organisations', `${one.organisation.id}.json`);
      writeFileSync(path, content);
      await expect(openFileStore(folder)).rejects.toMatchObject({
        code: 'unreadable_file',
        message: expect.stringContaining(path) as string,
      });
      expect(readFileSync(path, 'utf8')).toBe(content);
    },
  );

  it('reads organisations of the versions before authorisation servers, public keys, clients and associations', async () => {
    const store = await openFileStore(folder);
    const empty = record();
    const one = { ...empty, keys: [keyOf(empty)] };
    await store.organisations.create(one);
    await store.close();
    const path = join(folder, 'generation-1', 'organisations', `${one.organisation.id}.json`);
    const kept = JSON.parse(readFileSync(path, 'utf8')) as OrganisationRecord;
    const { authorisationServers, publicKeys, client, ...before } = kept;
    expect([authorisationServers, publicKeys, client]).toEqual([[], [], null]);
    const keys = before.keys.map(({ associations, ...key }) => {
      expect(associations).toEqual([]);
      return key;
    });
    writeFileSync(path, JSON.stringify({ ...before, keys }));
    const again = await openFileStore(folder);
    expect(again.organisations.find(one.organisation.id)).toEqual(one);
    await again.close();
  });

  it('clears away what a killed process left half-written', async () => {
    await (await openFileStore(folder)).close();
    const leftover = join(folder, 'generation-1', 'organisations', 'x.json.tmp');
    mkdirSync(dirname(leftover), { recursive: true });
    writeFileSync(leftover, '{"half');
    const store = await openFileStore(folder);
    expect(allFiles()).not.toContain(leftover);
    await store.close();
  });

  it('forgets tokens with the process', async () => {
    const first = await openFileStore(folder);
    (await first.bank('reference')).saveToken(token('a'));
    await first.close();
    const second = await openFileStore(folder);
    expect((await second.bank('reference')).findToken('a')).toBeUndefined();
    for (const path of allFiles()) expect(path).not.toContain('token');
    await second.close();
  });

  it('is refused to a second instance, and free once the first has closed', async () => {
    const first = await openFileStore(folder);
    await expect(openFileStore(folder)).rejects.toMatchObject({ code: 'in_use' });
    await first.close();
    await (await openFileStore(folder)).close();
  });

  it('works in a folder with a path too long for a socket', async () => {
    const deep = join(folder, 'x'.repeat(90), 'y'.repeat(90));
    const first = await openFileStore(deep);
    await expect(openFileStore(deep)).rejects.toMatchObject({ code: 'in_use' });
    await first.close();
  });

  it('keeps memory as the files are when a write fails', async () => {
    const store = await openFileStore(folder);
    const one = record('before');
    await store.organisations.create(one);
    const { id } = one.organisation;
    // A folder in the place of the temporary file makes the write fail, for root too.
    mkdirSync(join(folder, 'generation-1', 'organisations', `${id}.json.tmp`, 'in-the-way'), {
      recursive: true,
    });
    const failing = store.organisations.update(id, (current) => withStatement(current));
    await expect(failing).rejects.toMatchObject({ code: 'storage_failed' });
    expect(store.organisations.find(id)).toEqual(one);
    rmSync(join(folder, 'generation-1', 'organisations', `${id}.json.tmp`), { recursive: true });
    await store.organisations.update(id, (current) => withStatement(current));
    expect(store.organisations.find(id)?.softwareStatements).toHaveLength(1);
    await store.close();
  });

  it('makes a folder with the first document in it, and tries again after a failure', async () => {
    const store = await openFileStore(folder);
    const bank = await store.bank('reference');
    expect(readdirSync(join(folder, 'generation-1'))).toEqual([]);
    const banks = join(folder, 'generation-1', 'banks');
    writeFileSync(banks, 'in the way');
    const save = () => bank.saveProfile({ name: 'another' });
    await expect(save()).rejects.toMatchObject({ code: 'storage_failed' });
    rmSync(banks);
    await save();
    expect(allFiles()).toContain(join(banks, 'reference', 'profile', 'profile.json'));
    expect(statSync(join(banks, 'reference', 'profile')).mode & 0o777).toBe(0o700);
    await store.close();
  });

  it('does not write a record again that a change gives back as it was', async () => {
    const store = await openFileStore(folder);
    const one = record();
    await store.organisations.create(one);
    const { id } = one.organisation;
    const fileNumber = () =>
      statSync(join(folder, 'generation-1', 'organisations', `${id}.json`), { bigint: true }).ino;
    const before = fileNumber();
    expect(await store.organisations.update(id, (current) => current)).toEqual(one);
    expect(fileNumber()).toBe(before);
    await store.organisations.update(id, (current) => ({ ...current }));
    expect(fileNumber()).not.toBe(before);
    await store.close();
  });

  it('says which file of an anchor cannot be read, and reads it once it is mended', async () => {
    const store = await openFileStore(folder);
    await (await store.anchor('second')).authority.save(authority);
    await store.close();
    const path = join(folder, 'generation-1', 'anchors', 'second', 'authority', 'trust-anchor.json');
    const whole = readFileSync(path, 'utf8');
    writeFileSync(path, '{"half');
    const again = await openFileStore(folder);
    await expect(again.anchor('second')).rejects.toMatchObject({
      code: 'unreadable_file',
      message: expect.stringContaining(path) as string,
    });
    writeFileSync(path, whole);
    expect((await again.anchor('second')).authority.find()).toEqual(authority);
    await again.close();
  });

  it('keeps a bounded number of attempts, the newest', async () => {
    const store = createMemoryStore();
    const bank = await store.bank('reference');
    const surplus = 5;
    for (let minute = 0; minute < limits.attemptsPerBank + surplus; minute += 1)
      await bank.saveAttempt(attempt(minute));
    const { items } = bank.attempts({ limit: limits.attemptsPerBank * 2 });
    expect(items).toHaveLength(limits.attemptsPerBank);
    expect(items.at(-1)?.at).toBe(new Date(at.getTime() + surplus * 60_000).toISOString());
  });
});
