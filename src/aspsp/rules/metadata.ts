import { quote } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import { scopeOfRole, unconditionalScopes, type Role } from '../../domain/roles.js';
import { formatName, isSameName, parseName } from '../../pki/distinguished-name.js';
import { knownScopes } from '../discovery.js';
import { textsOf, type Evidence } from '../evidence.js';
import { expectThat, failed, passed, skipped, type Finding, type Rule } from './rule.js';

const CIBA = 'urn:openid:params:grant-type:ciba';

/** Lengths of the data dictionary, in characters. @see DCR 3.4, OBClientRegistrationRequest1 */
const lengths = {
  redirectUri: 256,
  clientId: 36,
  scope: 256,
  subjectDn: 128,
  notificationEndpoint: limits.uriLength,
} as const;

const dictionary = (claim: string) => `DCR 3.4, OBClientRegistrationRequest1, ${claim}`;

/** Metadata rules look at claims that only the holder of the software's key can have written, or say what is wrong anyway. */
function metadataRule(
  id: string,
  claim: string,
  title: string,
  check: Rule['check'],
  needs: string[] = [],
): Rule {
  return {
    id,
    title,
    claim,
    spec: dictionary(claim),
    error: 'invalid_client_metadata',
    needs: ['request-jws', ...needs],
    check,
  };
}

function redirectRule(id: string, title: string, check: Rule['check'], needs: string[]): Rule {
  return { ...metadataRule(id, 'redirect_uris', title, check, needs), error: 'invalid_redirect_uri' };
}

/** The redirect URIs that are asked for: the SSA's when the request has none. */
export function requestedRedirectUris(evidence: Evidence): string[] {
  const { redirect_uris: requested } = evidence.requestClaims;
  return requested === undefined ? evidence.ssaList('software_redirect_uris') : (textsOf(requested) ?? []);
}

/** A claim that must be one of the values the bank supports. */
function checkOneOf(claim: string, value: unknown, supported: readonly string[]): Finding {
  return expectThat(
    typeof value === 'string' && supported.includes(value),
    `${claim}: one of ${supported.map(quote).join(', ')}`,
    value,
  );
}

/** A claim that must be a list of values the bank supports. */
function checkListOf(claim: string, value: unknown, supported: readonly string[], minimum: number): Finding {
  const list = textsOf(value);
  const good = list !== undefined && list.length >= minimum && list.every((item) => supported.includes(item));
  return expectThat(good, `${claim}: a list of ${supported.map(quote).join(', ')}`, value);
}

export const metadataRules: readonly Rule[] = [
  redirectRule(
    'redirect-uris-present',
    'redirect_uris, or those of the SSA, name at least one URI',
    (evidence) => {
      const { redirect_uris: requested } = evidence.requestClaims;
      if (requested !== undefined && textsOf(requested) === undefined) {
        return failed('redirect_uris: a list of URIs', quote(requested));
      }
      return expectThat(
        requestedRedirectUris(evidence).length > 0,
        'redirect_uris, or software_redirect_uris of the SSA: at least one URI',
        requested,
      );
    },
    ['ssa-claims'],
  ),
  redirectRule(
    'redirect-uris-https',
    'Every redirect URI is an https URI of at most 256 characters without a fragment',
    (evidence) => {
      const wrong = requestedRedirectUris(evidence).find(
        (uri) =>
          uri.length > lengths.redirectUri ||
          !/^https:\/\//i.test(uri) ||
          !URL.canParse(uri) ||
          uri.includes('#'),
      );
      return expectThat(
        wrong === undefined,
        `redirect_uris: https URIs of at most ${lengths.redirectUri} characters without a fragment`,
        wrong,
      );
    },
    ['redirect-uris-present'],
  ),
  redirectRule(
    'redirect-uris-not-localhost',
    'No redirect URI has the host localhost',
    (evidence) => {
      const local = requestedRedirectUris(evidence).find((uri) =>
        /^localhost\.?$/.test(new URL(uri).hostname),
      );
      return expectThat(local === undefined, 'redirect_uris: hosts other than localhost', local);
    },
    ['redirect-uris-https'],
  ),
  redirectRule(
    'redirect-uris-in-ssa',
    "The redirect URIs are a subset of the SSA's",
    (evidence) => {
      if (evidence.requestClaims['redirect_uris'] === undefined) {
        return skipped("redirect_uris is absent, so all of the SSA's are meant");
      }
      const known = evidence.ssaList('software_redirect_uris');
      const surplus = requestedRedirectUris(evidence).filter((uri) => !known.includes(uri));
      return expectThat(surplus.length === 0, `redirect_uris: some of ${quote(known)}`, surplus[0]);
    },
    ['redirect-uris-present'],
  ),
  metadataRule(
    'token-endpoint-auth-method',
    'token_endpoint_auth_method',
    'token_endpoint_auth_method is one that the bank supports',
    ({ requestClaims, profile }) =>
      checkOneOf(
        'token_endpoint_auth_method',
        requestClaims['token_endpoint_auth_method'],
        profile.tokenEndpointAuthMethods,
      ),
  ),
  metadataRule(
    'token-endpoint-auth-signing-alg',
    'token_endpoint_auth_signing_alg',
    'token_endpoint_auth_signing_alg is given for private_key_jwt and client_secret_jwt, and is one that FAPI allows',
    ({ requestClaims, profile }) => {
      const algorithm = requestClaims['token_endpoint_auth_signing_alg'];
      const method = requestClaims['token_endpoint_auth_method'];
      if (algorithm === undefined && method !== 'private_key_jwt' && method !== 'client_secret_jwt') {
        return skipped(`token_endpoint_auth_method is ${quote(method)}`);
      }
      return checkOneOf('token_endpoint_auth_signing_alg', algorithm, profile.signingAlgorithms);
    },
    ['token-endpoint-auth-method'],
  ),
  metadataRule(
    'tls-client-auth-subject-dn',
    'tls_client_auth_subject_dn',
    'tls_client_auth_subject_dn is given for tls_client_auth alone, and is the subject of the client certificate',
    checkSubjectDn,
    ['token-endpoint-auth-method', 'client-certificate-presented'],
  ),
  metadataRule(
    'grant-types',
    'grant_types',
    'grant_types is a list of grant types that the bank supports',
    ({ requestClaims, profile }) =>
      checkListOf('grant_types', requestClaims['grant_types'], profile.grantTypes, 1),
  ),
  metadataRule(
    'response-types',
    'response_types',
    'response_types, where given, is a list of response types that the bank supports',
    ({ requestClaims: { response_types: responseTypes }, profile }) =>
      responseTypes === undefined
        ? skipped('response_types is absent, so ["code id_token"] is meant')
        : checkListOf('response_types', responseTypes, profile.responseTypes, 0),
  ),
  metadataRule(
    'software-id',
    'software_id',
    "software_id, where given, is the SSA's",
    (evidence) => {
      const { software_id: softwareId } = evidence.requestClaims;
      if (softwareId === undefined) return skipped('software_id is absent, and optional');
      const expected = evidence.ssaText('software_id');
      return expectThat(softwareId === expected, `software_id "${expected}"`, softwareId);
    },
    ['ssa-claims'],
  ),
  metadataRule(
    'client-id',
    'client_id',
    'client_id, where given, is a string of at most 36 characters',
    ({ requestClaims: { client_id: clientId } }) => {
      if (clientId === undefined) return skipped('client_id is absent, and optional');
      const good = typeof clientId === 'string' && clientId !== '' && clientId.length <= lengths.clientId;
      return expectThat(good, `client_id: a string of 1 to ${lengths.clientId} characters`, clientId);
    },
  ),
  metadataRule(
    'scope',
    'scope',
    'scope is a space-separated list of known scopes',
    ({ requestClaims: { scope } }) => {
      const good =
        typeof scope === 'string' &&
        scope.length <= lengths.scope &&
        scope.split(' ').every((one) => knownScopes.includes(one));
      const expected = `scope: some of ${knownScopes.join(', ')}, separated by single spaces, at most ${lengths.scope} characters`;
      return expectThat(good, expected, scope);
    },
  ),
  metadataRule(
    'scope-within-roles',
    'scope',
    'Every scope belongs to a role of the software statement',
    (evidence) => {
      const allowed = [
        ...unconditionalScopes,
        ...evidence.ssaList('software_roles').flatMap((role) => scopeOfRole[role as Role] ?? []),
      ];
      const surplus = String(evidence.requestClaims['scope'])
        .split(' ')
        .filter((one) => !allowed.includes(one));
      return expectThat(surplus.length === 0, `scope within ${allowed.join(', ')}`, surplus.join(' '));
    },
    ['scope', 'ssa-claims'],
  ),
  metadataRule(
    'application-type',
    'application_type',
    'application_type is one that the DCR version knows',
    ({ requestClaims, profile }) =>
      checkOneOf('application_type', requestClaims['application_type'], profile.applicationTypes),
  ),
  ...(['id_token_signed_response_alg', 'request_object_signing_alg'] as const).map((claim) =>
    metadataRule(
      claim.replaceAll('_', '-'),
      claim,
      `${claim} is an algorithm that FAPI allows`,
      ({ requestClaims, profile }) => checkOneOf(claim, requestClaims[claim], profile.signingAlgorithms),
    ),
  ),
  metadataRule(
    'backchannel-token-delivery-mode',
    'backchannel_token_delivery_mode',
    'backchannel_token_delivery_mode is poll or ping, and given for CIBA alone',
    (evidence) =>
      checkCibaClaim(evidence, 'backchannel_token_delivery_mode', (claim, mode) =>
        checkOneOf(claim, mode, ['poll', 'ping']),
      ),
  ),
  metadataRule(
    'backchannel-client-notification-endpoint',
    'backchannel_client_notification_endpoint',
    'backchannel_client_notification_endpoint is an https URL, and given for CIBA with ping alone',
    checkNotificationEndpoint,
    ['backchannel-token-delivery-mode'],
  ),
  metadataRule(
    'backchannel-authentication-request-signing-alg',
    'backchannel_authentication_request_signing_alg',
    'backchannel_authentication_request_signing_alg is an algorithm that FAPI-CIBA allows, and given for CIBA alone',
    (evidence) =>
      checkCibaClaim(evidence, 'backchannel_authentication_request_signing_alg', (claim, algorithm) =>
        checkOneOf(claim, algorithm, evidence.profile.signingAlgorithms),
      ),
  ),
  metadataRule(
    'backchannel-user-code-parameter-supported',
    'backchannel_user_code_parameter_supported',
    'backchannel_user_code_parameter_supported, where given, is false, and given for CIBA alone',
    (evidence) => {
      const supported = evidence.requestClaims['backchannel_user_code_parameter_supported'];
      if (supported === undefined) return skipped('the claim is absent, and optional');
      return expectThat(
        asksForCiba(evidence) && supported === false,
        'backchannel_user_code_parameter_supported: false, and only with the CIBA grant type',
        supported,
      );
    },
  ),
];

function asksForCiba({ requestClaims }: Evidence): boolean {
  return (textsOf(requestClaims['grant_types']) ?? []).includes(CIBA);
}

/** A claim that must be there if, and only if, CIBA is among the grant types. */
function checkCibaClaim(
  evidence: Evidence,
  claim: string,
  check: (claim: string, value: unknown) => Finding,
): Finding {
  const value = evidence.requestClaims[claim];
  if (asksForCiba(evidence)) return check(claim, value);
  return value === undefined
    ? skipped('CIBA is not among the grant types')
    : failed(`no ${claim} without the CIBA grant type`, quote(value));
}

function checkNotificationEndpoint(evidence: Evidence): Finding {
  const claim = 'backchannel_client_notification_endpoint';
  const value = evidence.requestClaims[claim];
  if (evidence.requestClaims['backchannel_token_delivery_mode'] !== 'ping') {
    return value === undefined
      ? skipped('the delivery mode is not ping')
      : failed(`no ${claim} unless the delivery mode is ping`, quote(value));
  }
  const good =
    typeof value === 'string' &&
    value.length <= lengths.notificationEndpoint &&
    URL.canParse(value) &&
    new URL(value).protocol === 'https:';
  return expectThat(
    good,
    `${claim}: an https URL of at most ${lengths.notificationEndpoint} characters`,
    value,
  );
}

function checkSubjectDn(evidence: Evidence): Finding {
  const written = evidence.requestClaims['tls_client_auth_subject_dn'];
  const method = evidence.requestClaims['token_endpoint_auth_method'];
  if (method !== 'tls_client_auth') {
    return written === undefined
      ? skipped(`token_endpoint_auth_method is ${quote(method)}`)
      : failed(
          'no tls_client_auth_subject_dn unless token_endpoint_auth_method is tls_client_auth',
          quote(written),
        );
  }
  const subject = evidence.certificate?.subject ?? [];
  const expected = `tls_client_auth_subject_dn: ${formatName(subject)}`;
  if (typeof written !== 'string') return failed(expected, quote(written));
  // A value in hex takes more than twice its length, which the 128 characters do not foresee.
  if (written.length > lengths.subjectDn && !/=\s*#/.test(written)) {
    return failed(
      `tls_client_auth_subject_dn: at most ${lengths.subjectDn} characters`,
      `${written.length} characters`,
    );
  }
  const name = parseName(written);
  if (!name) return failed(expected, `${quote(written)}, which is no distinguished name`);
  return isSameName(name, subject) ? passed : failed(expected, quote(written));
}
