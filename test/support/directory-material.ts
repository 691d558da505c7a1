import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { organisationIdentifier, type Organisation } from '../../src/domain/organisation.js';
import type { Sandbox } from '../../src/testkit.js';
import { Workshop } from './openssl.js';
import { signCompact, type Claims, type TlsIdentity } from './registration.js';

/** A signing request with its key; PEM. */
export interface RequestMaterial {
  readonly csrPem: string;
  readonly privateKeyPem: string;
}

/** DER of the QCStatements of a PISP and AISP that the FCA authorised. @see ETSI TS 119 495 section 5.1 */
const qcStatements = (qcType: '02' | '03') =>
  [
    ['306e', '3013', '060604008e460106', '3009', `060704008e460106${qcType}`],
    ['3057', '0606040081982702', '304d', '3026'],
    ['3011', '06070400819827', '0102', '0c06', hex('PSP_PI')],
    ['3011', '06070400819827', '0103', '0c06', hex('PSP_AI')],
    ['0c1b', hex('Financial Conduct Authority'), '0c06', hex('GB-FCA')],
  ]
    .flat()
    .join('');

/** Extensions that each type of an organisation's request asks for; the authority adds OBSeal's purpose itself. */
const extensionsOf = {
  obwac: [
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=clientAuth,serverAuth',
    `1.3.6.1.5.5.7.1.3=DER:${qcStatements('03')}`,
  ],
  obseal: [
    'keyUsage=critical,digitalSignature,nonRepudiation',
    `1.3.6.1.5.5.7.1.3=DER:${qcStatements('02')}`,
  ],
} as const;

/** What participants make at home, with OpenSSL. */
export class MaterialWorkshop {
  private readonly workshop = new Workshop();

  softwareRequest(organisationId: string, softwareId: string): RequestMaterial {
    const csrPem = this.workshop.csr(`/C=GB/ST=/L=/O=OpenBanking/OU=${organisationId}/CN=${softwareId}`);
    return { csrPem, privateKeyPem: this.workshop.read('new.key') };
  }

  organisationRequest(type: 'obwac' | 'obseal', organisation: Organisation): RequestMaterial {
    const subject = `/C=GB/O=${organisation.name}/2.5.4.97=${organisationIdentifier(organisation)}/CN=${organisation.id}`;
    const extensions = extensionsOf[type].flatMap((extension) => ['-addext', extension]);
    const csrPem = this.workshop.csr(subject, '-utf8', ...extensions);
    return { csrPem, privateKeyPem: this.workshop.read('new.key') };
  }

  /** The subject of a certificate as a client writes it in its metadata. @see RFC 4514 */
  subjectOf(certificatePem: string): string {
    this.workshop.write('named.pem', certificatePem);
    const line = this.workshop.openssl(
      ...['x509', '-in', 'named.pem', '-noout', '-subject', '-nameopt', 'RFC2253'],
    );
    return line.replace(/^subject=\s*/, '').trim();
  }

  remove(): void {
    this.workshop.remove();
  }
}

export function newPublicKeyPem(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return publicKey.export({ format: 'pem', type: 'spki' }).toString();
}

/** A certificate by a qualified trust service provider, with its key. */
export interface QualifiedMaterial {
  readonly certificatePem: string;
  /** Leaf, issuing and root certificate; standard base64 of their DER. @see RFC 7515 section 4.1.6 */
  readonly x5c: readonly string[];
  readonly privateKeyPem: string;
  readonly identity: TlsIdentity;
}

export interface QualifiedHolder {
  readonly name: string;
  readonly authority: Organisation['authority'];
}

/** Asks the control API for a certificate of the mock provider. */
export async function qualifiedCertificate(
  { urls }: Sandbox,
  type: 'qwac' | 'qseal',
  { name, authority }: QualifiedHolder,
): Promise<QualifiedMaterial> {
  const response = await fetch(`${urls.http}/sandbox/qtsp/certificates`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type, name, authority, roles: ['PISP', 'AISP'], generate: true }),
  });
  const text = await response.text();
  expect(response.status, text).toBe(201);
  const { certificatePem, chainPem, privateKeyPem } = JSON.parse(text) as Record<
    'certificatePem' | 'chainPem' | 'privateKeyPem',
    string
  >;
  const chain = chainOf(certificatePem, chainPem);
  expect(chain, 'leaf, issuing and root certificate').toHaveLength(3);
  return {
    certificatePem,
    x5c: chain.map(({ raw }) => raw.toString('base64')),
    privateKeyPem,
    identity: { key: privateKeyPem, cert: chain.slice(0, 2).join('') },
  };
}

/** From the leaf to the root, whatever the order in which they come. */
function chainOf(leafPem: string, othersPem: string): X509Certificate[] {
  const others = (othersPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
  const chain = [new X509Certificate(leafPem)];
  for (let issuer: X509Certificate | undefined; ; chain.push(issuer)) {
    const last = chain.at(-1);
    issuer = others.find(
      (one) => last?.checkIssued(one) === true && !chain.some((known) => known.raw.equals(one.raw)),
    );
    if (!issuer) return chain;
  }
}

/** A JWT whose header names the Directory's id of the key. @see Directory API 2.2.0, CertificateOrCSROrJWS */
export function signedByKid(kid: string, claims: Claims, privateKeyPem: string): string {
  return signAs({ kid }, claims, privateKeyPem);
}

/** A JWT whose header carries the certificate of the key. @see Directory API 2.2.0, Enrol */
export function signedByCertificate(
  { x5c, privateKeyPem }: Pick<QualifiedMaterial, 'x5c' | 'privateKeyPem'>,
  claims: Claims,
): string {
  return signAs({ x5c }, claims, privateKeyPem);
}

function signAs(header: Claims, claims: Claims, privateKeyPem: string): string {
  const alg = createPrivateKey(privateKeyPem).asymmetricKeyType === 'ec' ? 'ES256' : 'PS256';
  return signCompact({ typ: 'JWT', alg, ...header }, claims, alg, privateKeyPem);
}

/** Standard base64 of the DER in a PEM block. */
export function base64OfPem(pem: string): string {
  return pem.replace(/-----[^-]+-----|\s/g, '');
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
