import { createHash, createSecretKey, timingSafeEqual } from 'node:crypto';
import { quote } from '../domain/errors.js';
import type { Jwk } from '../domain/jwk.js';
import type { ConsumedJti } from '../domain/registration.js';
import {
  checkIssuedAt,
  checkNotExpired,
  expectThat,
  failed,
  instantWithin,
  passed,
  skipped,
  type Finding,
  type Rule,
} from '../domain/rules.js';
import { checkHeaderMembers, checkKeyedSignature } from '../jose/checks.js';
import { verifyJwsSignature, type DecodedJws } from '../jose/jws.js';
import { formatName, isSameName, parseName } from '../pki/distinguished-name.js';
import { presentedCertificate, type CertificateEvidence } from './client-certificate-rules.js';
import { isJwtBearer, type ClientAssertion, type TokenRequest } from './token-request.js';

/** A client as an authorisation server knows it. */
export interface OAuthClient {
  readonly clientId: string;
  readonly authMethod: string;
  /** Algorithms it may sign its assertions with. */
  readonly assertionAlgorithms: readonly string[];
  readonly secret: string | null;
  /** The name that its certificate must have, for `tls_client_auth`. */
  readonly subjectDn: string | undefined;
  readonly grantTypes: readonly string[];
  readonly scopes: readonly string[];
  /** Its signing keys: the one with the `kid`, or all of them when an assertion names none. */
  findKeys(kid: string | undefined): Promise<{ keys: readonly Jwk[] } | { problem: string }>;
}

/** Everything that the rules of a token endpoint look at. */
export interface TokenEvidence extends CertificateEvidence {
  readonly clockSkewSeconds: number;
  readonly mediaType: string | undefined;
  readonly request: TokenRequest;
  /** The client that the request names. */
  readonly client: OAuthClient | undefined;
  /** What an assertion may be addressed to: the token endpoint or the issuer. */
  readonly audiences: readonly string[];
  readonly consumeJti: (jti: ConsumedJti, at: Date) => Promise<boolean>;
}

export type TokenError =
  'invalid_request' | 'invalid_client' | 'unauthorized_client' | 'unsupported_grant_type' | 'invalid_scope';

type TokenRule = Rule<TokenEvidence, TokenError>;

const FORM = 'application/x-www-form-urlencoded';

/** The form of the request. */
export const tokenRequestRules: readonly TokenRule[] = [
  {
    id: 'token-media-type',
    title: 'The request is a form',
    spec: 'RFC 6749 section 4.4.2',
    error: 'invalid_request',
    needs: [],
    check: ({ mediaType }) => expectThat(mediaType === FORM, `Content-Type ${FORM}`, mediaType),
  },
  {
    id: 'token-parameters',
    title: 'No parameter comes twice',
    spec: 'RFC 6749 section 3.2',
    error: 'invalid_request',
    needs: [],
    check: ({ request: { problem } }) =>
      problem === undefined ? passed : failed('each parameter once, and not too many', problem),
  },
];

/** What a rule that needs `client-known` may rely on. */
function knownClient({ client }: TokenEvidence): OAuthClient {
  if (!client) throw new Error('The rule needs client-known.');
  return client;
}

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

/** Whether the client is who it says. A request that names a client and proves nothing relies on its certificate. */
export const clientAuthenticationRules: readonly TokenRule[] = [
  {
    id: 'client-one-method',
    title: 'The client authenticates in one way',
    spec: 'RFC 6749 section 2.3',
    error: 'invalid_request',
    needs: ['token-parameters'],
    check: ({ request: { methods } }) =>
      methods.length === 1 ? passed : failed('one authentication method', methods.join(' and ')),
  },
  {
    id: 'client-known',
    title: 'The client is registered here',
    spec: 'RFC 6749 section 5.2',
    error: 'invalid_client',
    needs: ['token-parameters'],
    check: ({ client, request: { clientId, secret } }) => {
      if (client) return passed;
      // What comes with a secret may be the secret, when somebody took one for the other.
      const actual = secret === undefined ? quote(clientId) : 'one that is unknown';
      return failed('client_id, or sub of the assertion: a registered client', actual);
    },
  },
  {
    id: 'client-auth-method',
    title: 'The client authenticates as it registered to',
    spec: 'RFC 7591 section 2, token_endpoint_auth_method',
    error: 'invalid_client',
    needs: ['client-known', 'client-one-method'],
    check: (evidence) => {
      const { authMethod } = knownClient(evidence);
      const [method] = evidence.request.methods;
      return expectThat(method === authMethod, authMethod, method);
    },
  },
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
  {
    id: 'client-secret',
    title: 'The client knows its secret',
    claim: 'client_secret',
    spec: 'RFC 6749 section 2.3.1',
    error: 'invalid_client',
    needs: ['client-auth-method'],
    check: (evidence) => {
      const { authMethod, secret } = knownClient(evidence);
      if (authMethod !== 'client_secret_basic' && authMethod !== 'client_secret_post') {
        return skipped(`the client registered ${authMethod}`);
      }
      const given = evidence.request.secret;
      return secret !== null && given !== undefined && isSameSecret(secret, given)
        ? passed
        : failed('the client_secret of the registration', 'another one');
    },
  },
  {
    id: 'client-subject-dn',
    title: 'The client certificate has the subject that the client registered',
    spec: 'RFC 8705 section 2.1.2',
    error: 'invalid_client',
    needs: ['client-auth-method', 'client-certificate-trusted', 'client-certificate-dates'],
    check: checkRegisteredSubject,
  },
];

/** Whether the client may have what it asks for. */
export const clientCredentialsRules: readonly TokenRule[] = [
  {
    id: 'token-grant-type',
    title: 'The grant type is client_credentials',
    claim: 'grant_type',
    spec: 'RFC 6749 section 4.4.2',
    error: 'unsupported_grant_type',
    needs: ['token-parameters'],
    check: ({ request: { parameters } }) =>
      expectThat(
        parameters.get('grant_type') === 'client_credentials',
        'grant_type "client_credentials"',
        parameters.get('grant_type'),
      ),
  },
  {
    id: 'token-grant-registered',
    title: 'The client registered the grant type',
    claim: 'grant_type',
    spec: 'RFC 7591 section 2, grant_types',
    error: 'unauthorized_client',
    needs: ['client-known', 'token-grant-type'],
    check: (evidence) => {
      const { grantTypes } = knownClient(evidence);
      return expectThat(
        grantTypes.includes('client_credentials'),
        'grant_types of the registration: with client_credentials',
        grantTypes,
      );
    },
  },
  {
    id: 'token-scope',
    title: 'The scope lies within the registration',
    claim: 'scope',
    spec: 'RFC 6749 section 3.3; {dcr}, Authentication: a scope need not be specified',
    error: 'invalid_scope',
    needs: ['client-known'],
    check: (evidence) => {
      const { scopes } = knownClient(evidence);
      const asked = evidence.request.parameters.get('scope');
      if (asked === undefined) return skipped('scope is absent, so all of the registration is meant');
      const surplus = asked.split(' ').filter((scope) => !scopes.includes(scope));
      return expectThat(surplus.length === 0, `scope within ${scopes.join(' ')}`, surplus.join(' '));
    },
  },
];

/** The scope of the token: what was asked for, or all of the registration. */
export function grantedScope({ request }: TokenEvidence, client: OAuthClient): string {
  return request.parameters.get('scope') ?? client.scopes.join(' ');
}

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
  const named = typeof kid === 'string' ? kid : undefined;
  return checkKeyedSignature(token, named, await client.findKeys(named), client.assertionAlgorithms);
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

function checkRegisteredSubject(evidence: TokenEvidence): Finding {
  const { authMethod, subjectDn } = knownClient(evidence);
  if (authMethod !== 'tls_client_auth') return skipped(`the client registered ${authMethod}`);
  const registered = subjectDn === undefined ? undefined : parseName(subjectDn);
  const { subject } = presentedCertificate(evidence);
  return registered && isSameName(registered, subject)
    ? passed
    : failed(`a certificate of ${subjectDn ?? 'a registered name'}`, formatName(subject));
}

/** Takes the same time whatever the difference. */
function isSameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
