import type { CertificateType } from '../domain/key-record.js';
import { limits } from '../domain/limits.js';
import { parseCertificate, type ParsedCertificate } from './certificate.js';
import { isSameName } from './distinguished-name.js';
import { oids } from './oids.js';
import { decodeQcType } from './qc-statements.js';

/**
 * The certificate that issued a client certificate, out of those that are trusted to issue; undefined when none did.
 * Works without the handshake's verdict: a resumed TLS session keeps the verdict of its first handshake.
 * @see RFC 5280 section 6.1.3
 */
export function findIssuer(
  certificate: ParsedCertificate,
  trustedIssuers: readonly ParsedCertificate[],
): ParsedCertificate | undefined {
  return trustedIssuers.find(
    (issuer) =>
      issuer.isAuthority &&
      isSameName(certificate.issuer, issuer.subject) &&
      certificate.x509.verify(issuer.x509.publicKey),
  );
}

/** Issuing certificates out of a bundle that chain to one of the roots. */
export function issuersBelowRoots(
  bundle: readonly ParsedCertificate[],
  roots: readonly ParsedCertificate[],
): ParsedCertificate[] {
  return bundle.filter((candidate) => candidate.isAuthority && findIssuer(candidate, roots) !== undefined);
}

export function isWithinDates(certificate: ParsedCertificate, at: Date): boolean {
  return certificate.notBefore.getTime() <= at.getTime() && at.getTime() <= certificate.notAfter.getTime();
}

/** Why a certificate cannot be a TLS client's, or undefined when it can. @see RFC 5280 section 4.2.1.12 */
export function clientUseProblem(certificate: ParsedCertificate): string | undefined {
  if (certificate.isAuthority) return 'a certificate authority';
  const purposes = certificate.extendedKeyUsage;
  if (purposes && !purposes.includes(oids.clientAuth)) return `extended key usage ${purposes.join(', ')}`;
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.x509.publicKey;
  const bits = asymmetricKeyDetails?.modulusLength;
  if (asymmetricKeyType === 'rsa' && bits !== undefined && bits < limits.rsaModulusMinimumBits) {
    return `an RSA key of ${bits} bits`;
  }
  return undefined;
}

export const clientCertificateKinds = ['obtransport', 'obwac', 'qwac'] as const;
export type ClientCertificateKind = (typeof clientCertificateKinds)[number];

/**
 * Which kind of certificate a client shows, by its contents: QCStatements under the Directory's own policy make an OBWAC,
 * under any other a QWAC; without them it is an OBTransport. A seal is for documents, yet may be shown: a QSealC has no
 * extended key usage that would forbid it.
 * @see formats.md section 3, ETSI EN 319 412-5 section 4.2.3
 */
export function clientCertificateKind({
  qcStatements,
  policies,
}: ParsedCertificate): ClientCertificateKind | 'obseal' | 'qseal' {
  if (!qcStatements) return 'obtransport';
  const isOfDirectory = policies.includes(oids.openBankingSandboxPolicy);
  if (isSeal(qcStatements)) return isOfDirectory ? 'obseal' : 'qseal';
  return isOfDirectory ? 'obwac' : 'qwac';
}

function isSeal(qcStatements: Uint8Array): boolean {
  try {
    return decodeQcType(qcStatements) === 'eseal';
  } catch {
    return false;
  }
}

/** Which type of certificate this is, by its contents: one for TLS says so in its extended key usage. */
export function certificateTypeOf(certificate: ParsedCertificate): CertificateType {
  const kind = clientCertificateKind(certificate);
  const isForTls = certificate.extendedKeyUsage?.includes(oids.clientAuth) ?? false;
  return kind === 'obtransport' && !isForTls ? 'obsigning' : kind;
}

/** Undefined when the bytes are no certificate. */
export function tryParseCertificate(encoded: Uint8Array): ParsedCertificate | undefined {
  try {
    return parseCertificate(encoded);
  } catch {
    return undefined;
  }
}
