import { quote } from '../domain/errors.js';
import { roles, scopeOfRole, unconditionalScopes, type Role } from '../domain/roles.js';
import { CIBA_GRANT_TYPE, dictionaries } from './dcr-version.js';
import { assertionAlgorithms, signsAssertion, type BankProfile } from './profile.js';

/** The scopes a bank knows: those without a role first. */
export const knownScopes: readonly string[] = [
  ...unconditionalScopes,
  ...roles.flatMap((role) => scopeOfRole[role] ?? []),
];

/** The scopes that the roles of a software statement allow. */
export function scopesOfRoles(softwareRoles: readonly string[]): string[] {
  return [...unconditionalScopes, ...softwareRoles.flatMap((role) => scopeOfRole[role as Role] ?? [])];
}

/** A `scope` in the form that the DCR version has it in, as a list; undefined in any other form. */
export function scopeList(profile: BankProfile, scope: unknown): string[] | undefined {
  if (dictionaries[profile.dcrVersion].scopeForm === 'string') {
    return typeof scope === 'string' ? scope.split(' ') : undefined;
  }
  return Array.isArray(scope) && scope.every((one) => typeof one === 'string') ? scope : undefined;
}

type Claims = Readonly<Record<string, unknown>>;

/** What a bank puts in place of a value that it does not support. */
export interface Replacement {
  readonly from: unknown;
  /** Undefined when the claim was dropped. */
  readonly to: unknown;
}

/** The claims as the bank takes them, and what it replaced. */
export interface Negotiation {
  readonly claims: Claims;
  readonly replacements: ReadonlyMap<string, Replacement>;
}

/** The bank's own value for a claim, or undefined to drop it. */
type Substitute = (profile: BankProfile, claims: Claims, softwareRoles: readonly string[]) => unknown;

/** A claim that has one value, and what a bank supports of it. */
function oneOf(
  supported: (profile: BankProfile, claims: Claims) => readonly string[],
): (claim: string) => Substitute {
  return (claim) => (profile, claims) => {
    const value = claims[claim];
    const values = supported(profile, claims);
    return typeof value !== 'string' || values.includes(value) ? value : values[0];
  };
}

/** A claim that has several: those that are supported stay. */
function someOf(supported: (profile: BankProfile) => readonly string[]): (claim: string) => Substitute {
  return (claim) => (profile, claims) => {
    const value = claims[claim];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return value;
    const kept = value.filter((item) => supported(profile).includes(item));
    if (kept.length === value.length) return value;
    return kept.length > 0 ? kept : supported(profile).slice(0, 1);
  };
}

const algorithms = oneOf(({ metadata }) => metadata.signingAlgorithms);

/** In this order: what comes later depends on what came before. */
const substitutes: Readonly<Record<string, (claim: string) => Substitute>> = {
  token_endpoint_auth_method: oneOf(({ metadata }) => metadata.tokenEndpointAuthMethods),
  token_endpoint_auth_signing_alg: () => (profile, claims) => {
    const value = claims['token_endpoint_auth_signing_alg'];
    const method = String(claims['token_endpoint_auth_method']);
    const supported = assertionAlgorithms(profile, method);
    if (typeof value === 'string' && supported.includes(value)) return value;
    return value === undefined && !signsAssertion(method) ? undefined : supported[0];
  },
  grant_types: someOf(({ metadata }) => metadata.grantTypes),
  response_types: someOf(({ metadata }) => metadata.responseTypes),
  application_type: oneOf(({ metadata }) => metadata.applicationTypes),
  subject_type: oneOf(({ metadata }) => metadata.subjectTypes),
  id_token_signed_response_alg: algorithms,
  request_object_signing_alg: algorithms,
  scope: () => substituteScope,
  backchannel_token_delivery_mode: () => onlyWithCiba('backchannel_token_delivery_mode'),
  backchannel_client_notification_endpoint: () => onlyWithCiba('backchannel_client_notification_endpoint'),
  backchannel_authentication_request_signing_alg: (claim) => (profile, claims, softwareRoles) =>
    algorithms(claim)(
      profile,
      { [claim]: onlyWithCiba(claim)(profile, claims, softwareRoles) },
      softwareRoles,
    ),
  backchannel_user_code_parameter_supported: () => onlyWithCiba('backchannel_user_code_parameter_supported'),
};

function substituteScope(profile: BankProfile, claims: Claims, softwareRoles: readonly string[]): unknown {
  const { scope } = claims;
  const list = scopeList(profile, scope);
  if (!list) return scope;
  const allowed = scopesOfRoles(softwareRoles);
  const kept = list.filter((one) => allowed.includes(one));
  if (kept.length === list.length) return scope;
  const replacement = kept.length > 0 ? kept : [...unconditionalScopes];
  return Array.isArray(scope) ? replacement : replacement.join(' ');
}

function onlyWithCiba(claim: string): Substitute {
  return (_profile, { grant_types: grantTypes, [claim]: value }) =>
    Array.isArray(grantTypes) && grantTypes.includes(CIBA_GRANT_TYPE) ? value : undefined;
}

/**
 * What a bank makes of the metadata that was asked for: nothing where it rejects what it does not support; where it
 * replaces, values of its own that it returns in the response.
 * @see DCR 3.4, Data Dictionary: "accept the request and modify the value of the field"; RFC 7591 section 3.2.1
 */
export function negotiate(
  requested: Claims,
  profile: BankProfile,
  softwareRoles: readonly string[],
): Negotiation {
  const replacements = new Map<string, Replacement>();
  if (profile.metadata.unsupportedValues === 'reject') return { claims: requested, replacements };
  const claims: Record<string, unknown> = { ...requested };
  const replace = (claim: string, to: unknown) => {
    replacements.set(claim, { from: claims[claim], to });
    if (to === undefined) Reflect.deleteProperty(claims, claim);
    else claims[claim] = to;
  };
  for (const [claim, substitute] of Object.entries(substitutes)) {
    const value = substitute(claim)(profile, claims, softwareRoles);
    if (value !== claims[claim]) replace(claim, value);
  }
  // A name for a method that the bank did not take is of no use any more. Its rule knows it by the usual claim.
  const { [profile.subjectDn.claim]: subjectDn, ...others } = claims;
  if (subjectDn === undefined || !replacements.has('token_endpoint_auth_method')) {
    return { claims, replacements };
  }
  replacements.set('tls_client_auth_subject_dn', { from: subjectDn, to: undefined });
  return { claims: others, replacements };
}

/** A replacement in words. */
export function describeReplacement({ to }: Replacement): string {
  return to === undefined ? 'left out by the bank' : `replaced by ${quote(to)}`;
}
