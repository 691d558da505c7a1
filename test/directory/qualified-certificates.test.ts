import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  readCertifiedOrganisation,
  readQualifiedCertificate,
  type QualifiedCertificate,
} from '../../src/directory/qualified-certificates.js';
import { DomainError, type FieldProblem } from '../../src/domain/errors.js';
import type { Organisation } from '../../src/domain/organisation.js';
import { publicKeyOfJwk } from '../../src/jose/jwk.js';
import { createIssuer } from '../../src/pki/authority.js';
import { parseCertificate, type ParsedCertificate } from '../../src/pki/certificate.js';
import { issueQualified } from '../../src/pki/qualified-authority.js';
import { providerNames, qualifiedProfiles, type QualifiedHolder } from '../../src/pki/qualified-profiles.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';
import { newRsaKeyPem } from '../support/registration.js';

const workshop = new Workshop();
let sandbox: Sandbox;
let issuers: readonly ParsedCertificate[];
let qwacPem: string;
let chainPem: string;
let at: Date;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  at = sandbox.clock.now();
  const issued = await issue({ type: 'qwac' });
  [qwacPem, chainPem] = [issued.certificatePem, issued.chainPem];
  issuers = sandbox.services.qualifiedTrustServiceProvider.issuersIfMade();
  at = new Date(issued.notBefore);
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

function issue(input: Record<string, unknown>) {
  return sandbox.services.issueQualifiedCertificate({
    name: 'SAFECONNECT LTD',
    authority: { id: 'FCAGBR', registrationId: '827001' },
    roles: ['PISP', 'AISP'],
    notBefore: at.toISOString(),
    generate: true,
    ...input,
  });
}

const read = (encoded: string | Uint8Array, instant = at) =>
  readQualifiedCertificate(encoded, issuers, instant);

function problemsOf(encoded: string | Uint8Array, instant = at): readonly FieldProblem[] {
  try {
    read(encoded, instant);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_input') return error.problems;
    throw error;
  }
  throw new Error('It was read.');
}

/** A provider of the tests' own, which certifies what ours would not, and the one certificate that it trusts. */
function foreignProvider() {
  const key = newRsaKeyPem();
  workshop.write('ca.key', key);
  const names = ['-subj', '/C=GB/O=Foreign QTSP TEST ONLY/CN=Foreign QTSP TEST ONLY'];
  workshop.openssl('req', '-new', '-x509', '-key', 'ca.key', '-days', '30', '-out', 'ca.pem', ...names);
  return parseCertificate(workshop.read('ca.pem'));
}

/** A certificate as OpenSSL issues it for a key of its own kind. */
function foreignCertificate(
  subject: string,
  extensions: string[],
  key: string[] = ['-newkey', 'rsa:2048'],
): string {
  workshop.openssl(
    ...[
      'req',
      '-new',
      ...key,
      '-nodes',
      '-keyout',
      'leaf.key',
      '-out',
      'leaf.csr',
      '-utf8',
      '-subj',
      subject,
    ],
  );
  workshop.write('extensions.cnf', extensions.join('\n'));
  const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '7', '-days', '30'];
  workshop.openssl(
    ...['x509', '-req', '-in', 'leaf.csr', ...authority, '-extfile', 'extensions.cnf', '-out', 'leaf.pem'],
  );
  return workshop.read('leaf.pem');
}

const SUBJECT = '/C=LT/O=Firm/organizationIdentifier=PSDLT-BL-LB000458/CN=firm.example';

function tlv(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const utf8 = (text: string) => tlv(0x0c, Buffer.from(text));

const webType = tlv(0x30, oid('04008e460106'), tlv(0x30, oid('04008e46010603')));
const psd2Statement = (roles: Buffer) =>
  tlv(0x30, oid('040081982702'), tlv(0x30, roles, utf8('Bank of Lithuania'), utf8('LT-BL')));
const roleOfPsp = tlv(0x30, oid('04008198270103'), utf8('PSP_AI'));

/** A line for OpenSSL's extension file. */
const qcStatements = (...statements: Buffer[]) =>
  `1.3.6.1.5.5.7.1.3=DER:${tlv(0x30, ...statements).toString('hex')}`;

describe('a qualified certificate that its holder brought', () => {
  it('is read with its organisation, authority and roles', () => {
    const { certificate, ...rest } = read(qwacPem);
    expect(rest).toEqual<Omit<QualifiedCertificate, 'certificate'>>({
      type: 'qwac',
      certificatePem: qwacPem,
      organisationName: 'SAFECONNECT LTD',
      organisationIdentifier: 'PSDGB-FCA-827001',
      authority: { id: 'FCAGBR', registrationId: '827001' },
      country: 'GB',
      roles: ['PISP', 'AISP'],
    });
    expect(certificate.x509.toString()).toBe(qwacPem);
  });

  it.each([
    ['PEM with its chain', () => qwacPem + chainPem],
    ['PEM with text around it', () => `subject=...\r\n${qwacPem.replaceAll('\n', '\r\n')}\r\n`],
    ['the bytes of PEM', () => Buffer.from(qwacPem + chainPem)],
    ['DER', () => new X509Certificate(qwacPem).raw],
  ])('is read as %s', (_what, encoded) => {
    expect(read(encoded()).certificatePem).toBe(qwacPem);
  });

  it('is a qseal by its QcType', async () => {
    const { certificatePem } = await issue({ type: 'qseal' });
    expect(read(certificatePem).type).toBe('qseal');
  });

  it('may be of a European authority and an organisation with a long number', async () => {
    const authority = { id: 'BAFINDEU', registrationId: '10/2-Bank 1' };
    const { certificatePem } = await issue({ type: 'qwac', authority, country: 'FR' });
    expect(read(certificatePem)).toMatchObject({
      organisationIdentifier: 'PSDDE-BAFIN-10/2-Bank 1',
      authority,
      country: 'FR',
    });
  });

  it.each([
    ['nothing', '', 'PEM blocks "CERTIFICATE", the certificate first', 'nothing'],
    ['text', 'hello', 'PEM blocks "CERTIFICATE", the certificate first', '"hello"'],
    [
      'a key',
      '-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n',
      'PEM blocks "CERTIFICATE", the certificate first',
      'a PEM block "PUBLIC KEY"',
    ],
    [
      'PEM that is cut off',
      '-----BEGIN CERTIFICATE-----\nMIIB',
      'PEM blocks "CERTIFICATE", the certificate first',
      'a PEM block that is cut off or damaged',
    ],
    [
      'PEM that holds no certificate',
      '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n',
      'an X.509 certificate',
      'bytes that are none',
    ],
    ['too much', 'a'.repeat(32_769), 'at most 32768 bytes', '32769 bytes'],
  ])('is refused when it is %s', (_what, encoded, expected, actual) => {
    expect(problemsOf(encoded)).toEqual([{ field: 'certificate', expected, actual }]);
  });

  it('is refused when another authority of the same name issued it', async () => {
    const key = newRsaKeyPem();
    const holder: QualifiedHolder = {
      name: 'Firm',
      organisationIdentifier: 'PSDGB-FCA-827001',
      authority: { name: 'Financial Conduct Authority', id: 'GB-FCA' },
      roles: ['AISP'],
      country: 'GB',
    };
    const urls = { caIssuers: 'http://ca.example/issuing.crt', crl: 'http://ca.example/issuing.crl' };
    const issuer = {
      issuer: createIssuer(providerNames.issuing, key),
      urls,
      publicBaseUrl: 'http://ca.example',
    };
    const request = { publicKey: createPublicKey(key) };
    const pem = await issueQualified(issuer, qualifiedProfiles.qwac, holder, request, Buffer.of(1), at);
    expect(problemsOf(pem)).toMatchObject([{ field: 'certificate issuer' }]);
  });

  it('is refused while no provider is trusted', () => {
    expect(() => readQualifiedCertificate(qwacPem, [], at)).toThrow(
      /^certificate issuer: expected a certificate by/,
    );
  });

  it('is refused when the Directory issued it', () => {
    expect(problemsOf(sandbox.services.trustAnchor.signing.certificatePem)).toMatchObject([
      {
        field: 'certificate issuer',
        actual: expect.stringContaining('OpenBanking Mock Issuing CA') as string,
      },
    ]);
  });

  it('is refused when it is an authority’s', () => {
    expect(problemsOf(chainPem)).toEqual([
      { field: 'certificate', expected: "an organisation's certificate", actual: "an authority's" },
    ]);
  });

  it.each([
    ['before its dates', -1_000],
    ['after its dates', 366 * 86_400_000],
  ])('is refused %s', (_when, milliseconds) => {
    expect(problemsOf(qwacPem, new Date(at.getTime() + milliseconds))).toMatchObject([
      { field: 'certificate dates' },
    ]);
  });

  it('never makes a reader throw anything but a DomainError, whatever byte of it is changed or missing', () => {
    const { raw } = new X509Certificate(qwacPem);
    const attempt = (bytes: Buffer) => {
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DomainError);
      }
    };
    for (let index = 0; index < raw.length; index += 1) {
      const changed = Buffer.from(raw);
      changed[index] = changed[index] === 0 ? 0xff : 0;
      attempt(changed);
      attempt(raw.subarray(0, index));
    }
    attempt(Buffer.alloc(32_768, 0x30));
  });
});

describe('a certificate of another provider that is trusted', () => {
  const readForeign = (pem: string, foreign: ParsedCertificate) => {
    try {
      return readQualifiedCertificate(pem, [foreign], sandbox.clock.now());
    } catch (error) {
      if (error instanceof DomainError) return error.problems;
      throw error;
    }
  };

  it('may have an elliptic curve key', () => {
    const foreign = foreignProvider();
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const pem = foreignCertificate(SUBJECT, [qcStatements(webType)], curve);
    expect(readForeign(pem, foreign)).toMatchObject({
      type: 'qwac',
      organisationName: 'Firm',
      authority: { id: 'BLLTU', registrationId: 'LB000458' },
      country: 'LT',
      roles: [],
      qcStatementsProblem: 'the PSD2 statement is missing',
    });
  });

  it('names each of its roles once', () => {
    const foreign = foreignProvider();
    const twice = psd2Statement(tlv(0x30, roleOfPsp, roleOfPsp));
    const read = readForeign(foreignCertificate(SUBJECT, [qcStatements(webType, twice)]), foreign);
    expect(read).toMatchObject({ roles: ['AISP'] });
    expect(read).not.toHaveProperty('qcStatementsProblem');
  });

  it('is read without roles when its PSD2 statement has none', () => {
    const foreign = foreignProvider();
    const none = psd2Statement(tlv(0x30));
    expect(readForeign(foreignCertificate(SUBJECT, [qcStatements(webType, none)]), foreign)).toMatchObject({
      roles: [],
      qcStatementsProblem: 'the PSD2 statement names no role',
    });
  });

  it('is read with a PSD2 statement that is nested wrongly, and says why it has no roles', () => {
    const foreign = foreignProvider();
    const pem = foreignCertificate(SUBJECT, [qcStatements(webType, psd2Statement(roleOfPsp))]);
    expect(readForeign(pem, foreign)).toMatchObject({
      type: 'qwac',
      roles: [],
      qcStatementsProblem: 'a constructed element is missing',
    });
  });

  it.each([
    ['without QCStatements', SUBJECT, 'certificate qcStatements', 'no QCStatements'],
    [
      'without an organisation identifier',
      '/C=LT/O=Firm/CN=firm.example',
      'certificate subject organizationIdentifier',
      '""',
    ],
    [
      'with an identifier of another scheme',
      '/C=LT/O=Firm/organizationIdentifier=NTRLT-1234/CN=firm.example',
      'certificate subject organizationIdentifier',
      '"NTRLT-1234"',
    ],
    [
      'with an identifier of a country far away',
      '/C=LT/O=Firm/organizationIdentifier=PSDXX-BL-1234/CN=firm.example',
      'certificate subject organizationIdentifier',
      '"PSDXX-BL-1234"',
    ],
    [
      'with two names',
      '/C=LT/O=Firm/O=Other/organizationIdentifier=PSDLT-BL-1234/CN=firm.example',
      'certificate subject O',
      '"Firm"',
    ],
  ])('is refused %s', (what, subject, field, actual) => {
    const foreign = foreignProvider();
    const extensions =
      what === 'without QCStatements' ? ['subjectKeyIdentifier=hash'] : [qcStatements(webType)];
    expect(readForeign(foreignCertificate(subject, extensions), foreign)).toMatchObject([{ field, actual }]);
  });

  it('is refused with a key that is too short', () => {
    const foreign = foreignProvider();
    const pem = foreignCertificate(SUBJECT, [qcStatements(webType)], ['-newkey', 'rsa:1024']);
    expect(readForeign(pem, foreign)).toEqual([
      {
        field: 'certificate key',
        expected: 'an RSA key of at least 2048 bits, or one on P-256, P-384, P-521',
        actual: 'an RSA key of 1024 bits',
      },
    ]);
  });
});

describe('certificates of an organisation in the Directory', () => {
  let organisation: Organisation;
  beforeAll(async () => {
    organisation = await sandbox.services.registry.createOrganisation({
      name: 'Known Ltd',
      kind: 'tpp',
      authority: { id: 'FCAGBR', registrationId: '900001' },
      authorisations: [{ memberState: 'GB', roles: ['AISP', 'PISP'] }],
    });
  });

  const bring = async (input: Record<string, unknown> = {}) => {
    const { name, authority } = organisation;
    const issued = await issue({ type: 'qwac', name, authority, ...input });
    return readQualifiedCertificate(issued.certificatePem, issuers, sandbox.clock.now());
  };

  it('are issued by the provider for its own name, number and roles, and listed in its JWKS', async () => {
    const { certificates, keystore, qualifiedTrustServiceProvider } = sandbox.services;
    for (const [type, use] of [
      ['qwac', 'tls'],
      ['qseal', 'sig'],
    ] as const) {
      const {
        record,
        chainPem: chain,
        status,
      } = await certificates.certifyOrganisation(organisation.id, {
        type,
        generate: true,
      });
      expect({ type: record.type, status }).toEqual({ type, status: 'active' });
      expect(chain).toBe(await qualifiedTrustServiceProvider.chainPem());
      expect(keystore.certificateChainPem(record.kid)).toBe(record.certificatePem + chain);
      expect(read(record.certificatePem, sandbox.clock.now())).toMatchObject({
        type,
        organisationName: 'Known Ltd',
        organisationIdentifier: 'PSDGB-FCA-900001',
        roles: ['PISP', 'AISP'],
      });
      const { keys } = await keystore.organisationJwks(organisation.id, 'active');
      expect(keys.find(({ kid }) => kid === record.kid)).toMatchObject({ kty: 'RSA', use });
    }
  });

  it('read as their organisation’s also when the Directory issued them', async () => {
    const request = { type: 'obwac', generate: true } as const;
    const { record } = await sandbox.services.certificates.certifyOrganisation(organisation.id, request);
    expect(readCertifiedOrganisation(parseCertificate(record.certificatePem))).toEqual({
      organisationName: 'Known Ltd',
      organisationIdentifier: 'PSDGB-FCA-900001',
      authority: { id: 'FCAGBR', registrationId: '900001' },
      country: 'GB',
    });
  });

  it('are registered when it brings them, with the key left where it is', async () => {
    const { certificates, qualifiedTrustServiceProvider } = sandbox.services;
    const qualified = await bring();
    const { record, chainPem: chain } = await certificates.registerQualified(organisation.id, qualified);
    expect(record).toMatchObject({
      type: 'qwac',
      organisationId: organisation.id,
      softwareId: null,
      certificatePem: qualified.certificatePem,
      privateKeyPem: null,
      serialNumber: qualified.certificate.serialNumber,
    });
    expect(chain).toBe(await qualifiedTrustServiceProvider.chainPem());
    await expect(certificates.registerQualified(organisation.id, qualified)).rejects.toMatchObject({
      code: 'conflict',
      message: `certificate key: expected a key that nobody has brought before, got the key "${record.kid}", which is known.`,
    });
  });

  it('are registered once of two that come at once', async () => {
    const { certificates } = sandbox.services;
    const qualified = await bring();
    const results = await Promise.allSettled([
      certificates.registerQualified(organisation.id, qualified),
      certificates.registerQualified(organisation.id, qualified),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('are refused when they are another organisation’s', async () => {
    const qualified = await bring({ authority: { id: 'FCAGBR', registrationId: '900002' } });
    await expect(
      sandbox.services.certificates.registerQualified(organisation.id, qualified),
    ).rejects.toMatchObject({
      code: 'invalid_input',
      message:
        'certificate subject organizationIdentifier: expected "PSDGB-FCA-900001", got "PSDGB-FCA-900002"',
    });
  });

  it('are refused for an organisation that is not active, or is none', async () => {
    const { certificates, registry } = sandbox.services;
    const qualified = await bring();
    await registry.changeOrganisation(organisation.id, { status: 'Withdrawn' });
    const refused = certificates.registerQualified(organisation.id, qualified);
    await expect(refused).rejects.toMatchObject({ code: 'precondition_failed' });
    await registry.changeOrganisation(organisation.id, { status: 'Active' });
    const unknown = certificates.registerQualified('0015800001041REAAY', qualified);
    await expect(unknown).rejects.toMatchObject({ code: 'not_found' });
  });

  it('have kids and JWKs of their own kind for elliptic curve keys', async () => {
    const foreign = foreignProvider();
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const subject = '/C=GB/O=Known Ltd/organizationIdentifier=PSDGB-FCA-900001/CN=known.example';
    const kids = new Set<string>();
    for (let count = 0; count < 2; count += 1) {
      const pem = foreignCertificate(subject, [qcStatements(webType)], curve);
      const qualified = readQualifiedCertificate(pem, [foreign], sandbox.clock.now());
      const { record } = await sandbox.services.certificates.registerQualified(organisation.id, qualified);
      const { keys } = await sandbox.services.keystore.organisationJwks(organisation.id, 'active');
      const jwk = keys.find(({ kid }) => kid === record.kid);
      expect(jwk && publicKeyOfJwk(jwk)?.asymmetricKeyType).toBe('ec');
      kids.add(record.kid);
    }
    expect(kids.size).toBe(2);
  });

  it('are refused for a request whose key is of an elliptic curve', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = workshop.write('ec.key', privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const csrPem = workshop.csrWithKey(['-key', key], '/CN=firm.example');
    await expect(
      sandbox.services.certificates.certifyOrganisation(organisation.id, { type: 'qwac', csrPem }),
    ).rejects.toMatchObject({ code: 'invalid_csr' });
  });
});
