import { assertionAlgorithms, expectedAudience, signsAssertion, type BankProfile } from '../aspsp/profile.js';
import { CIBA_GRANT_TYPE, dictionaries } from '../aspsp/dcr-version.js';
import { newUuid } from '../domain/identifiers.js';
import type { Random } from '../domain/ports.js';
import { scopeOfRole, unconditionalScopes } from '../domain/roles.js';
import type { SoftwareStatement } from '../domain/software-statement.js';
import { parseCertificate } from '../pki/certificate.js';
import { formatName } from '../pki/distinguished-name.js';

/** Claims of a JWT under their wire names. */
export type Claims = Readonly<Record<string, unknown>>;

const LIFETIME_SECONDS = 300;

/** Keys here are RSA keys. */
const preferredAlgorithms = ['PS256', 'RS256'] as const;
const preferredAuthMethods = ['private_key_jwt', 'tls_client_auth'];

/** Whose request it is, and of which moment. */
export interface Registrant {
  readonly softwareStatement: SoftwareStatement;
  /** Undefined where there is none: such a client cannot name it. */
  readonly transportCertificatePem: string | undefined;
  readonly ssa: string;
  readonly at: Date;
  readonly random: Random;
}

/**
 * The claims of a request that a bank with this profile accepts: those that it demands, and no more.
 * @param issuer the bank's issuer URL
 * @see DCR 3.4, OBClientRegistrationRequest1
 */
export function registrationClaims(
  { softwareStatement, transportCertificatePem, ssa, at, random }: Registrant,
  profile: BankProfile,
  issuer: string,
): Claims {
  const { request, metadata } = profile;
  const issuedAt = numericDate(at);
  const algorithm = preferred(metadata.signingAlgorithms, preferredAlgorithms);
  return {
    iss: request.issuer === 'software-id' ? softwareStatement.id : softwareStatement.organisationId,
    iat: issuedAt,
    exp: issuedAt + Math.min(LIFETIME_SECONDS, request.maxLifetimeSeconds ?? LIFETIME_SECONDS),
    aud: expectedAudience(profile, issuer),
    jti: newUuid(random),
    redirect_uris: softwareStatement.redirectUris,
    ...authentication(profile, transportCertificatePem),
    grant_types: metadata.grantTypes.filter((grantType) => grantType !== CIBA_GRANT_TYPE),
    response_types: [preferred(metadata.responseTypes, ['code id_token'])],
    scope: scopeOf(softwareStatement, profile),
    software_statement: ssa,
    application_type: preferred(metadata.applicationTypes, ['web']),
    id_token_signed_response_alg: algorithm,
    request_object_signing_alg: algorithm,
    ...(metadata.subjectTypeRequired ? { subject_type: metadata.subjectTypes[0] } : {}),
  };
}

/** How a request to this bank is signed. */
export function requestAlgorithm({ request }: BankProfile): string {
  return preferred(request.signingAlgorithms, preferredAlgorithms);
}

/** The instant as JWTs write it, rounded down. @see RFC 7519 section 2, NumericDate */
export function numericDate(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

function authentication(profile: BankProfile, transportCertificatePem: string | undefined): Claims {
  const { metadata, subjectDn, dcrVersion } = profile;
  const method = preferred(metadata.tokenEndpointAuthMethods, preferredAuthMethods);
  const needsAlgorithm = signsAssertion(method) || !dictionaries[dcrVersion].authSigningAlgOptional;
  const algorithms = assertionAlgorithms(profile, method);
  return {
    token_endpoint_auth_method: method,
    ...(needsAlgorithm
      ? { token_endpoint_auth_signing_alg: preferred(algorithms, preferredAlgorithms) }
      : {}),
    ...(method === 'tls_client_auth' && transportCertificatePem !== undefined
      ? { [subjectDn.claim]: formatName(parseCertificate(transportCertificatePem).subject) }
      : {}),
  };
}

function scopeOf({ roles }: SoftwareStatement, { dcrVersion }: BankProfile): string | string[] {
  const scopes = [...unconditionalScopes, ...roles.flatMap((role) => scopeOfRole[role] ?? [])];
  return dictionaries[dcrVersion].scopeForm === 'list' ? scopes : scopes.join(' ');
}

/** The first of those wished for that is offered, or else the first that is offered. */
function preferred(offered: readonly string[], wishes: readonly string[]): string {
  return wishes.find((wish) => offered.includes(wish)) ?? offered[0] ?? '';
}
