import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePkcs12 } from '../../src/pki/pkcs12.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

describe('a PKCS#12 file', () => {
  const workshop = new Workshop();
  let sandbox: Sandbox;
  let tpp: ReadyTpp;

  beforeAll(async () => {
    sandbox = await createSandbox({ keyPairs: testKeys });
    tpp = await sandbox.services.createReadyTpp({});
  });
  afterAll(async () => {
    workshop.remove();
    await sandbox.close();
  });

  const archiveOf = (password: string, privateKeyPem = tpp.transport.privateKeyPem) =>
    encodePkcs12({
      privateKeyPem,
      certificatesPem: tpp.transport.certificatePem + tpp.transport.chainPem,
      friendlyName: 'the key of a test',
      password,
      macSalt: Buffer.from('0123456789abcdef'),
    });

  function opened(password: string, ...words: string[]): string {
    workshop.write('made.p12', archiveOf(password));
    return workshop.openssl('pkcs12', '-in', 'made.p12', '-passin', `pass:${password}`, ...words);
  }

  it.each(['secret', 'pâsswörd €', 'with "quotes" and spaces', '🔑'])(
    'opens with its password %j in OpenSSL, and holds the key with its chain',
    (password) => {
      const key = opened(password, '-nocerts', '-nodes');
      expect(key).toContain('friendlyName: the key of a test');
      expect(key.slice(key.indexOf('-----BEGIN'))).toBe(tpp.transport.privateKeyPem);
      const certificates = opened(password, '-nokeys').match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g);
      const expected = (tpp.transport.certificatePem + tpp.transport.chainPem).match(
        /-----BEGIN[^]*?-----END CERTIFICATE-----/g,
      );
      const rawOf = (pems: string[] | null) =>
        pems?.map((pem) => new X509Certificate(pem).raw.toString('hex'));
      expect(rawOf(certificates)).toEqual(rawOf(expected));
      expect(certificates).toHaveLength(3);
    },
  );

  it('is locked with AES-256 and SHA-256, and with nothing older', async () => {
    workshop.write('made.p12', archiveOf('secret'));
    const told = await workshop.opensslBeside(
      ...['pkcs12', '-info', '-noout', '-in', 'made.p12', '-passin', 'pass:secret'],
    );
    expect(told).toMatch(/MAC: sha256, Iteration 2048/);
    expect(told).toMatch(/PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256/);
    expect(told).not.toMatch(/SHA-?1\b|RC2|3DES|3-Key/i);
  });

  it('stays closed to another password', async () => {
    workshop.write('made.p12', archiveOf('secret'));
    const told = await workshop.opensslBeside(
      ...['pkcs12', '-in', 'made.p12', '-passin', 'pass:Secret', '-nodes'],
    );
    expect(told).toContain('invalid password');
    expect(told).not.toContain('PRIVATE KEY');
  });

  it('is refused for a key that it cannot hold', () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
      publicKeyEncoding: { format: 'pem', type: 'spki' },
    });
    expect(() => archiveOf('secret', privateKey)).toThrow('expected an RSA key');
  });
});
