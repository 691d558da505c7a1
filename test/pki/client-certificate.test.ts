import { beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { createIssuer, issueRoot, type Issuer } from '../../src/pki/authority.js';
import { tryParseCertificate } from '../../src/pki/client-certificate.js';
import { name } from '../../src/pki/distinguished-name.js';
import { oids } from '../../src/pki/oids.js';
import { testKeys } from '../support/keys.js';

let issuer: Issuer;

beforeAll(async () => {
  const { privateKeyPem } = await testKeys.take();
  issuer = createIssuer(name([oids.commonName, 'CA']), privateKeyPem);
});

async function certificateWith(serialNumber: number): Promise<Buffer> {
  const serial = Buffer.from([0x40, serialNumber >> 8, serialNumber & 0xff]);
  return Buffer.from(await issueRoot(issuer, serial, new Date(0)));
}

describe('a client certificate', () => {
  it('is read once, however often it is shown', async () => {
    const shown = await certificateWith(1);
    const certificate = tryParseCertificate(shown);
    expect(certificate?.serialNumber).toBe('400001');
    expect(tryParseCertificate(Buffer.from(shown))).toBe(certificate);
  });

  it('is not taken for another that differs in its serial number alone', async () => {
    const [one, other] = [await certificateWith(2), await certificateWith(3)].map(tryParseCertificate);
    expect([one?.serialNumber, other?.serialNumber]).toEqual(['400002', '400003']);
  });

  it('gives way to those that come after it', async () => {
    const shown = await certificateWith(4);
    const certificate = tryParseCertificate(shown);
    for (let count = 1; count <= limits.shownCertificates; count += 1) {
      tryParseCertificate(await certificateWith(4 + count));
    }
    const again = tryParseCertificate(shown);
    expect(again).not.toBe(certificate);
    expect(again?.thumbprintSha256).toBe(certificate?.thumbprintSha256);
  });

  it('that cannot be read stays unread', () => {
    const bytes = Buffer.from('no certificate');
    expect([tryParseCertificate(bytes), tryParseCertificate(bytes)]).toEqual([undefined, undefined]);
  });
});
