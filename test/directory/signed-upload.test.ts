import { beforeAll, describe, expect, it } from 'vitest';
import { readSignedUpload } from '../../src/directory/signed-upload.js';
import type { RegisteredKey } from '../../src/directory/key-register.js';
import { createSandbox } from '../../src/testkit.js';
import { numericDate, signCompact, type Claims } from '../support/registration.js';

const at = new Date('2026-11-24T10:00:00Z');
const csr = Buffer.from('any bytes will do here').toString('base64');

let seal: RegisteredKey;
let privateKeyPem: string;
let otherKeyPem: string;

beforeAll(async () => {
  const sandbox = await createSandbox({ demo: false });
  const { registry, certificates } = sandbox.services;
  const { id } = await registry.createOrganisation({ name: 'Sealed Ltd', kind: 'tpp' });
  const newSeal = () => certificates.certifyOrganisation(id, { type: 'obseal', generate: true });
  const certified = await newSeal();
  seal = certified;
  privateKeyPem = certificates.getPrivateKey(certified.record.kid);
  otherKeyPem = certificates.getPrivateKey((await newSeal()).record.kid);
  await sandbox.close();
});

function jwt(payload: Claims, header: Claims = {}, key = privateKeyPem): string {
  const algorithm = header['alg'] === 'RS256' ? 'RS256' : 'PS256';
  return signCompact({ typ: 'JWT', alg: 'PS256', kid: seal.record.kid, ...header }, payload, algorithm, key);
}

const read = (token: string, seals: readonly RegisteredKey[] = [seal]) => readSignedUpload(token, seals, at);

describe('what a seal signed', () => {
  it.each([{}, { alg: 'RS256' }])('brings a signing request, as PEM (%j)', async (header) => {
    await expect(read(jwt({ csr }, header))).resolves.toEqual({
      csrPem: `-----BEGIN CERTIFICATE REQUEST-----\n${csr}\n-----END CERTIFICATE REQUEST-----\n`,
    });
  });

  it('or a certificate, the first of its chain', async () => {
    await expect(read(jwt({ x5c: [csr, 'AAAA'] }))).resolves.toEqual({
      certificatePem: `-----BEGIN CERTIFICATE-----\n${csr}\n-----END CERTIFICATE-----\n`,
    });
  });

  it.each<[string, () => string, RegExp]>([
    ['it is no JWT', () => 'nonsense', /jwt body: expected a signed JWT/],
    ['it names no key', () => jwt({ csr }, { kid: undefined }), /jwt kid: expected .*, got nothing/],
    ['it names another key', () => jwt({ csr }, { kid: 'other' }), /jwt kid: expected .*, got "other"/],
    ['another key signed it', () => jwt({ csr }, {}, otherKeyPem), /jwt signature: expected/],
    ['nobody signed it', () => jwt({ csr }, { alg: 'none' }), /jwt signature: expected/],
    [
      'it brings a key of its own',
      () => jwt({ csr }, { jwk: {} }),
      /jwt header: expected .* without .*, got jwk/,
    ],
    ['it has expired', () => jwt({ csr, exp: numericDate(at) - 120 }), /jwt exp: expected/],
    ['its exp is no number', () => jwt({ csr, exp: 'soon' }), /jwt exp: expected/],
    ['it brings nothing', () => jwt({}), /expected either csr or x5c/],
    ['it brings both', () => jwt({ csr, x5c: [csr] }), /expected either csr or x5c/],
    ['the request is no base64', () => jwt({ csr: '-----BEGIN' }), /csr: expected base64 of DER/],
    ['the chain is endless', () => jwt({ x5c: Array(6).fill(csr) }), /x5c: expected at most 5 items/],
    ['the chain is empty', () => jwt({ x5c: [] }), /x5c: expected at least 1 item/],
  ])('is refused when %s', async (_what, token, message) => {
    await expect(read(token())).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message) as string,
    });
  });

  it('is refused when the seal is no longer active', async () => {
    await expect(read(jwt({ csr }), [{ ...seal, status: 'revoked' }])).rejects.toThrow(
      /kid of an active OBSeal or QSealC/,
    );
  });
});
