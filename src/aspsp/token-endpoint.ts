import type { BankRepository, Random } from '../domain/ports.js';
import type { BankError, RegisteredClient } from '../domain/registration.js';
import type { Rule } from '../domain/rules.js';
import { issueAccessToken } from '../oauth/access-token.js';
import { authenticationWith } from '../oauth/client-authentication.js';
import { clientCredentialsRules, grantedScope, tokenRequestRules } from '../oauth/client-credentials.js';
import { clientCertificateRules, presentedCertificate } from '../oauth/client-certificate-rules.js';
import type { OAuthClient, TokenEvidence } from '../oauth/token-evidence.js';
import { parseTokenRequest, type TokenInput } from '../oauth/token-request.js';
import { tryParseCertificate } from '../pki/client-certificate.js';
import { isForSigning, type BankResources } from './evidence.js';
import { assertionAlgorithms, originsOfKeys, type BankProfile } from './profile.js';
import { checkHolder, listedCertificateRule } from './rules/client-certificate.js';

/** What a token endpoint brings to a judgement. */
export type TokenResources = Pick<
  BankResources,
  'profile' | 'issuer' | 'trustedIssuers' | 'jwks' | 'consumeJti'
> & {
  readonly findClient: (clientId: string) => RegisteredClient | undefined;
};

/** Evidence with the client as the bank registered it. */
export interface BankTokenEvidence extends TokenEvidence {
  readonly registered: RegisteredClient | undefined;
  readonly fetchJwks: (url: string) => ReturnType<BankResources['jwks']>;
}

/** Whether the certificate is that of the client's organisation, and still good. */
const holderRules: readonly Rule<BankTokenEvidence, BankError>[] = [
  {
    id: 'client-certificate-organisation',
    title: "The client certificate belongs to the client's organisation",
    spec: 'RFC 8705 section 3; FAPI 1.0 Advanced section 5.2.2',
    error: 'invalid_client',
    needs: ['client-certificate-trusted', 'client-known'],
    check: (evidence) =>
      checkHolder(presentedCertificate(evidence), evidence.registered?.softwareClaims ?? {}),
  },
  listedCertificateRule(['client-certificate-organisation'], ({ registered, fetchJwks }) => ({
    claims: registered?.softwareClaims ?? {},
    fetch: fetchJwks,
  })),
];

/** Every check of a token request in the order in which they run. */
export const tokenRules: readonly Rule<BankTokenEvidence, BankError>[] = [
  ...tokenRequestRules,
  ...clientCertificateRules,
  ...authenticationWith(holderRules),
  ...clientCredentialsRules,
];

/** Gathers what the rules look at. */
export function tokenEvidence(input: TokenInput, resources: TokenResources, at: Date): BankTokenEvidence {
  const { profile, issuer, trustedIssuers, consumeJti, jwks, findClient } = resources;
  const request = parseTokenRequest(input);
  const registered = request.clientId === undefined ? undefined : findClient(request.clientId);
  const origins = originsOfKeys(profile);
  const fetchJwks = (url: string, kid?: string) => jwks(url, origins, kid);
  return {
    at,
    clockSkewSeconds: profile.clockSkewSeconds,
    certificate: input.clientCertificate && tryParseCertificate(input.clientCertificate),
    certificateWasShown: input.clientCertificate !== undefined,
    trustedIssuers,
    mediaType: input.mediaType,
    request,
    registered,
    client: registered && oauthClient(registered, profile, fetchJwks),
    audiences: [`${issuer}/token`, issuer],
    consumeJti,
    fetchJwks,
  };
}

function oauthClient(
  { clientId, clientSecret, metadata, softwareClaims }: RegisteredClient,
  profile: BankProfile,
  fetchJwks: (url: string, kid?: string) => ReturnType<BankResources['jwks']>,
): OAuthClient {
  const registeredAlgorithm = metadata.token_endpoint_auth_signing_alg;
  const method = metadata.token_endpoint_auth_method;
  return {
    clientId,
    authMethod: method,
    assertionAlgorithms: registeredAlgorithm ? [registeredAlgorithm] : assertionAlgorithms(profile, method),
    secret: clientSecret,
    subjectDn: metadata.tls_client_auth_subject_dn,
    grantTypes: metadata.grant_types,
    scopes: metadata.scope.split(' '),
    findKeys: async (kid) => {
      const url = String(softwareClaims['software_jwks_endpoint']);
      const result = await fetchJwks(url, kid);
      if (!result.ok) return { problem: `${url} ${result.reason}` };
      const keys = result.jwks.keys.filter(
        (key) => isForSigning(key) && (kid === undefined || key.kid === kid),
      );
      return keys.length > 0 ? { keys } : { problem: `${result.jwks.keys.length} other keys at ${url}` };
    },
  };
}

/** @see RFC 6749 section 5.1 */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
}

/** Issues a token for evidence that every rule has passed, bound to the certificate that was shown. */
export function grantToken(
  evidence: BankTokenEvidence,
  { token: { lifetimeSeconds } }: BankProfile,
  repository: BankRepository,
  random: Random,
): TokenResponse {
  const { client, at } = evidence;
  if (!client) throw new Error('No token without a client.');
  const scope = grantedScope(evidence, client);
  const { token, record } = issueAccessToken(random, {
    clientId: client.clientId,
    scope,
    certificateThumbprintSha256: presentedCertificate(evidence).thumbprintSha256,
    at,
    lifetimeSeconds,
  });
  repository.saveToken(record);
  return { access_token: token, token_type: 'Bearer', expires_in: lifetimeSeconds, scope };
}
