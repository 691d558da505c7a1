import { quote } from '../../domain/errors.js';
import { expectThat, skipped, type Finding } from '../../domain/rules.js';
import { dictionaries, fieldLengths } from '../dcr-version.js';
import { textsOf, type Evidence } from '../evidence.js';
import { knownScopes, scopeList, scopesOfRoles } from '../negotiation.js';
import { assertionAlgorithms, signsAssertion } from '../profile.js';
import { cibaRules } from './ciba.js';
import { checkListOf, checkOneOf, metadataRule } from './metadata-rule.js';
import { redirectUriRules } from './redirect-uris.js';
import type { RegistrationRule } from './registration-rule.js';
import { subjectDnRule } from './subject-dn.js';

/** What the client will be: the claims with location "Both". */
export const metadataRules: readonly RegistrationRule[] = [
  ...redirectUriRules,
  metadataRule(
    'token-endpoint-auth-method',
    'token_endpoint_auth_method',
    'token_endpoint_auth_method is one that the bank supports',
    ({ metadata: { token_endpoint_auth_method: method }, profile }) =>
      checkOneOf('token_endpoint_auth_method', method, profile.metadata.tokenEndpointAuthMethods),
  ),
  metadataRule(
    'token-endpoint-auth-signing-alg',
    'token_endpoint_auth_signing_alg',
    'token_endpoint_auth_signing_alg is given for private_key_jwt and client_secret_jwt, and is one that the bank allows',
    checkAuthSigningAlgorithm,
    ['token-endpoint-auth-method'],
  ),
  subjectDnRule,
  metadataRule(
    'grant-types',
    'grant_types',
    'grant_types is a list of grant types that the bank supports',
    ({ metadata: { grant_types: grantTypes }, profile }) =>
      checkListOf('grant_types', grantTypes, profile.metadata.grantTypes, 1),
  ),
  metadataRule(
    'response-types',
    'response_types',
    'response_types, where given, is a list of response types that the bank supports',
    ({ metadata: { response_types: responseTypes }, profile }) =>
      responseTypes === undefined
        ? skipped(`response_types is absent, so ${quote(defaultResponseTypes(profile))} is meant`)
        : checkListOf('response_types', responseTypes, profile.metadata.responseTypes, 0),
  ),
  metadataRule(
    'software-id',
    'software_id',
    "software_id, where given, is the SSA's",
    (evidence) => {
      const { software_id: given } = evidence.requestClaims;
      if (given === undefined) return skipped('software_id is absent, and optional');
      const expected = evidence.ssaText('software_id');
      const list = dictionaries[evidence.profile.dcrVersion].manySoftwareIds ? textsOf(given) : undefined;
      return expectThat(
        given === expected || list?.includes(expected) === true,
        `software_id "${expected}"`,
        given,
      );
    },
    ['ssa-claims'],
  ),
  metadataRule(
    'client-id',
    'client_id',
    `client_id, where given, is a string of at most ${fieldLengths.clientId} characters`,
    ({ requestClaims: { client_id: clientId } }) => {
      if (clientId === undefined) return skipped('client_id is absent, and optional');
      const good =
        typeof clientId === 'string' && clientId !== '' && clientId.length <= fieldLengths.clientId;
      return expectThat(good, `client_id: a string of 1 to ${fieldLengths.clientId} characters`, clientId);
    },
  ),
  metadataRule(
    'scope',
    'scope',
    'scope is a list of known scopes, in the form of the DCR version',
    checkScope,
  ),
  metadataRule(
    'scope-within-roles',
    'scope',
    'Every scope belongs to a role of the software statement',
    (evidence) => {
      const allowed = scopesOfRoles(evidence.ssaList('software_roles'));
      const scopes = scopeList(evidence.profile, evidence.metadata['scope']) ?? [];
      const surplus = scopes.filter((one) => !allowed.includes(one));
      return expectThat(surplus.length === 0, `scope within ${allowed.join(', ')}`, surplus.join(' '));
    },
    ['scope', 'ssa-claims'],
  ),
  metadataRule(
    'application-type',
    'application_type',
    'application_type is one that the DCR version knows',
    ({ metadata: { application_type: type }, profile }) =>
      checkOneOf('application_type', type, profile.metadata.applicationTypes),
  ),
  metadataRule(
    'subject-type',
    'subject_type',
    'subject_type is one that the bank supports, and given where the bank needs it',
    ({ metadata: { subject_type: type }, profile: { metadata } }) =>
      type === undefined && !metadata.subjectTypeRequired
        ? skipped('subject_type is absent, and optional')
        : checkOneOf('subject_type', type, metadata.subjectTypes),
  ),
  ...(['id_token_signed_response_alg', 'request_object_signing_alg'] as const).map((claim) =>
    metadataRule(
      claim.replaceAll('_', '-'),
      claim,
      `${claim} is an algorithm that the bank allows`,
      ({ metadata, profile }) => checkOneOf(claim, metadata[claim], profile.metadata.signingAlgorithms),
    ),
  ),
  ...cibaRules,
];

/** What is meant where a request has no response types: the specification's default, as far as the bank supports it. */
export function defaultResponseTypes({ metadata: { responseTypes } }: Evidence['profile']): string[] {
  return responseTypes.includes('code id_token') ? ['code id_token'] : responseTypes.slice(0, 1);
}

function checkAuthSigningAlgorithm({ metadata, profile }: Evidence): Finding {
  const algorithm = metadata['token_endpoint_auth_signing_alg'];
  const method = String(metadata['token_endpoint_auth_method']);
  const { authSigningAlgOptional } = dictionaries[profile.dcrVersion];
  if (algorithm === undefined && !signsAssertion(method) && authSigningAlgOptional) {
    return skipped(`token_endpoint_auth_method is ${quote(method)}`);
  }
  return checkOneOf('token_endpoint_auth_signing_alg', algorithm, assertionAlgorithms(profile, method));
}

function checkScope({ metadata: { scope }, profile }: Evidence): Finding {
  const { scopeForm, scopeLength } = dictionaries[profile.dcrVersion];
  const list = scopeList(profile, scope);
  const isWithinLength =
    scopeForm === 'string'
      ? String(scope).length <= scopeLength
      : list?.every((one) => one.length <= scopeLength) === true;
  const good = list !== undefined && list.length > 0 && list.every((one) => knownScopes.includes(one));
  const form =
    scopeForm === 'string'
      ? `separated by single spaces, at most ${scopeLength} characters`
      : `as a list of strings of at most ${scopeLength} characters`;
  return expectThat(good && isWithinLength, `scope: some of ${knownScopes.join(', ')}, ${form}`, scope);
}
