import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertifiedKey } from '../../src/directory/certificates.js';
import type { RevocationReason } from '../../src/domain/key-record.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { Workshop } from '../support/openssl.js';

const DAY = 86_400_000;

let sandbox: Sandbox;
let organisationId: string;
const workshop = new Workshop();

beforeAll(async () => {
  sandbox = await startSandbox();
  ({ id: organisationId } = await sandbox.services.registry.createOrganisation({
    name: 'Revoked Ltd',
    kind: 'tpp',
  }));
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const certified = (type: 'obwac' | 'obseal' | 'qwac') =>
  sandbox.services.certificates.certifyOrganisation(organisationId, { type, generate: true });

async function revoked(type: 'obwac' | 'obseal' | 'qwac', reason: RevocationReason): Promise<CertifiedKey> {
  const { record } = await certified(type);
  return sandbox.services.certificates.revoke(record.kid, reason);
}

async function fetched(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(sandbox.urls.http + path, { headers });
  expect(response.status, path).toBeLessThan(400);
  return response;
}

/** A list in OpenSSL's words, once OpenSSL has found its signature good. */
async function textOf(base: string, authority: 'root' | 'issuing'): Promise<string> {
  workshop.write(
    'list.crl',
    new Uint8Array(await (await fetched(`${base}/ca/${authority}.crl`)).arrayBuffer()),
  );
  workshop.write('issuer.pem', await (await fetched(`${base}/ca/${authority}.pem`)).text());
  const words = ['crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-text'];
  return workshop.openssl(...words, '-CAfile', 'issuer.pem', '-nameopt', 'RFC2253');
}

function entryOf(text: string, { record }: CertifiedKey): string {
  const entries = text.split('Serial Number: ').slice(1);
  return entries.find((one) => one.toLowerCase().startsWith(record.serialNumber)) ?? 'none';
}

/** What `openssl verify` says of a certificate when it asks the revocation lists of the whole chain. */
async function verified(base: string, { record }: CertifiedKey): Promise<string> {
  const parts = ['root', 'issuing'] as const;
  const files = await Promise.all(
    parts.map(async (part) => {
      workshop.write(`${part}.pem`, await (await fetched(`${base}/ca/${part}.pem`)).text());
      return workshop.write(`${part}.crl.pem`, await (await fetched(`${base}/ca/${part}.crl.pem`)).text());
    }),
  );
  workshop.write('leaf.pem', record.certificatePem);
  const lists = files.flatMap((file) => ['-CRLfile', file]);
  try {
    const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem'];
    return workshop.openssl('verify', '-crl_check_all', '-extended_crl', ...chain, ...lists, 'leaf.pem');
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
}

describe.each([
  ['the Directory', '', 'obwac'],
  ['the qualified trust service provider', '/qtsp', 'qwac'],
] as const)('the revocation list of %s', (_name, base, type) => {
  it('has a certificate at once when it is revoked, with the reason and the time', async () => {
    const key = await revoked(type, 'keyCompromise');
    const entry = entryOf(await textOf(base, 'issuing'), key);
    expect(entry).toContain('Key Compromise');
    expect(entry).toContain('Invalidity Date');
    expect(await verified(base, key)).toContain('certificate revoked');
  });

  it('has none that is good, and none of the other authority', async () => {
    const good = await certified(type);
    const others = await revoked(type === 'qwac' ? 'obwac' : 'qwac', 'superseded');
    const text = await textOf(base, 'issuing');
    expect([entryOf(text, good), entryOf(text, others)]).toEqual(['none', 'none']);
    expect(await verified(base, good)).toContain('leaf.pem: OK');
  });

  it('says nothing of a reason that is none', async () => {
    const entry = entryOf(await textOf(base, 'issuing'), await revoked(type, 'unspecified'));
    expect(entry).not.toContain('CRL Reason Code');
  });

  it('of the root is there, signed, and empty', async () => {
    const text = await textOf(base, 'root');
    expect(text).toContain('No Revoked Certificates');
    expect(text).toContain('Version 2');
  });
});

describe('a revocation list', () => {
  const numberOf = (text: string) => BigInt(/X509v3 CRL Number: *\n *(\S+)/.exec(text)?.[1] ?? '-1');

  it('is of version 2, with the key of its authority and a number that grows', async () => {
    const before = await textOf('', 'issuing');
    expect(before).toContain('Version 2');
    expect(before).toContain('X509v3 Authority Key Identifier');
    await revoked('obseal', 'superseded');
    expect(numberOf(await textOf('', 'issuing')) > numberOf(before)).toBe(true);
  });

  it('is the same until something changes, so that a copy can be asked about', async () => {
    const first = await fetched('/ca/issuing.crl');
    expect(first.headers.get('content-type')).toBe('application/pkix-crl');
    const etag = first.headers.get('etag') ?? '';
    const again = await fetch(`${sandbox.urls.http}/ca/issuing.crl`, {
      headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' },
    });
    expect(again.status).toBe(304);
    await revoked('obwac', 'cessationOfOperation');
    const changed = await fetched('/ca/issuing.crl', { 'if-none-match': etag });
    expect([changed.status, changed.headers.get('etag') === etag]).toEqual([200, false]);
  });

  it('follows the sandbox’s clock, and forgets certificates that have expired', async () => {
    const key = await revoked('obwac', 'affiliationChanged');
    expect(entryOf(await textOf('', 'issuing'), key)).toContain('Affiliation Changed');
    sandbox.clock.advance(500 * DAY);
    try {
      const text = await textOf('', 'issuing');
      const year = sandbox.clock.now().getUTCFullYear();
      expect(/Last Update: .* (\d{4}) GMT/.exec(text)?.[1]).toBe(String(year));
      expect(entryOf(text, key)).toBe('none');
    } finally {
      sandbox.clock.advance(-500 * DAY);
    }
    expect(entryOf(await textOf('', 'issuing'), key)).toContain('Affiliation Changed');
  });

  it('is there for the second trust anchor as well', async () => {
    const response = await fetched('/anchors/second/ca/issuing.crl');
    expect(response.headers.get('content-type')).toBe('application/pkix-crl');
    expect(await textOf('/anchors/second', 'issuing')).toContain('No Revoked Certificates');
  });

  it('has the address that certificates name', async () => {
    const { record } = await certified('obwac');
    const [, url = ''] = /URI:(\S+issuing\.crl)/.exec(workshop.text(record.certificatePem)) ?? [];
    expect((await fetch(url)).status).toBe(200);
  });
});
