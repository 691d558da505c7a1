import { request as httpsRequest } from 'node:https';
import { deflateSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../../src/domain/limits.js';
import { signRequest, transportIdentity, type Claims, type TlsAnswer } from '../../support/registration.js';
import { setScene, Target, type Refusal } from '../../support/target.js';

const TEN_MEGABYTES = 10_000_000;
const FORM = 'application/x-www-form-urlencoded';
const scene = setScene('reference');
let target: Target;
let token: string;

beforeAll(async () => {
  target = await Target.open(scene.sandbox, 'reference', scene.tpp);
  token = await target.bank.token(target.client);
});

type Operation = readonly [method: string, path: () => string, contentType: string];

const operations: readonly Operation[] = [
  ['POST', () => '/register', 'application/jwt'],
  ['PUT', () => `/register/${target.client.client_id}`, 'application/jwt'],
  ['POST', () => '/token', FORM],
];

function send(
  [method, path, contentType]: Operation,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(
      target.bank.issuer + path(),
      {
        method,
        agent: false,
        ca: scene.sandbox.services.trustAnchor.rootPem,
        ...transportIdentity(scene.tpp),
        headers: { 'content-type': contentType, authorization: `Bearer ${token}`, ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

const tooLarge: Refusal = {
  status: 413,
  error: 'invalid_request',
  rule: undefined,
  mentions: `body: expected at most ${limits.bodyBytes} bytes, got `,
};
const compressed: Refusal = {
  status: 415,
  error: 'invalid_request',
  rule: undefined,
  mentions: 'body: expected UTF-8 without compression',
};

describe.each(operations)('%s with a body of 10 MB', (...operation) => {
  it('is refused by its announced length', async () => {
    await target.refuses(() => send(operation, Buffer.alloc(TEN_MEGABYTES, 'a')), {
      ...tooLarge,
      mentions: `${tooLarge.mentions ?? ''}${TEN_MEGABYTES}`,
    });
  });

  it('is refused when it comes in chunks of no announced length', async () => {
    const chunked = { 'transfer-encoding': 'chunked' };
    await target.refuses(() => send(operation, Buffer.alloc(TEN_MEGABYTES, 'a'), chunked), tooLarge);
  });
});

describe.each(operations)('%s with a compressed body', (...operation) => {
  it.each([
    ['gzip', gzipSync(Buffer.alloc(TEN_MEGABYTES, 'a'))],
    ['deflate', deflateSync(Buffer.alloc(TEN_MEGABYTES, 'a'))],
    ['br', Buffer.from('a')],
    ['gzip, gzip', Buffer.from('a')],
  ])('is refused when it is %s', async (encoding, body) => {
    await target.refuses(() => send(operation, body, { 'content-encoding': encoding }), compressed);
  });
});

describe('a body in another character set', () => {
  it('is refused', async () => {
    const contentType = 'application/jwt; charset=x-unknown';
    await target.refuses(() => target.bank.register('a', { contentType }), compressed);
  });
});

describe('a request within the limit of the body that holds very much', () => {
  const many = (item: string, count: number) => Array.from({ length: count }, () => item);

  it.each<[string, Claims, Partial<Refusal>]>([
    [
      '18,000 empty redirect URIs',
      { redirect_uris: many('', 18_000) },
      { error: 'invalid_redirect_uri', rule: 'redirect-uris-https' },
    ],
    [
      '25,000 numbers as redirect URIs',
      { redirect_uris: Array.from({ length: 25_000 }, () => 0) },
      { error: 'invalid_redirect_uri', rule: 'redirect-uris-present', mentions: 'characters)' },
    ],
    [
      'the same redirect URI 1,300 times and another',
      { redirect_uris: [...many('https://tpp.example.com/callback', 1_300), 'https://evil.example/'] },
      { error: 'invalid_redirect_uri', rule: 'redirect-uris-in-ssa', mentions: 'https://evil.example/' },
    ],
    [
      '10,000 grant types',
      { grant_types: many('x', 10_000) },
      { error: 'invalid_client_metadata', rule: 'grant-types' },
    ],
    [
      '20,000 scopes',
      { scope: many('x', 20_000).join(' ') },
      { error: 'invalid_client_metadata', rule: 'scope' },
    ],
    [
      'a client id of 50,000 characters',
      { client_id: 'x'.repeat(50_000) },
      { error: 'invalid_client_metadata', rule: 'client-id' },
    ],
  ])('is refused in good time: %s', async (_title, claims, refusal) => {
    const body = signRequest(scene.tpp, target.bank.claims(claims));
    expect(body.length).toBeLessThan(limits.bodyBytes);
    const start = performance.now();
    await target.refuses(() => target.bank.register(body), {
      status: 400,
      error: 'invalid_client_metadata',
      rule: '',
      ...refusal,
    });
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  it('is refused in good time: a form of 20,000 parameters', async () => {
    const body = Array.from({ length: 20_000 }, (_item, index) => `a${index}`)
      .join('&')
      .slice(0, 99_000);
    const start = performance.now();
    await target.refuses(() => target.bank.call('POST', '/token', body, { contentType: FORM }), {
      status: 400,
      error: 'invalid_request',
      rule: 'token-parameters',
      mentions: 'parameters',
    });
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  it('is accepted with 3,000 claims that nobody knows, and shows none of them', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 3_000 }, (_item, index) => [`x${index}`, index]));
    const client = await target.bank.registered(target.bank.claims(unknown));
    expect(Object.keys(client).filter((member) => member in unknown)).toEqual([]);
  });
});
