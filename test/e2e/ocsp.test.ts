import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { authorities, OcspClient } from '../support/ocsp.js';
import { Workshop } from '../support/openssl.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let sandbox: Sandbox;
const workshop = new Workshop();

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys, adminPassword: 'secret' });
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const clientOf = (base: (typeof authorities)[number] = '') => OcspClient.of(sandbox, workshop, base);

/** An instant as `-attime` takes it. */
const seconds = (at: Date) => String(Math.floor(at.getTime() / 1000));

/** Stands the clock still at an instant that far from now. */
async function whileClockIs<T>(milliseconds: number, task: () => Promise<T>): Promise<T> {
  const now = new Date();
  sandbox.clock.freeze(new Date(now.getTime() + milliseconds));
  try {
    return await task();
  } finally {
    sandbox.clock.set(new Date());
  }
}

describe.each(authorities)('the OCSP responder at %s/ca/ocsp', (base) => {
  it('says good until a certificate is revoked, then when and why, as the revocation lists do', async () => {
    const client = await clientOf(base);
    const { record } = await client.certified();
    const { certificatePem } = record;
    const before = await client.post(certificatePem, '-no_nonce');
    expect(before).toContain('Response verify OK');
    expect(before).toContain('leaf.pem: good');
    expect(await client.verifyByLists(certificatePem)).toContain('leaf.pem: OK');

    const { certificates } = await client.directory();
    const revoked = await certificates.revoke(record.kid, 'keyCompromise');
    const after = await client.post(certificatePem, '-no_nonce');
    expect(after).toContain('Response verify OK');
    expect(after).toContain('leaf.pem: revoked');
    expect(after).toContain('Reason: keyCompromise');
    const [, time = ''] = /Revocation Time: (.+)/.exec(after) ?? [];
    const revokedAt = new Date(revoked.record.revocation?.at ?? 0);
    expect(seconds(new Date(time))).toBe(seconds(revokedAt));
    expect(await client.verifyByLists(certificatePem)).toContain('certificate revoked');
  });

  it('knows nothing of a serial number that was never issued', async () => {
    const client = await clientOf(base);
    const { record } = await client.certified();
    const last = record.serialNumber.endsWith('0') ? '1' : '0';
    expect(await client.postSerialNumber(record.serialNumber)).toContain(': good');
    expect(await client.postSerialNumber(`${record.serialNumber.slice(0, -1)}${last}`)).toContain(
      ': unknown',
    );
    expect(await client.postSerialNumber('41')).toContain(': unknown');
    expect(await client.postSerialNumber('0')).toContain(': unknown');
  });

  it('knows nothing of a serial number that another authority gave', async () => {
    const client = await clientOf(base);
    const other = await clientOf(base === '/qtsp' ? '' : '/qtsp');
    const { record } = await other.certified();
    expect(await other.postSerialNumber(record.serialNumber)).toContain(': good');
    expect(await client.postSerialNumber(record.serialNumber)).toContain(': unknown');
  });

  it('answers in a URL as well', async () => {
    const client = await clientOf(base);
    const { record } = await client.certified();
    const response = await client.get(client.request(record.certificatePem, '-no_nonce'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/ocsp-response');
    const answer = new Uint8Array(await response.arrayBuffer());
    expect(await client.verify(answer, record.certificatePem)).toContain('leaf.pem: good');
  });

  it('signs with a key that the authority has certified for that alone', async () => {
    const client = await clientOf(base);
    const { record } = await client.certified();
    const text = await client.post(record.certificatePem, '-resp_text');
    const [, certificate = ''] = text.split(/^Certificate:$/m);
    expect(certificate).toContain('OCSP Signing');
    expect(certificate).toContain('OCSP No Check');
    expect(certificate).toMatch(/Key Usage: critical\s+Digital Signature\n/);
  });

  it('is not the one to ask about certificates of another authority', async () => {
    const client = await clientOf(base);
    const other = await clientOf(base === '' ? '/qtsp' : '');
    const { record } = await other.certified();
    const request = other.request(record.certificatePem);
    const answer = new Uint8Array(await (await client.get(request)).arrayBuffer());
    expect(await client.verify(answer, record.certificatePem)).toContain('unauthorized (6)');
  });
});

describe('a qualified certificate that a trust anchor’s participant has', () => {
  it('is revoked for all when it is revoked there', async () => {
    const provider = await clientOf('/qtsp');
    const { registry, certificates } = await sandbox.services.getAnchor('second').open();
    const { id } = await registry.createOrganisation({ name: 'Qualified There Ltd', kind: 'tpp' });
    const { record } = await certificates.certifyOrganisation(id, { type: 'qwac', generate: true });
    expect(await provider.post(record.certificatePem)).toContain('leaf.pem: good');
    await certificates.revoke(record.kid, 'privilegeWithdrawn');
    expect(await provider.post(record.certificatePem)).toContain('leaf.pem: revoked');
    expect(await provider.verifyByLists(record.certificatePem)).toContain('certificate revoked');
  });
});

describe('an OCSP answer', () => {
  it.each(['-sha1', '-sha256', '-sha384', '-sha512'])(
    'repeats a nonce and a name made with %s',
    async (hash) => {
      const client = await clientOf();
      const { record } = await client.certified();
      const said = await client.post(record.certificatePem, hash, '-nonce', '-resp_text');
      expect(said).toContain('leaf.pem: good');
      expect(said).not.toContain('WARNING');
      expect(said).toContain(`Hash Algorithm: ${hash.slice(1)}`);
      expect(said).toContain('OCSP Nonce');
    },
  );

  it('gives no reason where there is none', async () => {
    const client = await clientOf();
    const { record } = await client.certified();
    await sandbox.services.certificates.revoke(record.kid, 'unspecified');
    const said = await client.post(record.certificatePem);
    expect(said).toContain('leaf.pem: revoked');
    expect(said).not.toContain('Reason');
  });

  it('is of no use after its next update, when there is a new one', async () => {
    const client = await clientOf();
    const { record } = await client.certified();
    const request = client.request(record.certificatePem, '-no_nonce');
    const fetched = async () => new Uint8Array(await (await client.get(request)).arrayBuffer());
    // OpenSSL judges these times by the real clock, so the old answer is made in the past.
    const old = await whileClockIs(-2 * HOUR, fetched);
    const refused = await client.verify(old, record.certificatePem);
    expect(refused).toContain('WARNING: Status times invalid');
    expect(refused).toContain('status expired');
    const current = await client.verify(await fetched(), record.certificatePem, '-status_age', '120');
    expect(current).toContain('Response verify OK');
    expect(current).toContain('leaf.pem: good');
    expect(current).not.toContain('WARNING');
  });

  it.each([-15, -1, 10])(
    'can be verified at the time of a clock that was moved by %i years',
    async (years) => {
      const client = await clientOf();
      await whileClockIs(years * 365 * DAY, async () => {
        const { record } = await client.certified();
        const at = ['-attime', seconds(sandbox.clock.now())];
        const validity = ['-validity_period', String(20 * 365 * 86_400)];
        const said = () => client.post(record.certificatePem, ...at, ...validity);
        expect(await said()).toContain('Response verify OK');
        expect(await said()).toContain('leaf.pem: good');
        expect(await client.verifyByLists(record.certificatePem, ...at)).toContain('leaf.pem: OK');
        await sandbox.services.certificates.revoke(record.kid, 'superseded');
        expect(await said()).toContain('leaf.pem: revoked');
        expect(await client.verifyByLists(record.certificatePem, ...at)).toContain('certificate revoked');
      });
    },
  );

  it('is signed by another certificate once the clock has left the dates of the one before', async () => {
    const client = await clientOf();
    const { record } = await client.certified();
    const serialOf = async () => {
      const text = await client.post(record.certificatePem, '-resp_text', '-noverify');
      const [, certificate = ''] = text.split(/^Certificate:$/m);
      return /Serial Number: *(\S+)/.exec(certificate)?.[1];
    };
    const first = await serialOf();
    expect(await serialOf()).toBe(first);
    expect(await whileClockIs(20 * DAY, serialOf)).toBe(first);
    expect(await whileClockIs(31 * DAY, serialOf)).not.toBe(first);
  });

  it('tells of an expired certificate what it told before', async () => {
    const client = await clientOf();
    const [kept, revoked] = [await client.certified(), await client.certified()];
    await sandbox.services.certificates.revoke(revoked.record.kid, 'affiliationChanged');
    await whileClockIs(500 * DAY, async () => {
      const validity = ['-validity_period', String(600 * 86_400), '-attime', seconds(sandbox.clock.now())];
      expect(await client.post(kept.record.certificatePem, ...validity)).toContain('leaf.pem: good');
      expect(await client.post(revoked.record.certificatePem, ...validity)).toContain('leaf.pem: revoked');
    });
  });

  it('tells of each certificate that was asked about, and nothing of another authority’s beside them', async () => {
    const client = await clientOf();
    const provider = await clientOf('/qtsp');
    const [good, bad] = [await client.certified(), await client.certified()];
    await sandbox.services.certificates.revoke(bad.record.kid, 'cessationOfOperation');
    workshop.write('bad.pem', bad.record.certificatePem);
    const ours = await client.post(good.record.certificatePem, '-cert', 'bad.pem');
    expect(ours).toContain('Response verify OK');
    expect(ours).toContain('leaf.pem: good');
    expect(ours).toContain('bad.pem: revoked');
    const namesake = `0x${good.record.serialNumber}`;
    const others = ['-issuer', provider.file('issuing.pem'), '-serial', namesake];
    // OpenSSL trusts a responder's certificate for one issuer alone.
    const mixed = await client.post(good.record.certificatePem, ...others, '-noverify');
    expect(mixed).toContain('leaf.pem: good');
    expect(mixed).toContain(`${namesake}: unknown`);
  });
});
