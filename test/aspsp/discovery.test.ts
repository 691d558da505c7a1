import { createHmac } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BankProfile } from '../../src/aspsp/profile.js';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { BankClient, type CallOptions } from '../support/bank-client.js';
import { testKeys } from '../support/keys.js';
import { callOverTls, signCompact, type Claims, type TlsAnswer } from '../support/registration.js';

type Client = Claims & { client_id: string };
type Discovery = Record<string, unknown>;

const CIBA = 'urn:openid:params:grant-type:ciba';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const shippedBanks = readdirSync(new URL('../../data/banks', import.meta.url))
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

let sandbox: Sandbox;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Discovering TPP' });
});

afterAll(() => sandbox.close());

/** A kind of value that a client may register, and all that anybody might try there. */
interface Kind {
  readonly claim: string;
  /** The member of discovery that lists the values; undefined where OpenID Connect has none. */
  readonly member: string | undefined;
  readonly candidates: readonly string[];
  readonly supported: (profile: BankProfile) => readonly string[];
  /** The claims that a request has for the value, beside those of every request. */
  readonly claims?: (value: string, bank: BankClient) => Claims;
  readonly rule: string;
}

const algorithms = ['PS256', 'ES256', 'RS256', 'PS384', 'HS256', 'none'];

function algorithmKind(claim: string, member: string): Kind {
  return {
    claim,
    member,
    candidates: algorithms,
    supported: ({ metadata }) => metadata.signingAlgorithms,
    rule: claim.replaceAll('_', '-'),
  };
}

const kinds: readonly Kind[] = [
  {
    claim: 'token_endpoint_auth_method',
    member: 'token_endpoint_auth_methods_supported',
    candidates: [
      'private_key_jwt',
      'tls_client_auth',
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'self_signed_tls_client_auth',
      'none',
    ],
    supported: ({ metadata }) => metadata.tokenEndpointAuthMethods,
    claims: claimsOfMethod,
    rule: 'token-endpoint-auth-method',
  },
  {
    claim: 'grant_types',
    member: 'grant_types_supported',
    candidates: [
      'client_credentials',
      'authorization_code',
      'refresh_token',
      CIBA,
      'implicit',
      'password',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
    supported: ({ metadata }) => metadata.grantTypes,
    claims: (value) => ({ grant_types: [value], ...(value === CIBA ? cibaClaims : {}) }),
    rule: 'grant-types',
  },
  {
    claim: 'response_types',
    member: 'response_types_supported',
    candidates: ['code', 'code id_token', 'id_token', 'token', 'code token', 'id_token code', 'none'],
    supported: ({ metadata }) => metadata.responseTypes,
    claims: (value) => ({ response_types: [value] }),
    rule: 'response-types',
  },
  {
    claim: 'subject_type',
    member: 'subject_types_supported',
    candidates: ['public', 'pairwise', 'ephemeral'],
    supported: ({ metadata }) => metadata.subjectTypes,
    rule: 'subject-type',
  },
  {
    claim: 'application_type',
    member: undefined,
    candidates: ['web', 'native', 'mobile', 'desktop'],
    supported: ({ metadata }) => metadata.applicationTypes,
    rule: 'application-type',
  },
  {
    claim: 'scope',
    member: 'scopes_supported',
    candidates: ['openid', 'accounts', 'payments', 'fundsconfirmations', 'profile', 'offline_access'],
    supported: () => ['openid', 'accounts', 'payments', 'fundsconfirmations'],
    rule: 'scope',
  },
  algorithmKind('id_token_signed_response_alg', 'id_token_signing_alg_values_supported'),
  algorithmKind('request_object_signing_alg', 'request_object_signing_alg_values_supported'),
];

const namedKinds = kinds.map((kind) => [kind.claim, kind] as const);

const cibaClaims = {
  backchannel_token_delivery_mode: 'poll',
  backchannel_authentication_request_signing_alg: 'PS256',
};

describe.each(shippedBanks)('the discovery document of %s', (bankId) => {
  let bank: BankClient;
  let document: Discovery;

  beforeAll(async () => {
    bank = new BankClient(sandbox, bankId, tpp);
    document = await discover(bank);
  });

  it('has what follows from the profile, and nothing else', () => {
    expect(document).toEqual(expectedDiscovery(bank.profile, bank.issuer));
  });

  it.each(namedKinds)('lists the values of %s, and the bank accepts each', async (_claim, kind) => {
    const { claim, member, supported } = kind;
    const values = supported(bank.profile);
    if (member !== undefined) expect([...(document[member] as string[])].sort()).toEqual([...values].sort());
    for (const value of values) {
      const answer = await register(bank, claimsFor(kind, value, bank));
      expect(answer.status, `${value}: ${answer.text}`).toBe(201);
      const registered = (JSON.parse(answer.text) as Claims)[claim];
      expect(registered).toEqual(Array.isArray(registered) ? [value] : value);
    }
  });

  it.each(namedKinds)('lists no other %s, and the bank accepts none', async (_claim, kind) => {
    const { candidates, supported, member, rule } = kind;
    const others = candidates.filter((value) => !supported(bank.profile).includes(value));
    expect(others).not.toEqual([]);
    for (const value of others) {
      if (member !== undefined) expect(document[member]).not.toContain(value);
      const answer = await register(bank, claimsFor(kind, value, bank));
      if (bank.profile.metadata.unsupportedValues === 'replace') {
        expectReplaced(answer, kind, value, bank.profile);
      } else {
        expectRefused(answer, rule);
      }
    }
  });

  it('lists methods by which a client gets a token, each bound to its certificate', async () => {
    for (const method of document['token_endpoint_auth_methods_supported'] as string[]) {
      const client = await registered(bank, claimsOfMethod(method, bank));
      const answer = await tokenBy(bank, client, method, method === 'client_secret_jwt' ? 'HS256' : 'PS256');
      expect(answer.status, `${method}: ${answer.text}`).toBe(200);
    }
    expect(document['tls_client_certificate_bound_access_tokens']).toBe(true);
  });

  it('lists the algorithms of client assertions, and the bank accepts each and no other', async () => {
    const methods = bank.profile.metadata.tokenEndpointAuthMethods;
    const listed = document['token_endpoint_auth_signing_alg_values_supported'] ?? [];
    const accepted: string[] = [];
    for (const method of methods.filter((one) => one.endsWith('_jwt'))) {
      for (const algorithm of algorithms) {
        const claims = { ...claimsOfMethod(method, bank), token_endpoint_auth_signing_alg: algorithm };
        const answer = await register(bank, bank.claims(claims));
        const client = JSON.parse(answer.text) as Client;
        if (answer.status !== 201) expectRefused(answer, 'token-endpoint-auth-signing-alg');
        else if (client['token_endpoint_auth_signing_alg'] === algorithm) {
          accepted.push(algorithm);
          // The Directory certifies RSA keys, so a client has none for ES256.
          if (algorithm === 'ES256') continue;
          const token = await tokenBy(bank, client, method, algorithm);
          expect(token.status, `${method} with ${algorithm}: ${token.text}`).toBe(200);
        }
      }
    }
    expect([...accepted].sort()).toEqual([...(listed as string[])].sort());
  });

  it('promises of CIBA what the bank registers', async () => {
    const members = Object.keys(document).filter((member) => member.startsWith('backchannel_'));
    if (!bank.profile.metadata.grantTypes.includes(CIBA)) {
      expect(members).toEqual([]);
      return;
    }
    const ask = (claims: Claims) => register(bank, usualClaims(bank, { grant_types: [CIBA], ...claims }));
    const MODE = 'backchannel_token_delivery_mode';
    const ALGORITHM = 'backchannel_authentication_request_signing_alg';
    for (const mode of ['poll', 'ping', 'push']) {
      const endpoint = { backchannel_client_notification_endpoint: 'https://tpp.example.com/ciba' };
      const answer = await ask({ ...cibaClaims, [MODE]: mode, ...(mode === 'ping' ? endpoint : {}) });
      if (isListed(document, `${MODE}s_supported`, mode)) expect(answer.status, answer.text).toBe(201);
      else expectRefused(answer, 'backchannel-token-delivery-mode');
    }
    for (const algorithm of algorithms) {
      const answer = await ask({ ...cibaClaims, [ALGORITHM]: algorithm });
      if (isListed(document, `${ALGORITHM}_values_supported`, algorithm)) {
        expect(answer.status, answer.text).toBe(201);
      } else expectRefused(answer, 'backchannel-authentication-request-signing-alg');
    }
    const USER_CODE = 'backchannel_user_code_parameter_supported';
    for (const userCode of [false, true]) {
      const answer = await ask({ ...cibaClaims, [USER_CODE]: userCode });
      if (userCode === document[USER_CODE]) expect(answer.status, answer.text).toBe(201);
      else expectRefused(answer, 'backchannel-user-code-parameter-supported');
    }
  });

  it('points to nothing that does not exist', async () => {
    const { issuer, jwks_uri: jwksUri, ...others } = document;
    expect(await fetchJson(`${String(issuer)}/.well-known/openid-configuration`)).toEqual(document);
    const jwks = (await fetchJson(String(jwksUri))) as { keys: unknown[] };
    expect(jwks.keys.length).toBeGreaterThan(0);

    const endpoints = Object.values(others).filter((value) => /^https?:/.test(String(value)));
    expect(endpoints).toEqual([`${bank.issuer}/token`, `${bank.issuer}/register`]);
    for (const url of endpoints) {
      const path = String(url).slice(bank.issuer.length);
      const wrongMethod = await bank.call('GET', path, undefined);
      expect(wrongMethod.status, path).toBe(405);
      expect(wrongMethod.headers.allow, path).toBe('POST');
      const empty = await bank.call('POST', path, '');
      expect(JSON.parse(empty.text), path).toHaveProperty('error', 'invalid_request');
    }
  });
});

describe('a discovery document', () => {
  it('of the reference bank is this', async () => {
    const { https } = sandbox.urls;
    expect(await discover(new BankClient(sandbox, 'reference', tpp))).toEqual({
      issuer: `${https}/aspsp/reference`,
      token_endpoint: `${https}/aspsp/reference/token`,
      registration_endpoint: `${https}/aspsp/reference/register`,
      jwks_uri: `${https}/0015800000REFBKAA5/0015800000REFBKAA5.jwks`,
      scopes_supported: ['openid', 'accounts', 'payments', 'fundsconfirmations'],
      response_types_supported: ['code', 'code id_token'],
      grant_types_supported: ['client_credentials', 'authorization_code', 'refresh_token', CIBA],
      subject_types_supported: ['public', 'pairwise'],
      acr_values_supported: ['urn:openbanking:psd2:sca', 'urn:openbanking:psd2:ca'],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'],
      token_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES256'],
      id_token_signing_alg_values_supported: ['PS256', 'ES256'],
      request_object_signing_alg_values_supported: ['PS256', 'ES256'],
      backchannel_token_delivery_modes_supported: ['poll', 'ping'],
      backchannel_authentication_request_signing_alg_values_supported: ['PS256', 'ES256'],
      backchannel_user_code_parameter_supported: false,
      tls_client_certificate_bound_access_tokens: true,
      claims_parameter_supported: false,
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
    });
  });

  it.each<[string, (profile: BankProfile) => object, object, string[]]>([
    [
      'has no algorithms of assertions where no client signs one',
      ({ metadata }) => ({ metadata: { ...metadata, tokenEndpointAuthMethods: ['client_secret_basic'] } }),
      { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
      ['token_endpoint_auth_signing_alg_values_supported'],
    ],
    [
      'has HS256 alone where clients sign with a secret alone',
      ({ metadata }) => ({ metadata: { ...metadata, tokenEndpointAuthMethods: ['client_secret_jwt'] } }),
      { token_endpoint_auth_signing_alg_values_supported: ['HS256'] },
      [],
    ],
    [
      'has no registration endpoint where nobody can register',
      () => ({ operations: ['GET'] }),
      {},
      ['registration_endpoint'],
    ],
    [
      'has no acr_values_supported where the bank has none',
      () => ({ acrValues: [] }),
      {},
      ['acr_values_supported'],
    ],
    [
      'has the subject types, response types and grant types of the profile',
      ({ metadata }) => ({
        metadata: { ...metadata, subjectTypes: ['pairwise'], responseTypes: ['code'], grantTypes: [CIBA] },
      }),
      {
        subject_types_supported: ['pairwise'],
        response_types_supported: ['code'],
        grant_types_supported: [CIBA],
        backchannel_user_code_parameter_supported: false,
      },
      [],
    ],
  ])('%s', async (_title, change, present, absent) => {
    const bank = new BankClient(sandbox, 'adaptive', tpp);
    const before = bank.profile;
    await sandbox.services.changeBankProfile('adaptive', { ...before, ...change(before) });
    try {
      const document = await discover(bank);
      expect(document).toEqual(expectedDiscovery(bank.profile, bank.issuer));
      expect(document).toMatchObject(present);
      for (const member of absent) expect(document).not.toHaveProperty(member);
    } finally {
      await sandbox.services.changeBankProfile('adaptive', before);
    }
  });
});

/** Every member, from the profile and the specifications. @see OpenID Connect Discovery 1.0 section 3, CIBA Core 1.0 section 4 */
function expectedDiscovery(
  { metadata, organisationId, acrValues, operations }: BankProfile,
  issuer: string,
): Discovery {
  const { tokenEndpointAuthMethods: methods, signingAlgorithms, grantTypes } = metadata;
  const assertionAlgorithms = [
    ...(methods.includes('private_key_jwt') ? signingAlgorithms : []),
    ...(methods.includes('client_secret_jwt') ? ['HS256'] : []),
  ];
  const optional = {
    registration_endpoint: operations.includes('POST') && `${issuer}/register`,
    acr_values_supported: acrValues.length > 0 && acrValues,
    token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms.length > 0 && assertionAlgorithms,
    backchannel_token_delivery_modes_supported: grantTypes.includes(CIBA) && ['poll', 'ping'],
    backchannel_authentication_request_signing_alg_values_supported:
      grantTypes.includes(CIBA) && signingAlgorithms,
  };
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${sandbox.urls.https}/${organisationId}/${organisationId}.jwks`,
    scopes_supported: ['openid', 'accounts', 'payments', 'fundsconfirmations'],
    response_types_supported: metadata.responseTypes,
    grant_types_supported: grantTypes,
    subject_types_supported: metadata.subjectTypes,
    token_endpoint_auth_methods_supported: methods,
    id_token_signing_alg_values_supported: signingAlgorithms,
    request_object_signing_alg_values_supported: signingAlgorithms,
    tls_client_certificate_bound_access_tokens: true,
    claims_parameter_supported: false,
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== false)),
    ...(grantTypes.includes(CIBA) ? { backchannel_user_code_parameter_supported: false } : {}),
  };
}

function isListed(document: Discovery, member: string, value: string): boolean {
  const list = document[member];
  return Array.isArray(list) && list.includes(value);
}

/** What a request says of its method, and no more. */
function claimsOfMethod(method: string, bank: BankClient): Claims {
  return {
    token_endpoint_auth_method: method,
    token_endpoint_auth_signing_alg: { private_key_jwt: 'PS256', client_secret_jwt: 'HS256' }[method],
    tls_client_auth_subject_dn: method === 'tls_client_auth' ? bank.subjectDn : undefined,
  };
}

/** A request for what the bank has first of everything. */
function usualClaims(bank: BankClient, overrides: Claims = {}): Claims {
  const { metadata } = bank.profile;
  const [method = ''] = metadata.tokenEndpointAuthMethods;
  return bank.claims({
    ...claimsOfMethod(method, bank),
    grant_types: ['client_credentials'],
    response_types: metadata.responseTypes.slice(0, 1),
    application_type: metadata.applicationTypes[0],
    ...overrides,
  });
}

function claimsFor({ claim, claims }: Kind, value: string, bank: BankClient): Claims {
  return usualClaims(bank, claims?.(value, bank) ?? { [claim]: value });
}

function register(bank: BankClient, claims: Claims): Promise<TlsAnswer> {
  const [contentType = ''] = bank.profile.request.mediaTypes;
  return bank.register(claims, { contentType });
}

async function registered(bank: BankClient, claims: Claims): Promise<Client> {
  const answer = await register(bank, usualClaims(bank, claims));
  expect(answer.status, answer.text).toBe(201);
  return JSON.parse(answer.text) as Client;
}

/** A token request as a client of the method makes it. */
function tokenBy(bank: BankClient, client: Client, method: string, algorithm: string): Promise<TlsAnswer> {
  const { client_id: clientId } = client;
  const secret = String(client['client_secret']);
  if (method.endsWith('_jwt')) {
    const assertion = signedAssertion(bank, clientId, algorithm, secret);
    return bank.requestToken({ client_assertion_type: JWT_BEARER, client_assertion: assertion });
  }
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
  const calls: Record<string, [Record<string, string>, CallOptions]> = {
    tls_client_auth: [{ client_id: clientId }, {}],
    client_secret_post: [{ client_id: clientId, client_secret: secret }, {}],
    client_secret_basic: [{}, { headers: { authorization: basic } }],
  };
  const [parameters = {}, options] = calls[method] ?? [];
  return bank.requestToken(parameters, options);
}

function signedAssertion(bank: BankClient, clientId: string, algorithm: string, secret: string): string {
  const [, payload = ''] = bank.assertion(clientId).split('.');
  const { kid, privateKeyPem } = bank.tpp.signing;
  if (algorithm === 'HS256') {
    const input = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${payload}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  }
  if (algorithm !== 'PS256' && algorithm !== 'RS256') throw new Error(`No key for ${algorithm}`);
  const claims = Buffer.from(payload, 'base64url').toString();
  return signCompact({ alg: algorithm, kid }, claims, algorithm, privateKeyPem);
}

function expectRefused(answer: TlsAnswer, rule: string): void {
  expect(JSON.parse(answer.text)).toEqual({
    error: 'invalid_client_metadata',
    error_description: expect.stringMatching(
      new RegExp(`^${rule}: expected .+, got .+; verdict [0-9a-f-]{36}$`),
    ) as string,
  });
  expect(answer.status).toBe(400);
}

/** The bank took a value that it supports instead, and says so. @see DCR 3.4, Data Dictionary */
function expectReplaced(
  answer: TlsAnswer,
  { claim, supported }: Kind,
  value: string,
  profile: BankProfile,
): void {
  expect(answer.status, `${value}: ${answer.text}`).toBe(201);
  const taken = [(JSON.parse(answer.text) as Claims)[claim]].flat();
  expect(taken).not.toContain(value);
  expect(taken).not.toEqual([]);
  for (const one of taken) expect(supported(profile)).toContain(one);
}

async function discover(bank: BankClient): Promise<Discovery> {
  return (await fetchJson(`${bank.issuer}/.well-known/openid-configuration`)) as Discovery;
}

async function fetchJson(url: string): Promise<unknown> {
  const answer = await callOverTls(url, { method: 'GET', ca: sandbox.services.trustAnchor.rootPem });
  expect(answer.status, url).toBe(200);
  return JSON.parse(answer.text);
}
