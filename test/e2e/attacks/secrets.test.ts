import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReadyTpp } from '../../../src/testkit.js';
import {
  callOverTls,
  newRsaKeyPem,
  registrationClaims,
  signCompact,
  transportIdentity,
  type Claims,
  type TlsAnswer,
} from '../../support/registration.js';
import { startCli, type Instance } from '../../support/server.js';

const FORM = 'application/x-www-form-urlencoded';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let instance: Instance;
let tpp: ReadyTpp;
let ca: string;
let organisationId: string;

beforeAll(async () => {
  instance = await startCli(['--in-memory', '--log-level', 'trace']);
  ca = await (await fetch(`${instance.http}/ca/root.pem`)).text();
  const made = await fetch(`${instance.http}/sandbox/tpps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  tpp = (await made.json()) as ReadyTpp;
  const bank = await fetch(`${instance.http}/sandbox/banks/generic`);
  ({ organisationId } = (await bank.json()) as { organisationId: string });
});
afterAll(() => instance.end());

function call(
  method: string,
  path: string,
  body: string | undefined,
  headers: Record<string, string>,
): Promise<TlsAnswer> {
  const url = `${instance.https}/aspsp/generic${path}`;
  return callOverTls(url, { method, body, headers, ca, identity: transportIdentity(tpp) });
}

const sign = (header: Claims, claims: Claims, key = tpp.signing.privateKeyPem) =>
  signCompact({ alg: 'PS256', kid: tpp.signing.kid, ...header }, claims, 'PS256', key);
const register = (claims: Claims, header: Claims = {}) =>
  call('POST', '/register', sign(header, claims), { 'content-type': 'application/jwt' });
const requestToken = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
  call(
    'POST',
    '/token',
    new URLSearchParams({ grant_type: 'client_credentials', ...parameters }).toString(),
    { 'content-type': FORM, ...headers },
  );

function claims(overrides: Claims = {}): Claims {
  return registrationClaims(tpp, { organisationId }, new Date(), overrides);
}

/** Everything that one can read afterwards: verdicts, pages of the desk, and logs. */
async function everythingWritten(): Promise<Record<string, string>> {
  const verdicts = await (await fetch(`${instance.http}/sandbox/banks/generic/attempts?limit=1000`)).text();
  const { items } = JSON.parse(verdicts) as { items: { id: string }[] };
  expect(items.length).toBeGreaterThan(8);
  const { stdout, stderr } = await instance.end();
  expect(stderr).toContain('/aspsp/generic/register');
  return { verdicts, stdout, stderr };
}

it('neither verdicts nor logs nor refusals hold secrets, tokens, assertions or private keys', async () => {
  const secrets: Record<string, string> = {};
  const remember = (name: string, secret: string) => (secrets[name] = secret);
  const answers: TlsAnswer[] = [];
  const refused = async (answer: Promise<TlsAnswer>) => answers.push(await answer);

  const registered = await register(claims({ token_endpoint_auth_method: 'client_secret_basic' }));
  expect(registered.status, registered.text).toBe(201);
  const { client_id: id, client_secret: secret } = JSON.parse(registered.text) as Record<string, string>;
  if (id === undefined || secret === undefined) throw new Error('No secret.');
  remember('the issued secret', secret);
  const basic = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  remember('the Basic header', basic.slice(6));
  const granted = await requestToken({}, { authorization: basic });
  const { access_token: token } = JSON.parse(granted.text) as Record<string, string>;
  if (token === undefined) throw new Error('No token.');
  remember('the access token', token);

  const keyPem = newRsaKeyPem();
  const keyLine = keyPem.split('\n')[5] ?? '';
  remember('a private key in PEM', JSON.stringify(keyLine).slice(1, -1));
  const marker = (name: string) => remember(name, `secret-${randomUUID()}`);

  await refused(
    register(
      claims({
        aud: 'another',
        client_secret: marker('a secret as a claim'),
        access_token: marker('a token as a claim'),
        client_assertion: marker('an assertion as a claim'),
        jwks: { keys: [{ kty: 'RSA', d: marker('a private exponent'), p: marker('a prime') }] },
        notes: [keyPem],
      }),
      { jwk: { kty: 'oct', k: marker('a symmetric key in a header') }, password: marker('a password') },
    ),
  );
  // In places that are quoted in what a rule says.
  await refused(register(claims({ aud: { client_secret: marker('a secret in aud') } })));
  await refused(register(claims({ aud: [keyPem] })));
  await refused(register(claims({ redirect_uris: [{ d: marker('an exponent in redirect_uris') }] })));
  await refused(register(claims({ grant_types: { access_token: marker('a token in grant_types') } })));
  await refused(register(claims({}), { kid: { k: marker('a key as kid') } }));

  await refused(requestToken({ client_id: id, client_secret: marker('a wrong secret') }));
  const guess = `${id}:${marker('a wrong secret in Basic')}`;
  await refused(
    requestToken(
      {},
      { authorization: `Basic ${remember('a guess', Buffer.from(guess).toString('base64'))}` },
    ),
  );
  const now = Math.floor(Date.now() / 1000);
  const assertion = sign({}, { iss: id, sub: id, aud: 'x', exp: now + 60, jti: randomUUID() });
  remember('an assertion', assertion);
  remember('the signature of an assertion', assertion.split('.')[2] ?? '');
  await refused(requestToken({ client_assertion_type: JWT_BEARER, client_assertion: assertion }));
  await refused(call('GET', `/register/${randomUUID()}`, undefined, { authorization: `Bearer ${token}` }));
  await refused(
    call('PUT', `/register/${id}`, sign({}, claims()), {
      'content-type': 'application/jwt',
      authorization: `Bearer ${marker('a token that is none')}`,
    }),
  );
  await refused(
    call('POST', '/nowhere', '', { authorization: `Bearer ${token}`, cookie: `a=${marker('a cookie')}` }),
  );

  for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400);
  const written = { ...(await everythingWritten()), answers: answers.map(({ text }) => text).join('\n') };
  remember('the TPP’s signing key', tpp.signing.privateKeyPem.split('\n')[5] ?? '');
  remember('the TPP’s transport key', tpp.transport.privateKeyPem.split('\n')[5] ?? '');
  for (const [name, value] of Object.entries(secrets)) {
    expect(value.length, name).toBeGreaterThan(10);
    for (const [where, text] of Object.entries(written)) {
      expect(text.includes(value), `${name} in ${where}`).toBe(false);
    }
  }
});
