import { describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { cleanBody, cleanHeader, cleanUrl } from '../../src/sandbox/tape/left-out.js';
import { BodyCollector } from '../../src/sandbox/tape/recorded-body.js';

const SECRET = 'Zm9yLXRoZS1ob2xkZXItYWxvbmU';
const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const token = (payload: unknown, header: unknown = { alg: 'PS256' }) =>
  `${part(header)}.${part(payload)}.${SECRET}`;
const pem = `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`;

/** Everything that a text says, also inside its tokens. */
function allOf(text: string): string {
  const inside = (text.match(/[\w-]{8,}/g) ?? []).map((one) =>
    Buffer.from(one, 'base64url').toString('utf8'),
  );
  return [text, ...inside.flatMap((one) => (/[{"=]/.test(one) ? [allOf(one)] : []))].join('\n');
}

function kept(body: string, contentType?: string): string {
  const collector = new BodyCollector();
  collector.add(body);
  return collector.take(contentType)?.content.toString('utf8') ?? '';
}

const bodies: Readonly<Record<string, string>> = {
  'a token': token({ iss: 'a' }),
  'a token with blanks before its header': token({ iss: 'a' }, ' {"alg":"PS256"}'),
  'a token behind other parts': `x.y.${token({ iss: 'a' })}`,
  'a token in quotes': `"${token({ iss: 'a' })}"`,
  'a token in a token': token({ software_statement: token({ iss: 'a' }) }),
  'a token in a token that is cut': token({
    software_statement: token({ iss: 'a' }),
    z: 'x'.repeat(400),
  }).slice(0, -400),
  'a token that is no JSON inside': token(`client_secret=${SECRET}`),
  'tokens inside tokens beyond all measure': token({
    a: token({ a: token({ a: token({ a: token({ a: token({ client_secret: SECRET }) }) }) }) }),
  }),
  'an encrypted token': `${part({ alg: 'dir', enc: 'A256GCM' })}..aXY.${SECRET}.${SECRET}`,
  'a client secret in JSON': JSON.stringify({ client_secret: SECRET }),
  'a client secret that is no text': JSON.stringify({ client_secret: [SECRET] }),
  'a client secret deep in JSON': JSON.stringify({ a: [{ b: { client_secret: SECRET } }] }),
  'a client secret with an escaped name': `{"client_\\u0073ecret":"${SECRET}"}`,
  'a client secret in a member that comes twice': `{"a":"${token({})}","a":"b"}`,
  'a client secret in JSON that is cut': `{"client_id":"a","client_secret":"${SECRET}`,
  'a client secret in JSON with a comma too many': `{"client_secret" : "${SECRET}",}`,
  'a client secret nested too deep': `${'['.repeat(60)}{"client_secret":"${SECRET}"}${']'.repeat(60)}`,
  'an access token': JSON.stringify({ access_token: SECRET, token_type: 'Bearer' }),
  'a registration access token': JSON.stringify({ registration_access_token: SECRET }),
  'a client secret in a form': `grant_type=client_credentials&client_secret=${SECRET}`,
  'a client secret in a form with an escaped name': `a=b&client%5Fsecret=${SECRET}`,
  'a client assertion in a form': `client_assertion=${token({ sub: 'a' })}&grant_type=client_credentials`,
  'a client assertion that is no token': `client_assertion=${SECRET}`,
  'a password in a form': `password=${SECRET}`,
  'a private key': pem,
  'a private key that is cut': `-----BEGIN EC PRIVATE KEY-----\n${SECRET}`,
  'a private key in JSON': JSON.stringify({ note: pem }),
  'a private JWK': JSON.stringify({ keys: [{ kty: 'RSA', d: SECRET, p: SECRET }] }),
  'a symmetric JWK': JSON.stringify({ kty: 'oct', k: SECRET }),
  'a line of text': `client_secret: ${SECRET}`,
  'an Authorization header in a text': `sent with Authorization: Bearer ${SECRET}`,
  'a URL with a password': `https://user:${SECRET}@tpp.example/`,
};

describe('what the tape keeps of a body', () => {
  it.each(Object.entries(bodies))('leaves the secret out of %s', (_name, body) => {
    expect(allOf(body)).toContain(SECRET);
    expect(allOf(kept(body))).not.toContain(SECRET);
  });

  it('says in place what it left out', () => {
    expect(kept(JSON.stringify({ client_id: 'a', client_secret: SECRET }))).toBe(
      '{"client_id":"a","client_secret":"[left out]"}',
    );
    expect(kept('client_secret=abc&scope=openid%20accounts')).toBe(
      'client_secret=[left out]&scope=openid%20accounts',
    );
    expect(kept(token({ iss: 'a' }))).toBe(
      `${part({ alg: 'PS256' })}.${part({ iss: 'a' })}.signature-left-out`,
    );
  });

  it.each([
    'https://localhost:8443/0015800000ACMEpAAP/AcmeBudgetPlanner00001.jwks',
    '{ "keys": [ { "kty": "RSA", "n": "AQAB", "x5c": ["MIIB+/=="], "x5u": "https://e2e.test.example/a.pem" } ] }',
    '{"error":"invalid_request","error_description":"client_secret is not taken here"}',
    'Bearer error="invalid_token"',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  ])('leaves %s as it is', (text) => {
    expect(kept(text)).toBe(text);
  });

  it('gives nobody what it has not looked through yet', () => {
    const collector = new BodyCollector();
    collector.add(SECRET);
    const body = collector.take('text/plain') ?? {};
    expect(Object.values(body)).toEqual(['text/plain', SECRET.length, SECRET.length]);
  });

  it('counts what it does not keep', () => {
    const collector = new BodyCollector();
    for (let round = 0; round < 3; round += 1) collector.add('x'.repeat(limits.tapeBodyBytes / 2));
    expect(collector.take('text/plain')).toMatchObject({ bytes: 98_304, isCut: true });
    expect(collector.take('text/plain')?.content).toHaveLength(limits.tapeBodyBytes);
  });

  it.each([
    ['bytes that are no text', Buffer.from([0x30, 0x82, 0x00, 0xff]), 'application/octet-stream'],
    [
      'a multipart form',
      Buffer.from(`name="client_secret"\r\n\r\n${SECRET}`),
      'multipart/form-data; boundary=x',
    ],
  ])('keeps nothing of %s', (_name, bytes, contentType) => {
    const collector = new BodyCollector();
    collector.add(bytes);
    expect(collector.take(contentType)).toMatchObject({
      kind: 'left-out',
      bytes: bytes.length,
      content: Buffer.alloc(0),
    });
  });
});

describe('what the tape keeps of headers and URLs', () => {
  it.each([
    ['authorization', `Bearer ${SECRET}`, 'Bearer [left out]'],
    ['authorization', `Basic ${SECRET}`, 'Basic [left out]'],
    ['authorization', SECRET, '[left out]'],
    ['cookie', `desk-session=${SECRET}`, '[left out]'],
    ['set-cookie', `a=${SECRET}; Path=/`, '[left out]'],
    ['x-api-key', SECRET, '[left out]'],
    [
      'x-jws-signature',
      `${part({ alg: 'PS256' })}..${SECRET}`,
      `${part({ alg: 'PS256' })}..signature-left-out`,
    ],
    ['referer', `https://a:${SECRET}@b.example/`, 'https://[left out]@b.example/'],
    ['content-type', 'application/jwt', 'application/jwt'],
  ])('of %s: %s', (name, value, expected) => {
    expect(cleanHeader(name, value)).toBe(expected);
  });

  it.each([
    ['/a?client_secret=b&c=d', '/a?client_secret=[left out]&c=d'],
    [`/a?request=${token({})}`, `/a?request=${part({ alg: 'PS256' })}.${part({})}.signature-left-out`],
    ['https://user:pw@host.example/a', 'https://[left out]@host.example/a'],
    ['/aspsp/reference/register', '/aspsp/reference/register'],
  ])('of %s', (url, expected) => {
    expect(cleanUrl(url)).toBe(expected);
  });

  it('keeps a text of many dots within reason', () => {
    expect(cleanBody('a.'.repeat(30_000))).toHaveLength(60_000);
  });
});
