import { knownScopes } from './negotiation.js';
import { assertionAlgorithms, offersCiba, signsAssertion, type BankProfile } from './profile.js';

/**
 * A bank's discovery document, derived from its profile so that it never promises what the bank refuses. There is no
 * authorisation endpoint, because a mock bank has none.
 * @param issuer the bank's issuer URL, without a slash at the end
 * @param jwksUri the bank's key set: its organisation's, in the Directory's keystore
 * @see OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2, RFC 8705 section 3.3, CIBA Core 1.0 section 4
 */
export function discoveryDocument(
  profile: BankProfile,
  issuer: string,
  jwksUri: string,
): Record<string, unknown> {
  const { metadata, operations, acrValues } = profile;
  const methods = metadata.tokenEndpointAuthMethods;
  const assertionAlgs = new Set(
    methods.filter(signsAssertion).flatMap((method) => assertionAlgorithms(profile, method)),
  );
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    ...(operations.includes('POST') ? { registration_endpoint: `${issuer}/register` } : {}),
    jwks_uri: jwksUri,
    scopes_supported: knownScopes,
    response_types_supported: metadata.responseTypes,
    grant_types_supported: metadata.grantTypes,
    subject_types_supported: metadata.subjectTypes,
    ...(acrValues.length > 0 ? { acr_values_supported: acrValues } : {}),
    token_endpoint_auth_methods_supported: methods,
    ...(assertionAlgs.size > 0
      ? { token_endpoint_auth_signing_alg_values_supported: [...assertionAlgs] }
      : {}),
    id_token_signing_alg_values_supported: metadata.signingAlgorithms,
    request_object_signing_alg_values_supported: metadata.signingAlgorithms,
    ...(offersCiba(profile) ? cibaMetadata(metadata.signingAlgorithms) : {}),
    tls_client_certificate_bound_access_tokens: true,
    claims_parameter_supported: false,
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
  };
}

function cibaMetadata(signingAlgorithms: readonly string[]): Record<string, unknown> {
  return {
    backchannel_token_delivery_modes_supported: ['poll', 'ping'],
    backchannel_authentication_request_signing_alg_values_supported: signingAlgorithms,
    backchannel_user_code_parameter_supported: false,
  };
}
