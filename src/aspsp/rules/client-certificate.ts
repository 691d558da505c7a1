import type { JwkSet } from '../../domain/jwk.js';
import { quote } from '../../domain/errors.js';
import { authorityOfIdentifier, countryOfAuthority } from '../../domain/organisation.js';
import type { JwksFetchResult } from '../../domain/ports.js';
import { failed, passed, skipped, type Finding, type Rule } from '../../domain/rules.js';
import { presentedCertificate, type CertificateEvidence } from '../../oauth/client-certificate-rules.js';
import type { ParsedCertificate } from '../../pki/certificate.js';
import { clientCertificateKind } from '../../pki/client-certificate.js';
import { formatName, valuesOf } from '../../pki/distinguished-name.js';
import { oids } from '../../pki/oids.js';
import { qcStatementsProblem } from '../../pki/qc-statements.js';
import type { Claims } from '../evidence.js';
import type { RegistrationRule } from './registration-rule.js';

/** @see formats.md section 7, quirk 11 */
export const certificateKindRule: RegistrationRule = {
  id: 'client-certificate-kind',
  title: 'The client certificate is of a kind that the bank admits',
  spec: '{dcr}, Authentication, POST Operations: mutual TLS',
  error: 'invalid_client',
  needs: ['client-certificate-presented'],
  check: (evidence) => {
    const { kinds } = evidence.profile.clientCertificate;
    const kind = clientCertificateKind(presentedCertificate(evidence));
    return kinds.some((admitted) => admitted === kind)
      ? passed
      : failed(`a certificate of the kind ${kinds.join(' or ')}`, kind);
  },
};

const isNoPsd2Certificate = skipped('the certificate has no QCStatements, as an OBTransport certificate');

/** What a certificate with QCStatements must say, be it an OBWAC or a QWAC. */
export const psd2CertificateRules: readonly RegistrationRule[] = [
  {
    id: 'client-certificate-qc-statements',
    title:
      'The QCStatements of an OBWAC or QWAC can be read, and name the roles of a payment service provider',
    spec: 'ETSI TS 119 495 section 5.1; ETSI EN 319 412-5 section 4.2.3',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const { qcStatements } = presentedCertificate(evidence);
      if (!qcStatements) return isNoPsd2Certificate;
      const problem = qcStatementsProblem(qcStatements);
      return problem === undefined
        ? passed
        : failed('QCStatements with a QcType and a PSD2 statement', `QCStatements in which ${problem}`);
    },
  },
  {
    id: 'client-certificate-organisation-identifier',
    title: 'An OBWAC or QWAC names its organisation by the number that its authority gave it',
    spec: 'ETSI TS 119 495 section 5.2.1',
    error: 'invalid_client',
    needs: ['client-certificate-presented'],
    check: (evidence) => {
      const { qcStatements, subject } = presentedCertificate(evidence);
      if (!qcStatements) return isNoPsd2Certificate;
      const identifiers = valuesOf(subject, oids.organizationIdentifier);
      const [identifier] = identifiers;
      return identifier !== undefined && identifiers.length === 1 && authorityOfIdentifier(identifier)
        ? passed
        : failed(
            'a subject with one organizationIdentifier as PSDGB-FCA-827001',
            identifiers.map(quote).join(' and ') || formatName(subject),
          );
    },
  },
];

/** Judged once the SSA is trusted: does the certificate belong to the SSA's organisation, and is it still good? */
export const certificateHolderRules: readonly RegistrationRule[] = [
  {
    id: 'client-certificate-organisation',
    title: 'The client certificate belongs to the organisation of the SSA',
    spec: 'Directory API 2.2.0, "Request Validation"',
    error: 'invalid_client',
    needs: ['client-certificate-trusted', 'ssa-signature', 'ssa-claims'],
    check: (evidence) => checkHolder(presentedCertificate(evidence), evidence.ssaClaims),
  },
  {
    id: 'client-certificate-software',
    title:
      'The client certificate names the software and the organisation of the SSA, where the bank insists on it',
    spec: 'DCR 1.0.0-rc2: CN is the software id, OU the organisation id',
    error: 'invalid_client',
    needs: ['client-certificate-presented', 'ssa-claims'],
    check: (evidence) => {
      if (!evidence.profile.clientCertificate.mustNameSoftware)
        return skipped('the bank does not insist on it');
      const { subject } = presentedCertificate(evidence);
      const [softwareId, organisationId] = [evidence.ssaText('software_id'), evidence.ssaText('org_id')];
      return valuesOf(subject, oids.commonName).includes(softwareId) &&
        valuesOf(subject, oids.organizationalUnitName).includes(organisationId)
        ? passed
        : failed(`a subject with CN=${softwareId} and OU=${organisationId}`, formatName(subject));
    },
  },
  listedCertificateRule(['client-certificate-organisation', 'ssa-jwks-endpoints'], (evidence) => ({
    claims: evidence.ssaClaims,
    fetch: (url) => evidence.jwks(url),
  })),
];

/** Whether a certificate belongs to the organisation that claims of an SSA name. */
export function checkHolder({ subject }: ParsedCertificate, ssaClaims: Claims): Finding {
  const organisationId = String(ssaClaims['org_id']);
  // OBTransport names the organisation in OU, OBWAC in CN, a QWAC by the number its authority gave it.
  const named = [...valuesOf(subject, oids.organizationalUnitName), ...valuesOf(subject, oids.commonName)];
  const identifier = organisationIdentifierOf(ssaClaims);
  const isIdentified =
    identifier !== undefined && valuesOf(subject, oids.organizationIdentifier).includes(identifier);
  return named.includes(organisationId) || isIdentified
    ? passed
    : failed(`a certificate of the organisation ${organisationId}`, formatName(subject));
}

/** @see ETSI TS 119 495 section 5.2.1; formats.md section 1, "Invariant ASPSPs rely on" */
function organisationIdentifierOf({
  organisation_competent_authority_claims: claims,
}: Claims): string | undefined {
  if (typeof claims !== 'object' || claims === null) return undefined;
  const { authority_id: authorityId, registration_id: registrationId } = claims as Claims;
  if (typeof authorityId !== 'string' || typeof registrationId !== 'string') return undefined;
  const country = countryOfAuthority(authorityId);
  return country && `PSD${country}-${authorityId.slice(0, -3)}-${registrationId}`;
}

/** Where the keys of a certificate's organisation are: the claims of an SSA that say so, and how to fetch from there. */
export interface KeysOfHolder {
  readonly claims: Claims;
  readonly fetch: (url: string) => Promise<JwksFetchResult>;
}

/** A certificate that was good when it was issued may have been revoked since. */
export function listedCertificateRule<Subject extends CertificateEvidence>(
  needs: readonly string[],
  keysOf: (evidence: Subject) => KeysOfHolder,
): Rule<Subject, 'invalid_client'> {
  return {
    id: 'client-certificate-not-revoked',
    title: "The client certificate is among the organisation's active keys",
    spec: 'Directory API 2.2.0, "SSA Payload", org_jwks_endpoint and org_jwks_revoked_endpoint',
    error: 'invalid_client',
    needs,
    check: (evidence) => checkListed(presentedCertificate(evidence), keysOf(evidence)),
  };
}

async function checkListed(
  certificate: ParsedCertificate,
  { claims, fetch }: KeysOfHolder,
): Promise<Finding> {
  const { org_jwks_endpoint: activeUrl, org_jwks_revoked_endpoint: revokedUrl } = claims;
  const expected = "a certificate among the organisation's active keys";
  const active = await fetch(String(activeUrl));
  if (!active.ok) return failed(expected, `${String(activeUrl)} ${active.reason}`);
  if (holds(active.jwks, certificate)) return passed;
  const revoked = await fetch(String(revokedUrl));
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
