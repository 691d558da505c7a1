import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyPairSource } from '../../src/domain/ports.js';
import { createSandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

const workshop = new Workshop();
const firm = { type: 'qwac', name: 'Firm', roles: ['AISP'], generate: true };

afterAll(() => workshop.remove());

/** Counts the keys that are asked for. */
function countingKeys(): KeyPairSource & { taken: number } {
  const source = {
    taken: 0,
    take: () => {
      source.taken += 1;
      return testKeys.take();
    },
  };
  return source;
}

function verifies(certificatePem: string, chainPem: string): string {
  workshop.write('leaf.pem', certificatePem);
  workshop.write('chain.pem', chainPem);
  return workshop.openssl('verify', '-x509_strict', '-CAfile', 'chain.pem', 'leaf.pem').trim();
}

describe('a qualified trust service provider that nobody has needed', () => {
  it('has cost nothing, is made once for all who need it at once, and then keeps its keys', async () => {
    const keyPairs = countingKeys();
    const sandbox = await createSandbox({ keyPairs });
    const { qualifiedTrustServiceProvider: qtsp } = sandbox.services;
    const afterStart = keyPairs.taken;
    await supertest(sandbox.protocolApp).get('/qtsp/ca/nothing.pem').expect(404);
    await supertest(sandbox.protocolApp).get('/qtsp/disclosure-en.txt').expect(200);
    expect(qtsp.issuersIfMade()).toEqual([]);
    expect(qtsp.chainPemIfMade()).toBe('');
    expect(keyPairs.taken).toBe(afterStart);
    const chains = await Promise.all(Array.from({ length: 5 }, () => qtsp.chainPem()));
    expect(new Set(chains).size).toBe(1);
    expect(keyPairs.taken).toBe(afterStart + 2);
    expect(qtsp.chainPemIfMade()).toBe(chains[0]);
    expect(qtsp.issuersIfMade().map(({ x509 }) => x509.toString())).toEqual([await qtsp.issuingPem()]);
    await sandbox.close();
  });

  it('can be made after a failure', async () => {
    const keyPairs = countingKeys();
    const sandbox = await createSandbox({ keyPairs });
    const take = keyPairs.take.bind(keyPairs);
    keyPairs.take = () => Promise.reject(new Error('no key today'));
    await expect(sandbox.services.qualifiedTrustServiceProvider.rootPem()).rejects.toThrow('no key today');
    keyPairs.take = take;
    await sandbox.services.qualifiedTrustServiceProvider.rootPem();
    await sandbox.close();
  });
});

describe('a restart', () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'mock-ob-directory-qtsp-'));
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  const start = (publicHost: string) =>
    createSandbox({ keyPairs: testKeys, inMemory: false, dataDir, publicHost });

  it('keeps the provider’s keys, and certifies them anew at another address', async () => {
    const first = await start('one.test');
    const folder = join(dataDir, 'generation-1', 'qualified-trust-service-provider');
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
    const before = await first.services.issueQualifiedCertificate(firm);
    await first.close();

    const same = await start('one.test');
    const kept = same.services.qualifiedTrustServiceProvider;
    expect(kept.chainPemIfMade()).toBe(before.chainPem);
    expect(await kept.chainPem()).toBe(before.chainPem);
    await same.close();

    const moved = await start('two.test');
    const { qualifiedTrustServiceProvider: qtsp } = moved.services;
    // Nobody has needed it yet, and still its certificates are known by it.
    expect(qtsp.issuersIfMade()).toHaveLength(1);
    const after = await moved.services.issueQualifiedCertificate(firm);
    expect(workshop.text(await qtsp.issuingPem())).toContain('URI:http://two.test:8080/qtsp/ca/root.crl');
    expect(workshop.text(after.certificatePem)).toContain('URI:http://two.test:8080/qtsp/ca/issuing.crl');
    expect(after.chainPem).not.toBe(before.chainPem);
    expect(await qtsp.rootPem()).toBe(before.chainPem.slice(before.chainPem.lastIndexOf('-----BEGIN')));
    expect(verifies(before.certificatePem, after.chainPem)).toBe('leaf.pem: OK');
    expect(verifies(after.certificatePem, after.chainPem)).toBe('leaf.pem: OK');
    await moved.close();
  });
});
