import type { Jwk } from '../../domain/jwk.js';
import type { KeyRecord } from '../../domain/key-record.js';
import type { ParsedCertificate } from '../../pki/certificate.js';
import { tryParseCertificate } from '../../pki/client-certificate.js';
import { formatName } from '../../pki/distinguished-name.js';
import type { KeyUsage } from '../../pki/extensions.js';
import { oids } from '../../pki/oids.js';
import { decodePsd2Statement } from '../../pki/qc-statements.js';

/** One thing that a certificate says, for people. */
interface Fact {
  readonly term: string;
  readonly text: string;
  /** Whether it is for programs, and shown as they write it. */
  readonly isCode?: true;
}

/** @see RFC 5280 section 4.2.1.3 */
const usageWords: Readonly<Record<KeyUsage, string>> = {
  digitalSignature: 'to sign (digitalSignature)',
  nonRepudiation: 'to commit to contents (nonRepudiation)',
  keyEncipherment: 'to encrypt keys (keyEncipherment)',
  dataEncipherment: 'to encrypt data (dataEncipherment)',
  keyAgreement: 'to agree on keys (keyAgreement)',
  keyCertSign: 'to sign certificates (keyCertSign)',
  cRLSign: 'to sign revocation lists (cRLSign)',
};

/** @see RFC 5280 section 4.2.1.12 */
const purposeWords: Readonly<Record<string, string>> = {
  [oids.clientAuth]: 'TLS client (clientAuth)',
  [oids.serverAuth]: 'TLS server (serverAuth)',
  [oids.documentSigning]: 'signing of documents',
};

const ANYTHING = 'not restricted';

/**
 * What a certificate says of itself, beside its dates, and what it is called; little of one that cannot be read.
 * @param jwkOf the key as its holder's JWKS shows it
 */
export function certificateFacts(record: KeyRecord, jwkOf: (record: KeyRecord) => Jwk): Fact[] {
  const serialNumber: Fact = { term: 'Serial number', text: record.serialNumber, isCode: true };
  const certificate = tryParseCertificate(Buffer.from(record.certificatePem));
  if (!certificate) return [serialNumber];
  return [...contentsOf(certificate), serialNumber, ...namesOf(certificate, jwkOf(record))];
}

function contentsOf(certificate: ParsedCertificate): Fact[] {
  const { x509, subject, issuer, keyUsage, extendedKeyUsage } = certificate;
  const purposes = extendedKeyUsage?.map((id) => purposeWords[id] ?? id);
  return [
    { term: 'Subject', text: formatName(subject), isCode: true },
    { term: 'Issuer', text: formatName(issuer), isCode: true },
    { term: 'Other names (SAN)', text: x509.subjectAltName ?? 'none' },
    { term: 'Key', text: keyInWords(certificate) },
    { term: 'Key usage', text: keyUsage?.map((usage) => usageWords[usage]).join(', ') ?? ANYTHING },
    { term: 'Extended key usage', text: purposes?.join(', ') ?? ANYTHING },
    ...psd2Facts(certificate),
  ];
}

function keyInWords({ x509 }: ParsedCertificate): string {
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails: details } = x509.publicKey;
  const { modulusLength, namedCurve } = details ?? {};
  if (modulusLength !== undefined) return `${asymmetricKeyType.toUpperCase()}, ${modulusLength} bits`;
  return [asymmetricKeyType.toUpperCase(), namedCurve].filter(Boolean).join(', ');
}

/** @see ETSI TS 119 495 section 5.1 */
function psd2Facts({ qcStatements }: ParsedCertificate): Fact[] {
  if (!qcStatements) return [];
  return [{ term: 'PSD2 statement', text: psd2InWords(qcStatements) }];
}

function psd2InWords(qcStatements: Uint8Array): string {
  try {
    const { roles, authority } = decodePsd2Statement(qcStatements);
    return `${roles.join(', ')}; granted by ${authority.name} (${authority.id})`;
  } catch {
    return 'cannot be read';
  }
}

function namesOf({ x509 }: ParsedCertificate, jwk: Jwk): Fact[] {
  return [
    { term: 'SHA-256 fingerprint', text: x509.fingerprint256, isCode: true },
    { term: 'SHA-1 fingerprint', text: x509.fingerprint, isCode: true },
    { term: 'x5t', text: String(jwk['x5t']), isCode: true },
    { term: 'x5t#S256', text: String(jwk['x5t#S256']), isCode: true },
  ];
}
