import { quote } from '../../domain/errors.js';
import type { Evidence } from '../evidence.js';
import { checkIssuedAt, checkNotExpired } from './ssa.js';
import { expectThat, failed, passed, type Finding, type Rule } from './rule.js';

const dictionary = (claim: string) => `DCR 3.4, OBClientRegistrationRequest1, ${claim}`;

/** The claims that make the request a JWT of this TPP, for this bank, now, and once. Location "Request only". */
export const requestClaimRules: readonly Rule[] = [
  {
    id: 'request-iss',
    title: "iss is the SSA's software_id",
    claim: 'iss',
    spec: dictionary('iss'),
    error: 'invalid_software_statement',
    needs: ['request-jws', 'ssa-claims'],
    check: (evidence) =>
      expectThat(
        evidence.requestClaims['iss'] === evidence.ssaText('software_id'),
        `iss "${evidence.ssaText('software_id')}"`,
        evidence.requestClaims['iss'],
      ),
  },
  {
    id: 'request-iat',
    title: 'iat is present and not in the future',
    claim: 'iat',
    spec: dictionary('iat'),
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: (evidence) => checkIssuedAt(evidence, evidence.requestClaims['iat']),
  },
  {
    id: 'request-exp',
    title: 'exp is present and has not passed',
    claim: 'exp',
    spec: dictionary('exp'),
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: (evidence) => checkNotExpired(evidence, evidence.requestClaims['exp']),
  },
  {
    id: 'request-aud',
    title: "aud is the bank's organisation id",
    claim: 'aud',
    spec: dictionary('aud'),
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: ({ requestClaims, profile }) =>
      expectThat(
        requestClaims['aud'] === profile.organisationId,
        `aud "${profile.organisationId}"`,
        requestClaims['aud'],
      ),
  },
  {
    id: 'request-jti',
    title: 'jti is a version 4 UUID',
    claim: 'jti',
    spec: dictionary('jti'),
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    // The pattern of the specification has upper case, real clients send lower case.
    check: ({ requestClaims: { jti } }) =>
      expectThat(
        typeof jti === 'string' &&
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(jti),
        'jti: a version 4 UUID',
        jti,
      ),
  },
  {
    id: 'request-not-replayed',
    title: 'The request has not been sent before',
    spec: 'RFC 7519 section 4.1.7',
    error: 'invalid_software_statement',
    // A jti is used up only by who can sign with the software's key.
    needs: ['request-signature', 'request-iss', 'request-exp', 'request-jti'],
    check: checkNotReplayed,
  },
];

async function checkNotReplayed(evidence: Evidence): Promise<Finding> {
  const { iss, jti, exp } = evidence.requestClaims;
  const expiresAtSeconds = Number(exp) + evidence.profile.clockSkewSeconds;
  const isNew = await evidence.bank.consumeJti(
    { issuer: String(iss), jti: String(jti).toLowerCase(), expiresAt: instantWithin(expiresAtSeconds) },
    evidence.at,
  );
  return isNew ? passed : failed('a jti that has not been used before', quote(jti));
}

/** An instant that a `Date` can hold, however far away the claim lies. */
function instantWithin(seconds: number): string {
  const LATEST_MILLISECONDS = 253_402_300_799_000; // 9999-12-31T23:59:59Z
  return new Date(Math.min(seconds * 1000, LATEST_MILLISECONDS)).toISOString();
}
