import { afterAll, describe, expect, it } from 'vitest';
import { DomainError } from '../../src/domain/errors.js';
import { parseSigningRequest, subjectProblems } from '../../src/pki/csr.js';
import { leafProfiles } from '../../src/pki/profiles.js';
import { createOrganisation, newOrganisationSchema } from '../../src/domain/organisation.js';
import { Workshop } from '../support/openssl.js';

const workshop = new Workshop();
afterAll(() => workshop.remove());

const ORGANISATION = '0015800001041REAAY';
const SOFTWARE = 'ebSqTNqmQXFYz6VtWGXZAa';
const SUBJECT = `/C=GB/ST=/L=/O=OpenBanking/OU=${ORGANISATION}/CN=${SOFTWARE}`;

const organisation = createOrganisation(
  newOrganisationSchema.parse({ name: 'FORGEROCK LIMITED' }),
  ORGANISATION,
  new Date('2026-11-24T10:00:00Z'),
);
const holder = { organisation, softwareId: SOFTWARE };

function refusalOf(pem: string): { field: string; expected: string; actual: string } {
  try {
    parseSigningRequest(pem);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_csr' && error.problems[0])
      return error.problems[0];
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('a certificate signing request', () => {
  it("of the guides' OpenSSL command is accepted, with its empty ST and L passed over", () => {
    const request = parseSigningRequest(workshop.csr(SUBJECT));
    expect(request.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(subjectProblems(request.subject, leafProfiles.obtransport.subject(holder))).toEqual([]);
  });

  it('is accepted with Windows line ends, with text around it and as NEW CERTIFICATE REQUEST', () => {
    const pem = workshop.csr(SUBJECT);
    for (const variant of [
      pem.replaceAll('\n', '\r\n'),
      `Subject: C=GB\n${pem}\nbye`,
      pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'),
    ]) {
      expect(() => parseSigningRequest(variant)).not.toThrow();
    }
  });

  it.each(['-sha384', '-sha512'])('is accepted with a signature made with %s', (digest) => {
    expect(() => parseSigningRequest(workshop.csr(SUBJECT, digest))).not.toThrow();
  });

  it('names each part of a subject that is not the holder’s', () => {
    const { subject } = parseSigningRequest(
      workshop.csr(`/C=FR/O=Else/OU=${ORGANISATION}/CN=other/emailAddress=a@b.c`),
    );
    expect(subjectProblems(subject, leafProfiles.obtransport.subject(holder))).toEqual([
      { field: 'csrPem subject C', expected: '"GB"', actual: '"FR"' },
      { field: 'csrPem subject O', expected: '"OpenBanking"', actual: '"Else"' },
      { field: 'csrPem subject CN', expected: `"${SOFTWARE}"`, actual: '"other"' },
      { field: 'csrPem subject emailAddress', expected: 'no such attribute', actual: '"a@b.c"' },
    ]);
  });

  it('carries its DNS names and its QCStatements in their order', () => {
    workshop.write(
      'obwac.cnf',
      [
        '[req]',
        'distinguished_name=dn',
        'req_extensions=ext',
        'prompt=no',
        'string_mask=utf8only',
        '[dn]',
        'C=GB',
        '[ext]',
        'keyUsage=critical,digitalSignature',
        'subjectAltName=DNS:tpp.example.com,DNS:*.tpp.example.com',
        '1.3.6.1.5.5.7.1.3=DER:306e30130606' +
          '04008e4601063009060704008e4601060330570606040081982702304d3026301106070400819827' +
          '01020c065053505f50493011060704008198270103' +
          '0c065053505f41490c1b46696e616e6369616c20436f6e6475637420417574686f726974790c0647422d464341',
      ].join('\n'),
    );
    workshop.openssl(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'k',
      '-config',
      'obwac.cnf',
      '-out',
      'obwac.csr',
    );
    const request = parseSigningRequest(workshop.read('obwac.csr'));
    expect(request.dnsNames).toEqual(['tpp.example.com', '*.tpp.example.com']);
    expect(request.qcStatements).toEqual({
      type: 'web',
      roles: ['PISP', 'AISP'],
      authority: { name: 'Financial Conduct Authority', id: 'GB-FCA' },
    });
  });
});

describe('a signing request is refused, with a reason,', () => {
  const good = workshop.csr(SUBJECT);
  const lines = good.trim().split('\n');
  const der = Buffer.from(lines.slice(1, -1).join(''), 'base64');
  const pemOf = (bytes: Uint8Array) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;

  it.each([
    ['empty text', '', 'one PEM block "CERTIFICATE REQUEST"', '""'],
    ['garbage', 'hello', 'one PEM block "CERTIFICATE REQUEST"', '"hello"'],
    [
      'DER',
      der.toString('latin1'),
      'one PEM block "CERTIFICATE REQUEST"',
      'DER or bare base64 without PEM lines',
    ],
    [
      'bare base64',
      der.toString('base64'),
      'one PEM block "CERTIFICATE REQUEST"',
      'DER or bare base64 without PEM lines',
    ],
    [
      'a truncated PEM',
      lines.slice(0, -3).join('\n'),
      'one PEM block "CERTIFICATE REQUEST"',
      'a PEM block that is cut off or damaged',
    ],
    ['two requests', good + good, 'one PEM block "CERTIFICATE REQUEST"', '2 PEM blocks'],
    ['1 MiB of zeros', '0'.repeat(1_048_576), 'at most 16384 bytes', '1048576 bytes'],
    ['1 MiB of NUL bytes', '\0'.repeat(1_048_576), 'at most 16384 bytes', '1048576 bytes'],
  ])('when it is %s', (_what, pem, expected, actual) => {
    expect(refusalOf(pem)).toEqual({ field: 'csrPem', expected, actual });
  });

  it('when it is a certificate', () => {
    workshop.openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=x',
      '-keyout',
      'k',
      '-out',
      'c.pem',
    );
    expect(refusalOf(workshop.read('c.pem')).actual).toBe('a PEM block "CERTIFICATE"');
  });

  it('when bytes of it are missing', () => {
    expect(refusalOf(pemOf(der.subarray(0, 300))).expected).toBe('a PKCS#10 certificate signing request');
  });

  it('when bytes follow it', () => {
    expect(refusalOf(pemOf(Buffer.concat([der, Buffer.of(5, 0)]))).actual).toMatch(/^not DER/);
  });

  it('when it is nested deeper than any request', () => {
    const nested = Buffer.alloc(8_000, Buffer.of(0x30, 0x80));
    expect(refusalOf(pemOf(nested)).expected).toBe('a PKCS#10 certificate signing request');
  });

  it('when its key is on an elliptic curve', () => {
    workshop.openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ec.key');
    const pem = workshop.csrWithKey(['-key', 'ec.key'], SUBJECT);
    expect(refusalOf(pem)).toEqual({
      field: 'csrPem key',
      expected: 'an RSA key of at least 2048 bits',
      actual: 'an elliptic curve key',
    });
  });

  it('when its RSA key is too short', () => {
    const pem = workshop.csrWithKey(['-newkey', 'rsa:1024', '-keyout', 'k'], SUBJECT);
    expect(refusalOf(pem)).toMatchObject({ field: 'csrPem key', actual: 'an RSA key of 1024 bits' });
  });

  it('when its signature is by SHA-1', () => {
    expect(refusalOf(workshop.csr(SUBJECT, '-sha1')).field).toBe('csrPem signature');
  });

  it('when it was changed after it was signed', () => {
    const changed = Buffer.from(der);
    const position = changed.indexOf('OpenBanking');
    changed.write('OpenBankinG', position);
    expect(refusalOf(pemOf(changed))).toEqual({
      field: 'csrPem signature',
      expected: 'a signature by the key of the request',
      actual: 'a signature that does not verify',
    });
  });

  it('when its QCStatements are nested as the first issues of the profile wrongly had it', () => {
    const qcType = tlv(0x30, oid('04008e460106'), tlv(0x30, oid('04008e46010603')));
    const role = tlv(0x30, oid('04008198270102'), utf8('PSP_PI'));
    const authority = [utf8('Financial Conduct Authority'), utf8('GB-FCA')];
    const statements = (roles: Buffer) =>
      tlv(0x30, qcType, tlv(0x30, oid('040081982702'), tlv(0x30, roles, ...authority))).toString('hex');
    expect(parseSigningRequest(csrWithQcStatements(statements(tlv(0x30, role)))).qcStatements?.roles).toEqual(
      ['PISP'],
    );
    expect(refusalOf(csrWithQcStatements(statements(role)))).toEqual({
      field: 'csrPem qcStatements',
      expected: 'a QcType and a PSD2 statement nested as ETSI TS 119 495 section 5.1 has them',
      actual: 'a constructed element is missing',
    });
  });
});

function csrWithQcStatements(hex: string): string {
  const config = `[req]\ndistinguished_name=dn\nreq_extensions=ext\nprompt=no\n[dn]\nC=GB\n[ext]\n1.3.6.1.5.5.7.1.3=DER:${hex}\n`;
  workshop.write('qc.cnf', config);
  workshop.openssl(
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'k',
    '-config',
    'qc.cnf',
    '-out',
    'qc.csr',
  );
  return workshop.read('qc.csr');
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}

const oid = (hex: string) => tlv(6, Buffer.from(hex, 'hex'));
const utf8 = (text: string) => tlv(12, Buffer.from(text));
