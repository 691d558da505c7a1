import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import {
  callOverTls,
  numericDate,
  signCompact,
  transportIdentity,
  type TlsAnswer,
  type TlsCall,
} from '../support/registration.js';

const SCIM_TYPE = 'application/scim+json';
const SEARCH_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';
const ALL_SCOPES = 'ASPSPReadAccess TPPReadAccess AuthoritiesReadAccess QTSPReadAccess';

let sandbox: Sandbox;
let tpp: ReadyTpp;
let authorization: string;
beforeAll(async () => {
  sandbox = await startSandbox();
  tpp = await sandbox.services.createReadyTpp({ name: 'Finder Ltd' });
  authorization = await token(ALL_SCOPES);
});
afterAll(() => sandbox.close());

async function token(scope: string): Promise<string> {
  const { id } = tpp.softwareStatement;
  const endpoint = `${sandbox.urls.https}/as/token.oauth2`;
  const now = numericDate(sandbox.clock.now());
  const assertion = signCompact(
    { typ: 'JWT', alg: 'PS256', kid: tpp.signing.kid },
    { iss: id, sub: id, aud: endpoint, jti: randomUUID(), iat: now, exp: now + 300 },
    'PS256',
    tpp.signing.privateKeyPem,
  );
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: id,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    scope,
  });
  const answer = await callOverTls(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    identity: transportIdentity(tpp),
    ca: sandbox.services.trustAnchor.rootPem,
  });
  expect(answer.status, answer.text).toBe(200);
  return `Bearer ${(JSON.parse(answer.text) as { access_token: string }).access_token}`;
}

function call(path: string, options: Partial<TlsCall> = {}): Promise<TlsAnswer> {
  return callOverTls(`${sandbox.urls.https}/scim/v2${path}`, {
    method: 'GET',
    identity: transportIdentity(tpp),
    ca: sandbox.services.trustAnchor.rootPem,
    ...options,
    headers: { accept: SCIM_TYPE, authorization, ...options.headers },
  });
}

function search(path: string, body: object, contentType = SCIM_TYPE): Promise<TlsAnswer> {
  return call(`${path}/.search`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body: JSON.stringify(body),
  });
}

interface Found {
  readonly totalResults: number;
  readonly itemsPerPage: number;
  readonly Resources: readonly {
    readonly id: string;
    readonly meta: { readonly location: string };
    readonly AuthorisationServers?: readonly { readonly OpenIDConfigEndPointUri: string }[];
  }[];
}

function found(answer: TlsAnswer): Found {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers).toMatchObject({ 'content-type': SCIM_TYPE, 'cache-control': 'no-store' });
  expect(answer.headers['ob-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  return JSON.parse(answer.text) as Found;
}

function refused({ status, text, headers }: TlsAnswer) {
  expect(headers).toMatchObject({ 'content-type': SCIM_TYPE });
  expect(headers['ob-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  return { httpStatus: status, ...(JSON.parse(text) as object) };
}

const refusal = (status: number, detail: unknown, scimType?: string) => ({
  httpStatus: status,
  schemas: [ERROR],
  status: String(status),
  ...(scimType === undefined ? {} : { scimType }),
  detail,
});

describe('a TPP that looks for a bank', () => {
  it('filters for authorisation servers, and reads the discovery document of each', async () => {
    const filter = encodeURIComponent('(AuthorisationServers pr)');
    const { Resources, totalResults } = found(
      await call(`/OBAccountPaymentServiceProviders/?filter=${filter}`),
    );
    const servers = Resources.flatMap(({ AuthorisationServers = [] }) => AuthorisationServers);
    expect(totalResults).toBe(Resources.length);
    expect(servers).toHaveLength(sandbox.services.banks.length);
    for (const { OpenIDConfigEndPointUri: url } of servers) {
      const ca = sandbox.services.trustAnchor.rootPem;
      const { text } = await callOverTls(url, { method: 'GET', ca });
      const discovery = JSON.parse(text) as { issuer: string; registration_endpoint: string };
      expect(url).toBe(`${discovery.issuer}/.well-known/openid-configuration`);
    }
  });

  it('finds the same by POST, page by page', async () => {
    const filter = 'AuthorisationServers pr';
    const whole = found(await search('/participants', { schemas: [SEARCH_REQUEST], filter }));
    const ids: string[] = [];
    for (let startIndex = 1; startIndex <= whole.totalResults; startIndex += 2) {
      const request = { schemas: [SEARCH_REQUEST], filter, startIndex, count: 2, attributes: ['id'] };
      const page = found(await search('/participants', request, 'application/json; charset=utf-8'));
      ids.push(...page.Resources.map(({ id }) => id));
    }
    expect(ids).toEqual(whole.Resources.map(({ id }) => id));
  });

  it('follows a location', async () => {
    const { Resources } = found(await call('/OBAccountPaymentServiceProviders?count=1'));
    const location = Resources[0]?.meta.location ?? '';
    const one = await call(location.slice(`${sandbox.urls.https}/scim/v2`.length));
    expect(JSON.parse(one.text)).toEqual(Resources[0]);
    const short = await call(`/Participants/${Resources[0]?.id ?? ''}?attributes=id`);
    expect(Object.keys(JSON.parse(short.text) as object)).toEqual(['schemas', 'id']);
  });
});

it('a bank finds the software statement of a TPP as conformance suites ask for it', async () => {
  const { id } = tpp.softwareStatement;
  const filter = `(urn:openbanking:softwarestatement:1.0:SoftwareStatements[Id eq "${id}" and Active eq true] ) `;
  const query = new URLSearchParams({ filter, attributes: 'totalResults' });
  const list = found(await call(`/OBThirdPartyProviders?${query.toString()}`));
  expect(list).toMatchObject({ totalResults: 1, Resources: [{ id: tpp.organisation.id }] });
});

it.each([
  '/Participants',
  '/participants',
  '/OBThirdPartyProviders',
  '/OBAccountPaymentServiceProviders',
  '/OBAuthorities',
  '/OBQualifiedTrustServiceProviders',
])('%s answers GET, HEAD and /.search', async (path) => {
  for (const accept of [SCIM_TYPE, 'application/json', 'application/*', '*/*', 'text/html, */*;q=0.1'])
    found(await call(path, { headers: { accept } }));
  const head = await call(path, { method: 'HEAD' });
  expect([head.status, head.text, head.headers['content-type']]).toEqual([200, '', SCIM_TYPE]);
  const { Resources, totalResults } = found(await search(path, { schemas: [SEARCH_REQUEST], count: 0 }));
  expect(Resources).toEqual([]);
  expect(totalResults).toBeGreaterThan(0);
});

describe('SCIM refuses', () => {
  it.each<[string, () => Partial<TlsCall>]>([
    ['no token', () => ({ headers: { authorization: '' } })],
    ['an unknown token', () => ({ headers: { authorization: 'Bearer unknown' } })],
    ['no certificate', () => ({ identity: undefined })],
  ])('%s', async (_what, options) => {
    for (const path of [
      '/Participants',
      '/OBAuthorities/unknown?count=x',
      '/OBThirdPartyProviders?filter=(',
    ]) {
      const answer = await call(path, options());
      expect(refused(answer)).toEqual(refusal(401, expect.any(String)));
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    }
  });

  it('a token without the scope, but not at Participants', async () => {
    const manage = { headers: { authorization: await token('TPPManage') } };
    found(await call('/Participants', manage));
    expect(refused(await call('/OBAccountPaymentServiceProviders', manage))).toEqual(
      refusal(403, 'scope: expected a token with ASPSPReadAccess or ASPSPReadAll, got one with TPPManage.'),
    );
  });

  it.each([
    ['/Unknown', 'There is nothing at /scim/v2/Unknown.'],
    ['/OBAUTHORITIES', 'There is nothing at /scim/v2/OBAUTHORITIES.'],
    ['/', 'There is nothing at /scim/v2/.'],
    ['/Participants/a/b', 'There is nothing at /scim/v2/Participants/a/b.'],
    ['/Participants/unknown', 'There is no resource of Participants with the id "unknown".'],
    ['/OBAuthorities/__proto__', 'There is no resource of OBAuthorities with the id "__proto__".'],
  ])('%s', async (path, detail) => {
    expect(refused(await call(path))).toEqual(refusal(404, detail));
  });

  it.each([
    ['/Participants', 'POST', 'GET, HEAD'],
    ['/Participants/id', 'PATCH', 'GET, HEAD'],
    ['/OBAuthorities/id', 'DELETE', 'GET, HEAD'],
    ['/OBThirdPartyProviders', 'PUT', 'GET, HEAD'],
    ['/participants/.search', 'GET', 'POST'],
  ])('at %s %s', async (path, method, allowed) => {
    const answer = await call(path, { method });
    expect(refused(answer)).toEqual(refusal(405, `${method} is not offered here; ${allowed} is.`));
    expect(answer.headers.allow).toBe(allowed);
  });

  it('an Accept that cannot be met', async () => {
    expect(refused(await call('/Participants', { headers: { accept: 'text/html' } }))).toEqual(
      refusal(406, 'Accept: expected application/scim+json or application/json, got text/html.'),
    );
  });

  it.each([
    ['filter=id', 'invalidFilter', /^filter: expected a filter as in RFC 7644/],
    ['count=x', 'invalidValue', /^count: expected an integer, got "x"$/],
    ['attributes=id&excludedAttributes=meta', 'invalidValue', /got both/],
  ])('the query %s', async (query, scimType, detail) => {
    expect(refused(await call(`/Participants?${query}`))).toEqual(
      refusal(400, expect.stringMatching(detail), scimType),
    );
  });

  it('bad percent-encoding in a path', async () => {
    expect(refused(await call('/Participants/%zz'))).toEqual(
      refusal(400, 'path: expected valid percent-encoding'),
    );
  });

  it.each<[string, string, string | undefined, object]>([
    [
      'another type',
      '{}',
      'text/plain',
      refusal(415, 'Content-Type: expected application/scim+json or application/json, got text/plain.'),
    ],
    [
      'no type',
      '{}',
      undefined,
      refusal(415, 'Content-Type: expected application/scim+json or application/json, got none.'),
    ],
    ['broken JSON', '{', SCIM_TYPE, refusal(400, 'body: expected JSON, got "{"', 'invalidSyntax')],
    [
      'no schema',
      '{}',
      SCIM_TYPE,
      refusal(400, `schemas: expected a list with "${SEARCH_REQUEST}".`, 'invalidSyntax'),
    ],
    [
      'a body that is too long',
      ' '.repeat(100_001),
      SCIM_TYPE,
      refusal(413, expect.stringContaining('at most 100000 bytes')),
    ],
  ])('a search with %s', async (_what, body, contentType, expected) => {
    const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
    expect(refused(await call('/Participants/.search', { method: 'POST', body, headers }))).toEqual(expected);
  });
});
