import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authorisationServerIdSchema } from '../../src/domain/authorisation-server.js';
import type { Store } from '../../src/domain/ports.js';
import { SandboxClock } from '../../src/sandbox/clock.js';
import { systemRandom } from '../../src/sandbox/random.js';
import { createServices, type Services } from '../../src/sandbox/services.js';
import { createMemoryStore } from '../../src/store/store.js';
import { createSandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

const demo = JSON.parse(readFileSync(new URL('../../data/demo.json', import.meta.url), 'utf8')) as {
  organisations: { id: string; name: string; softwareStatements: { id: string }[] }[];
};
const namesInFile = demo.organisations.map(({ name }) => name);
const BANK_ORGANISATION_ID = '0015800000REFBKAA5';

function startOn(store: Store, httpsPort = 8443): Promise<Services> {
  return createServices({
    store,
    clock: new SandboxClock({ now: () => new Date('2026-11-24T10:00:00Z') }),
    random: systemRandom,
    keyPairs: testKeys,
    jwksFetcher: { fetch: () => Promise.resolve({ ok: false, reason: 'is not asked for' }) },
    sender: { send: () => Promise.resolve({ ok: false, reason: 'nobody sends' }) },
    urls: { http: 'http://localhost:8080', https: `https://localhost:${httpsPort}` },
    ssaIssuer: 'OpenBanking Ltd',
    aliases: [],
    demo: true,
  });
}

/** A store that counts what is written to organisations. */
function countingStore(): { store: Store; writes: string[] } {
  const inner = createMemoryStore();
  const writes: string[] = [];
  const { organisations } = inner;
  return {
    writes,
    store: {
      ...inner,
      organisations: Object.assign(Object.create(organisations) as typeof organisations, {
        create: (record: Parameters<typeof organisations.create>[0]) => {
          writes.push(`create ${record.organisation.id}`);
          return organisations.create(record);
        },
        update: async (...[id, change]: Parameters<typeof organisations.update>) => {
          const before = organisations.find(id);
          const after = await organisations.update(id, change);
          if (after !== before) writes.push(`update ${id}`);
          return after;
        },
      }),
    },
  };
}

describe('the demo data', () => {
  it('is listed in the order of its file, also when the store is opened again', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'mock-ob-directory-demo-'));
    for (const start of ['first', 'second']) {
      const sandbox = await createSandbox({ keyPairs: testKeys, inMemory: false, dataDir });
      const { items } = sandbox.services.registry.pageOfOrganisations({ limit: 100 });
      expect(
        items.map(({ name }) => name),
        start,
      ).toEqual(namesInFile);
      for (const { id, softwareStatements } of demo.organisations) {
        const statements = sandbox.services.registry.pageOfSoftwareStatements(id, { limit: 100 });
        expect(statements.items.map((statement) => statement.id)).toEqual(
          softwareStatements.map((statement) => statement.id),
        );
      }
      await sandbox.close();
    }
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is not older than the sandbox by more than a moment, and never from its future', async () => {
    const { registry } = await startOn(createMemoryStore());
    const ages = registry
      .pageOfOrganisations({ limit: 100 })
      .items.map(({ createdAt }) => Date.parse('2026-11-24T10:00:00Z') - Date.parse(createdAt));
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ages)).toBeLessThan(1_000);
  });
});

describe('a demo software statement', () => {
  it('has keys that the sandbox made also when somebody certifies one first', async () => {
    const { certificates } = await startOn(createMemoryStore());
    const softwareId = 'AcmeBudgetPlanner00001';
    const workshop = new Workshop();
    try {
      const csrPem = workshop.csr(`/C=GB/O=OpenBanking/OU=0015800000ACMEpAAP/CN=${softwareId}`);
      await certificates.certifySoftwareStatement(softwareId, { type: 'obsigning', csrPem });
    } finally {
      workshop.remove();
    }
    const keys = await certificates.ofSoftwareStatement(softwareId);
    const made = keys.filter(({ record }) => record.privateKeyPem !== null).map(({ record }) => record.type);
    expect(made.sort()).toEqual(['obsigning', 'obtransport']);
  });
});

describe('the organisation of a mock bank', () => {
  it('has the bank’s authorisation server, with the address of its discovery document', async () => {
    const { authorisationServers, banks } = await startOn(createMemoryStore());
    for (const { profile } of banks) {
      const issuer = `https://localhost:8443/aspsp/${profile.id}`;
      const servers = authorisationServers.of(profile.organisationId);
      const server = servers.find(({ baseApiDnsUri }) => baseApiDnsUri === issuer);
      expect(server).toMatchObject({
        customerFriendlyName: profile.name,
        openIdDiscoveryEndPointUri: `${issuer}/.well-known/openid-configuration`,
        developerPortalUri: `http://localhost:8080/banks/${profile.id}`,
        payloadSigningCertLocationUri: `https://localhost:8443/${profile.organisationId}/${profile.organisationId}.jwks`,
        autoRegistrationSupported: true,
      });
      expect(authorisationServerIdSchema.safeParse(server?.id).success).toBe(true);
    }
  });

  it('is written once at the first start, and not again where nothing has changed', async () => {
    const { store, writes } = countingStore();
    await startOn(store);
    expect(writes.filter((write) => write.endsWith(BANK_ORGANISATION_ID))).toEqual([
      `create ${BANK_ORGANISATION_ID}`,
    ]);
    const record = store.organisations.find(BANK_ORGANISATION_ID);
    await startOn(store);
    expect(store.organisations.find(BANK_ORGANISATION_ID)).toBe(record);
    expect(writes.filter((write) => write.startsWith('update') && write.endsWith('REFBKAA5'))).toEqual([]);
  });

  it('follows when the address changes, under the same id', async () => {
    const store = createMemoryStore();
    const [before] = (await startOn(store)).authorisationServers.of(BANK_ORGANISATION_ID);
    const after = (await startOn(store, 9443)).authorisationServers.of(BANK_ORGANISATION_ID);
    expect(after).toHaveLength(1);
    expect(after[0]).toMatchObject({
      id: before?.id,
      openIdDiscoveryEndPointUri: 'https://localhost:9443/aspsp/reference/.well-known/openid-configuration',
    });
  });

  it('gets its authorisation server also when it was made by an earlier version', async () => {
    const store = createMemoryStore();
    const { authorisationServers } = await startOn(store);
    await store.organisations.update(BANK_ORGANISATION_ID, (record) => ({
      ...record,
      authorisationServers: [],
    }));
    await startOn(store);
    expect(authorisationServers.of(BANK_ORGANISATION_ID)).toHaveLength(1);
  });
});
