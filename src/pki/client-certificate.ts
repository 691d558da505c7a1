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

/**
 * Why a certificate cannot be a TLS client's, or undefined when it can. Its holder signs the handshake, so its key usage
 * must be there and say so: every certificate of the Directory and every qualified one has it.
 * @see RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12; RFC 5246 section 7.4.6; ETSI EN 319 412-2 section 4.3.2
 */
export function clientUseProblem(certificate: ParsedCertificate): string | undefined {
  if (certificate.claimsAuthority) return 'a certificate authority';
  const { keyUsage, extendedKeyUsage: purposes } = certificate;
  if (!keyUsage?.includes('digitalSignature')) {
    return keyUsage ? `key usage ${keyUsage.join(', ') || 'of none of these'}` : 'no key usage';
  }
  if (purposes && !purposes.includes(oids.clientAuth)) return `extended key usage ${purposes.join(', ')}`;
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.x509.publicKey;
  const bits = asymmetricKeyDetails?.modulusLength;
  if (asymmetricKeyType === 'rsa' && bits !== undefined && bits < limits.rsaModulusMinimumBits) {
    return `an RSA key of ${bits} bits`;
  }
  return undefined;
}

/** @see RFC 8446 section 4.4.2.4: MD5 and SHA-1 no longer; RFC 8017, RFC 5758 */
const soundSignatureAlgorithms: readonly string[] = [
  oids.sha256WithRSAEncryption,
  oids.sha384WithRSAEncryption,
  oids.sha512WithRSAEncryption,
  oids.ecdsaWithSha256,
  oids.ecdsaWithSha384,
  oids.ecdsaWithSha512,
];

const unsoundSignatureAlgorithms: Readonly<Record<string, string>> = {
  [oids.md5WithRSAEncryption]: 'MD5 and RSA',
  [oids.sha1WithRSAEncryption]: 'SHA-1 and RSA',
};

/** With what a certificate should not have been signed; undefined when its signature is sound. */
export function signatureAlgorithmProblem({ signatureAlgorithm }: ParsedCertificate): string | undefined {
  if (soundSignatureAlgorithms.includes(signatureAlgorithm)) return undefined;
  return unsoundSignatureAlgorithms[signatureAlgorithm] ?? `the algorithm ${signatureAlgorithm}`;
}

/** What whoever judges a client certificate here reads or knows to be of no concern. */
const knownExtensions: readonly string[] = [
  oids.authorityKeyIdentifier,
  oids.subjectKeyIdentifier,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.subjectAltName,
  oids.basicConstraints,
  oids.certificatePolicies,
  oids.cRLDistributionPoints,
  oids.authorityInfoAccess,
  oids.qcStatements,
];

/** The critical extensions of a certificate that nobody here can read. @see RFC 5280 section 4.2 */
export function unknownCriticalExtensions({ criticalExtensions }: ParsedCertificate): string[] {
  return criticalExtensions.filter((id) => !knownExtensions.includes(id));
}

export const clientCertificateKinds = ['obtransport', 'obwac', 'qwac'] as const;
export type ClientCertificateKind = (typeof clientCertificateKinds)[number];

/**
 * Which kind of certificate a client shows, by its contents: QCStatements under the Directory's own policy make an OBWAC,
 * under any other a QWAC; without them it is an OBTransport. Seals of the Directory are ruled out by their extended key
 * usage; a QSealC has none, so its QcType must tell it from a QWAC.
 * @see formats.md section 3, ETSI EN 319 412-5 section 4.2.3
 */
export function clientCertificateKind({
  qcStatements,
  policies,
}: ParsedCertificate): ClientCertificateKind | 'qseal' {
  if (!qcStatements) return 'obtransport';
  if (policies.includes(oids.openBankingSandboxPolicy)) return 'obwac';
  return isSeal(qcStatements) ? 'qseal' : 'qwac';
}

function isSeal(qcStatements: Uint8Array): boolean {
  try {
    return decodeQcType(qcStatements) === 'eseal';
  } catch {
    return false;
  }
}

/** Which type of certificate this is, by its contents: one of the Directory's for TLS says so in its extended key usage. */
export function certificateTypeOf(certificate: ParsedCertificate): CertificateType {
  const kind = clientCertificateKind(certificate);
  if (certificate.extendedKeyUsage?.includes(oids.clientAuth)) return kind;
  return kind === 'obtransport' ? 'obsigning' : kind === 'obwac' ? 'obseal' : kind;
}

/** By their bytes, the oldest first: a client shows the same one with every request, and reading it is dear. */
const shownLately = new Map<string, ParsedCertificate>();

/** Undefined when the bytes are no certificate. */
export function tryParseCertificate(encoded: Uint8Array): ParsedCertificate | undefined {
  const bytes = Buffer.from(encoded).toString('latin1');
  const known = shownLately.get(bytes);
  if (known) return known;
  try {
    const certificate = parseCertificate(encoded);
    shownLately.set(bytes, certificate);
    forgetOldest();
    return certificate;
  } catch {
    return undefined;
  }
}

function forgetOldest(): void {
  for (const bytes of shownLately.keys()) {
    if (shownLately.size <= limits.shownCertificates) return;
    shownLately.delete(bytes);
  }
}
