import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOrganisation, newOrganisationSchema } from '../../src/domain/organisation.js';
import { judge } from '../../src/domain/rules.js';
import {
  accessTokenRules,
  bearerTokenOf,
  digestOfToken,
  issueAccessToken,
  liveToken,
  type BearerEvidence,
} from '../../src/oauth/access-token.js';
import { clientCertificateRules } from '../../src/oauth/client-certificate-rules.js';
import { parseCertificate, type ParsedCertificate } from '../../src/pki/certificate.js';
import { systemRandom } from '../../src/sandbox/random.js';
import { selfSignedIdentity } from '../support/registration.js';

const at = new Date('2026-11-24T10:00:00Z');
const organisation = createOrganisation(
  newOrganisationSchema.parse({ name: 'FORGEROCK LIMITED' }),
  '0015800001041REAAY',
  at,
);

function later(milliseconds: number): Date {
  return new Date(at.getTime() + milliseconds);
}

const grant = {
  clientId: 'a-client',
  scope: 'openid accounts',
  certificateThumbprintSha256: 'ab'.repeat(32),
  at,
  lifetimeSeconds: 300,
};

describe('a new access token', () => {
  it('is 32 random bytes in base64url', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
    const { token } = issueAccessToken({ bytes: (count) => bytes.subarray(0, count) }, grant);
    expect(token).toBe(Buffer.from(bytes).toString('base64url'));
    expect(token).toHaveLength(43);
  });

  it('is remembered by its digest alone, with all that it was granted for', () => {
    const { token, record } = issueAccessToken(systemRandom, grant);
    expect(record).toEqual({
      digest: createHash('sha256').update(token).digest('base64url'),
      clientId: 'a-client',
      scope: 'openid accounts',
      certificateThumbprintSha256: 'ab'.repeat(32),
      issuedAt: at,
      expiresAt: later(300_000),
    });
    expect(JSON.stringify(record)).not.toContain(token);
  });

  it('is another each time', () => {
    const tokens = Array.from({ length: 100 }, () => issueAccessToken(systemRandom, grant).token);
    expect(new Set(tokens).size).toBe(100);
  });

  it('comes back from the header that carries it', () => {
    const { token, record } = issueAccessToken(systemRandom, grant);
    expect(digestOfToken(bearerTokenOf(`Bearer ${token}`) ?? '')).toBe(record.digest);
  });
});

describe('the Authorization header of a call', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER   abc  ', 'abc'],
    ['Bearer a-._~+/9==', 'a-._~+/9=='],
  ])('%j carries the token %j', (header, token) => expect(bearerTokenOf(header)).toBe(token));

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearerabc',
    'Basic abc',
    'Bearer a b',
    'Bearer a=b',
    'Bearer =',
    'Bearer "abc"',
    'Bearer ä',
    'Bearer abc, Bearer def',
    'x Bearer abc',
    'Bearer abc\n',
  ])('%j carries none', (header) => expect(bearerTokenOf(header)).toBeUndefined());
});

describe('a call with an access token', () => {
  let certificate: ParsedCertificate;
  let other: ParsedCertificate;

  beforeAll(async () => {
    const holder = { organisation, softwareId: 'AcmeBudgetPlanner00001' };
    const issue = async () => parseCertificate((await selfSignedIdentity(holder, at)).cert);
    certificate = await issue();
    other = await issue();
  });

  async function outcomesOf(overrides: Partial<BearerEvidence> = {}): Promise<Record<string, string>> {
    const { token, record } = issueAccessToken(systemRandom, {
      ...grant,
      certificateThumbprintSha256: certificate.thumbprintSha256,
    });
    const evidence: BearerEvidence = {
      at,
      certificate,
      certificateWasShown: true,
      trustedIssuers: [],
      authorization: `Bearer ${token}`,
      token: record,
      ...overrides,
    };
    const [presented] = clientCertificateRules;
    if (!presented) throw new Error('There are no rules for client certificates.');
    const { results } = await judge([presented, ...accessTokenRules], evidence);
    return Object.fromEntries(
      results
        .filter(({ id }) => id.startsWith('access-token'))
        .map((result) => [result.id, result.outcome === 'failed' ? result.actual : result.outcome]),
    );
  }

  it('is in order with a live token and its certificate', async () => {
    expect(await outcomesOf()).toEqual({
      'access-token-presented': 'passed',
      'access-token-live': 'passed',
      'access-token-bound': 'passed',
    });
  });

  it('is not without a header', async () => {
    expect(await outcomesOf({ authorization: undefined })).toEqual({
      'access-token-presented': 'none',
      'access-token-live': 'skipped',
      'access-token-bound': 'skipped',
    });
  });

  it('is not with credentials of another form', async () => {
    expect(await outcomesOf({ authorization: 'Basic abc' })).toMatchObject({
      'access-token-presented': 'another form',
    });
  });

  it('is not with a token that nobody knows', async () => {
    expect(await outcomesOf({ token: undefined })).toEqual({
      'access-token-presented': 'passed',
      'access-token-live': 'one that is unknown, revoked or long expired',
      'access-token-bound': 'skipped',
    });
  });

  it('is until the instant at which the token expires', async () => {
    expect(await outcomesOf({ at: later(299_999) })).toMatchObject({ 'access-token-live': 'passed' });
    expect(await outcomesOf({ at: later(300_000) })).toEqual({
      'access-token-presented': 'passed',
      'access-token-live': 'one until 2026-11-24T10:05:00.000Z',
      'access-token-bound': 'skipped',
    });
  });

  it('is not with the certificate of somebody else, though of the same name', async () => {
    expect(await outcomesOf({ certificate: other })).toMatchObject({
      'access-token-bound': `the one with ${other.thumbprintSha256}`,
    });
  });

  it('is not without a certificate', async () => {
    expect(await outcomesOf({ certificate: undefined, certificateWasShown: false })).toMatchObject({
      'access-token-live': 'passed',
      'access-token-bound': 'skipped',
    });
  });

  it('has no token to rely on before the rules have found one', () => {
    const evidence = { at, certificate, certificateWasShown: true, trustedIssuers: [] };
    expect(() => liveToken({ ...evidence, authorization: undefined, token: undefined })).toThrow(
      'needs access-token-live',
    );
  });
});
