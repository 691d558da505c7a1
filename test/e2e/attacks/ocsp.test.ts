import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../../src/domain/limits.js';
import type { KeyPairSource } from '../../../src/domain/ports.js';
import { startSandbox, type Sandbox } from '../../../src/testkit.js';
import { testKeys } from '../../support/keys.js';
import { OcspClient } from '../../support/ocsp.js';
import { Workshop } from '../../support/openssl.js';

const REQUEST_TYPE = 'application/ocsp-request';
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
const REQUEST_EXTENSIONS = 0xa2;
const idNonce = Buffer.from('06092b0601050507300102', 'hex');
const idUnknown = Buffer.from('06092b0601050507300163', 'hex');
const critical = Buffer.from('0101ff', 'hex');

/** Whole refusals: `malformedRequest`, `internalError` and `unauthorized`. */
const MALFORMED = '30030a0101';
const INTERNAL = '30030a0102';
const UNAUTHORISED = '30030a0106';

let sandbox: Sandbox;
let client: OcspClient;
/** Without a nonce. */
let request: Buffer;
let requestList: Buffer;
let certId: Buffer;
const workshop = new Workshop();

let keysTaken = 0;
let keysFail = false;
const keyPairs: KeyPairSource = {
  take: () => {
    if (keysFail) return Promise.reject(new Error('no key today'));
    keysTaken += 1;
    return testKeys.take();
  },
};

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs });
  client = await OcspClient.of(sandbox, workshop, '');
  const { record } = await client.certified();
  request = client.request(record.certificatePem, '-no_nonce');
  // Each of them is wrapped in a sequence with a length of one byte: request, toBeSigned, requestList, Request, CertID.
  requestList = request.subarray(4);
  certId = request.subarray(8);
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const shortest = length >= 0x80 && length < 0x100 ? [tag, 0x81, length] : head;
  const exact = length >= 0x100 && length < 0x10000 ? [tag, 0x82, length >> 8, length & 0xff] : shortest;
  return Buffer.concat([Buffer.from(exact), content]);
}

const sequence = (...parts: Uint8Array[]) => tlv(SEQUENCE, ...parts);
const withExtensions = (...extensions: Uint8Array[]) =>
  sequence(sequence(requestList, tlv(REQUEST_EXTENSIONS, sequence(...extensions))));
const nonce = (length: number) =>
  sequence(idNonce, tlv(OCTET_STRING, tlv(OCTET_STRING, Buffer.alloc(length, 7))));
const about = (count: number) =>
  sequence(sequence(sequence(...Array.from({ length: count }, () => sequence(certId)))));

function post(body: Uint8Array, headers: Record<string, string> = {}, base = ''): Promise<Response> {
  return fetch(client.url.replace('/ca/', `${base}/ca/`), {
    method: 'POST',
    headers: { 'content-type': REQUEST_TYPE, ...headers },
    body: Uint8Array.from(body),
  });
}

async function answerTo(body: Uint8Array, base = ''): Promise<string> {
  const response = await post(body, {}, base);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/ocsp-response']);
  return Buffer.from(await response.arrayBuffer()).toString('hex');
}

/** Expects that a request is answered with a signature, and so was understood. */
async function expectSigned(body: Uint8Array): Promise<void> {
  expect(await answerTo(body)).toMatch(/^3082....0a0100a0/);
}

describe('the OCSP responder calls malformed', () => {
  it('a request that is cut off anywhere', async () => {
    for (let length = 0; length < request.length; length += 1)
      expect(await answerTo(request.subarray(0, length)), `${length} bytes`).toBe(MALFORMED);
    await expectSigned(request);
  });

  it('a request with any one byte changed, or says what it makes of it', async () => {
    for (let index = 0; index < request.length; index += 1) {
      const changed = Buffer.from(request);
      changed[index] = (changed[index] ?? 0) ^ 0x81;
      const answer = await answerTo(changed);
      expect(answer === MALFORMED || answer === UNAUTHORISED || answer.startsWith('3082'), answer).toBe(true);
    }
  });

  it.each<[string, () => Uint8Array]>([
    ['bytes that are no DER', () => Buffer.from('not a request')],
    ['a megabyte’s beginning of nothing', () => Buffer.alloc(limits.ocspRequestBytes, 0)],
    ['something behind the request', () => Buffer.concat([request, Buffer.of(0)])],
    ['lengths longer than need be', () => Buffer.concat([Buffer.of(SEQUENCE, 0x81), request.subarray(1)])],
    [
      'an indefinite length',
      () => Buffer.concat([Buffer.of(SEQUENCE, 0x80), request.subarray(2), Buffer.of(0, 0)]),
    ],
    ['a request about nothing', () => sequence(sequence(sequence()))],
    ['more certificates than the limit', () => about(limits.ocspCertificateCount + 1)],
    ['another version', () => sequence(sequence(tlv(0xa0, Buffer.of(2, 1, 1)), requestList))],
    ['a nonce of no octets', () => withExtensions(nonce(0))],
    ['a nonce longer than the limit', () => withExtensions(nonce(limits.ocspNonceBytes + 1))],
    ['two nonces', () => withExtensions(nonce(16), nonce(16))],
    [
      'a critical extension that it does not know',
      () => withExtensions(sequence(idUnknown, critical, tlv(OCTET_STRING))),
    ],
    [
      'sequences in sequences',
      () => Array.from({ length: 2_000 }).reduce<Buffer>((inner) => sequence(inner), Buffer.of(5, 0)),
    ],
    [
      'a serial number of thousands of digits',
      () => {
        const beginning = certId.subarray(2, -6);
        return sequence(sequence(sequence(sequence(sequence(beginning, tlv(2, Buffer.alloc(1_000, 0x41)))))));
      },
    ],
  ])('%s', async (_what, body) => {
    expect(await answerTo(body())).toBe(MALFORMED);
  });

  it.each(['%', '%zz', 'a-b_', '====', '%00', '%2e%2e%2f', 'MEI%0A', 'x'.repeat(8_000)])(
    'a URL that ends in "%s"',
    async (ending) => {
      const response = await fetch(`${client.url}/${ending}`);
      expect(response.status).toBe(200);
      expect(Buffer.from(await response.arrayBuffer()).toString('hex')).toBe(MALFORMED);
    },
  );
});

describe('the OCSP responder takes', () => {
  it.each<[string, () => Uint8Array]>([
    ['as many certificates as the limit says', () => about(limits.ocspCertificateCount)],
    [
      'the version that it has, said needlessly',
      () => sequence(sequence(tlv(0xa0, Buffer.of(2, 1, 0)), requestList)),
    ],
    ['a nonce of one octet', () => withExtensions(nonce(1))],
    ['a nonce as long as the limit', () => withExtensions(nonce(limits.ocspNonceBytes))],
    [
      'a nonce without an OCTET STRING of its own, as older clients write it',
      () => withExtensions(sequence(idNonce, tlv(OCTET_STRING, Buffer.alloc(16, 0xfe)))),
    ],
    ['an extension that it does not know', () => withExtensions(sequence(idUnknown, tlv(OCTET_STRING)))],
  ])('%s', async (_what, body) => {
    await expectSigned(body());
  });

  it('a signature by whomever', async () => {
    const { certificates } = sandbox.services;
    const { record } = await client.certified();
    workshop.write('asking.pem', record.certificatePem);
    workshop.write('asking.key', certificates.getPrivateKey(record.kid));
    const signature = ['-signer', 'asking.pem', '-signkey', 'asking.key'];
    expect(await client.post(record.certificatePem, ...signature)).toContain('leaf.pem: good');
  });
});

describe('the OCSP responder refuses', () => {
  it('a body over the limit before it reads it', async () => {
    const response = await post(about(10_000));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining(`body: expected at most ${limits.ocspRequestBytes} bytes`) as string,
    });
  });

  it('a compressed body', async () => {
    expect((await post(request, { 'content-encoding': 'gzip' })).status).toBe(415);
  });

  it('what it cannot read before it opens a trust anchor, whose keys take their time', async () => {
    const before = keysTaken;
    expect(await answerTo(Buffer.from('x'), '/anchors/second')).toBe(MALFORMED);
    expect(keysTaken).toBe(before);
    expect(await answerTo(request, '/anchors/second')).toBe(UNAUTHORISED);
    expect(keysTaken).toBeGreaterThan(before);
  });

  it('in its own words where something fails here, and answers once that is over', async () => {
    keysFail = true;
    try {
      expect(await answerTo(request, '/qtsp')).toBe(INTERNAL);
    } finally {
      keysFail = false;
    }
    expect(await answerTo(request, '/qtsp')).toBe(UNAUTHORISED);
  });
});
