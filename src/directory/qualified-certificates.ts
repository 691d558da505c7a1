import { invalidInput, quote, type DomainError } from '../domain/errors.js';
import type { QualifiedCertificateType } from '../domain/key-record.js';
import { limits } from '../domain/limits.js';
import {
  authorityOfIdentifier,
  countryOfAuthority,
  textSchema,
  type Organisation,
} from '../domain/organisation.js';
import type { Role } from '../domain/roles.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import { findIssuer, isWithinDates, tryParseCertificate } from '../pki/client-certificate.js';
import { formatName, valuesOf } from '../pki/distinguished-name.js';
import { oids } from '../pki/oids.js';
import { formatPem, parsePem } from '../pki/pem.js';
import { decodePsd2Statement, decodeQcType, type QcType } from '../pki/qc-statements.js';

/** The organisation that a certificate with an `organizationIdentifier` is about: a QWAC, QSealC, OBWAC or OBSeal. */
export interface CertifiedOrganisation {
  readonly organisationName: string;
  /** @see ETSI TS 119 495 section 5.2.1 */
  readonly organisationIdentifier: string;
  readonly authority: Organisation['authority'];
  /** ISO 3166-1 alpha-2: the subject's, or the authority's where the subject names none. */
  readonly country: string;
}

/** A certificate that a trusted provider issued, and that is within its dates; nobody has asked whether it is revoked. */
export interface QualifiedCertificate extends CertifiedOrganisation {
  readonly type: QualifiedCertificateType;
  readonly certificate: ParsedCertificate;
  readonly certificatePem: string;
  readonly roles: readonly Role[];
  /** Why the PSD2 statement gives no roles. Observed: such certificates are taken, but no software can have them. */
  readonly qcStatementsProblem?: string;
}

const FIELD = 'certificate';

const typeOf: Readonly<Record<QcType, QualifiedCertificateType>> = { web: 'qwac', eseal: 'qseal' };

/**
 * Reads and judges a certificate that its holder brought: PEM, whose first block is it, or DER.
 * @param issuers of the qualified trust service providers that are trusted
 * @throws DomainError `invalid_input` that says what of the certificate was expected and what came
 * @see Directory API 2.2.0, POST /organisation/{type}/{OrganisationId}/certificate/qwac
 */
export function readQualifiedCertificate(
  encoded: string | Uint8Array,
  issuers: readonly ParsedCertificate[],
  at: Date,
): QualifiedCertificate {
  const certificate = parseLeaf(encoded);
  refuseUntrusted(certificate, issuers, at);
  const type = qualifiedTypeOf(certificate);
  return {
    type,
    certificate,
    certificatePem: formatPem('CERTIFICATE', certificate.x509.raw),
    ...readCertifiedOrganisation(certificate),
    ...readRoles(certificate),
  };
}

/**
 * Whom a certificate is about, whoever issued it.
 * @throws DomainError `invalid_input` when its subject does not name a payment service provider
 */
export function readCertifiedOrganisation({ subject }: ParsedCertificate): CertifiedOrganisation {
  const [organisationName = '', ...furtherNames] = valuesOf(subject, oids.organizationName);
  if (
    furtherNames.length > 0 ||
    !textSchema(limits.organisationNameLength).safeParse(organisationName).success
  ) {
    throw refusal('the name of an organisation', quote(organisationName), 'subject O');
  }
  const [organisationIdentifier = '', ...further] = valuesOf(subject, oids.organizationIdentifier);
  const authority = further.length > 0 ? undefined : authorityOfIdentifier(organisationIdentifier);
  const countryOfAuthorisation = authority && countryOfAuthority(authority.id);
  if (!authority || countryOfAuthorisation === undefined) {
    throw refusal(
      'an identifier as PSDGB-FCA-827001',
      quote(organisationIdentifier),
      'subject organizationIdentifier',
    );
  }
  const [country = countryOfAuthorisation] = valuesOf(subject, oids.countryName);
  if (!/^[A-Z]{2}$/.test(country)) throw refusal('two capital letters', quote(country), 'subject C');
  return { organisationName, organisationIdentifier, authority, country };
}

function parseLeaf(encoded: string | Uint8Array): ParsedCertificate {
  const size = typeof encoded === 'string' ? Buffer.byteLength(encoded) : encoded.byteLength;
  if (size > limits.certificateBytes) {
    throw refusal(`at most ${limits.certificateBytes} bytes`, `${size} bytes`);
  }
  const bytes = leafBytes(encoded);
  const certificate = tryParseCertificate(bytes);
  if (!certificate) throw refusal('an X.509 certificate', 'bytes that are none');
  refuseUnreadableKey(certificate);
  return certificate;
}

/** The first byte of a SEQUENCE, which no PEM text begins with unless somebody wrote "0" before it. */
const DER_SEQUENCE = 0x30;

function leafBytes(encoded: string | Uint8Array): Uint8Array {
  if (typeof encoded !== 'string' && encoded[0] === DER_SEQUENCE) return encoded;
  const text = typeof encoded === 'string' ? encoded : Buffer.from(encoded).toString('latin1');
  const expected = 'PEM blocks "CERTIFICATE", the certificate first';
  const blocks = parsePem(text);
  if (blocks === undefined) throw refusal(expected, 'a PEM block that is cut off or damaged');
  const [leaf] = blocks;
  if (!leaf) throw refusal(expected, text === '' ? 'nothing' : quote(text));
  const other = blocks.find(({ label }) => label !== 'CERTIFICATE');
  if (other) throw refusal(expected, `a PEM block ${quote(other.label)}`);
  return leaf.der;
}

/** Curves that JWKs have, by OpenSSL's names. @see RFC 7518 section 6.2.1.1 */
const curveNames: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

function refuseUnreadableKey({ x509 }: ParsedCertificate): void {
  const curves = Object.values(curveNames).join(', ');
  const expected = `an RSA key of at least ${limits.rsaModulusMinimumBits} bits, or one on ${curves}`;
  let actual: string;
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails } = x509.publicKey;
    const { modulusLength: bits = 0, namedCurve = '' } = asymmetricKeyDetails ?? {};
    if (
      (type === 'ec' && namedCurve in curveNames) ||
      (type === 'rsa' && bits >= limits.rsaModulusMinimumBits)
    )
      return;
    actual =
      type === 'rsa' ? `an RSA key of ${bits} bits` : `a key of the type ${type ?? 'unknown'} ${namedCurve}`;
  } catch {
    actual = 'a key that is unreadable';
  }
  throw refusal(expected, actual, 'key');
}

function refuseUntrusted(
  certificate: ParsedCertificate,
  issuers: readonly ParsedCertificate[],
  at: Date,
): void {
  if (certificate.isAuthority) throw refusal("an organisation's certificate", "an authority's");
  if (!findIssuer(certificate, issuers)) {
    throw refusal(
      'a certificate by a qualified trust service provider that the Directory trusts',
      `one by ${quote(formatName(certificate.issuer))}`,
      'issuer',
    );
  }
  if (!isWithinDates(certificate, at)) {
    const { validFrom, validTo } = certificate.x509;
    throw refusal(
      `a certificate valid at ${at.toISOString()}`,
      `one from ${validFrom} to ${validTo}`,
      'dates',
    );
  }
}

function qualifiedTypeOf({ qcStatements }: ParsedCertificate): QualifiedCertificateType {
  const expected = 'a QcType web or eseal';
  if (!qcStatements) throw refusal(expected, 'no QCStatements', 'qcStatements');
  try {
    return typeOf[decodeQcType(qcStatements)];
  } catch (error) {
    throw refusal(expected, reasonOf(error), 'qcStatements');
  }
}

function readRoles({
  qcStatements = Buffer.alloc(0),
}: ParsedCertificate): Pick<QualifiedCertificate, 'roles' | 'qcStatementsProblem'> {
  try {
    const roles = [...new Set(decodePsd2Statement(qcStatements).roles)];
    return roles.length > 0 ? { roles } : { roles, qcStatementsProblem: 'the PSD2 statement names no role' };
  } catch (error) {
    return { roles: [], qcStatementsProblem: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unreadable';
}

function refusal(expected: string, actual: string, part?: string): DomainError {
  return invalidInput([{ field: part ? `${FIELD} ${part}` : FIELD, expected, actual }]);
}
