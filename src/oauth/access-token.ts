import { createHash } from 'node:crypto';
import type { Random } from '../domain/ports.js';
import type { AccessTokenRecord } from '../domain/registration.js';
import { failed, passed, type Rule } from '../domain/rules.js';
import { presentedCertificate, type CertificateEvidence } from './client-certificate-rules.js';

const TOKEN_BYTES = 32;

/** What a token is issued for. */
export interface Grant {
  readonly clientId: string;
  readonly scope: string;
  readonly certificateThumbprintSha256: string;
  readonly at: Date;
  readonly lifetimeSeconds: number;
}

/** A new opaque access token, bound to a client certificate. @see RFC 8705 section 3 */
export function issueAccessToken(
  random: Random,
  { at, lifetimeSeconds, ...granted }: Grant,
): { token: string; record: AccessTokenRecord } {
  const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url');
  const expiresAt = new Date(at.getTime() + lifetimeSeconds * 1000);
  return { token, record: { ...granted, digest: digestOfToken(token), issuedAt: at, expiresAt } };
}

export function digestOfToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** A call with an access token. */
export interface BearerEvidence extends CertificateEvidence {
  readonly authorization: string | undefined;
  /** The token that was presented, as it is remembered. */
  readonly token: AccessTokenRecord | undefined;
}

/** The token of an `Authorization: Bearer` header. @see RFC 6750 section 2.1 */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization ?? '')?.[1];
}

/** What a rule that needs `access-token-live` may rely on. */
export function liveToken({ token }: BearerEvidence): AccessTokenRecord {
  if (!token) throw new Error('The rule needs access-token-live.');
  return token;
}

/** Whether the caller holds a live access token, with the certificate that it was issued to. */
export const accessTokenRules: readonly Rule<BearerEvidence, 'invalid_token'>[] = [
  {
    id: 'access-token-presented',
    title: 'The call carries an access token',
    spec: 'RFC 6750 section 2.1; {dcr}, Authentication, GET, PUT and DELETE operations',
    error: 'invalid_token',
    needs: [],
    check: ({ authorization }) =>
      bearerTokenOf(authorization) !== undefined
        ? passed
        : failed('Authorization: Bearer and a token', authorization === undefined ? 'none' : 'another form'),
  },
  {
    id: 'access-token-live',
    title: 'The access token was issued here, has not expired and is not revoked',
    spec: 'RFC 6750 section 3.1',
    error: 'invalid_token',
    needs: ['access-token-presented'],
    check: ({ token, at }) => {
      if (!token)
        return failed('a token that was issued here', 'one that is unknown, revoked or long expired');
      if (at.getTime() < token.expiresAt.getTime()) return passed;
      return failed(
        `a token that is valid at ${at.toISOString()}`,
        `one until ${token.expiresAt.toISOString()}`,
      );
    },
  },
  {
    id: 'access-token-bound',
    title: 'The access token comes with the client certificate that it was issued to',
    spec: 'RFC 8705 section 3',
    error: 'invalid_token',
    needs: ['access-token-live', 'client-certificate-presented'],
    check: (evidence) => {
      const { thumbprintSha256 } = presentedCertificate(evidence);
      const bound = liveToken(evidence).certificateThumbprintSha256;
      return bound === thumbprintSha256
        ? passed
        : failed(`the certificate with the SHA-256 ${bound}`, `the one with ${thumbprintSha256}`);
    },
  },
];
