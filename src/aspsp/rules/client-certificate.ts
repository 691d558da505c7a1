import type { JwkSet } from '../../domain/jwk.js';
import { clientUseProblem, findIssuer, isWithinDates } from '../../pki/client-certificate.js';
import { formatName, valuesOf } from '../../pki/distinguished-name.js';
import { oids } from '../../pki/oids.js';
import type { ParsedCertificate } from '../../pki/certificate.js';
import type { Evidence } from '../evidence.js';
import { failed, passed, type Finding, type Rule } from './rule.js';

/** What a rule that needs `client-certificate-presented` may rely on. */
function presentedCertificate(evidence: Evidence): ParsedCertificate {
  if (!evidence.certificate) throw new Error('The rule needs client-certificate-presented.');
  return evidence.certificate;
}

/** Judged before anything that was posted: who is calling? */
export const clientCertificateRules: readonly Rule[] = [
  {
    id: 'client-certificate-presented',
    title: 'The TLS client shows a certificate',
    spec: 'DCR 3.4, Authentication, POST Operations',
    error: 'invalid_client',
    needs: [],
    check: ({ certificate, input }) =>
      certificate
        ? passed
        : failed('a TLS client certificate', input.clientCertificate ? 'an unreadable one' : 'none'),
  },
  {
    id: 'client-certificate-trusted',
    title: 'The client certificate was issued below a trusted root',
    spec: 'RFC 5280 section 6.1.3; RFC 8705 section 2.1',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const certificate = presentedCertificate(evidence);
      const { trustedIssuers } = evidence.bank;
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
    spec: 'RFC 5280 section 4.2.1.12; FAPI 1.0 Advanced section 8.5',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const problem = clientUseProblem(presentedCertificate(evidence));
      return problem === undefined
        ? passed
        : failed(
            'a leaf certificate for TLS client authentication with an RSA key of 2048 bits or more',
            problem,
          );
    },
  },
];

/** Judged once the SSA is trusted: does the certificate belong to the SSA's organisation, and is it still good? */
export const certificateHolderRules: readonly Rule[] = [
  {
    id: 'client-certificate-organisation',
    title: 'The client certificate belongs to the organisation of the SSA',
    spec: 'Directory API 2.2.0, "Request Validation"',
    error: 'invalid_client',
    needs: ['client-certificate-trusted', 'ssa-signature', 'ssa-claims'],
    check: (evidence) => {
      const { subject } = presentedCertificate(evidence);
      const organisationId = evidence.ssaText('org_id');
      // OBTransport names the organisation in OU, OBWAC in CN.
      const named = [
        ...valuesOf(subject, oids.organizationalUnitName),
        ...valuesOf(subject, oids.commonName),
      ];
      return named.includes(organisationId)
        ? passed
        : failed(`a certificate of the organisation ${organisationId}`, formatName(subject));
    },
  },
  {
    id: 'client-certificate-not-revoked',
    title: "The client certificate is among the organisation's active keys",
    spec: 'Directory API 2.2.0, "SSA Payload", org_jwks_endpoint and org_jwks_revoked_endpoint',
    error: 'invalid_client',
    needs: ['client-certificate-organisation', 'ssa-jwks-endpoints'],
    check: checkNotRevoked,
  },
];

async function checkNotRevoked(evidence: Evidence): Promise<Finding> {
  const certificate = presentedCertificate(evidence);
  const expected = "a certificate among the organisation's active keys";
  const active = await evidence.jwks(evidence.ssaText('org_jwks_endpoint'));
  if (!active.ok) return failed(expected, `${evidence.ssaText('org_jwks_endpoint')} ${active.reason}`);
  if (holds(active.jwks, certificate)) return passed;
  const revoked = await evidence.jwks(evidence.ssaText('org_jwks_revoked_endpoint'));
  const isRevoked = revoked.ok && holds(revoked.jwks, certificate);
  return failed(
    expected,
    isRevoked ? 'a revoked certificate' : 'a certificate that the keystore does not list',
  );
}

function holds(jwks: JwkSet, certificate: ParsedCertificate): boolean {
  const base64 = certificate.x509.raw.toString('base64');
  return jwks.keys.some((key) => key.x5c?.[0] === base64);
}
