import { describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { isJwtBearer, parseTokenRequest, type TokenRequest } from '../../src/oauth/token-request.js';

function parse(body: string, authorization?: string): TokenRequest {
  return parseTokenRequest({
    body,
    authorization,
    mediaType: 'application/x-www-form-urlencoded',
    clientCertificate: undefined,
  });
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text, 'utf8').toString('base64')}`;
}

function form(parameters: Record<string, string>): string {
  return new URLSearchParams(parameters).toString();
}

/** A JWT that nobody signed. */
function jwt(header: object, payload: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.`;
}

const noCredentials = { clientId: undefined, secret: undefined, assertion: undefined };

describe('the form of a token request', () => {
  it('is taken apart, percent signs and plus signs decoded', () => {
    expect(parse('grant_type=client_credentials&scope=openid+accounts&x=%C3%A4%2B')).toEqual({
      ...noCredentials,
      problem: undefined,
      parameters: new Map([
        ['grant_type', 'client_credentials'],
        ['scope', 'openid accounts'],
        ['x', 'ä+'],
      ]),
      methods: ['tls_client_auth'],
    });
  });

  it('may be empty', () => {
    expect(parse('')).toEqual({
      ...noCredentials,
      problem: undefined,
      parameters: new Map(),
      methods: ['tls_client_auth'],
    });
  });

  it('leaves parameters without a value out', () => {
    const { parameters, problem } = parse('grant_type=&scope&client_id=a');
    expect([...parameters]).toEqual([['client_id', 'a']]);
    expect(problem).toBeUndefined();
  });

  it.each(['scope=a&scope=a', 'scope=a&grant_type=b&scope=c', 'scope=&scope=c', 'scope=a&%73cope=b'])(
    'has a problem with a parameter that comes twice: %s',
    (body) => expect(parse(body).problem).toBe('"scope" twice'),
  );

  it('takes as many parameters as the limit and no more', () => {
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=1`).join('&');
    expect(parse(numbered(limits.formParameterCount)).problem).toBeUndefined();
    expect(parse(numbered(limits.formParameterCount + 1)).problem).toBe(
      `${limits.formParameterCount + 1} parameters`,
    );
  });

  it('is refused for its many parameters before their names are compared', () => {
    const body = Array.from({ length: limits.bodyBytes / 4 }, () => 'a=1').join('&');
    expect(parse(body).problem).toBe(`${limits.bodyBytes / 4} parameters`);
  });

  it('knows names of an object prototype as parameters like any other', () => {
    const { parameters, problem } = parse('__proto__=a&constructor=b');
    expect([...parameters.keys()]).toEqual(['__proto__', 'constructor']);
    expect(problem).toBeUndefined();
    expect(parse('').parameters.get('constructor')).toBeUndefined();
  });

  it.each(['{"grant_type":"client_credentials"}', '%', '%E4=%E4', '\u0000', '&&&', '='])(
    'is taken for what it says when it is none: %j',
    (body) => expect(parse(body).parameters.get('grant_type')).toBeUndefined(),
  );
});

describe('HTTP Basic', () => {
  it.each([
    ['plain', 'client:secret', 'client', 'secret'],
    ['form-encoded', 'a%3Ab+c:s%2B%25+%C3%A4', 'a:b c', 's+% ä'],
    ['with a colon in the secret', 'client:a:b', 'client', 'a:b'],
    ['with an empty secret', 'client:', 'client', ''],
    ['with an empty id', ':secret', '', 'secret'],
    ['with a percent sign that encodes nothing', 'a%zz:100%', 'a%zz', '100%'],
  ])('gives id and secret: %s', (_what, text, clientId, secret) => {
    expect(parse('', basic(text))).toMatchObject({ clientId, secret, methods: ['client_secret_basic'] });
  });

  it.each(['basic', 'BASIC', 'Basic  '])('is known by the scheme %j', (scheme) => {
    const header = basic('client:secret').replace('Basic', scheme);
    expect(parse('', header)).toMatchObject({ clientId: 'client', secret: 'secret' });
  });

  it.each([
    ['no header', undefined],
    ['an empty one', ''],
    ['another scheme', basic('client:secret').replace('Basic', 'Bearer')],
    ['a scheme that begins like it', basic('client:secret').replace('Basic', 'Basics')],
    ['something before it', ` x ${basic('client:secret')}`],
  ])('is not there with %s', (_what, header) => {
    expect(parse('', header)).toMatchObject({ ...noCredentials, methods: ['tls_client_auth'] });
  });

  it.each([
    ['no credentials', 'Basic'],
    ['no credentials after the blank', 'Basic '],
    ['no colon', basic('client')],
    ['characters that are not of base64', 'Basic Y2xp!W50OnNlY3JldA=='],
    ['credentials in two words', 'Basic Y2xpZW50 OnNlY3JldA=='],
  ])('is tried, and says nothing, with %s', (_what, header) => {
    expect(parse('', header)).toMatchObject({ ...noCredentials, methods: ['client_secret_basic'] });
  });

  it('goes before what the form says', () => {
    const body = form({ client_id: 'other', client_secret: 'another' });
    expect(parse(body, basic('client:secret'))).toMatchObject({
      clientId: 'client',
      secret: 'secret',
      methods: ['client_secret_basic', 'client_secret_post'],
    });
  });
});

describe('client authentication in the form', () => {
  it('is by client_id alone where a certificate says the rest', () => {
    expect(parse('client_id=a')).toMatchObject({ clientId: 'a', methods: ['tls_client_auth'] });
  });

  it('is by client_secret', () => {
    expect(parse(form({ client_id: 'a', client_secret: 'b c+' }))).toMatchObject({
      clientId: 'a',
      secret: 'b c+',
      methods: ['client_secret_post'],
    });
  });

  it.each([
    ['PS256', 'private_key_jwt'],
    ['ES256', 'private_key_jwt'],
    ['none', 'private_key_jwt'],
    ['HS256', 'client_secret_jwt'],
    [undefined, 'private_key_jwt'],
    [256, 'private_key_jwt'],
  ])('is by an assertion, whose alg %j makes it %s', (alg, method) => {
    const assertion = jwt({ alg }, { sub: 'a' });
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const request = parse(form({ client_assertion: assertion, client_assertion_type: type }));
    expect(request).toMatchObject({ clientId: 'a', secret: undefined, methods: [method] });
    expect(request.assertion).toMatchObject({ token: assertion, type, problem: undefined });
    expect(request.assertion?.jws?.payload).toEqual({ sub: 'a' });
  });

  it('names the client by client_id rather than by the sub of its assertion', () => {
    const body = form({ client_id: 'a', client_assertion: jwt({ alg: 'PS256' }, { sub: 'b' }) });
    expect(parse(body).clientId).toBe('a');
  });

  it.each([{}, { sub: 1 }, { sub: null }, { sub: ['a'] }])(
    'names no client when the assertion has the claims %j',
    (claims) => {
      const body = form({ client_assertion: jwt({ alg: 'PS256' }, claims) });
      expect(parse(body).clientId).toBeUndefined();
    },
  );

  it.each([
    ['a', '0 dots instead of 2'],
    ['a.b.c', 'a header that is not base64url of a JSON object'],
    [`${jwt({}, {})}!`, 'a signature that is not base64url'],
  ])('says why the assertion %s cannot be read', (assertion, problem) => {
    const request = parse(form({ client_assertion: assertion }));
    expect(request).toMatchObject({ clientId: undefined, methods: ['private_key_jwt'] });
    expect(request.assertion).toEqual({ token: assertion, type: undefined, jws: undefined, problem });
  });

  it('has all methods that were tried, so that a second one can be refused', () => {
    const body = form({ client_secret: 'a', client_assertion: jwt({ alg: 'HS256' }, { sub: 'a' }) });
    expect(parse(body, basic('a:b')).methods).toEqual([
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
    ]);
  });
});

describe('the type of a client assertion', () => {
  it.each([
    ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer', true],
    ['urn:ietf:params:oauth:client-assertion-type:saml2-bearer', false],
    ['urn:ietf:params:oauth:client-assertion-type:JWT-bearer', false],
    ['', false],
    [undefined, false],
  ])('%j: %j', (type, expected) => expect(isJwtBearer(type)).toBe(expected));
});
