import type { Jwk } from '../domain/jwk.js';
import type { ConsumedJti } from '../domain/registration.js';
import type { Rule } from '../domain/rules.js';
import type { CertificateEvidence } from './client-certificate-rules.js';
import type { TokenRequest } from './token-request.js';

/** A client as an authorisation server knows it. */
export interface OAuthClient {
  readonly clientId: string;
  readonly authMethod: string;
  /** Algorithms it may sign its assertions with. */
  readonly assertionAlgorithms: readonly string[];
  readonly secret: string | null;
  /** The name that its certificate must have, for `tls_client_auth`. */
  readonly subjectDn: string | undefined;
  readonly grantTypes: readonly string[];
  readonly scopes: readonly string[];
  /** Its signing keys: the one with the `kid`, or all of them when an assertion names none. */
  findKeys(kid: string | undefined): Promise<{ keys: readonly Jwk[] } | { problem: string }>;
}

/** Everything that the rules of a token endpoint look at. */
export interface TokenEvidence extends CertificateEvidence {
  readonly clockSkewSeconds: number;
  readonly mediaType: string | undefined;
  readonly request: TokenRequest;
  /** The client that the request names. */
  readonly client: OAuthClient | undefined;
  /** What an assertion may be addressed to: the token endpoint or the issuer. */
  readonly audiences: readonly string[];
  readonly consumeJti: (jti: ConsumedJti, at: Date) => Promise<boolean>;
}

export type TokenError =
  'invalid_request' | 'invalid_client' | 'unauthorized_client' | 'unsupported_grant_type' | 'invalid_scope';

export type TokenRule = Rule<TokenEvidence, TokenError>;

/** What a rule that needs `client-known` may rely on. */
export function knownClient({ client }: TokenEvidence): OAuthClient {
  if (!client) throw new Error('The rule needs client-known.');
  return client;
}
