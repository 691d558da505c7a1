import { isDeepStrictEqual } from 'node:util';
import { authMethods, CIBA_GRANT_TYPE, dictionaries } from '../../aspsp/dcr-version.js';
import { knownScopes } from '../../aspsp/negotiation.js';
import { signingAlgorithms, type BankProfile } from '../../aspsp/profile.js';
import { DomainError, invalidInput } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import { placeholders } from '../../sandbox/composing/placeholders.js';
import type { Claims } from '../../sandbox/registration-claims.js';
import { parseJsonText } from '../json-text.js';
import { FormInput, type FieldValues } from './forms.js';
import { prettyJson } from './view-models.js';

const algorithms = [...signingAlgorithms, 'HS256'] as const;

/** Values to choose from, whether or not the bank supports them. An empty one leaves the claim out. */
const offered = {
  authMethod: authMethods,
  authSigningAlg: ['', ...algorithms],
  grantTypes: ['client_credentials', 'authorization_code', 'refresh_token', CIBA_GRANT_TYPE],
  responseTypes: ['code', 'code id_token'],
  scope: knownScopes,
  applicationType: ['', 'web', 'native', 'mobile'],
  idTokenAlg: ['', ...signingAlgorithms],
  requestObjectAlg: ['', ...signingAlgorithms],
  subjectType: ['', 'public', 'pairwise'],
  alg: [...signingAlgorithms, 'PS512', 'RS512'],
} as const;

/** The claims that a text or a choice of the form stands for. */
const textClaims = {
  iss: 'iss',
  aud: 'aud',
  authMethod: 'token_endpoint_auth_method',
  authSigningAlg: 'token_endpoint_auth_signing_alg',
  applicationType: 'application_type',
  idTokenAlg: 'id_token_signed_response_alg',
  requestObjectAlg: 'request_object_signing_alg',
  subjectType: 'subject_type',
  clientId: 'client_id',
} as const;

const listClaims = { grantTypes: 'grant_types', responseTypes: 'response_types' } as const;

/** What a bank supports of the values on offer. */
function supportedBy({
  metadata,
  request,
}: BankProfile): Partial<Record<keyof typeof offered, readonly string[]>> {
  return {
    authMethod: metadata.tokenEndpointAuthMethods,
    grantTypes: metadata.grantTypes,
    responseTypes: metadata.responseTypes,
    applicationType: metadata.applicationTypes,
    idTokenAlg: metadata.signingAlgorithms,
    requestObjectAlg: metadata.signingAlgorithms,
    subjectType: metadata.subjectTypes,
    alg: request.signingAlgorithms,
  };
}

/** The choices of the form, each with a word on what the bank does not support. */
export function choicesAt(profile: BankProfile) {
  const supported = supportedBy(profile);
  const choices = Object.entries(offered).map(([name, values]) => {
    const known = supported[name as keyof typeof offered];
    const textOf = (value: string) => {
      if (value === '') return 'left out';
      return known && !known.includes(value) ? `${value} (not at this bank)` : value;
    };
    return [name, values.map((value) => ({ value, text: textOf(value) }))] as const;
  });
  return Object.fromEntries(choices) as Record<keyof typeof offered, { value: string; text: string }[]>;
}

/** The claims that a form asks for, in the order of the data dictionary; what is left empty is left out. */
export function claimsOfForm(input: FormInput, profile: BankProfile): Claims {
  const text = (name: string) => input.optionalText(name)?.trim();
  const list = (values: readonly string[]) => (values.length === 0 ? undefined : values);
  const scope = input.list('scope');
  const isScopeList = dictionaries[profile.dcrVersion].scopeForm === 'list';
  const claims: Claims = {
    iss: text('iss'),
    iat: placeholders.issuedAt,
    exp: placeholders.expiresAt,
    aud: text('aud'),
    jti: placeholders.jti,
    redirect_uris: list([...input.list('redirectUris'), ...input.lines('otherRedirectUris')]),
    token_endpoint_auth_method: text('authMethod'),
    token_endpoint_auth_signing_alg: text('authSigningAlg'),
    [profile.subjectDn.claim]: text('subjectDn'),
    grant_types: list(input.list('grantTypes')),
    response_types: list(input.list('responseTypes')),
    scope: isScopeList ? list(scope) : list(scope)?.join(' '),
    software_statement: placeholders.ssa,
    application_type: text('applicationType'),
    id_token_signed_response_alg: text('idTokenAlg'),
    request_object_signing_alg: text('requestObjectAlg'),
    subject_type: text('subjectType'),
    client_id: text('clientId'),
  };
  return withoutUndefined(claims);
}

/** The JOSE header that a form asks for. An empty `kid` is the name of the key that signs. */
export function headerOfForm(input: FormInput): Claims {
  return withoutUndefined({
    typ: input.optionalText('typ')?.trim(),
    alg: input.optionalText('alg'),
    kid: input.optionalText('kid')?.trim() ?? placeholders.kid,
  });
}

/** The fields of the form for claims, as far as it can ask for them. @param redirectUris those of the software statement */
export function fieldsOfClaims(
  claims: Claims,
  profile: BankProfile,
  redirectUris: readonly string[],
): FieldValues {
  const asked = textsOf(claims['redirect_uris']);
  const { scope } = claims;
  return {
    ...Object.fromEntries(Object.entries(textClaims).map(([name, claim]) => [name, textOf(claims[claim])])),
    ...Object.fromEntries(Object.entries(listClaims).map(([name, claim]) => [name, textsOf(claims[claim])])),
    redirectUris: asked.filter((uri) => redirectUris.includes(uri)),
    otherRedirectUris: [asked.filter((uri) => !redirectUris.includes(uri)).join('\n')],
    scope: typeof scope === 'string' ? scope.split(' ') : textsOf(scope),
    subjectDn: textOf(claims[profile.subjectDn.claim]),
  };
}

export function fieldsOfHeader({ typ, alg, kid }: Claims): FieldValues {
  return { typ: textOf(typ), alg: textOf(alg), kid: kid === placeholders.kid ? [''] : textOf(kid) };
}

/** Whether the form, filled in with what it can hold of them, would make the same claims and header again. */
export function isWhole(fields: FieldValues, claims: Claims, header: Claims, profile: BankProfile): boolean {
  const input = new FormInput(fields);
  return (
    isDeepStrictEqual(claimsOfForm(input, profile), { ...claims }) &&
    isDeepStrictEqual(headerOfForm(input), { ...header })
  );
}

/** The text areas that hold claims and header as JSON. */
export function jsonFields(claims: Claims, header: Claims): { claims: string[]; header: string[] } {
  return { claims: [prettyJson(claims)], header: [prettyJson(header)] };
}

/** A JSON object that somebody typed. @throws DomainError `invalid_input` that names the control, and the place in it */
export function objectIn(input: FormInput, control: 'claims' | 'header'): Claims {
  const text = input.text(control);
  const longest = control === 'claims' ? limits.composedClaimsLength : limits.composedHeaderLength;
  if (text.length > longest) throw wrong(control, `at most ${longest} characters`, `${text.length}`);
  const value = parsed(text, control);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Claims;
  throw wrong(control, 'a JSON object', Array.isArray(value) ? 'a list' : JSON.stringify(value));
}

function parsed(text: string, control: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw invalidInput(error.problems.map((one) => ({ ...one, field: `${control}, ${one.field}` })));
  }
}

function wrong(field: string, expected: string, actual: string): DomainError {
  return invalidInput([{ field, expected, actual }]);
}

function textOf(value: unknown): string[] {
  return [typeof value === 'string' ? value : ''];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function withoutUndefined(members: Claims): Claims {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** What a bank's discovery document says of these is what a request is held against. */
export const decisiveMembers: readonly string[] = [
  'registration_endpoint',
  'scopes_supported',
  'response_types_supported',
  'grant_types_supported',
  'subject_types_supported',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'id_token_signing_alg_values_supported',
  'request_object_signing_alg_values_supported',
];
