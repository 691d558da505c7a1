import { createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactVerify, importJWK, type JWK } from 'jose';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Jwk } from '../../src/domain/jwk.js';
import type { KeyPairSource } from '../../src/domain/ports.js';
import { keystoreFetcher } from '../../src/http/protocol/public-artefacts.js';
import type { DirectoryServices } from '../../src/sandbox/directory-services.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

const workshop = new Workshop();
let sandbox: Sandbox;
let second: DirectoryServices;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await createSandbox({ publicHost: 'directory.test', httpsPort: 8443, keyPairs: testKeys });
  second = await sandbox.services.getAnchor('second').open();
  tpp = await second.createReadyTpp({ name: 'Of the second anchor' });
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const payloadOf = (ssa: string) =>
  JSON.parse(Buffer.from(ssa.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

async function keysAt(path: string): Promise<Jwk[]> {
  const response = await supertest(sandbox.protocolApp).get(path).expect(200);
  return (response.body as { keys: Jwk[] }).keys;
}

describe('an SSA of a second trust anchor', () => {
  it('names its issuer, and the URLs below the anchor where the keys are', () => {
    const keystore = `https://directory.test:8443/anchors/second/${tpp.organisation.id}`;
    expect(payloadOf(tpp.ssa)).toMatchObject({
      iss: 'Second Trust Anchor TEST ONLY',
      org_jwks_endpoint: `${keystore}/${tpp.organisation.id}.jwks`,
      software_jwks_endpoint: `${keystore}/${tpp.softwareStatement.id}.jwks`,
      software_jwks_revoked_endpoint: `${keystore}/revoked/${tpp.softwareStatement.id}.jwks`,
    });
  });

  it('verifies with the key of the anchor’s JWKS, and not with the Directory’s', async () => {
    const [own] = await keysAt('/anchors/second/keystore/openbanking.jwks');
    const [directorys] = await keysAt('/keystore/openbanking.jwks');
    await compactVerify(tpp.ssa, await importJWK(own as JWK, 'PS256'));
    await expect(compactVerify(tpp.ssa, await importJWK(directorys as JWK, 'PS256'))).rejects.toThrow();
    expect(own?.['x5u']).toBe('https://directory.test:8443/anchors/second/keystore/openbanking.pem');
    expect(own?.kid).not.toBe(directorys?.kid);
  });

  it('verifies by OpenSSL too', async () => {
    const [jwk] = await keysAt('/anchors/second/keystore/openbanking.jwks');
    const [header = '', payload = '', signature = ''] = tpp.ssa.split('.');
    workshop.write(
      'key.pem',
      createPublicKey({ key: jwk as JWK, format: 'jwk' }).export({ format: 'pem', type: 'spki' }),
    );
    workshop.write('signed', `${header}.${payload}`);
    workshop.write('signature', Buffer.from(signature, 'base64url'));
    const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'];
    expect(
      workshop.openssl('dgst', '-sha256', '-verify', 'key.pem', ...pss, '-signature', 'signature', 'signed'),
    ).toContain('Verified OK');
  });
});

describe('certificates of a second trust anchor', () => {
  it.each(['signing', 'transport'] as const)(
    'chain to its own root and not to the Directory’s: the %s one',
    (use) => {
      workshop.write('leaf.pem', tpp[use].certificatePem);
      workshop.write('issuing.pem', second.trustAnchor.issuingPem);
      workshop.write('root.pem', second.trustAnchor.rootPem);
      workshop.write('directory-issuing.pem', sandbox.services.trustAnchor.issuingPem);
      workshop.write('directory-root.pem', sandbox.services.trustAnchor.rootPem);
      const verify = (root: string, issuing: string) =>
        workshop.openssl('verify', '-x509_strict', '-CAfile', root, '-untrusted', issuing, 'leaf.pem');
      expect(verify('root.pem', 'issuing.pem')).toContain('leaf.pem: OK');
      expect(() => verify('directory-root.pem', 'directory-issuing.pem')).toThrow();
      expect(() => verify('directory-root.pem', 'issuing.pem')).toThrow();
    },
  );

  it('are issued under names that no other anchor has', () => {
    const names = (pem: string) => new X509Certificate(pem).subject.split('\n');
    expect(names(second.trustAnchor.rootPem)).toEqual([
      'C=GB',
      'O=Second Trust Anchor',
      'CN=Second Trust Anchor Mock Root CA TEST ONLY',
    ]);
    expect(names(second.trustAnchor.issuingPem)).toContain(
      'CN=Second Trust Anchor Mock Issuing CA TEST ONLY',
    );
    expect(names(sandbox.services.trustAnchor.rootPem)).toContain('CN=OpenBanking Mock Root CA TEST ONLY');
  });

  it('carry URLs that lead to its own authority', async () => {
    const text = workshop.text(tpp.transport.certificatePem);
    const base = 'http://directory.test:8080/anchors/second/ca';
    expect(text).toContain(`CA Issuers - URI:${base}/issuing.crt`);
    expect(text).toContain(`URI:${base}/issuing.crl`);
    const issuing = await supertest(sandbox.deskApp)
      .get('/anchors/second/ca/issuing.crt')
      .responseType('blob');
    expect(issuing.body).toEqual(new X509Certificate(second.trustAnchor.issuingPem).raw);
  });
});

describe('the keystore of a second trust anchor', () => {
  it('has the Directory’s paths below its own, on both listeners', async () => {
    const { rootPem, issuingPem, chainPem, signing } = second.trustAnchor;
    const participant = `/${tpp.organisation.id}/${tpp.signing.kid}.pem`;
    for (const app of [sandbox.protocolApp, sandbox.deskApp]) {
      for (const [path, text] of Object.entries({
        '/ca/root.pem': rootPem,
        '/ca/issuing.pem': issuingPem,
        '/ca/chain.pem': chainPem,
        '/keystore/openbanking.pem': signing.certificatePem + chainPem,
        [participant]: tpp.signing.certificatePem + chainPem,
      })) {
        const answer = await supertest(app).get(`/anchors/second${path}`).expect(200).buffer();
        expect(answer.text, path).toBe(text);
      }
      const root = await supertest(app).get('/anchors/second/ca/root.crt').expect(200).responseType('blob');
      expect(root.body).toEqual(new X509Certificate(rootPem).raw);
    }
  });

  it('moves a revoked key from the active set to the revoked one', async () => {
    const other = await second.createReadyTpp({});
    await second.certificates.revoke(other.signing.kid, 'keyCompromise');
    const [org, software] = [other.organisation.id, other.softwareStatement.id];
    const base = `/anchors/second/${org}`;
    for (const holder of [org, software]) {
      expect((await keysAt(`${base}/${holder}.jwks`)).map(({ kid }) => kid)).toEqual([other.transport.kid]);
      expect((await keysAt(`${base}/revoked/${holder}.jwks`)).map(({ kid }) => kid)).toEqual([
        other.signing.kid,
      ]);
    }
  });

  it('knows nothing of the Directory’s participants, and the Directory nothing of its', async () => {
    const directorys = await sandbox.services.createReadyTpp({});
    const pathOf = ({ organisation, softwareStatement }: ReadyTpp) =>
      `/${organisation.id}/${softwareStatement.id}.jwks`;
    for (const path of [
      `/anchors/second${pathOf(directorys)}`,
      pathOf(tpp),
      `/anchors/unknown${pathOf(tpp)}`,
      `/anchors/unknown/ca/root.pem`,
      '/anchors/second/ca/nothing.pem',
      '/anchors/second/aspsp/reference/.well-known/openid-configuration',
      '/anchors/second/anchors/second/ca/root.pem',
    ]) {
      await supertest(sandbox.protocolApp).get(path).expect(404);
    }
  });

  it('is found without a socket by the banks of the same process', async () => {
    const fetcher = keystoreFetcher(() => sandbox.services, sandbox.urls.https);
    const jwksUri = payloadOf(tpp.ssa)['software_jwks_endpoint'] as string;
    const result = await fetcher.fetch(jwksUri);
    expect(result.ok && result.jwks.keys.map(({ kid }) => kid).sort()).toEqual(
      [tpp.signing.kid, tpp.transport.kid].sort(),
    );
    expect(await fetcher.fetch(`${sandbox.urls.https}/anchors/unknown/keystore/openbanking.jwks`)).toEqual({
      ok: false,
      reason: 'cannot be fetched: status 404',
    });
  });
});

describe('a trust anchor that nobody has looked at', () => {
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

  it('has cost nothing, is opened once for all who look at once, and then keeps its keys', async () => {
    const keyPairs = countingKeys();
    const fresh = await createSandbox({ keyPairs });
    const afterStart = keyPairs.taken;
    await supertest(fresh.protocolApp).get('/anchors/second/ca/nothing.pem').expect(404);
    expect(keyPairs.taken).toBe(afterStart);
    const looks = Array.from({ length: 5 }, () =>
      supertest(fresh.protocolApp).get('/anchors/second/ca/root.pem').buffer(),
    );
    const roots = (await Promise.all(looks)).map(({ text }) => text);
    expect(new Set(roots).size).toBe(1);
    expect(keyPairs.taken).toBe(afterStart + 4);
    await fresh.close();
  });

  it('can be opened again after a failure', async () => {
    const keyPairs = countingKeys();
    const fresh = await createSandbox({ keyPairs });
    const take = keyPairs.take.bind(keyPairs);
    keyPairs.take = () => Promise.reject(new Error('no key today'));
    await expect(fresh.services.getAnchor('second').open()).rejects.toThrow('no key today');
    keyPairs.take = take;
    await fresh.services.getAnchor('second').open();
    await fresh.close();
  });

  it('is not there at all without the demo data', async () => {
    const fresh = await createSandbox({ keyPairs: testKeys, demo: false });
    expect(fresh.services.anchors).toEqual([]);
    expect(() => fresh.services.getAnchor('second')).toThrow('There is no trust anchor "second".');
    await supertest(fresh.protocolApp).get('/anchors/second/ca/root.pem').expect(404);
    await fresh.close();
  });
});

describe('a restart', () => {
  it('keeps the anchor’s keys, organisations and certificates', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'mock-ob-directory-anchors-'));
    const start = () => createSandbox({ keyPairs: testKeys, inMemory: false, dataDir });
    const first = await start();
    expect(existsSync(join(dataDir, 'generation-1', 'anchors'))).toBe(false);
    const before = await first.services.getAnchor('second').open();
    const made = await before.createReadyTpp({ name: 'Kept' });
    const jwks = await before.keystore.directoryJwks();
    await first.close();
    const again = await start();
    const after = await again.services.getAnchor('second').open();
    expect(await after.keystore.directoryJwks()).toEqual(jwks);
    expect(after.trustAnchor.chainPem).toBe(before.trustAnchor.chainPem);
    expect(after.registry.getOrganisation(made.organisation.id).name).toBe('Kept');
    expect(after.certificates.getPrivateKey(made.signing.kid)).toBe(made.signing.privateKeyPem);
    expect(() => again.services.registry.getOrganisation(made.organisation.id)).toThrow();
    await after.ssaIssuer.issue(made.softwareStatement.id);
    await again.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
