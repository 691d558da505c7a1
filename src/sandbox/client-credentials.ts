import { createSecretKey, type KeyObject } from 'node:crypto';
import { newUuid } from '../domain/identifiers.js';
import type { Random } from '../domain/ports.js';
import { signJws } from '../jose/jws.js';
import { numericDate, type Claims } from './registration-claims.js';

const ASSERTION_SECONDS = 60;
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What a bank told of a client, as far as its tokens need it. */
export interface ClientInformation {
  readonly client_id: string;
  readonly client_secret?: unknown;
  readonly token_endpoint_auth_method?: unknown;
  readonly token_endpoint_auth_signing_alg?: unknown;
}

/** What authenticates a client at a token endpoint. */
export interface Credentials {
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Who asks for a token, where and when. */
export interface TokenRequester {
  readonly client: ClientInformation;
  readonly tokenEndpoint: string;
  readonly signing: { readonly kid: string; readonly key: KeyObject };
  readonly at: Date;
  readonly random: Random;
}

/** The credentials of a client by the method that it registered. @see RFC 6749 section 2.3, RFC 7523, RFC 8705 */
export function credentialsOf(requester: TokenRequester): Promise<Credentials> {
  const { client, signing } = requester;
  const make = makers[String(client.token_endpoint_auth_method)];
  return make ? make(requester) : assertion(requester, signing.key, 'PS256');
}

const makers: Readonly<Record<string, (requester: TokenRequester) => Promise<Credentials>>> = {
  tls_client_auth: ({ client }) => withParameters({ client_id: client.client_id }),
  client_secret_post: ({ client }) =>
    withParameters({ client_id: client.client_id, client_secret: String(client.client_secret) }),
  client_secret_basic: ({ client }) => {
    const pair = [client.client_id, client.client_secret].map((part) => encodeURIComponent(String(part)));
    const authorization = `Basic ${Buffer.from(pair.join(':')).toString('base64')}`;
    return Promise.resolve({ parameters: {}, headers: { authorization } });
  },
  client_secret_jwt: (requester) =>
    assertion(requester, createSecretKey(String(requester.client.client_secret), 'utf8'), 'HS256'),
  private_key_jwt: (requester) => {
    const { token_endpoint_auth_signing_alg: alg } = requester.client;
    return assertion(requester, requester.signing.key, typeof alg === 'string' ? alg : 'PS256');
  },
};

function withParameters(parameters: Credentials['parameters']): Promise<Credentials> {
  return Promise.resolve({ parameters, headers: {} });
}

/** @see RFC 7523 section 3 */
async function assertion(
  { client, tokenEndpoint, signing, at, random }: TokenRequester,
  key: KeyObject,
  alg: string,
): Promise<Credentials> {
  const now = numericDate(at);
  const claims: Claims = {
    iss: client.client_id,
    sub: client.client_id,
    aud: tokenEndpoint,
    iat: now,
    exp: now + ASSERTION_SECONDS,
    jti: newUuid(random),
  };
  const header = { alg, ...(alg === 'HS256' ? {} : { kid: signing.kid }), typ: 'JWT' };
  return withParameters({
    client_assertion_type: JWT_BEARER,
    client_assertion: await signJws(header, claims, key),
  });
}
