import { createPrivateKey } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { BankClient } from '../support/bank-client.js';
import { testKeys } from '../support/keys.js';
import { newRsaKeyPem, transportIdentity, type Claims, type TlsIdentity } from '../support/registration.js';

type Client = Claims & { client_id: string; client_secret?: string };

let sandbox: Sandbox;
let tpp: ReadyTpp;
let foreignTpp: ReadyTpp;
const agents: Agent[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Foreign client' });
  foreignTpp = await sandbox.services.createReadyTpp({ name: 'Somebody else' });
});

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close()));
  await sandbox.close();
});

/** A way to authenticate, as each of the two libraries has it. */
interface Method {
  readonly name: string;
  readonly bank: 'reference' | 'generic';
  readonly openid: (client: Client, signing: oauth.PrivateKey) => openid.ClientAuth;
  readonly oauth: (client: Client, signing: oauth.PrivateKey) => oauth.ClientAuth;
}

const methods: readonly Method[] = [
  {
    name: 'private_key_jwt',
    bank: 'reference',
    openid: (_client, signing) => openid.PrivateKeyJwt(signing),
    oauth: (_client, signing) => oauth.PrivateKeyJwt(signing),
  },
  {
    name: 'tls_client_auth',
    bank: 'reference',
    openid: () => openid.TlsClientAuth(),
    oauth: () => oauth.TlsClientAuth(),
  },
  ...(
    [
      ['client_secret_basic', 'ClientSecretBasic'],
      ['client_secret_post', 'ClientSecretPost'],
      ['client_secret_jwt', 'ClientSecretJwt'],
    ] as const
  ).map(([name, factory]) => ({
    name,
    bank: 'generic' as const,
    openid: ({ client_secret: secret }: Client) => openid[factory](secret),
    oauth: ({ client_secret: secret = '' }: Client) => oauth[factory](secret),
  })),
];

const namedMethods = methods.map((method) => [`${method.name} at ${method.bank}`, method] as const);

/** What makes the bank refuse a client, for each method; the certificate is right where it is not the point. */
const impostures: Readonly<Record<string, { readonly title: string; readonly rule: string }>> = {
  private_key_jwt: { title: 'another key', rule: 'client-assertion-signature' },
  tls_client_auth: { title: "somebody else's certificate", rule: 'client-subject-dn' },
  client_secret_basic: { title: 'another secret', rule: 'client-secret' },
  client_secret_post: { title: 'another secret', rule: 'client-secret' },
  client_secret_jwt: { title: 'another secret', rule: 'client-assertion-signature' },
};

describe.each(namedMethods)('openid-client with %s', (_title, method) => {
  it('discovers the bank, takes a token and reads its registration with it', async () => {
    const client = await register(method);
    const config = await openidConfiguration(method, client);
    expect(config.serverMetadata()).toMatchObject({
      issuer: issuerOf(method),
      token_endpoint: `${issuerOf(method)}/token`,
      registration_endpoint: `${issuerOf(method)}/register`,
    });

    const tokens = await openid.clientCredentialsGrant(config, { scope: 'openid accounts' });
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 300, scope: 'openid accounts' });

    const response = await openid.fetchProtectedResource(
      config,
      tokens.access_token,
      registrationUrl(method, client),
      'GET',
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(client);
  });

  it(`reports invalid_client for ${impostures[method.name]?.title ?? ''}`, async () => {
    const client = await register(method);
    const config = await openidConfiguration(method, impostor(client), {
      identity: identityOfImpostor(method),
      signingKeyPem: newRsaKeyPem(),
    });
    const error = await errorOf(openid.clientCredentialsGrant(config));
    await expectInvalidClient(error, openid, method);
  });
});

describe.each(namedMethods)('oauth4webapi with %s', (_title, method) => {
  it('discovers the bank, takes a token and reads its registration with it', async () => {
    const client = await register(method);
    const options = { [oauth.customFetch]: fetchAs(transportIdentity(tpp)) };
    const server = await discover(method, options);
    const token = await oauthToken(method, client, server, options);
    expect(token).toMatchObject({ token_type: 'bearer', expires_in: 300, scope: 'openid accounts' });

    const response = await oauth.protectedResourceRequest(
      token.access_token,
      'GET',
      registrationUrl(method, client),
      undefined,
      undefined,
      options,
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(client);
  });

  it(`reports invalid_client for ${impostures[method.name]?.title ?? ''}`, async () => {
    const client = await register(method);
    const options = { [oauth.customFetch]: fetchAs(identityOfImpostor(method)) };
    const server = await discover(method, options);
    const error = await errorOf(oauthToken(method, impostor(client), server, options, newRsaKeyPem()));
    await expectInvalidClient(error, oauth, method);
  });

  it('reports invalid_token where the token is used with the certificate of somebody else', async () => {
    const client = await register(method);
    const options = { [oauth.customFetch]: fetchAs(transportIdentity(tpp)) };
    const token = await oauthToken(method, client, await discover(method, options), options);
    const error = await errorOf(
      oauth.protectedResourceRequest(
        token.access_token,
        'GET',
        registrationUrl(method, client),
        undefined,
        undefined,
        { [oauth.customFetch]: fetchAs(transportIdentity(foreignTpp)) },
      ),
    );
    expect(error).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    expect(error).toMatchObject({
      status: 401,
      cause: [{ scheme: 'bearer', parameters: { error: 'invalid_token' } }],
    });
  });
});

function issuerOf({ bank }: Method): string {
  return `${sandbox.urls.https}/aspsp/${bank}`;
}

function registrationUrl(method: Method, { client_id: clientId }: Client): URL {
  return new URL(`${issuerOf(method)}/register/${clientId}`);
}

async function register({ name, bank }: Method): Promise<Client> {
  const client = new BankClient(sandbox, bank, tpp);
  if (name === 'tls_client_auth') return client.registered(client.mtlsClaims());
  const algorithm = { client_secret_jwt: 'HS256', private_key_jwt: 'PS256' }[name];
  return client.registered(
    client.claims({ token_endpoint_auth_method: name, token_endpoint_auth_signing_alg: algorithm }),
  );
}

/** The client as somebody would have it who does not know its secret. */
function impostor(client: Client): Client {
  return client.client_secret === undefined ? client : { ...client, client_secret: 'guessed' };
}

function identityOfImpostor({ name }: Method): TlsIdentity {
  return transportIdentity(name === 'tls_client_auth' ? foreignTpp : tpp);
}

/** Fetches over mutual TLS, trusting the sandbox's root and no other. */
function fetchAs(identity: TlsIdentity) {
  const agent = new Agent({ connect: { ...identity, ca: sandbox.services.trustAnchor.rootPem } });
  agents.push(agent);
  // The libraries are typed for the fetch of the platform, and undici's own is the same in other words.
  return (url: string, options: object) =>
    undiciFetch(url, { ...options, dispatcher: agent }) as unknown as Promise<Response>;
}

async function signingKey(privateKeyPem: string): Promise<oauth.PrivateKey> {
  const der = createPrivateKey(privateKeyPem).export({ format: 'der', type: 'pkcs8' });
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-256' };
  return {
    key: await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']),
    kid: tpp.signing.kid,
  };
}

async function openidConfiguration(
  method: Method,
  client: Client,
  { identity = transportIdentity(tpp), signingKeyPem = tpp.signing.privateKeyPem } = {},
): Promise<openid.Configuration> {
  return openid.discovery(
    new URL(issuerOf(method)),
    client.client_id,
    {},
    method.openid(client, await signingKey(signingKeyPem)),
    { [openid.customFetch]: fetchAs(identity) },
  );
}

interface OauthOptions {
  readonly [oauth.customFetch]: ReturnType<typeof fetchAs>;
}

async function discover(method: Method, options: OauthOptions): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(issuerOf(method));
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
}

async function oauthToken(
  method: Method,
  client: Client,
  server: oauth.AuthorizationServer,
  options: OauthOptions,
  signingKeyPem = tpp.signing.privateKeyPem,
): Promise<oauth.TokenEndpointResponse> {
  const subject = { client_id: client.client_id };
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    subject,
    method.oauth(client, await signingKey(signingKeyPem)),
    { scope: 'openid accounts' },
    options,
  );
  return oauth.processClientCredentialsResponse(server, subject, response);
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A refusal of Basic credentials comes with a challenge, and both libraries report that instead of the body. */
async function expectInvalidClient(
  error: unknown,
  library: Pick<typeof oauth, 'ResponseBodyError' | 'WWWAuthenticateChallengeError'>,
  { name }: Method,
): Promise<void> {
  const rule = impostures[name]?.rule ?? '';
  const description = expect.stringMatching(
    new RegExp(`^${rule}: expected .+, got .+; verdict [0-9a-f-]{36}$`),
  ) as string;
  if (name !== 'client_secret_basic') {
    expect(error).toBeInstanceOf(library.ResponseBodyError);
    expect(error).toMatchObject({ status: 401, error: 'invalid_client', error_description: description });
    return;
  }
  expect(error).toBeInstanceOf(library.WWWAuthenticateChallengeError);
  const { status, cause, response } = error as oauth.WWWAuthenticateChallengeError;
  expect(status).toBe(401);
  expect(cause).toMatchObject([{ scheme: 'basic', parameters: { realm: 'token endpoint' } }]);
  expect(await response.json()).toEqual({ error: 'invalid_client', error_description: description });
}
