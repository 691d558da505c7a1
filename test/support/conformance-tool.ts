import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { callOverTls, numericDate, signCompact, type Claims, type TlsAnswer } from './registration.js';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const FORM = 'application/x-www-form-urlencoded';
const REQUEST_SECONDS = 3_600;
const ASSERTION_SECONDS = 1_800;

/**
 * The tool's configuration file. `ssas`, a list of SSAs that are used once each, may stand in place of `ssa`.
 * @see OpenBankingUK/conformance-dcr, QUICK-START.md, "Configuration"
 */
export const toolConfigSchema = z.strictObject({
  spec_version: z.enum(['3.2', '3.3', '3.4']),
  wellknown_endpoint: z.url(),
  ssa: z.string().min(1),
  kid: z.string().min(1),
  aud: z.string().min(1),
  redirect_uris: z.array(z.url()).min(1),
  issuer: z.string().min(1),
  private_key: z.string().min(1),
  transport_root_cas: z.array(z.string()).min(1),
  transport_cert: z.string().min(1),
  transport_cert_subject_dn: z.string().min(1),
  transport_key: z.string().min(1),
  get_implemented: z.boolean(),
  put_implemented: z.boolean(),
  delete_implemented: z.boolean(),
  environment: z.string().min(1),
  brand: z.string().min(1),
});
export type ToolConfig = z.infer<typeof toolConfigSchema>;

/** What the tool reads in a discovery document. */
const discoverySchema = z.looseObject({
  registration_endpoint: z.string(),
  token_endpoint: z.string(),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  token_endpoint_auth_signing_alg_values_supported: z.array(z.string()).optional(),
  request_object_signing_alg_values_supported: z.array(z.string()).min(1),
  response_types_supported: z.array(z.string()),
});

/** In the order in which the tool prefers them. */
const authMethods = [
  'tls_client_auth',
  'private_key_jwt',
  'client_secret_jwt',
  'client_secret_basic',
] as const;
export type ToolAuthMethod = (typeof authMethods)[number];

type DcrVersion = ToolConfig['spec_version'];

const grantTypes = ['client_credentials', 'authorization_code', 'refresh_token'];
const ciba = 'urn:openid:params:grant-type:ciba';
const grantTypesOf: Readonly<Record<DcrVersion, readonly string[]>> = {
  '3.2': grantTypes,
  '3.3': [...grantTypes, ciba],
  '3.4': [...grantTypes, ciba, 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
};
const applicationTypesOf: Readonly<Record<DcrVersion, readonly string[]>> = {
  '3.2': ['web', 'mobile'],
  '3.3': ['web', 'mobile'],
  '3.4': ['web', 'native'],
};

const algorithm = z.string().min(1).max(5);

function isRegistrableUri(uri: string): boolean {
  const { protocol, hostname, hash } = new URL(uri);
  const isLocal = hostname === 'localhost' || hostname === '127.0.0.1' || hostname.endsWith('.localhost');
  return protocol === 'https:' && !isLocal && hash === '';
}

/** The tool's own check of a registration. @see OpenBankingUK/conformance-dcr, pkg/compliant/schema */
export function responseSchema(version: DcrVersion) {
  return z
    .looseObject({
      client_id: z.string().min(1).max(36),
      client_secret: z.string().min(1).max(36).optional(),
      client_id_issued_at: z.int(),
      client_secret_expires_at: z.int().optional(),
      redirect_uris: z
        .array(z.string().max(256).refine(isRegistrableUri, 'https, and not at localhost'))
        .min(1),
      token_endpoint_auth_method: z.enum([...authMethods, 'client_secret_post']),
      grant_types: z.array(z.enum(grantTypesOf[version])).min(1),
      response_types: z.array(z.enum(['code', 'code id_token'])).optional(),
      software_id: z
        .string()
        .regex(/^[0-9a-zA-Z]{1,22}$/)
        .optional(),
      scope: z.string().min(1).max(256),
      software_statement: z.string().min(1),
      application_type: z.enum(applicationTypesOf[version]),
      id_token_signed_response_alg: algorithm,
      request_object_signing_alg: algorithm,
      token_endpoint_auth_signing_alg: algorithm.optional(),
      tls_client_auth_subject_dn: z.string().min(1).max(128).optional(),
    })
    .refine(
      ({ token_endpoint_auth_method: method, token_endpoint_auth_signing_alg: alg }) =>
        !method.endsWith('_jwt') || alg !== undefined,
      'token_endpoint_auth_signing_alg with private_key_jwt and client_secret_jwt',
    )
    .refine(
      ({ token_endpoint_auth_method: method, tls_client_auth_subject_dn: subjectDn }) =>
        method !== 'tls_client_auth' || subjectDn !== undefined,
      'tls_client_auth_subject_dn with tls_client_auth',
    );
}

/** A client as the tool remembers it between steps. */
export interface ToolClient {
  readonly clientId: string;
  readonly token: string;
}

/**
 * Does what the official conformance tool does, knowing no more of the sandbox than its configuration file says. The
 * real time is its time.
 * @see OpenBankingUK/conformance-dcr
 */
export class ConformanceTool {
  private constructor(
    readonly config: ToolConfig,
    readonly discovery: z.infer<typeof discoverySchema>,
    readonly authMethod: ToolAuthMethod,
  ) {}

  /** Fetches discovery, with a client that trusts no test root. @param forced instead of the preferred method */
  static async open(config: ToolConfig, forced?: ToolAuthMethod): Promise<ConformanceTool> {
    const response = await fetch(config.wellknown_endpoint);
    if (response.status !== 200) throw new Error(`No discovery document: ${response.status}`);
    const discovery = discoverySchema.parse(await response.json());
    const supported = discovery.token_endpoint_auth_methods_supported;
    const method = (forced ? [forced] : authMethods).find((one) => supported.includes(one));
    if (!method) throw new Error(`No method of ours is among ${supported.join(', ')}`);
    return new ConformanceTool(config, discovery, method);
  }

  /** PS256, which discovery must have where it says anything of algorithms. @see pkg/compliant, responseTokenSignMethod */
  get signingAlgorithm(): 'PS256' {
    const supported = this.discovery.token_endpoint_auth_signing_alg_values_supported;
    if (supported?.includes('PS256') === false) throw new Error(`No PS256 among ${supported.join(', ')}`);
    return 'PS256';
  }

  /** The claims of a registration request. @see pkg/compliant/auth/signer.go */
  claims(overrides: Claims = {}): Claims {
    const { aud, issuer, ssa, redirect_uris, transport_cert_subject_dn } = this.config;
    const issuedAt = numericDate(new Date());
    return {
      aud,
      exp: issuedAt + REQUEST_SECONDS,
      jti: randomUUID(),
      iat: issuedAt,
      iss: issuer,
      token_endpoint_auth_signing_alg: this.signingAlgorithm,
      grant_types: ['authorization_code', 'client_credentials'],
      subject_type: 'public',
      application_type: 'web',
      redirect_uris,
      token_endpoint_auth_method: this.authMethod,
      software_statement: ssa,
      scope: 'accounts openid',
      request_object_signing_alg: this.discovery.request_object_signing_alg_values_supported[0],
      id_token_signed_response_alg: this.signingAlgorithm,
      tls_client_certificate_bound_access_tokens: true,
      response_types: this.discovery.response_types_supported,
      ...(this.authMethod === 'tls_client_auth'
        ? { tls_client_auth_subject_dn: transport_cert_subject_dn }
        : {}),
      ...overrides,
    };
  }

  sign(claims: Claims, alg: 'PS256' | 'RS256' = 'PS256'): string {
    const { kid, private_key: key } = this.config;
    return signCompact({ alg, typ: 'JWT', kid }, claims, alg, key);
  }

  register(request: string): Promise<TlsAnswer> {
    return this.call('POST', this.discovery.registration_endpoint, request, {
      'content-type': 'application/jose',
    });
  }

  requestToken(clientId: string): Promise<TlsAnswer> {
    const form = { grant_type: 'client_credentials', scope: 'openid', ...this.credentials(clientId) };
    return this.call('POST', this.discovery.token_endpoint, new URLSearchParams(form).toString(), {
      'content-type': FORM,
    });
  }

  retrieve({ clientId, token }: ToolClient): Promise<TlsAnswer> {
    return this.call('GET', this.locationOf(clientId), undefined, bearer(token));
  }

  update({ clientId, token }: ToolClient, request: string, contentType: string): Promise<TlsAnswer> {
    const headers = { ...bearer(token), 'content-type': contentType };
    return this.call('PUT', this.locationOf(clientId), request, headers);
  }

  remove({ clientId, token }: ToolClient): Promise<TlsAnswer> {
    return this.call('DELETE', this.locationOf(clientId), undefined, bearer(token));
  }

  /** @see pkg/compliant/client: the assertion has no kid in its header */
  private credentials(clientId: string): Record<string, string> {
    if (this.authMethod === 'tls_client_auth') return { client_id: clientId };
    if (this.authMethod !== 'private_key_jwt') throw new Error(`No credentials for ${this.authMethod}`);
    const issuedAt = numericDate(new Date());
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: this.discovery.token_endpoint,
      iat: issuedAt,
      exp: issuedAt + ASSERTION_SECONDS,
      jti: randomUUID(),
    };
    const assertion = signCompact({ alg: 'PS256', typ: 'JWT' }, claims, 'PS256', this.config.private_key);
    return { client_assertion_type: JWT_BEARER, client_assertion: assertion };
  }

  private locationOf(clientId: string): string {
    return `${this.discovery.registration_endpoint}/${clientId}`;
  }

  private call(
    method: string,
    url: string,
    body: string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<TlsAnswer> {
    const { transport_key: key, transport_cert: cert, transport_root_cas: roots } = this.config;
    return callOverTls(url, { method, body, headers, identity: { key, cert }, ca: roots.join('\n') });
  }
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
