import { DomainError } from '../domain/errors.js';
import type { KeyRecord } from '../domain/key-record.js';
import type { Organisation } from '../domain/organisation.js';
import type { AuthorisationRepository, Clock, Random } from '../domain/ports.js';
import { errorDescription } from '../domain/registration.js';
import { expectThat, judge, type Rule } from '../domain/rules.js';
import {
  accessTokenRules,
  bearerTokenOf,
  digestOfToken,
  issueAccessToken,
  liveToken,
  type BearerEvidence,
} from '../oauth/access-token.js';
import { authenticationWith } from '../oauth/client-authentication.js';
import {
  clientCertificateRules,
  presentedCertificate,
  type CertificateEvidence,
} from '../oauth/client-certificate-rules.js';
import { clientCredentialsRules, grantedScope, tokenRequestRules } from '../oauth/client-credentials.js';
import type { TokenError, TokenEvidence } from '../oauth/token-evidence.js';
import { parseTokenRequest, type TokenInput } from '../oauth/token-request.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import { findIssuer, tryParseCertificate } from '../pki/client-certificate.js';
import { assertionAlgorithms, directoryScopes, type DirectoryClients } from './clients.js';

const TOKEN_LIFETIME_SECONDS = 600;
const CLOCK_SKEW_SECONDS = 60;

/** Who calls the Directory's API, once its token and certificate have been found good. */
export interface Caller {
  readonly organisation: Organisation;
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** @see RFC 6749 sections 5.1 and 5.2 */
export type TokenAnswer =
  | { readonly refusal: { readonly error: TokenError; readonly description: string } }
  | {
      readonly refusal: undefined;
      readonly body: {
        readonly access_token: string;
        readonly token_type: 'Bearer';
        readonly expires_in: number;
        readonly scope: string;
      };
    };

export interface AuthorisationServerSettings {
  /** `https://{public host}:{port}`. */
  readonly issuer: string;
  /** The issuer under every name that the Directory goes by, with the port and without. */
  readonly issuerNames: readonly string[];
}

type DirectoryTokenEvidence = TokenEvidence & { readonly certificatesOfClient: readonly KeyRecord[] };

/** The Directory's own authorisation server: client credentials of software statements and organisations. @see formats.md section 4, Token */
export class AuthorisationServer {
  constructor(
    private readonly clients: DirectoryClients,
    /** Whose client certificates count; asked at each call, because an authority may be made meanwhile. */
    private readonly trustedIssuers: () => readonly ParsedCertificate[],
    private readonly repository: AuthorisationRepository,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly settings: AuthorisationServerSettings,
  ) {}

  /** @see OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2 */
  discovery(): Record<string, unknown> {
    const { issuer } = this.settings;
    return {
      issuer,
      token_endpoint: `${issuer}/as/token.oauth2`,
      jwks_uri: `${issuer}/keystore/openbanking.jwks`,
      scopes_supported: directoryScopes,
      response_types_supported: [],
      grant_types_supported: ['client_credentials'],
      subject_types_supported: ['public'],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'],
      token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      tls_client_certificate_bound_access_tokens: true,
    };
  }

  /** @throws DomainError `storage_failed` */
  async token(input: TokenInput): Promise<TokenAnswer> {
    const request = parseTokenRequest(input);
    const shown = this.certificateEvidence(input.clientCertificate);
    // For strangers nothing is looked up: to find a client may take making its demo keys.
    const isTrusted = shown.certificate && findIssuer(shown.certificate, shown.trustedIssuers);
    const client = isTrusted ? await this.clients.find(request.clientId ?? '') : undefined;
    const evidence: DirectoryTokenEvidence = {
      ...shown,
      clockSkewSeconds: CLOCK_SKEW_SECONDS,
      mediaType: input.mediaType,
      request,
      client: client?.oauth,
      certificatesOfClient: client?.certificates ?? [],
      audiences: this.settings.issuerNames.flatMap((name) => [`${name}/as/token.oauth2`, name]),
      consumeJti: (jti, at) => this.repository.consumeJti(jti, at),
    };
    const { decisive } = await judge(tokenRules, evidence);
    if (decisive) {
      const { error, description } = decisive;
      return { refusal: { error, description: errorDescription(description) } };
    }
    if (!client) throw new Error('No token without a client.');
    const scope = grantedScope(evidence, client.oauth);
    const { token, record } = issueAccessToken(this.random, {
      clientId: client.oauth.clientId,
      scope,
      certificateThumbprintSha256: presentedCertificate(evidence).thumbprintSha256,
      at: evidence.at,
      lifetimeSeconds: TOKEN_LIFETIME_SECONDS,
    });
    this.repository.saveToken(record);
    const body = {
      access_token: token,
      token_type: 'Bearer',
      expires_in: TOKEN_LIFETIME_SECONDS,
      scope,
    } as const;
    return { refusal: undefined, body };
  }

  /**
   * Who calls, by access token and client certificate.
   * @throws DomainError `unauthorised`
   * @see RFC 6750 section 3.1, RFC 8705 section 3
   */
  async authorise(
    authorization: string | undefined,
    clientCertificate: Uint8Array | undefined,
  ): Promise<Caller> {
    const bearer = bearerTokenOf(authorization);
    const evidence: BearerEvidence = {
      ...this.certificateEvidence(clientCertificate),
      authorization,
      token: bearer === undefined ? undefined : this.repository.findToken(digestOfToken(bearer)),
    };
    const { decisive } = await judge(bearerRules, evidence);
    if (decisive) throw new DomainError('unauthorised', decisive.description);
    const { clientId, scope } = liveToken(evidence);
    const client = await this.clients.find(clientId);
    const { thumbprintSha256 } = presentedCertificate(evidence);
    if (!client?.certificates.some((key) => key.thumbprintSha256 === thumbprintSha256)) {
      throw new DomainError('unauthorised', 'The client, or its certificate, is no longer active.');
    }
    // What a token was issued for counts as far as the client may still do it. That of an organisation which is no longer
    // active does not come this far: its certificates are on hold.
    const scopes = scope.split(' ').filter((granted) => client.oauth.scopes.includes(granted));
    return { organisation: client.organisation, clientId, scopes };
  }

  private certificateEvidence(clientCertificate: Uint8Array | undefined): CertificateEvidence {
    return {
      at: this.clock.now(),
      certificate: clientCertificate && tryParseCertificate(clientCertificate),
      certificateWasShown: clientCertificate !== undefined,
      trustedIssuers: this.trustedIssuers(),
    };
  }
}

/** Whether the certificate is one of the organisation's own, and still good: the Directory need ask nobody. */
const holderRule: Rule<DirectoryTokenEvidence, TokenError> = {
  id: 'client-certificate-holder',
  title: 'The client certificate is among the active ones that the client may show',
  spec: 'RFC 8705 section 3',
  error: 'invalid_client',
  needs: ['client-certificate-trusted', 'client-known'],
  check: (evidence) => {
    const { thumbprintSha256 } = presentedCertificate(evidence);
    return expectThat(
      evidence.certificatesOfClient.some((key) => key.thumbprintSha256 === thumbprintSha256),
      "an active certificate of the client's organisation; for an organisation's own client the one it put in force",
      `SHA-256 ${thumbprintSha256}`,
    );
  },
};

/** Every check of a token request in the order in which they run. */
const tokenRules: readonly Rule<DirectoryTokenEvidence, TokenError>[] = [
  ...tokenRequestRules,
  ...clientCertificateRules,
  ...authenticationWith([holderRule]),
  ...clientCredentialsRules,
];

const bearerRules: readonly Rule<BearerEvidence>[] = [...clientCertificateRules, ...accessTokenRules];
