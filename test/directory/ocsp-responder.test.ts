import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CertificateStatuses } from '../../src/directory/certificate-statuses.js';
import { DelegatedOcspResponder } from '../../src/directory/ocsp-responder.js';
import { limits } from '../../src/domain/limits.js';
import type { KeyPairSource } from '../../src/domain/ports.js';
import { createIssuer, issueRoot, type Issuer } from '../../src/pki/authority.js';
import { parseOcspRequest, type OcspRequest } from '../../src/pki/ocsp-request.js';
import { authorityNames } from '../../src/pki/profiles.js';
import { systemRandom } from '../../src/sandbox/random.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

const at = new Date('2026-11-24T10:00:00Z');
const workshop = new Workshop();
let issuer: Issuer;
let request: OcspRequest;

beforeAll(async () => {
  issuer = createIssuer(authorityNames.issuing, (await testKeys.take()).privateKeyPem);
  workshop.write('issuer.pem', await issueRoot(issuer, Buffer.of(0x41), at));
  workshop.openssl(
    'ocsp',
    '-issuer',
    'issuer.pem',
    '-serial',
    '0x41000001',
    '-no_nonce',
    '-reqout',
    'request.der',
  );
  request = parseOcspRequest(workshop.readBytes('request.der'));
});
afterAll(() => workshop.remove());

/** The same request about another certificate. */
function about(serialNumber: number): OcspRequest {
  const bytes = workshop.readBytes('request.der');
  bytes.writeUInt32BE(serialNumber, bytes.length - 4);
  return parseOcspRequest(bytes);
}

function responder(keyPairs: KeyPairSource, now: () => Date = () => at): DelegatedOcspResponder {
  const statuses = new CertificateStatuses(
    { keysWithSerialNumber: () => [] },
    () => true,
    () => false,
  );
  return new DelegatedOcspResponder(() => issuer, statuses, keyPairs, { now }, systemRandom);
}

describe('an OCSP responder', () => {
  it('keeps its key when it needs another certificate', async () => {
    let taken = 0;
    let now = at;
    const keys = { take: () => ((taken += 1), testKeys.take()) };
    const asked = responder(keys, () => now);
    await asked.answer(request);
    now = new Date(at.getTime() + 365 * 86_400_000);
    expect((await asked.answer(request)).validity?.thisUpdate).toEqual(now);
    expect(taken).toBe(1);
  });

  it('makes one key when it is first asked, for all who ask at once', async () => {
    let taken = 0;
    const asked = responder({ take: () => ((taken += 1), testKeys.take()) });
    expect(taken).toBe(0);
    const answers = await Promise.all([
      asked.answer(request),
      asked.answer(request),
      asked.answer(about(0x42000001)),
    ]);
    expect(taken).toBe(1);
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0].der).not.toEqual(answers[2].der);
  });

  it('can be asked again after its key could not be made', async () => {
    const keys = { take: (): ReturnType<KeyPairSource['take']> => Promise.reject(new Error('no key today')) };
    const asked = responder(keys);
    await expect(asked.answer(request)).rejects.toThrow('no key today');
    keys.take = () => testKeys.take();
    expect((await asked.answer(request)).validity?.thisUpdate).toEqual(at);
  });

  it('keeps an answer until others have taken its place', async () => {
    const asked = responder(testKeys);
    const first = await asked.answer(request);
    const others = Array.from({ length: limits.ocspAnswersKept - 1 }, (_, index) =>
      about(0x42000000 + index),
    );
    await Promise.all(others.map((other) => asked.answer(other)));
    expect(await asked.answer(request)).toBe(first);
    await asked.answer(about(0x43000000));
    expect(await asked.answer(request)).not.toBe(first);
  });
});
