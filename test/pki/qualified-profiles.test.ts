import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/pki/certificate.js';
import { clientCertificateKind, clientUseProblem } from '../../src/pki/client-certificate.js';
import { decodeQcStatements } from '../../src/pki/qc-statements.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

/*
 * What the mock QTSP issues, read by OpenSSL and held against formats.md section 3, "eIDAS QWAC samples".
 */

const workshop = new Workshop();
const types = ['qwac', 'qseal'] as const;
type Type = (typeof types)[number];
const certificates = new Map<Type, string>();
let sandbox: Sandbox;

const HOLDER = {
  name: 'SAFECONNECT LTD',
  authority: { id: 'FCAGBR', registrationId: '827001' },
  roles: ['PISP', 'AISP'],
  generate: true,
};

beforeAll(async () => {
  sandbox = await createSandbox({
    publicHost: 'directory.test',
    httpPort: 8080,
    httpsPort: 8443,
    keyPairs: testKeys,
  });
  const { services } = sandbox;
  for (const type of types) {
    const dnsNames = type === 'qwac' ? { dnsNames: ['api.gosafeconnect.com', 'www.gosafeconnect.com'] } : {};
    const issued = await services.issueQualifiedCertificate({ type, ...HOLDER, ...dnsNames });
    certificates.set(type, issued.certificatePem);
    workshop.write(`${type}.pem`, issued.certificatePem);
  }
  workshop.write('root.pem', await services.qualifiedTrustServiceProvider.rootPem());
  workshop.write('issuing.pem', await services.qualifiedTrustServiceProvider.issuingPem());
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

function pemOf(type: Type): string {
  return certificates.get(type) ?? '';
}

/** The content of an extension in hex, as OpenSSL finds it. */
function extensionHex(type: Type, label: string): string {
  const lines = workshop.openssl('asn1parse', '-in', `${type}.pem`).split('\n');
  const start = lines.findIndex((line) => line.endsWith(`:${label}`));
  return /OCTET STRING\s+\[HEX DUMP\]:([0-9A-F]+)/.exec(lines.slice(start).join('\n'))?.[1] ?? '';
}

describe('every qualified certificate', () => {
  it.each([
    ['qwac', 'sslclient'],
    ['qwac', 'sslserver'],
    // A seal forbids no purpose by an extended key usage, but its key usage suits a client alone.
    ['qseal', 'sslclient'],
  ] as const)('%s chains to the root by the strict rules, for the purpose %s', (type, purpose) => {
    const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem', '-purpose', purpose];
    expect(workshop.openssl('verify', '-x509_strict', ...chain, `${type}.pem`).trim()).toBe(
      `${type}.pem: OK`,
    );
  });

  it.each(types)('%s names nobody that could be real as its issuer', (type) => {
    expect(new X509Certificate(pemOf(type)).issuer.split('\n')).toEqual([
      'C=GB',
      'O=Mock Qualified Trust Service Provider TEST ONLY',
      'CN=Mock QTSP Issuing CA TEST ONLY',
    ]);
  });

  it.each(types)('%s lives a year, is signed with SHA-256 and has a serial number of 16 bytes', (type) => {
    const { validFrom, validTo, serialNumber } = new X509Certificate(pemOf(type));
    const expected = new Date(validFrom);
    expected.setUTCFullYear(expected.getUTCFullYear() + 1);
    expect(new Date(validTo)).toEqual(expected);
    expect(workshop.text(pemOf(type))).toContain('Signature Algorithm: sha256WithRSAEncryption');
    expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it.each(types)('%s points at the provider on this instance', (type) => {
    const text = workshop.text(pemOf(type));
    for (const pointer of [
      'OCSP - URI:http://directory.test:8080/qtsp/ca/ocsp',
      'CA Issuers - URI:http://directory.test:8080/qtsp/ca/issuing.crt',
      'URI:http://directory.test:8080/qtsp/ca/issuing.crl',
      'CPS: http://directory.test:8080/qtsp/disclosure-en.txt',
    ])
      expect(text).toContain(pointer);
  });

  it.each([
    ['qwac', 'api.gosafeconnect.com'],
    ['qseal', 'SAFECONNECT LTD'],
  ] as const)('%s has UTF8Strings in its subject, but for the country', (type, commonName) => {
    const subject = workshop.openssl(
      'x509',
      '-in',
      `${type}.pem`,
      '-noout',
      '-subject',
      '-nameopt',
      'oid,show_type,sep_comma_plus_space',
    );
    expect(subject.trim()).toBe(
      `subject=2.5.4.6=PRINTABLESTRING:GB, 2.5.4.10=UTF8STRING:SAFECONNECT LTD, ` +
        `2.5.4.97=UTF8STRING:PSDGB-FCA-827001, 2.5.4.3=UTF8STRING:${commonName}`,
    );
  });
});

describe('a QWAC', () => {
  it('is for TLS servers and clients', () => {
    const text = workshop.text(pemOf('qwac'));
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Key Encipherment, Data Encipherment\n/);
    expect(text).toMatch(
      /Extended Key Usage: \n?\s*TLS Web Server Authentication, TLS Web Client Authentication\n/,
    );
    expect(text).toContain('Policy: 0.4.0.194112.1.4');
    expect(text).toContain('DNS:api.gosafeconnect.com, DNS:www.gosafeconnect.com');
  });

  it('is one to banks, and a client certificate', () => {
    const certificate = parseCertificate(pemOf('qwac'));
    expect(clientCertificateKind(certificate)).toBe('qwac');
    expect(clientUseProblem(certificate)).toBeUndefined();
  });
});

describe('a QSealC', () => {
  it('is for signatures, without an extended key usage and DNS names', () => {
    const text = workshop.text(pemOf('qseal'));
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Non Repudiation\n/);
    expect(text).not.toContain('Extended Key Usage');
    expect(text).not.toContain('Subject Alternative Name');
    expect(text).toContain('Policy: 0.4.0.194112.1.1');
  });

  it('is a kind of its own, which may be shown as a client certificate', () => {
    const certificate = parseCertificate(pemOf('qseal'));
    expect(clientCertificateKind(certificate)).toBe('qseal');
    expect(clientUseProblem(certificate)).toBeUndefined();
  });
});

describe('QCStatements of qualified certificates', () => {
  const url = Buffer.from('http://directory.test:8080/qtsp/disclosure-en.txt').toString('hex');
  const authority = `0c1b${Buffer.from('Financial Conduct Authority').toString('hex')}0c06${Buffer.from('GB-FCA').toString('hex')}`;
  const roles =
    '30263011060704008198270102' + '0c065053505f5049' + '3011060704008198270103' + '0c065053505f4149';
  const psd2 = `3057060604008198270230 4d${roles}${authority}`.replaceAll(' ', '');

  it.each([
    ['qwac', '03'],
    ['qseal', '02'],
  ] as const)(
    '%s: compliance, retention, type, disclosure and PSD2, each nested as ETSI has it',
    (type, qcType) => {
      const expected = [
        '3008' + '060604008e460101',
        '300b' + '060604008e460103' + '020107',
        '3013' + '060604008e460106' + '3009060704008e460106' + qcType,
        '3043' + '060604008e460105' + '3039' + '3037' + '1631' + url + '1302656e',
        psd2,
      ].join('');
      const length = (expected.length / 2).toString(16);
      expect(extensionHex(type, 'qcStatements').toLowerCase()).toBe(`3081${length}${expected}`);
    },
  );

  it('read as those of OBWAC and OBSeal do', () => {
    const { qcStatements } = parseCertificate(pemOf('qseal'));
    expect(decodeQcStatements(qcStatements ?? Buffer.alloc(0))).toEqual({
      type: 'eseal',
      roles: ['PISP', 'AISP'],
      authority: { name: 'Financial Conduct Authority', id: 'GB-FCA' },
    });
  });
});
