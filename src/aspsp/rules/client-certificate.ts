import type { JwkSet } from '../../domain/jwk.js';
import { countryOfAuthority } from '../../domain/organisation.js';
import { failed, passed, skipped, type Finding } from '../../domain/rules.js';
import { presentedCertificate } from '../../oauth/client-certificate-rules.js';
import type { ParsedCertificate } from '../../pki/certificate.js';
import { clientCertificateKind } from '../../pki/client-certificate.js';
import { formatName, valuesOf } from '../../pki/distinguished-name.js';
import { oids } from '../../pki/oids.js';
import type { Claims, Evidence } from '../evidence.js';
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
    return kinds.includes(kind) ? passed : failed(`a certificate of the kind ${kinds.join(' or ')}`, kind);
  },
};

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
  {
    id: 'client-certificate-not-revoked',
    title: "The client certificate is among the organisation's active keys",
    spec: 'Directory API 2.2.0, "SSA Payload", org_jwks_endpoint and org_jwks_revoked_endpoint',
    error: 'invalid_client',
    needs: ['client-certificate-organisation', 'ssa-jwks-endpoints'],
    check: (evidence) =>
      checkListed(presentedCertificate(evidence), evidence.ssaClaims, (url) => evidence.jwks(url)),
  },
];

/** Whether a certificate belongs to the organisation that claims of an SSA name. */
export function checkHolder({ subject }: ParsedCertificate, ssaClaims: Claims): Finding {
  const organisationId = String(ssaClaims['org_id']);
  // OBTransport names the organisation in OU, OBWAC in CN, a QWAC by the number its authority gave it.
  const named = [...valuesOf(subject, oids.organizationalUnitName), ...valuesOf(subject, oids.commonName)];
  const identifiers = valuesOf(subject, oids.organizationIdentifier);
  return named.includes(organisationId) || identifiers.includes(organisationIdentifierOf(ssaClaims) ?? '')
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

/** Whether the keystore lists a certificate among the active ones of its organisation. */
export async function checkListed(
  certificate: ParsedCertificate,
  { org_jwks_endpoint: activeUrl, org_jwks_revoked_endpoint: revokedUrl }: Claims,
  fetch: (url: string) => ReturnType<Evidence['jwks']>,
): Promise<Finding> {
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
