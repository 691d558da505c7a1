import { request as overTls } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssuedQualifiedCertificate } from '../../src/sandbox/qualified-certificates.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { OcspClient } from '../support/ocsp.js';
import { Workshop } from '../support/openssl.js';

const REQUEST_TYPE = 'application/ocsp-request';
const RESPONSE_TYPE = 'application/ocsp-response';

let sandbox: Sandbox;
let client: OcspClient;
const workshop = new Workshop();

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys, adminPassword: 'secret' });
  client = await OcspClient.of(sandbox, workshop, '');
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

/** A request about a new certificate, and what revokes it. */
async function asked(...words: string[]) {
  const { record } = await client.certified();
  const { certificatePem } = record;
  return {
    certificatePem,
    request: client.request(certificatePem, ...words),
    revoke: () => sandbox.services.certificates.revoke(record.kid, 'superseded'),
  };
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

function post(body: Uint8Array, headers: Record<string, string> = { 'content-type': REQUEST_TYPE }) {
  return fetch(client.url, { method: 'POST', headers, body: Uint8Array.from(body) });
}

/** Over TLS, without a client certificate. */
function overHttps(
  method: string,
  path: string,
  body?: Uint8Array,
): Promise<[number, string | undefined, Buffer]> {
  const { hostname, port } = new URL(sandbox.urls.https);
  const headers = body ? { 'content-type': REQUEST_TYPE } : {};
  const ca = sandbox.services.trustAnchor.rootPem;
  return new Promise((resolve, reject) => {
    const call = overTls({ hostname, port, path, method, headers, ca, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve([response.statusCode ?? 0, response.headers['content-type'], Buffer.concat(chunks)]),
      );
    });
    call.once('error', reject);
    call.end(body);
  });
}

describe('an OCSP request', () => {
  it('is answered on both listeners, to everybody and in both ways', async () => {
    const { certificatePem, request } = await asked('-no_nonce');
    const base64 = request.toString('base64');
    const path = `/ca/ocsp/${encodeURIComponent(base64)}`;
    const posted = await post(request);
    expect([posted.status, posted.headers.get('content-type')]).toEqual([200, RESPONSE_TYPE]);
    const answers = [await bytesOf(posted), await bytesOf(await client.get(request))];
    for (const [status, type, body] of [
      await overHttps('POST', '/ca/ocsp', request),
      await overHttps('GET', path),
    ]) {
      expect([status, type]).toEqual([200, RESPONSE_TYPE]);
      answers.push(Uint8Array.from(body));
    }
    for (const answer of answers)
      expect(await client.verify(answer, certificatePem)).toContain('leaf.pem: good');
  });

  it('may have its slashes and plus signs in a URL as they are', async () => {
    const hasBoth = (request: Buffer) => /\/\/.*\+|\+.*\/\//.test(request.toString('base64'));
    const { certificatePem, request } = await asked('-no_nonce');
    let written = request;
    // Other serial numbers, until the base64 has what is wanted; the answer is then "unknown".
    for (let count = 0; !hasBoth(written); count += 1) {
      written = Buffer.from(request);
      written.writeUInt32BE(0x40000000 + count * 65_521, written.length - 4);
    }
    const response = await fetch(`${client.url}/${written.toString('base64')}`);
    expect(response.status).toBe(200);
    const text = await client.verify(await bytesOf(response), certificatePem, '-resp_text');
    expect(text).toContain('OCSP Response Status: successful');
    expect(text).toContain('Cert Status: unknown');
  });

  it('that is posted must say what it is', async () => {
    const { request } = await asked();
    for (const headers of [{ 'content-type': 'application/json' }, { 'content-type': 'text/plain' }]) {
      const response = await post(request, headers);
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({
        detail: `Content-Type: expected ${REQUEST_TYPE}, got ${headers['content-type']}.`,
      });
    }
    expect((await post(request, { 'content-type': 'Application/OCSP-Request; charset=binary' })).status).toBe(
      200,
    );
  });

  it.each(['PUT', 'DELETE', 'GET'])('is no %s of the responder’s own address', async (method) => {
    const response = await fetch(client.url, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(client.url, { method: 'HEAD' })).status).toBe(405);
  });

  it('goes to no trust anchor that is not there', async () => {
    const { request } = await asked();
    const url = client.url.replace('/ca/', '/anchors/nowhere/ca/');
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': REQUEST_TYPE },
      body: Uint8Array.from(request),
    });
    expect(response.status).toBe(404);
  });
});

describe('an OCSP answer to GET', () => {
  it('says until when it counts, and that a copy must be asked about each time', async () => {
    const { request } = await asked('-no_nonce');
    const { headers } = await client.get(request);
    const [updated, expires] = [headers.get('last-modified'), headers.get('expires')].map((at) =>
      Date.parse(at ?? ''),
    );
    expect((expires ?? 0) - (updated ?? 0)).toBe(3_600_000);
    expect(headers.get('cache-control')).toBe('max-age=0, public, no-transform, must-revalidate');
    expect(headers.get('etag')).toMatch(/^"[\w-]{43}"$/);
  });

  it('is the same until its certificate is revoked, at once and in the same second', async () => {
    sandbox.clock.freeze(new Date());
    try {
      const { request, revoke } = await asked('-no_nonce');
      const first = await client.get(request);
      const ifNoneMatch = { 'if-none-match': first.headers.get('etag') ?? '', 'cache-control': 'max-age=0' };
      const ifModified = {
        'if-modified-since': first.headers.get('last-modified') ?? '',
        'cache-control': 'max-age=0',
      };
      expect((await client.get(request, ifNoneMatch)).status).toBe(304);
      expect(await bytesOf(await client.get(request))).toEqual(await bytesOf(first));
      await revoke();
      expect((await client.get(request, ifNoneMatch)).status).toBe(200);
      expect((await client.get(request, ifModified)).status).toBe(200);
    } finally {
      sandbox.clock.set(new Date());
    }
  });

  it('is made anew after a while, and when the clock goes back', async () => {
    const { request } = await asked('-no_nonce');
    const updateOf = async () => (await client.get(request)).headers.get('last-modified');
    sandbox.clock.freeze(new Date());
    try {
      const first = await updateOf();
      sandbox.clock.advance(59_000);
      expect(await updateOf()).toBe(first);
      sandbox.clock.advance(1_000);
      const second = await updateOf();
      expect(second).not.toBe(first);
      sandbox.clock.advance(-30_000);
      expect(await updateOf()).not.toBe(second);
    } finally {
      sandbox.clock.set(new Date());
    }
  });

  it('with a nonce is signed for that request alone', async () => {
    const { certificatePem } = await asked();
    const requests = [client.request(certificatePem, '-nonce'), client.request(certificatePem, '-nonce')];
    for (const request of requests) {
      const nonce = request.subarray(-16);
      const answer = Buffer.from(await bytesOf(await client.get(request)));
      expect(answer.includes(nonce)).toBe(true);
    }
  });

  it('can be asked for without its body', async () => {
    const { request } = await asked('-no_nonce');
    const base64 = encodeURIComponent(request.toString('base64'));
    const response = await fetch(`${client.url}/${base64}`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, RESPONSE_TYPE]);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1_000);
    expect(await bytesOf(response)).toHaveLength(0);
  });
});

describe('a certificate that no record has', () => {
  it('is good where it is the Directory’s own: of its TLS server, or to sign SSAs with', async () => {
    const port = Number(new URL(sandbox.urls.https).port);
    const serialNumber = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(await client.postSerialNumber(serialNumber)).toContain(`: good`);
    const { certificatePem } = sandbox.services.trustAnchor.signing;
    expect(await client.post(certificatePem)).toContain('leaf.pem: good');
    const anchor = await OcspClient.of(sandbox, workshop, '/anchors/second');
    const { trustAnchor } = await sandbox.services.getAnchor('second').open();
    expect(await anchor.post(trustAnchor.signing.certificatePem)).toContain('leaf.pem: good');
  });

  it('is good where the provider issued it to a stranger, also after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-ocsp-'));
    const open = () => startSandbox({ keyPairs: testKeys, dataDir: folder, inMemory: false });
    let kept = await open();
    try {
      const request = { type: 'qwac', name: 'Stranger', roles: ['AISP'], generate: true };
      const issued: IssuedQualifiedCertificate = await kept.services.issueQualifiedCertificate(request);
      const statusOf = async () => {
        const provider = await OcspClient.of(kept, workshop, '/qtsp');
        return provider.postSerialNumber(issued.serialNumber);
      };
      expect(await statusOf()).toContain(': good');
      await kept.close();
      kept = await open();
      expect(await statusOf()).toContain(': good');
    } finally {
      await kept.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
