import { quote } from '../../domain/errors.js';
import {
  checkIssuedAt,
  checkNotExpired,
  expectThat,
  failed,
  instantOf,
  instantWithin,
  isNumericDate,
  passed,
  skipped,
  type Finding,
} from '../../domain/rules.js';
import type { Evidence } from '../evidence.js';
import { dictionary, type RegistrationRule } from './registration-rule.js';

/** The claims that make the request a JWT of this TPP, for this bank, now, and once. Location "Request only". */
export const requestClaimRules: readonly RegistrationRule[] = [
  {
    id: 'request-iss',
    title: "iss is the SSA's software_id, or its org_id where the bank wants that",
    claim: 'iss',
    spec: dictionary('iss'),
    error: 'invalid_software_statement',
    needs: ['request-jws', 'ssa-claims'],
    check: (evidence) => {
      const wanted = evidence.profile.request.issuer === 'software-id' ? 'software_id' : 'org_id';
      const expected = evidence.ssaText(wanted);
      const { iss } = evidence.requestClaims;
      return expectThat(iss === expected, `iss "${expected}", the ${wanted} of the SSA`, iss);
    },
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
    id: 'request-lifetime',
    title: 'The request does not live longer than the bank allows',
    claim: 'exp',
    spec: dictionary('exp'),
    error: 'invalid_software_statement',
    needs: ['request-iat', 'request-exp'],
    check: ({ requestClaims, profile }) =>
      checkLifetime(requestClaims['iat'], requestClaims['exp'], profile.request.maxLifetimeSeconds),
  },
  {
    id: 'request-aud',
    title: 'aud is the bank, by the name that it goes by',
    claim: 'aud',
    spec: dictionary('aud'),
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: ({ requestClaims: { aud }, expectedAudience }) =>
      expectThat(aud === expectedAudience, `aud "${expectedAudience}"`, aud),
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

function checkLifetime(issuedAt: unknown, expiresAt: unknown, longestSeconds: number | null): Finding {
  if (longestSeconds === null) return skipped('the bank allows any lifetime');
  if (!isNumericDate(issuedAt) || !isNumericDate(expiresAt)) throw new Error('The rule needs iat and exp.');
  return expiresAt - issuedAt <= longestSeconds
    ? passed
    : failed(
        `exp at most ${longestSeconds} seconds after iat`,
        `${instantOf(expiresAt)}, ${expiresAt - issuedAt} seconds after`,
      );
}
