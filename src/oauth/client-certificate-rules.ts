import { failed, passed, type Rule } from '../domain/rules.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import {
  clientUseProblem,
  findIssuer,
  isWithinDates,
  signatureAlgorithmProblem,
  unknownCriticalExtensions,
} from '../pki/client-certificate.js';
import { formatName } from '../pki/distinguished-name.js';

/** What the TLS client showed, and who may have issued it. */
export interface CertificateEvidence {
  readonly at: Date;
  /** Undefined when none was shown, or one that cannot be read. */
  readonly certificate: ParsedCertificate | undefined;
  readonly certificateWasShown: boolean;
  /** Certificates that may issue client certificates; they chain to a trusted root. */
  readonly trustedIssuers: readonly ParsedCertificate[];
}

/** What a rule that needs `client-certificate-presented` may rely on. */
export function presentedCertificate({ certificate }: CertificateEvidence): ParsedCertificate {
  if (!certificate) throw new Error('The rule needs client-certificate-presented.');
  return certificate;
}

/** Judged before anything that was posted: who is calling? The handshake has judged nothing. */
export const clientCertificateRules: readonly Rule<CertificateEvidence, 'invalid_client'>[] = [
  {
    id: 'client-certificate-presented',
    title: 'The TLS client shows a certificate',
    spec: '{dcr}, Authentication; RFC 8705 section 2',
    error: 'invalid_client',
    needs: [],
    check: ({ certificate, certificateWasShown }) =>
      certificate
        ? passed
        : failed('a TLS client certificate', certificateWasShown ? 'an unreadable one' : 'none'),
  },
  {
    id: 'client-certificate-trusted',
    title: 'The client certificate was issued below a trusted root',
    spec: 'RFC 5280 section 6.1.3; RFC 8705 section 2.1',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const certificate = presentedCertificate(evidence);
      const { trustedIssuers } = evidence;
      return findIssuer(certificate, trustedIssuers)
        ? passed
        : failed(
            `a certificate signed by ${trustedIssuers.map(({ subject }) => formatName(subject)).join(' or ')}`,
            `one that names ${formatName(certificate.issuer)} as its issuer and does not verify`,
          );
    },
  },
  {
    id: 'client-certificate-dates',
    title: 'The client certificate is within its dates',
    spec: 'RFC 5280 section 4.1.2.5',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const certificate = presentedCertificate(evidence);
      return isWithinDates(certificate, evidence.at)
        ? passed
        : failed(
            `a certificate that is valid at ${evidence.at.toISOString()}`,
            `one valid from ${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}`,
          );
    },
  },
  {
    id: 'client-certificate-usage',
    title: 'The client certificate may be used by a TLS client',
    spec: 'RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12; FAPI 1.0 Advanced section 8.5',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const problem = clientUseProblem(presentedCertificate(evidence));
      return problem === undefined
        ? passed
        : failed(
            'a leaf certificate for digital signatures and TLS client authentication with an RSA key of 2048 bits or more',
            problem,
          );
    },
  },
  {
    id: 'client-certificate-signature-algorithm',
    title: 'The client certificate was signed with an algorithm that still holds',
    spec: 'RFC 8446 section 4.4.2.4',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const problem = signatureAlgorithmProblem(presentedCertificate(evidence));
      return problem === undefined
        ? passed
        : failed('a certificate signed with SHA-256, SHA-384 or SHA-512', `one signed with ${problem}`);
    },
  },
  {
    id: 'client-certificate-critical-extensions',
    title: 'Every critical extension of the client certificate is one that can be read',
    spec: 'RFC 5280 section 4.2',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const unknown = unknownCriticalExtensions(presentedCertificate(evidence));
      return unknown.length === 0
        ? passed
        : failed('no critical extension but the known ones', `the critical extension ${unknown.join(', ')}`);
    },
  },
];
