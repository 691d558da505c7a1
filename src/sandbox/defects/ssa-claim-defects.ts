import { newOrganisationId, newSoftwareId } from '../../domain/identifiers.js';
import { limits } from '../../domain/limits.js';
import {
  membersOf,
  omit,
  textsOf,
  type Claims,
  type SsaDefect,
  type SsaMaking,
  type SsaMaterial,
} from './ssa-making.js';

const PAYLOAD = 'Directory API 2.2.0, "SSA Payload"';
const AUTHORITY = 'organisation_competent_authority_claims';
const INVALID = 'invalid_software_statement';
const UNAPPROVED = 'unapproved_software_statement';

const MINUTE = 60;
const YEAR = 366 * 24 * 60 * MINUTE;

/** SSAs that the Directory rightly signed, over claims that no bank should take. */
export const ssaClaimDefects = {
  'wrong-issuer': {
    title: 'iss is an issuer that no bank trusts',
    spec: 'DCR 3.4, Software Statement; RFC 7591 section 3.2.2',
    rule: 'ssa-issuer',
    error: UNAPPROVED,
    answeredByReferenceBank: true,
    making: replacing(() => ({ iss: 'Another Directory TEST ONLY' })),
  },
  'no-jti': {
    title: 'There is no jti',
    spec: PAYLOAD,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: without('jti'),
  },
  'missing-software-id': {
    title: 'There is no software_id',
    spec: PAYLOAD,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: without('software_id'),
  },
  'missing-org-id': {
    title: 'There is no org_id',
    spec: PAYLOAD,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: without('org_id'),
  },
  'missing-jwks-endpoint': {
    title: 'There is no software_jwks_endpoint, so nothing says where the keys of the software are',
    spec: PAYLOAD,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: without('software_jwks_endpoint'),
  },
  'missing-authority-claims': {
    title: `There is no ${AUTHORITY}`,
    spec: PAYLOAD,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: without(AUTHORITY),
  },
  'software-id-as-number': {
    title: 'software_id is a number rather than a string',
    spec: PAYLOAD,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing(() => ({ software_id: 1_234_567_890 })),
  },
  'oversized-client-name': {
    title: `software_client_name has ${limits.clientNameLength + 1} characters, one too many`,
    spec: `${PAYLOAD}, software_client_name: Max40Text`,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing(() => ({ software_client_name: 'x'.repeat(limits.clientNameLength + 1) })),
  },
  'roles-empty': {
    title: 'software_roles is empty',
    spec: `${PAYLOAD}, software_roles`,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing(() => ({ software_roles: [] })),
  },
  'role-unknown': {
    title: 'software_roles has a role that PSD2 does not know',
    spec: `${PAYLOAD}, software_roles`,
    rule: 'ssa-claims',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing(({ software_roles: roles }) => ({ software_roles: [...textsOf(roles), 'WISP'] })),
  },
  'no-iat': {
    title: 'There is no iat, so nobody knows how old the SSA is',
    spec: PAYLOAD,
    rule: 'ssa-iat',
    error: INVALID,
    answeredByReferenceBank: true,
    making: without('iat'),
  },
  'iat-as-string': {
    title: 'iat is a string of digits rather than a number',
    spec: 'RFC 7519 section 4.1.6',
    rule: 'ssa-iat',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing((_claims, { at }) => ({ iat: String(secondsAfter(at, 0)) })),
  },
  'issued-in-future': {
    title: 'iat is a year from now',
    spec: 'RFC 7519 section 4.1.6',
    rule: 'ssa-iat',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing((_claims, { at }) => ({ iat: secondsAfter(at, YEAR) })),
  },
  'expired-age': {
    title: 'The SSA was issued a year ago',
    spec: 'Directory API 2.2.0, "SSA Lifetime"',
    rule: 'ssa-age',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing((_claims, { at }) => ({ iat: secondsAfter(at, -YEAR) })),
  },
  expired: {
    title: 'exp was ten minutes ago, and iat ten minutes before that',
    spec: 'RFC 7519 section 4.1.4',
    rule: 'ssa-validity',
    error: INVALID,
    answeredByReferenceBank: true,
    // Young enough for every bank that goes by iat alone.
    making: replacing((_claims, { at }) => ({
      iat: secondsAfter(at, -20 * MINUTE),
      exp: secondsAfter(at, -10 * MINUTE),
    })),
  },
  'exp-as-string': {
    title: 'exp is a string rather than a number',
    spec: 'RFC 7519 section 4.1.4',
    rule: 'ssa-validity',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing((_claims, { at }) => ({ exp: new Date(at.getTime() + YEAR * 1000).toISOString() })),
  },
  'not-yet-valid': {
    title: 'nbf is a year from now',
    spec: 'RFC 7519 section 4.1.5',
    rule: 'ssa-validity',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing((_claims, { at }) => ({ nbf: secondsAfter(at, YEAR) })),
  },
  'org-withdrawn': {
    title: 'The organisation has withdrawn from Open Banking',
    spec: `${PAYLOAD}, org_status`,
    rule: 'ssa-organisation-active',
    error: UNAPPROVED,
    answeredByReferenceBank: true,
    making: withStatus('Withdrawn'),
  },
  'org-revoked': {
    title: 'The organisation has been revoked',
    spec: `${PAYLOAD}, org_status`,
    rule: 'ssa-organisation-active',
    error: UNAPPROVED,
    answeredByReferenceBank: true,
    making: withStatus('Revoked'),
  },
  'role-not-authorised': {
    title: 'The software has roles, and no competent authority granted its organisation any',
    spec: `${PAYLOAD}, ${AUTHORITY}`,
    rule: 'ssa-roles-authorised',
    error: UNAPPROVED,
    answeredByReferenceBank: true,
    making: withAuthority({ authorisations: [] }),
  },
  'mode-live': {
    title: 'software_mode is Live, in an SSA of the sandbox',
    spec: `${PAYLOAD}, software_mode`,
    rule: 'ssa-mode',
    error: UNAPPROVED,
    answeredByReferenceBank: true,
    making: replacing(() => ({ software_mode: 'Live' })),
  },
  'redirect-uri-http': {
    title: 'The redirect URIs are http rather than https',
    spec: 'DCR 3.4, OBClientRegistrationRequest1, redirect_uris',
    rule: 'ssa-redirect-uris',
    error: 'invalid_redirect_uri',
    answeredByReferenceBank: true,
    making: replacing(({ software_redirect_uris: uris }) => ({
      software_redirect_uris: ['https://tpp.example.com/callback', ...textsOf(uris)].map(withoutTls),
    })),
  },
  'redirect-uris-empty': {
    title: 'software_redirect_uris is empty, so there is nothing that a client could register',
    spec: 'DCR 3.4, OBClientRegistrationRequest1, redirect_uris',
    rule: 'ssa-redirect-uris',
    error: 'invalid_redirect_uri',
    answeredByReferenceBank: true,
    making: replacing(() => ({ software_redirect_uris: [] })),
  },
  'jwks-endpoint-elsewhere': {
    title: 'software_jwks_endpoint is not at the keystore of the Directory',
    spec: 'DCR 3.4, Of JWS & JWKS',
    rule: 'ssa-jwks-endpoints',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing(() => ({ software_jwks_endpoint: 'https://keystore.attacker.example/software.jwks' })),
  },
  'jwks-endpoint-http': {
    title: 'software_jwks_endpoint is http rather than https',
    spec: 'DCR 3.4, Of JWS & JWKS',
    rule: 'ssa-jwks-endpoints',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing(({ software_jwks_endpoint: endpoint }) => ({
      software_jwks_endpoint: withoutTls(String(endpoint)),
    })),
  },
  'jwks-endpoint-unknown': {
    title: 'software_jwks_endpoint is at the keystore, of software that there is not',
    spec: 'Directory API 2.2.0, "Request Validation"',
    rule: 'request-signature',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing((_claims, { random, urls }) => ({
      software_jwks_endpoint: `${urls.https}/${newOrganisationId(random)}/${newSoftwareId(random)}.jwks`,
    })),
  },
  'org-jwks-endpoint-unknown': {
    title: 'org_jwks_endpoint is at the keystore, of an organisation that there is not',
    spec: `${PAYLOAD}, org_jwks_endpoint`,
    rule: 'client-certificate-not-revoked',
    error: 'invalid_client',
    answeredByReferenceBank: true,
    making: replacing((_claims, { random, urls }) => {
      const organisationId = newOrganisationId(random);
      return { org_jwks_endpoint: `${urls.https}/${organisationId}/${organisationId}.jwks` };
    }),
  },
  'another-organisation': {
    title: 'org_id and registration_id are those of another organisation than the certificate names',
    spec: 'Directory API 2.2.0, "Request Validation"',
    rule: 'client-certificate-organisation',
    error: 'invalid_client',
    answeredByReferenceBank: true,
    making: replacing(({ [AUTHORITY]: authority }, { random }) => {
      const organisationId = newOrganisationId(random);
      const registration = { registration_id: `Unknown${organisationId}` };
      return { org_id: organisationId, [AUTHORITY]: { ...membersOf(authority), ...registration } };
    }),
  },
  'another-software': {
    title: 'software_id and software_client_id are those of other software than asks to register',
    spec: 'DCR 3.4, OBClientRegistrationRequest1, iss',
    rule: 'request-iss',
    error: INVALID,
    answeredByReferenceBank: true,
    making: replacing((_claims, { random }) => {
      const softwareId = newSoftwareId(random);
      return { software_id: softwareId, software_client_id: softwareId };
    }),
  },
  'role-aspsp': {
    title: 'The software has the role ASPSP alone, which gives no scope of a TPP',
    spec: 'DCR 3.4, OBClientRegistrationRequest1, scope; Data Mapping',
    rule: 'scope-within-roles',
    error: 'invalid_client_metadata',
    answeredByReferenceBank: true,
    making: replacing((claims) => ({
      software_roles: ['ASPSP'],
      [AUTHORITY]: {
        ...membersOf(claims[AUTHORITY]),
        authorisations: [{ member_state: 'GB', roles: ['ASPSP'] }],
      },
    })),
  },
} as const satisfies Readonly<Record<string, SsaDefect>>;

function replacing(changesOf: (claims: Claims, material: SsaMaterial) => Claims): SsaMaking {
  return { claims: (claims, material) => ({ ...claims, ...changesOf(claims, material) }) };
}

function without(...names: string[]): SsaMaking {
  return { claims: (claims) => omit(claims, names) };
}

function withAuthority(changes: Claims): SsaMaking {
  return replacing(({ [AUTHORITY]: authority }) => ({
    [AUTHORITY]: { ...membersOf(authority), ...changes },
  }));
}

/** As the Directory would have it of an organisation in this state, if it issued an SSA at all. */
function withStatus(status: 'Withdrawn' | 'Revoked'): SsaMaking {
  return replacing(({ [AUTHORITY]: authority }) => ({
    org_status: status,
    [AUTHORITY]: { ...membersOf(authority), status },
  }));
}

function withoutTls(uri: string): string {
  return uri.replace(/^https:/, 'http:');
}

/** @see RFC 7519 section 2, NumericDate */
function secondsAfter(at: Date, seconds: number): number {
  return Math.floor(at.getTime() / 1000) + seconds;
}
