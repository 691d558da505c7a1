import { randomUUID } from 'node:crypto';
import type { ReadyTpp, Sandbox } from '../../src/testkit.js';
import type { Attempt } from '../../src/domain/registration.js';
import {
  callOverTls,
  numericDate,
  registrationClaims,
  signCompact,
  signRequest,
  transportIdentity,
  type Claims,
  type TlsAnswer,
  type TlsIdentity,
} from './registration.js';

const FORM = 'application/x-www-form-urlencoded';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How a call departs from the usual one. */
export interface CallOptions {
  readonly contentType?: string;
  readonly identity?: TlsIdentity | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A TPP as it talks to one bank: over real mutual TLS, a connection for each call. */
export class BankClient {
  constructor(
    private readonly sandbox: Sandbox,
    readonly bankId: string,
    readonly tpp: ReadyTpp,
  ) {}

  get issuer(): string {
    return `${this.sandbox.urls.https}/aspsp/${this.bankId}`;
  }

  get profile() {
    return this.sandbox.services.getBank(this.bankId).profile;
  }

  /** The subject of the TPP's transport certificate, in the order of RFC 4514. */
  get subjectDn(): string {
    const { organisation, softwareStatement } = this.tpp;
    return `CN=${softwareStatement.id},OU=${organisation.id},O=OpenBanking,C=GB`;
  }

  /** Claims that the reference bank accepts, with `overrides`. */
  claims(overrides: Claims = {}): Claims {
    return registrationClaims(this.tpp, this.profile, this.sandbox.clock.now(), overrides);
  }

  /** Claims of a client that authenticates by its certificate. */
  mtlsClaims(overrides: Claims = {}): Claims {
    const claims = this.claims({
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: this.subjectDn,
    });
    Reflect.deleteProperty(claims, 'token_endpoint_auth_signing_alg');
    return { ...claims, ...overrides };
  }

  call(
    method: string,
    path: string,
    body: string | undefined,
    options: CallOptions = {},
  ): Promise<TlsAnswer> {
    const identity = 'identity' in options ? options.identity : transportIdentity(this.tpp);
    const { contentType, headers = {} } = options;
    return callOverTls(this.issuer + path, {
      method,
      body,
      identity,
      ca: this.sandbox.services.trustAnchor.rootPem,
      headers: { ...(contentType === undefined ? {} : { 'content-type': contentType }), ...headers },
    });
  }

  /** Posts claims, signed as the TPP does; a string is a request that is signed already. */
  register(request: Claims | string = this.claims(), options: CallOptions = {}): Promise<TlsAnswer> {
    const body = typeof request === 'string' ? request : signRequest(this.tpp, request);
    return this.call('POST', '/register', body, { contentType: 'application/jwt', ...options });
  }

  /** Registers and returns the client information. */
  async registered(claims: Claims = this.claims()): Promise<Claims & { client_id: string }> {
    const answer = await this.register(claims);
    if (answer.status !== 201) throw new Error(`not registered: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as Claims & { client_id: string };
  }

  /** A client assertion as `private_key_jwt` has it. */
  assertion(clientId: string, overrides: Claims = {}, header: Claims = {}): string {
    const now = numericDate(this.sandbox.clock.now());
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: `${this.issuer}/token`,
      iat: now,
      exp: now + 60,
      jti: randomUUID(),
    };
    const { kid, privateKeyPem } = this.tpp.signing;
    return signCompact(
      { alg: 'PS256', kid, typ: 'JWT', ...header },
      { ...claims, ...overrides },
      'PS256',
      privateKeyPem,
    );
  }

  requestToken(parameters: Record<string, string>, options: CallOptions = {}): Promise<TlsAnswer> {
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters }).toString();
    return this.call('POST', '/token', body, { contentType: FORM, ...options });
  }

  /** A token for a registered client, by the method it registered. */
  async token(
    client: Claims & { client_id: string },
    scope?: string,
    options: CallOptions = {},
  ): Promise<string> {
    const scopes: Record<string, string> = scope === undefined ? {} : { scope };
    const headers = { ...basicCredentials(client), ...options.headers };
    const answer = await this.requestToken(
      { ...this.credentials(client), ...scopes },
      { ...options, headers },
    );
    if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.text}`);
    return (JSON.parse(answer.text) as { access_token: string }).access_token;
  }

  private credentials(client: Claims & { client_id: string }): Record<string, string> {
    const { client_id: clientId } = client;
    if (client['token_endpoint_auth_method'] === 'private_key_jwt') {
      return { client_assertion_type: JWT_BEARER, client_assertion: this.assertion(clientId) };
    }
    if (client['token_endpoint_auth_method'] === 'client_secret_basic') return {};
    const secret = client['client_secret'];
    return typeof secret === 'string'
      ? { client_id: clientId, client_secret: secret }
      : { client_id: clientId };
  }

  read(clientId: string, token: string, options: CallOptions = {}): Promise<TlsAnswer> {
    return this.call('GET', `/register/${clientId}`, undefined, withBearer(token, options));
  }

  replace(
    clientId: string,
    token: string,
    request: Claims | string,
    options: CallOptions = {},
  ): Promise<TlsAnswer> {
    const body = typeof request === 'string' ? request : signRequest(this.tpp, request);
    return this.call('PUT', `/register/${clientId}`, body, {
      contentType: 'application/jwt',
      ...withBearer(token, options),
    });
  }

  remove(clientId: string, token: string, options: CallOptions = {}): Promise<TlsAnswer> {
    return this.call('DELETE', `/register/${clientId}`, undefined, withBearer(token, options));
  }

  /** The newest verdict of the bank. */
  lastVerdict(): Attempt {
    const [attempt] = this.sandbox.services.getBank(this.bankId).attempts({ limit: 1 }).items;
    if (!attempt) throw new Error('The bank has no verdict.');
    return attempt;
  }
}

/** @see RFC 6749 section 2.3.1 */
function basicCredentials(client: Claims): Record<string, string> {
  if (client['token_endpoint_auth_method'] !== 'client_secret_basic') return {};
  const pair = `${String(client['client_id'])}:${String(client['client_secret'])}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function withBearer(token: string, options: CallOptions): CallOptions {
  return { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } };
}

/** The ids of the rules that failed, in order. */
export function failedRules({ rules }: Attempt): string[] {
  return rules.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);
}
