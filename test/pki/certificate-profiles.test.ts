import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryCertificateType } from '../../src/domain/key-record.js';
import type { Organisation } from '../../src/domain/organisation.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

/*
 * What we issue, read by OpenSSL and held against formats.md section 3.
 */

const workshop = new Workshop();
const types: DirectoryCertificateType[] = ['obtransport', 'obsigning', 'obwac', 'obseal'];
const certificates = new Map<DirectoryCertificateType, string>();
let sandbox: Sandbox;
let organisation: Organisation;
let softwareId: string;

beforeAll(async () => {
  sandbox = await createSandbox({
    publicHost: 'directory.test',
    httpPort: 8080,
    httpsPort: 8443,
    keyPairs: testKeys,
  });
  const { registry, certificates: service, trustAnchor } = sandbox.services;
  organisation = await registry.createOrganisation({
    name: 'FORGEROCK LIMITED',
    kind: 'tpp',
    authorisations: [{ memberState: 'GB', roles: ['AISP', 'PISP'] }],
  });
  softwareId = (await registry.createSoftwareStatement(organisation.id, statementInput('App'))).id;
  for (const type of types) {
    const key =
      type === 'obwac' || type === 'obseal'
        ? await service.certifyOrganisation(organisation.id, { type, generate: true })
        : await service.certifySoftwareStatement(softwareId, { type, generate: true });
    certificates.set(type, key.record.certificatePem);
    workshop.write(`${type}.pem`, key.record.certificatePem);
  }
  workshop.write('root.pem', trustAnchor.rootPem);
  workshop.write('issuing.pem', trustAnchor.issuingPem);
});

afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

function statementInput(clientName: string) {
  return {
    clientName,
    version: '1.0',
    mode: 'Test' as const,
    environment: 'sandbox',
    redirectUris: [],
    clientUri: null,
    logoUri: null,
    policyUri: null,
    termsOfServiceUri: null,
    onBehalfOf: null,
  };
}

function pemOf(type: DirectoryCertificateType): string {
  return certificates.get(type) ?? '';
}

/** Names and criticality of the extensions, in their order. */
function extensionOrder(pem: string): string[] {
  const text = workshop.text(pem);
  const section = text.slice(
    text.indexOf('X509v3 extensions:'),
    text.indexOf('    Signature Algorithm', 900),
  );
  return [...section.matchAll(/^ {12}(\S.*?):( critical)?\s*$/gm)].map(
    ([, label = '', critical]) => label.replace('X509v3 ', '') + (critical ? ' (critical)' : ''),
  );
}

describe('every certificate of a participant', () => {
  it.each(types)('%s chains to the root by the strict rules', (type) => {
    // OBSigning and OBSeal are for documents, so the purpose of a TLS client cannot be theirs.
    const purpose = type === 'obtransport' || type === 'obwac' ? 'sslclient' : 'any';
    const printed = workshop.openssl(
      'verify',
      '-x509_strict',
      '-CAfile',
      'root.pem',
      '-untrusted',
      'issuing.pem',
      '-purpose',
      purpose,
      `${type}.pem`,
    );
    expect(printed.trim()).toBe(`${type}.pem: OK`);
  });

  it.each(types)('%s has the extensions of the real ones in their order', (type) => {
    const psd2 = type === 'obwac' || type === 'obseal';
    expect(extensionOrder(pemOf(type))).toEqual([
      'Key Usage (critical)',
      ...(psd2 ? ['qcStatements'] : []),
      `Extended Key Usage${type === 'obtransport' || type === 'obwac' ? ' (critical)' : ''}`,
      'Certificate Policies',
      'Authority Information Access',
      'CRL Distribution Points',
      'Authority Key Identifier',
      'Subject Key Identifier',
    ]);
  });

  it.each(types)(
    '%s lives 13 months and half an hour, is signed with SHA-256 and has a serial number of four bytes',
    (type) => {
      const text = workshop.text(pemOf(type));
      const { validFrom, validTo, serialNumber } = new X509Certificate(pemOf(type));
      const expected = new Date(validFrom);
      expected.setUTCMonth(expected.getUTCMonth() + 13);
      expect(new Date(validTo).getTime()).toBe(expected.getTime() + 30 * 60_000);
      expect(text).toContain('Signature Algorithm: sha256WithRSAEncryption');
      expect(serialNumber).toMatch(/^[4-7][0-9A-F]{7}$/);
    },
  );

  it.each(types)('%s points at this instance and names the sandbox policy', (type) => {
    const text = workshop.text(pemOf(type));
    expect(text).toContain('OCSP - URI:http://directory.test:8080/ca/ocsp');
    expect(text).toContain('CA Issuers - URI:http://directory.test:8080/ca/issuing.crt');
    expect(text).toContain('URI:http://directory.test:8080/ca/issuing.crl');
    expect(text).toContain('Policy: 1.3.6.1.4.1.5237.134.1.100');
    expect(text).toContain('CPS: http://ob.trustis.com/policies');
    expect(text).toContain(
      'Explicit Text: Use of this Certificate constitutes acceptance of the OpenBanking Root CA Certification Policies and Certificate Practice Statement',
    );
  });

  it.each(types)('%s has key identifiers that are the SHA-1 of the PKCS#1 keys', (type) => {
    const identifierOf = (pem: string) =>
      createHash('sha1')
        .update(createPublicKey(pem).export({ format: 'der', type: 'pkcs1' }))
        .digest('hex')
        .toUpperCase()
        .replace(/..(?=.)/g, '$&:');
    const text = workshop.text(pemOf(type));
    expect(text).toMatch(new RegExp(`Subject Key Identifier: \\n\\s+${identifierOf(pemOf(type))}`));
    const issuing = identifierOf(sandbox.services.trustAnchor.issuingPem);
    expect(text).toMatch(new RegExp(`Authority Key Identifier: \\n\\s+${issuing}`));
  });
});

describe('OBTransport and OBSigning', () => {
  it.each(['obtransport', 'obsigning'] as const)(
    '%s names organisation and software in PrintableStrings',
    (type) => {
      expect(workshop.text(pemOf(type))).toContain(
        `Subject: CN=PRINTABLESTRING:${softwareId},OU=PRINTABLESTRING:${organisation.id},O=PRINTABLESTRING:OpenBanking,C=PRINTABLESTRING:GB`,
      );
    },
  );

  it('OBTransport is for TLS servers and clients', () => {
    const text = workshop.text(pemOf('obtransport'));
    expect(text).toMatch(/Key Usage: critical\n\s+Digital Signature\n/);
    expect(text).toMatch(
      /Extended Key Usage: critical\n\s+TLS Web Server Authentication, TLS Web Client Authentication\n/,
    );
  });

  it('OBSigning is for documents', () => {
    const text = workshop.text(pemOf('obsigning'));
    expect(text).toMatch(/Key Usage: critical\n\s+Digital Signature, Non Repudiation\n/);
    expect(text).toMatch(/Extended Key Usage: \n\s+1\.3\.6\.1\.4\.1\.311\.10\.3\.12\n/);
  });
});

describe('OBWAC and OBSeal', () => {
  it.each(['obwac', 'obseal'] as const)(
    '%s names the organisation with its organizationIdentifier',
    (type) => {
      expect(workshop.text(pemOf(type))).toContain(
        `Subject: CN=PRINTABLESTRING:${organisation.id},organizationIdentifier=PRINTABLESTRING:PSDGB-OB-Unknown${organisation.id},O=PRINTABLESTRING:FORGEROCK LIMITED,C=PRINTABLESTRING:GB`,
      );
    },
  );

  it.each([
    ['obwac', '03'],
    ['obseal', '02'],
  ] as const)('%s has the exact QCStatements of the real one', (type, qcType) => {
    // formats.md section 3, "Exact DER, OBWAC PISP+AISP".
    const expected =
      `306E301306060400` +
      `8E4601063009060704008E460106${qcType}` +
      '30570606040081982702304D302630110607040081982701020C065053505F504930110607040081982701030C065053505F4149' +
      `0C1B${Buffer.from('Financial Conduct Authority').toString('hex').toUpperCase()}` +
      `0C06${Buffer.from('GB-FCA').toString('hex').toUpperCase()}`;
    const parsed = workshop.openssl('asn1parse', '-in', `${type}.pem`);
    expect(/qcStatements\n.*HEX DUMP]:([0-9A-F]+)/.exec(parsed)?.[1]).toBe(expected);
  });

  it('writes a name that PrintableString cannot hold as UTF8String', async () => {
    const { registry, certificates: service } = sandbox.services;
    const { id } = await registry.createOrganisation({ name: 'Müller_Bank & Söhne', kind: 'tpp' });
    const { record } = await service.certifyOrganisation(id, { type: 'obwac', generate: true });
    workshop.write('utf8.pem', record.certificatePem);
    const subject = workshop.openssl(
      'x509',
      '-in',
      'utf8.pem',
      '-noout',
      '-subject',
      '-nameopt',
      'RFC2253,show_type,-esc_msb',
    );
    expect(subject).toContain('O=UTF8STRING:Müller_Bank & Söhne,C=PRINTABLESTRING:GB');
  });
});

describe('the trust anchor', () => {
  it('says in its names that it is for tests only', () => {
    const { rootPem, issuingPem } = sandbox.services.trustAnchor;
    expect(new X509Certificate(rootPem).subject).toContain('TEST ONLY');
    expect(new X509Certificate(issuingPem).subject).toContain('TEST ONLY');
  });

  it('has a root that signs itself and an issuing authority of path length 0', () => {
    const root = workshop.text(sandbox.services.trustAnchor.rootPem);
    const issuing = workshop.text(sandbox.services.trustAnchor.issuingPem);
    expect(root).toMatch(/Basic Constraints: critical\n\s+CA:TRUE\n/);
    expect(issuing).toMatch(/Basic Constraints: critical\n\s+CA:TRUE, pathlen:0\n/);
    for (const text of [root, issuing])
      expect(text).toMatch(/Key Usage: critical\n\s+Certificate Sign, CRL Sign\n/);
    expect(issuing).toContain('URI:http://directory.test:8080/ca/root.crl');
    expect(issuing).toContain('CA Issuers - URI:http://directory.test:8080/ca/root.crt');
  });

  it('has certificates that span twenty years each way', () => {
    for (const pem of [sandbox.services.trustAnchor.rootPem, sandbox.services.trustAnchor.issuingPem]) {
      const { validFrom, validTo } = new X509Certificate(pem);
      expect(new Date(validTo).getUTCFullYear() - new Date(validFrom).getUTCFullYear()).toBe(40);
    }
  });

  it('signs SSAs with a certificate of the subject that the real one has', () => {
    const { certificatePem } = sandbox.services.trustAnchor.signing;
    workshop.write('signing.pem', certificatePem);
    expect(workshop.openssl('x509', '-in', 'signing.pem', '-noout', '-subject').trim()).toBe(
      'subject=C = GB, O = OpenBanking, OU = Open Banking Directory, CN = signing',
    );
    const chain = [
      'verify',
      '-x509_strict',
      '-CAfile',
      'root.pem',
      '-untrusted',
      'issuing.pem',
      'signing.pem',
    ];
    expect(workshop.openssl(...chain).trim()).toBe('signing.pem: OK');
  });
});
