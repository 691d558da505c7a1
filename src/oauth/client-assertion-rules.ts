import { createSecretKey } from 'node:crypto';
import { quote } from '../domain/errors.js';
import {
  checkIssuedAt,
  checkNotExpired,
  expectThat,
  failed,
  instantWithin,
  passed,
  skipped,
  type Finding,
} from '../domain/rules.js';
import { checkHeaderMembers, checkKeyedSignature } from '../jose/checks.js';
import { verifyJwsSignature, type DecodedJws } from '../jose/jws.js';
import { knownClient, type TokenEvidence, type TokenRule } from './token-evidence.js';
import { isJwtBearer, type ClientAssertion } from './token-request.js';

function decodedAssertion({ request: { assertion } }: TokenEvidence): ClientAssertion & { jws: DecodedJws } {
  if (!assertion?.jws) throw new Error('The rule needs client-assertion.');
  return { ...assertion, jws: assertion.jws };
}

/** A rule about client assertions: skipped for clients that authenticate without one. */
function assertionRule(
  part: string,
  claim: string | undefined,
  title: string,
  spec: string,
  check: TokenRule['check'],
  needs: readonly string[] = ['client-assertion'],
): TokenRule {
  return {
    id: part === '' ? 'client-assertion' : `client-assertion-${part}`,
    ...(claim === undefined ? {} : { claim }),
    title,
    spec,
    error: 'invalid_client',
    needs: ['client-auth-method', ...needs],
    check: (evidence) =>
      evidence.request.assertion ? check(evidence) : skipped('the client authenticates without an assertion'),
  };
}

/** Whether the client signed the assertion that it sent, for this server, now, and once. @see RFC 7523 section 3 */
export const clientAssertionRules: readonly TokenRule[] = [
  assertionRule(
    '',
    'client_assertion',
    'client_assertion is a compact JWS of the type that RFC 7523 names',
    'RFC 7523 section 2.2',
    ({ request: { assertion } }) => {
      if (!isJwtBearer(assertion?.type)) {
        const expected = 'client_assertion_type urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
        // Anything but a URN may be the assertion, when somebody took one for the other.
        const isTelling = assertion?.type === undefined || /^urn:[\w:-]+$/.test(assertion.type);
        return failed(expected, isTelling ? quote(assertion?.type) : 'no URN');
      }
      return assertion?.jws
        ? passed
        : failed('client_assertion: a compact JWS', assertion?.problem ?? 'none');
    },
    [],
  ),
  assertionRule(
    'alg',
    'alg',
    'The assertion is signed with an algorithm the client may use',
    'RFC 7523 section 3; FAPI 1.0 Advanced section 8.6',
    (evidence) => {
      const { assertionAlgorithms } = knownClient(evidence);
      const { alg } = decodedAssertion(evidence).jws.header;
      return expectThat(
        typeof alg === 'string' && assertionAlgorithms.includes(alg),
        `alg ${assertionAlgorithms.join(' or ')}`,
        alg,
      );
    },
  ),
  assertionRule(
    'header-members',
    undefined,
    "The assertion's header neither carries nor points at a key",
    'RFC 7515 section 4.1; RFC 8725 section 3.10',
    (evidence) => checkHeaderMembers(decodedAssertion(evidence).jws.header),
  ),
  assertionRule('iss', 'iss', 'iss and sub are the client id', 'RFC 7523 section 3', (evidence) => {
    const { iss, sub } = decodedAssertion(evidence).jws.payload;
    const { clientId } = knownClient(evidence);
    return expectThat(iss === clientId && sub === clientId, `iss and sub ${quote(clientId)}`, [iss, sub]);
  }),
  assertionRule('aud', 'aud', 'aud is the token endpoint or the issuer', 'RFC 7523 section 3', (evidence) => {
    const { aud } = decodedAssertion(evidence).jws.payload;
    const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
    return expectThat(
      named.some((one) => typeof one === 'string' && evidence.audiences.includes(one)),
      `aud ${evidence.audiences.map(quote).join(' or ')}`,
      aud,
    );
  }),
  assertionRule('exp', 'exp', 'exp is present and has not passed', 'RFC 7523 section 3', (evidence) =>
    checkNotExpired(evidence, decodedAssertion(evidence).jws.payload['exp']),
  ),
  assertionRule(
    'iat',
    'iat',
    'iat and nbf, where given, are not in the future',
    'RFC 7523 section 3',
    (evidence) => {
      const { iat, nbf } = decodedAssertion(evidence).jws.payload;
      const finding = iat === undefined ? passed : checkIssuedAt(evidence, iat);
      return finding.outcome === 'passed' && nbf !== undefined
        ? checkIssuedAt(evidence, nbf, 'nbf')
        : finding;
    },
  ),
  assertionRule('jti', 'jti', 'jti is present', 'OpenID Connect Core 1.0 section 9', (evidence) => {
    const { jti } = decodedAssertion(evidence).jws.payload;
    return expectThat(
      typeof jti === 'string' && jti !== '' && jti.length <= 256,
      'jti: 1 to 256 characters',
      jti,
    );
  }),
  assertionRule(
    'signature',
    undefined,
    'The client signed the assertion',
    'RFC 7523 section 3',
    checkAssertionSignature,
    ['client-assertion', 'client-assertion-alg', 'client-assertion-header-members'],
  ),
  assertionRule(
    'not-replayed',
    'jti',
    'The assertion has not been used before',
    'RFC 7523 section 3',
    checkAssertionNotReplayed,
    // A jti is used up only by who can sign as the client.
    ['client-assertion-signature', 'client-assertion-iss', 'client-assertion-exp', 'client-assertion-jti'],
  ),
];

async function checkAssertionSignature(evidence: TokenEvidence): Promise<Finding> {
  const client = knownClient(evidence);
  const { token, jws } = decodedAssertion(evidence);
  if (client.authMethod === 'client_secret_jwt') {
    const key = client.secret === null ? undefined : createSecretKey(Buffer.from(client.secret, 'utf8'));
    const valid = key !== undefined && (await verifyJwsSignature(token, key, client.assertionAlgorithms));
    return valid ? passed : failed("an HMAC with the client's secret", 'one that does not verify');
  }
  const { kid } = jws.header;
  // Observed: the official conformance tool names no kid in its assertions.
  if (kid !== undefined && typeof kid !== 'string') {
    return failed('a kid that is a string, or none', quote(kid));
  }
  return checkKeyedSignature(token, kid, await client.findKeys(kid), client.assertionAlgorithms);
}

async function checkAssertionNotReplayed(evidence: TokenEvidence): Promise<Finding> {
  const { iss, jti, exp } = decodedAssertion(evidence).jws.payload;
  const expiresAt = instantWithin(Number(exp) + evidence.clockSkewSeconds);
  const isNew = await evidence.consumeJti(
    { issuer: `assertion ${String(iss)}`, jti: String(jti), expiresAt },
    evidence.at,
  );
  return isNew ? passed : failed('a jti that has not been used before', quote(jti));
}
