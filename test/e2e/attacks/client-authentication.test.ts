import { createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CallOptions } from '../../support/bank-client.js';
import {
  identityOfUnknownAuthority,
  selfSignedIdentity,
  numericDate,
  signCompact,
  transportIdentity,
  type Claims,
  type TlsAnswer,
} from '../../support/registration.js';
import { expectRefusal, setScene, Target, type Refusal, type Registered } from '../../support/target.js';

const FORM = 'application/x-www-form-urlencoded';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const scene = setScene('reference', 'generic');

let signing: Target;
let byCertificate: Target;
let basic: Target;
let post: Target;
let byHmac: Target;
let foreign: Registered;

beforeAll(async () => {
  const at = (bankId: string, claims?: Claims, authenticate?: (target: Target) => Promise<TlsAnswer>) =>
    Target.open(scene.sandbox, bankId, scene.tpp, claims, authenticate);
  const generic = scene.bank('generic');
  const withSecret = (
    method: string,
    authenticate?: (target: Target) => Promise<TlsAnswer>,
    more: Claims = {},
  ) => at('generic', generic.claims({ token_endpoint_auth_method: method, ...more }), authenticate);
  signing = await at('reference');
  byCertificate = await at('reference', scene.bank('reference').mtlsClaims());
  basic = await withSecret('client_secret_basic', (target) =>
    target.bank.requestToken({}, { headers: basicHeader(`${target.client.client_id}:${secretOf(target)}`) }),
  );
  post = await withSecret('client_secret_post');
  byHmac = await withSecret(
    'client_secret_jwt',
    (target) => withAssertion(target, hmacAssertion(target, secretOf(target))),
    { token_endpoint_auth_signing_alg: 'HS256' },
  );
  foreign = await scene.bank('reference', scene.other).registered();
});

const invalidClient = (rule: string, mentions = ''): Refusal => ({
  status: 401,
  error: 'invalid_client',
  rule,
  mentions,
});
const invalidRequest = (rule: string, mentions = ''): Refusal => ({
  status: 400,
  error: 'invalid_request',
  rule,
  mentions,
});

/** Base64 of id and secret as they are put together, right or wrong. */
const basicHeader = (text: string) => ({
  authorization: `Basic ${Buffer.from(text, 'utf8').toString('base64')}`,
});
const secretOf = ({ client }: Target) => String(client['client_secret']);

function withAssertion(target: Target, assertion: string, more: Record<string, string> = {}) {
  return target.bank.requestToken({
    client_assertion_type: JWT_BEARER,
    client_assertion: assertion,
    ...more,
  });
}

function hmacAssertion({ bank, client }: Target, secret: string, overrides: Claims = {}): string {
  const now = numericDate(scene.sandbox.clock.now());
  const names = { iss: client.client_id, sub: client.client_id, aud: `${bank.issuer}/token` };
  const input = [{ alg: 'HS256' }, { ...names, exp: now + 60, jti: randomUUID(), ...overrides }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

describe('more than one way to authenticate is refused:', () => {
  it('an assertion beside a secret', async () => {
    const { client_id: id } = signing.client;
    await signing.refuses(
      () => withAssertion(signing, signing.bank.assertion(id), { client_id: id, client_secret: 'x' }),
      invalidRequest('client-one-method', 'client_secret_post and private_key_jwt'),
    );
  });

  it('an assertion beside HTTP Basic', async () => {
    const { client_id: id } = signing.client;
    const parameters = { client_assertion_type: JWT_BEARER, client_assertion: signing.bank.assertion(id) };
    await signing.refuses(
      () => signing.bank.requestToken(parameters, { headers: basicHeader(`${id}:x`) }),
      invalidRequest('client-one-method', 'client_secret_basic and private_key_jwt'),
    );
  });

  it('the right secret in HTTP Basic and in the body', async () => {
    const { client_id: id } = basic.client;
    const headers = basicHeader(`${id}:${secretOf(basic)}`);
    await basic.refuses(
      () => basic.bank.requestToken({ client_id: id, client_secret: secretOf(basic) }, { headers }),
      invalidRequest('client-one-method'),
    );
  });

  it('the right secret in HTTP Basic beside the id of another client in the body', async () => {
    const headers = basicHeader(`${basic.client.client_id}:${secretOf(basic)}`);
    await basic.refuses(
      () => basic.bank.requestToken({ client_id: post.client.client_id }, { headers }),
      invalidRequest('client-one-id'),
    );
  });

  it('the right secret where another method was registered', async () => {
    const { client_id: id } = basic.client;
    await basic.refuses(
      () => basic.bank.requestToken({ client_id: id, client_secret: secretOf(basic) }),
      invalidClient('client-auth-method', "expected client_secret_basic, got 'client_secret_post'"),
    );
  });

  it('a certificate alone where an assertion was registered', async () => {
    await signing.refuses(
      () => signing.bank.requestToken({ client_id: signing.client.client_id }),
      invalidClient('client-auth-method', "expected private_key_jwt, got 'tls_client_auth'"),
    );
  });
});

describe('a repeated parameter is refused:', () => {
  it.each(['grant_type', 'client_id', 'client_assertion', 'client_assertion_type', 'scope'])(
    '%s',
    async (name) => {
      const { client_id: id } = signing.client;
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: id,
        client_assertion_type: JWT_BEARER,
        client_assertion: signing.bank.assertion(id),
        scope: 'openid',
      });
      body.append(name, body.get(name) ?? '');
      await signing.refuses(
        () => signing.bank.call('POST', '/token', body.toString(), { contentType: FORM }),
        invalidRequest('token-parameters', `'${name}' twice`),
      );
    },
  );

  it('a name in another encoding of the same letters', async () => {
    const { client_id: id } = signing.client;
    const body = `grant_type=client_credentials&client_id=${id}&client%5Fid=${foreign.client_id}`;
    await signing.refuses(
      () => signing.bank.call('POST', '/token', body, { contentType: FORM }),
      invalidRequest('token-parameters', "'client_id' twice"),
    );
  });
});

describe('an assertion is refused', () => {
  const assertion = (overrides: Claims = {}, header: Claims = {}) =>
    signing.bank.assertion(signing.client.client_id, overrides, header);
  const now = () => numericDate(scene.sandbox.clock.now());

  it.each<[string, () => Claims, string]>([
    [
      'for the token endpoint of another bank',
      () => ({ aud: `${scene.bank('generic').issuer}/token` }),
      'aud',
    ],
    ['for another bank', () => ({ aud: scene.bank('generic').issuer }), 'aud'],
    ['for the registration endpoint', () => ({ aud: `${signing.bank.issuer}/register` }), 'aud'],
    [
      'for the token endpoint with a slash behind it',
      () => ({ aud: `${signing.bank.issuer}/token/` }),
      'aud',
    ],
    ['for nobody', () => ({ aud: undefined }), 'aud'],
    ['for a list of nobody', () => ({ aud: [] }), 'aud'],
    ['for a list in a list', () => ({ aud: [[signing.bank.issuer]] }), 'aud'],
    ['whose iss is another client', () => ({ iss: foreign.client_id }), 'iss'],
    ['without iss', () => ({ iss: undefined }), 'iss'],
    ['that has expired', () => ({ exp: now() - 61 }), 'exp'],
    ['without exp', () => ({ exp: undefined }), 'exp'],
    ['whose exp is text', () => ({ exp: '9999999999' }), 'exp'],
    ['issued in the future', () => ({ iat: now() + 120 }), 'iat'],
    ['not valid yet', () => ({ nbf: now() + 120 }), 'iat'],
    ['without jti', () => ({ jti: undefined }), 'jti'],
    ['whose jti is a list', () => ({ jti: ['a'] }), 'jti'],
    ['whose jti is too long', () => ({ jti: 'j'.repeat(10_000) }), 'jti'],
  ])('%s', async (_title, overrides, part) => {
    await signing.refuses(
      () => withAssertion(signing, assertion(overrides())),
      invalidClient(`client-assertion-${part}`),
    );
  });

  it('whose sub is another client than its iss', async () => {
    await signing.refuses(
      () => withAssertion(signing, assertion({ sub: foreign.client_id })),
      invalidClient('client-assertion-iss'),
    );
  });

  it('of one client for the client_id of another', async () => {
    await signing.refuses(
      () => withAssertion(signing, assertion(), { client_id: foreign.client_id }),
      invalidClient('client-assertion-iss'),
    );
  });

  it('of another type', async () => {
    await signing.refuses(
      () =>
        signing.bank.requestToken({
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
          client_assertion: assertion(),
        }),
      invalidClient('client-assertion', 'saml2-bearer'),
    );
  });

  it.each<[string, () => { key: string; kid: string }]>([
    [
      "by another TPP's key",
      () => ({ key: scene.other.signing.privateKeyPem, kid: scene.other.signing.kid }),
    ],
    [
      "by another TPP's key under the client's kid",
      () => ({ key: scene.other.signing.privateKeyPem, kid: scene.tpp.signing.kid }),
    ],
    [
      'by the transport key',
      () => ({ key: scene.tpp.transport.privateKeyPem, kid: scene.tpp.transport.kid }),
    ],
    [
      "by the Directory's key",
      () => {
        const { kid, privateKey } = scene.sandbox.services.trustAnchor.signing;
        return { key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), kid };
      },
    ],
  ])('signed %s', async (_title, signer) => {
    const { key, kid } = signer();
    const { client_id: id } = signing.client;
    const names = { iss: id, sub: id, aud: signing.bank.issuer, exp: now() + 60, jti: randomUUID() };
    const token = signCompact({ alg: 'PS256', kid }, names, 'PS256', key);
    await signing.refuses(() => withAssertion(signing, token), invalidClient('client-assertion-signature'));
  });

  it('signed by the transport key without naming it', async () => {
    const { client_id: id } = signing.client;
    const names = { iss: id, sub: id, aud: signing.bank.issuer, exp: now() + 60, jti: randomUUID() };
    const token = signCompact({ alg: 'PS256' }, names, 'PS256', scene.tpp.transport.privateKeyPem);
    await signing.refuses(() => withAssertion(signing, token), invalidClient('client-assertion-signature'));
  });

  it('the second time, and one of 20 at once succeeds', async () => {
    const once = assertion();
    const answers = await Promise.all(Array.from({ length: 20 }, () => withAssertion(signing, once)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(401)]);
    await signing.refuses(() => withAssertion(signing, once), invalidClient('client-assertion-not-replayed'));
  });

  it('that was stolen, and is left to its owner', async () => {
    const stolen = assertion();
    const parameters = { client_assertion_type: JWT_BEARER, client_assertion: stolen };
    const identity = transportIdentity(scene.other);
    await signing.refuses(
      () => signing.bank.requestToken(parameters, { identity }),
      invalidClient('client-certificate-organisation'),
    );
    expect(await withAssertion(signing, stolen)).toMatchObject({ status: 200 });
  });

  it('as HMAC with an empty, a guessed or a public secret', async () => {
    for (const secret of ['', 'secret', byHmac.client.client_id, scene.tpp.signing.certificatePem]) {
      await byHmac.refuses(
        () => withAssertion(byHmac, hmacAssertion(byHmac, secret || '\0')),
        invalidClient('client-assertion-signature'),
      );
    }
    const good = hmacAssertion(byHmac, secretOf(byHmac));
    expect(await withAssertion(byHmac, good)).toMatchObject({ status: 200 });
    await byHmac.refuses(() => withAssertion(byHmac, good), invalidClient('client-assertion-not-replayed'));
  });

  it('with the HMAC of the secret of another client', async () => {
    await byHmac.refuses(
      () => withAssertion(byHmac, hmacAssertion(byHmac, secretOf(post))),
      invalidClient('client-assertion-signature'),
    );
  });
});

describe('a secret is refused', () => {
  const basicWith = (text: string): Promise<TlsAnswer> =>
    basic.bank.requestToken({}, { headers: basicHeader(text) });

  it.each<[string, () => string]>([
    ['in another case', () => secretOf(basic).toUpperCase()],
    ['cut short', () => secretOf(basic).slice(0, -1)],
    ['with a zero byte behind it', () => `${secretOf(basic)}\0`],
    ['of 10,000 characters', () => 's'.repeat(10_000)],
    ['that is empty', () => ''],
    ['of another client', () => secretOf(post)],
    ['with percent signs that encode nothing', () => '%E0%A4%A%'],
    ['in bytes that are no UTF-8', () => Buffer.from([0xff, 0xfe]).toString('latin1')],
    ['in letters beyond ASCII', () => 'pässwörd-密'],
  ])('in HTTP Basic %s', async (_title, secret) => {
    const answer = await basic.refuses(
      () => basicWith(`${basic.client.client_id}:${secret()}`),
      invalidClient('client-secret', 'got another one'),
    );
    expect(answer.headers['www-authenticate']).toBe('Basic realm="token endpoint"');
  });

  it.each(['', 'no-colon', '%%%', 'e'.repeat(9_999)])(
    'in HTTP Basic that is malformed: "%s"',
    async (word) => {
      const headers = { authorization: `Basic ${word}` };
      const answer = await basic.refuses(
        () => basic.bank.requestToken({}, { headers }),
        invalidClient('client-known'),
      );
      expect(answer.headers['www-authenticate']).toBe('Basic realm="token endpoint"');
    },
  );

  it('in malformed HTTP Basic beside the id of a client that authenticates by its certificate', async () => {
    const options: CallOptions = { headers: { authorization: 'Basic ?' } };
    const parameters = { client_id: byCertificate.client.client_id };
    await byCertificate.refuses(
      () => byCertificate.bank.requestToken(parameters, options),
      invalidClient('client-auth-method', "got 'client_secret_basic'"),
    );
  });

  it('in the body, of 10,000 characters', async () => {
    const { client_id: id } = post.client;
    await post.refuses(
      () => post.bank.requestToken({ client_id: id, client_secret: 's'.repeat(10_000) }),
      invalidClient('client-secret', 'got another one'),
    );
  });

  it.each(['__proto__', 'constructor', '../reference', "' OR 1=1 --", '\r\nSet-Cookie: a=b', 'ñ'])(
    'of a client that is called %s',
    async (id) => {
      await post.refuses(
        () => post.bank.requestToken({ client_id: id, client_secret: secretOf(post) }),
        invalidClient('client-known'),
      );
    },
  );

  it('is accepted form-encoded in HTTP Basic', async () => {
    const encoded = `${basic.client.client_id}:${encodeURIComponent(secretOf(basic)).replaceAll('-', '%2D')}`;
    expect(await basicWith(encoded)).toMatchObject({ status: 200 });
  });
});

describe('a client that authenticates by its certificate is refused', () => {
  const holder = () => ({ organisation: scene.tpp.organisation, softwareId: scene.tpp.softwareStatement.id });
  const now = () => scene.sandbox.clock.now();
  const tokenWith = (options: CallOptions) =>
    byCertificate.bank.requestToken({ client_id: byCertificate.client.client_id }, options);

  it('with a certificate of the same subject from another authority of the same name', async () => {
    const identity = await identityOfUnknownAuthority(holder(), now());
    await byCertificate.refuses(() => tokenWith({ identity }), invalidClient('client-certificate-trusted'));
  });

  it('with a certificate of the same subject that signed itself', async () => {
    const identity = await selfSignedIdentity(holder(), now());
    await byCertificate.refuses(() => tokenWith({ identity }), invalidClient('client-certificate-trusted'));
  });

  it('with the certificate of another organisation', async () => {
    const identity = transportIdentity(scene.other);
    await byCertificate.refuses(() => tokenWith({ identity }), invalidClient('client-subject-dn'));
  });

  it('with the certificate of other software of its organisation', async () => {
    const identity = transportIdentity(await scene.sibling());
    await byCertificate.refuses(() => tokenWith({ identity }), invalidClient('client-subject-dn'));
  });

  it('without a certificate', async () => {
    await byCertificate.refuses(
      () => tokenWith({ identity: undefined }),
      invalidClient('client-certificate-presented'),
    );
  });

  it('with its own signing certificate', async () => {
    const { privateKeyPem: key, certificatePem: cert } = scene.tpp.signing;
    await byCertificate.refuses(
      () => tokenWith({ identity: { key, cert } }),
      invalidClient('client-certificate-usage'),
    );
  });
});

describe('what is revoked works no more from that instant:', () => {
  it('a signing key, a certificate, and a certificate with a live token', async () => {
    const { services } = scene.sandbox;
    const tpp = await services.createReadyTpp({ name: 'Revoked Limited' });
    const bank = scene.bank('reference', tpp);
    const client = await bank.registered(bank.mtlsClaims());
    const signer = await bank.registered();
    const token = await bank.token(client);
    const signed = () =>
      bank.requestToken({
        client_assertion_type: JWT_BEARER,
        client_assertion: bank.assertion(signer.client_id),
      });
    expect(await signed()).toMatchObject({ status: 200 });

    await services.certificates.revoke(tpp.signing.kid, 'keyCompromise');
    expectRefusal(await signed(), invalidClient('client-assertion-signature'));
    expectRefusal(await bank.register(), {
      status: 400,
      error: 'invalid_software_statement',
      rule: 'request-signature',
      mentions: 'a revoked key',
    });
    expect(await bank.read(client.client_id, token)).toMatchObject({ status: 200 });

    await services.certificates.revoke(tpp.transport.kid, 'keyCompromise');
    const revoked = invalidClient('client-certificate-not-revoked', 'got a revoked certificate');
    expectRefusal(await bank.requestToken({ client_id: client.client_id }), revoked);
    expectRefusal(await bank.read(client.client_id, token), revoked);
    expectRefusal(await bank.remove(client.client_id, token), revoked);
    expect(bank.lastVerdict().operation).toBe('remove');
    await signing.expectUnharmed();
  });
});
