import { roles, scopeOfRole, unconditionalScopes } from '../domain/roles.js';
import type { BankProfile } from './profile.js';

/** The scopes a bank knows: those without a role first. */
export const knownScopes: readonly string[] = [
  ...unconditionalScopes,
  ...roles.flatMap((role) => scopeOfRole[role] ?? []),
];

/**
 * A bank's discovery document, derived from its profile so that it never promises what the bank refuses.
 * @param issuer the bank's issuer URL, without a slash at the end
 * @param jwksUri the bank's key set: its organisation's, in the Directory's keystore
 * @see OpenID Connect Discovery 1.0 section 3, RFC 8705 section 3.3
 */
export function discoveryDocument(
  profile: BankProfile,
  issuer: string,
  jwksUri: string,
): Record<string, unknown> {
  return {
    issuer,
    registration_endpoint: `${issuer}/register`,
    jwks_uri: jwksUri,
    scopes_supported: knownScopes,
    response_types_supported: profile.responseTypes,
    grant_types_supported: profile.grantTypes,
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: profile.tokenEndpointAuthMethods,
    token_endpoint_auth_signing_alg_values_supported: profile.signingAlgorithms,
    id_token_signing_alg_values_supported: profile.signingAlgorithms,
    request_object_signing_alg_values_supported: profile.signingAlgorithms,
    tls_client_certificate_bound_access_tokens: true,
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
  };
}
