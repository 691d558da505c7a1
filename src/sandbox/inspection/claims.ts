import { CIBA_GRANT_TYPE, fieldLengths } from '../../aspsp/dcr-version.js';
import { limits } from '../../domain/limits.js';

/** What a claim means, and where that is said. */
export interface ClaimText {
  readonly means: string;
  readonly spec: string;
  /** Characters that the text may have, or each text of a list. */
  readonly length?: number;
  /** A NumericDate. `age` is looked back at, `end` looked forward to. @see RFC 7519 section 2 */
  readonly time?: 'age' | 'end';
  /** Members of the object, or of the objects of the list. */
  readonly members?: Readonly<Record<string, string>>;
}

export type ClaimDictionary = Readonly<Record<string, ClaimText>>;

/** The kinds of token that have a dictionary of their own. */
export type ExplainedKind = 'ssa' | 'registration-request' | 'jwt';

const ssaPayloadSpec = 'Directory API 2.2.0, "SSA Payload"';
const ssaHeaderSpec = 'Directory API 2.2.0, "SSA header"';
const dcr = (claim: string) => `DCR 3.4, OBClientRegistrationRequest1, ${claim}`;
const ORGANISATION_ID_LENGTH = 35;
const BASE62_GUID_LENGTH = 22;
const MODE_LENGTH = 40;

/** Members that any JOSE header may have. @see RFC 7515 section 4.1 */
const header: ClaimDictionary = {
  alg: {
    means:
      'The algorithm of the signature. FAPI allows PS256 (RSA with PSS) and ES256 (elliptic curve P-256) alone; RS256 and none are refused.',
    spec: 'RFC 7515 section 4.1.1; FAPI 1.0 Advanced section 8.6',
  },
  kid: {
    means:
      'Which key signed. It must be the kid of a key in the JWKS of whoever signed; at the Directory that is the SHA-1 thumbprint of the JWK, 27 characters.',
    spec: 'RFC 7515 section 4.1.4; RFC 7638',
  },
  typ: { means: 'What kind of object this is: JWT.', spec: 'RFC 7519 section 5.1' },
  cty: {
    means: 'What the payload is. Needed only where a token is nested in another as a whole.',
    spec: 'RFC 7519 section 5.2',
  },
  crit: {
    means: 'Header members that must be understood. Banks refuse a token that has it.',
    spec: 'RFC 7515 section 4.1.11',
  },
  b64: {
    means: 'Whether the payload is encoded. Banks refuse a token that has it.',
    spec: 'RFC 7797 section 3',
  },
  jku: {
    means: 'A URL of the key. A token must not say where its own key is, so banks refuse it.',
    spec: 'RFC 7515 section 4.1.2; DCR 3.4, Of JWS & JWKS',
  },
  jwk: {
    means: 'The public key itself. A token must not bring its own key, so banks refuse it.',
    spec: 'RFC 7515 section 4.1.3; DCR 3.4, Of JWS & JWKS',
  },
  x5u: {
    means: 'A URL of the certificate. A token must not say where its own key is, so banks refuse it.',
    spec: 'RFC 7515 section 4.1.5; DCR 3.4, Of JWS & JWKS',
  },
  x5c: {
    means: 'The certificate itself. A token must not bring its own key, so banks refuse it.',
    spec: 'RFC 7515 section 4.1.6; DCR 3.4, Of JWS & JWKS',
  },
  x5t: {
    means: 'The SHA-1 thumbprint of the certificate. It names a key and proves nothing.',
    spec: 'RFC 7515 section 4.1.7',
  },
  'x5t#S256': {
    means: 'The SHA-256 thumbprint of the certificate. It names a key and proves nothing.',
    spec: 'RFC 7515 section 4.1.8',
  },
};

const ssaHeader: ClaimDictionary = {
  ...header,
  alg: {
    means: 'The algorithm of the signature. An SSA has PS256 or ES256; every one that was seen has PS256.',
    spec: ssaHeaderSpec,
  },
  kid: {
    means:
      "The issuer's key. The specification says x5t, with SHA-1; the real Directory, and this one, has the SHA-256 of its signing certificate, 44 characters with a padding sign at the end.",
    spec: ssaHeaderSpec,
  },
  typ: { means: 'What kind of object this is. In an SSA it must be JWT.', spec: ssaHeaderSpec },
};

/** Claims that any JWT may have. @see RFC 7519 section 4.1 */
const registered = {
  iss: { means: 'Who issued the token.', spec: 'RFC 7519 section 4.1.1' },
  sub: { means: 'Whom or what the token is about.', spec: 'RFC 7519 section 4.1.2' },
  aud: { means: 'Whom the token is meant for.', spec: 'RFC 7519 section 4.1.3' },
  exp: {
    means: 'From when on nobody may accept the token, in seconds since 1970.',
    spec: 'RFC 7519 section 4.1.4',
    time: 'end',
  },
  nbf: {
    means: 'Until when nobody may accept the token yet, in seconds since 1970.',
    spec: 'RFC 7519 section 4.1.5',
    time: 'age',
  },
  iat: {
    means: 'When the token was issued, in seconds since 1970.',
    spec: 'RFC 7519 section 4.1.6',
    time: 'age',
  },
  jti: {
    means: 'The name of this one token, for telling whether it comes twice.',
    spec: 'RFC 7519 section 4.1.7',
  },
} as const satisfies ClaimDictionary;

const ssaPayload: ClaimDictionary = {
  ...registered,
  iss: {
    means:
      'Who vouches for the software: the Directory is "OpenBanking Ltd", another trust anchor has a name of its own.',
    spec: ssaPayloadSpec,
  },
  iat: {
    means:
      'When the SSA was issued, in seconds since 1970. It has no end of its own: every bank decides how old it may be.',
    spec: 'Directory API 2.2.0, "SSA Lifetime"',
    time: 'age',
  },
  jti: {
    means: 'The name of this one SSA. At the Directory up to 16 hexadecimal digits, without leading zeros.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  exp: { ...registered.exp, means: 'When the SSA ends. The SSAs of the Directory have none.' },
  aud: { ...registered.aud, means: 'Whom the SSA is meant for. The SSAs of the Directory name nobody.' },
  software_environment: {
    means: 'Which Directory the software is in: sandbox or production.',
    spec: ssaPayloadSpec,
    length: limits.environmentLength,
  },
  software_mode: {
    means: 'Whether the software is under test (Test) or in use (Live). Each bank decides which it takes.',
    spec: ssaPayloadSpec,
    length: MODE_LENGTH,
  },
  software_id: {
    means:
      'The id of the software statement in the Directory. A registration request must have it as its iss.',
    spec: ssaPayloadSpec,
    length: BASE62_GUID_LENGTH,
  },
  software_client_id: {
    means: 'The client id of the software at the Directory itself, not at a bank: the same as software_id.',
    spec: ssaPayloadSpec,
    length: BASE62_GUID_LENGTH,
  },
  software_client_name: {
    means: 'The name of the software, as people see it when they consent.',
    spec: ssaPayloadSpec,
    length: limits.clientNameLength,
  },
  software_client_description: {
    means: 'What the software does, for people.',
    spec: ssaPayloadSpec,
    length: limits.descriptionLength,
  },
  software_version: {
    means: 'The version of the software, as the TPP counts it. A number until 2022, text since 2023.',
    spec: ssaPayloadSpec,
    length: limits.versionLength,
  },
  software_client_uri: {
    means: 'The website of the software.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  software_redirect_uris: {
    means:
      'Where a bank may send people back to. A registration may ask for some of these and for no others; one that names none asks for all.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  software_roles: {
    means:
      'What the software may do: AISP reads accounts, PISP starts payments, CBPII confirms funds. The scopes of a registration must belong to these roles.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  organisation_competent_authority_claims: {
    means:
      'What a competent authority granted the organisation. The software can have no role that is not granted here.',
    spec: ssaPayloadSpec,
    members: {
      authority_id: 'the authority: its short name and the country, as in FCAGBR',
      registration_id: 'the number that the authority gave the organisation; its OBWAC and OBSeal repeat it',
      status: 'whether the grant is in force',
      authorisations: 'the roles, country by country',
    },
  },
  software_logo_uri: {
    means: 'The logo of the software. A bank need not show it.',
    spec: ssaPayloadSpec,
    length: limits.logoUriLength + 1,
  },
  org_status: {
    means:
      'Whether the organisation was Active, Withdrawn or Revoked when the SSA was issued. Banks take Active alone.',
    spec: ssaPayloadSpec,
  },
  org_id: {
    means:
      'The id of the organisation in the Directory. The OU of its OBTransport and OBSigning certificates repeats it.',
    spec: ssaPayloadSpec,
    length: ORGANISATION_ID_LENGTH,
  },
  org_name: {
    means: 'The legal name of the organisation.',
    spec: ssaPayloadSpec,
    length: limits.organisationNameLength,
  },
  org_contacts: {
    means: 'Whom to turn to at the organisation: for technical matters and for business.',
    spec: ssaPayloadSpec,
    members: {
      name: 'who it is',
      email: 'the address to write to',
      phone: 'the number to call',
      type: 'Technical or Business',
    },
  },
  org_jwks_endpoint: {
    means: 'The JWKS with all active keys of the organisation, those of its software included.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  org_jwks_revoked_endpoint: {
    means: 'The JWKS with the revoked keys of the organisation.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  software_jwks_endpoint: {
    means:
      'The JWKS with the active keys of this software. A registration request must be signed with one of them.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  software_jwks_revoked_endpoint: {
    means: 'The JWKS with the revoked keys of this software.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  software_policy_uri: {
    means: 'What the software does with personal data.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  software_tos_uri: {
    means: 'The terms under which the software may be used.',
    spec: ssaPayloadSpec,
    length: limits.uriLength,
  },
  software_on_behalf_of_org: {
    means: 'For whom the TPP acts, where it acts for somebody else; null where it does not.',
    spec: ssaPayloadSpec,
    length: limits.onBehalfOfLength,
  },
  ob_registry_tos: {
    means:
      'The terms of the registry. Only in the specification of 2017 and 2018; no SSA of the Directory has it.',
    spec: 'Open Banking Directory specification 1.0',
  },
};

const requestPayload: ClaimDictionary = {
  ...registered,
  iss: {
    means: "The TPP: the software_id of the SSA. Some banks want the organisation's id in its place.",
    spec: dcr('iss'),
    length: BASE62_GUID_LENGTH,
  },
  iat: { means: 'When the TPP made the request, in seconds since 1970.', spec: dcr('iat'), time: 'age' },
  exp: {
    means:
      'When the request ends, in seconds since 1970. A bank must refuse it later; some allow it a short life alone.',
    spec: dcr('exp'),
    time: 'end',
  },
  aud: {
    means:
      "The bank: its organisation id at the Directory, 18 characters. Some banks want their issuer's URL.",
    spec: dcr('aud'),
    length: 18,
  },
  jti: {
    means: 'The name of this one request: a version 4 UUID that is used once.',
    spec: dcr('jti'),
    length: 36,
  },
  client_id: {
    means: 'The id of the client at the bank. The bank chooses it; a replacement may repeat it.',
    spec: dcr('client_id'),
    length: fieldLengths.clientId,
  },
  redirect_uris: {
    means:
      'Where the bank may send people back to: https, not localhost, and each one listed in the SSA. Left out, all of the SSA are meant.',
    spec: dcr('redirect_uris'),
    length: fieldLengths.redirectUri,
  },
  token_endpoint_auth_method: {
    means:
      'How the client proves who it is at the token endpoint. FAPI allows private_key_jwt and tls_client_auth.',
    spec: dcr('token_endpoint_auth_method'),
    length: 32,
  },
  token_endpoint_auth_signing_alg: {
    means:
      'With which algorithm the client signs its assertions. Needed with private_key_jwt and client_secret_jwt.',
    spec: dcr('token_endpoint_auth_signing_alg'),
    length: 5,
  },
  grant_types: {
    means: 'What the client may exchange for an access token.',
    spec: dcr('grant_types'),
    length: CIBA_GRANT_TYPE.length,
  },
  response_types: {
    means:
      'What the client may get from the authorisation endpoint: code, or code id_token, which is meant when it is left out.',
    spec: dcr('response_types'),
    length: 32,
  },
  software_id: {
    means: 'The id of the software statement. Optional; where it is given, it must be that of the SSA.',
    spec: dcr('software_id'),
    length: BASE62_GUID_LENGTH,
  },
  scope: {
    means:
      'What the client wants to do, with spaces between: openid, accounts (AISP), payments (PISP), fundsconfirmations (CBPII).',
    spec: dcr('scope'),
    length: 256,
  },
  software_statement: {
    means: 'The SSA, as the Directory issued it: a token within the token, with a signature of its own.',
    spec: dcr('software_statement'),
  },
  application_type: {
    means: 'Where the client runs: web or native (mobile before DCR 3.4).',
    spec: dcr('application_type'),
    length: 32,
  },
  id_token_signed_response_alg: {
    means:
      'With which algorithm the bank is to sign id tokens. Left out, OpenID Connect would mean RS256, which FAPI forbids.',
    spec: dcr('id_token_signed_response_alg'),
    length: 5,
  },
  request_object_signing_alg: {
    means: 'With which algorithm the client signs its authorisation requests.',
    spec: dcr('request_object_signing_alg'),
    length: 5,
  },
  request_object_encryption_alg: {
    means:
      'With which algorithm the key of an encrypted authorisation request is encrypted. DCR does not know it.',
    spec: 'OpenID Connect Dynamic Client Registration 1.0 section 2',
  },
  request_object_encryption_enc: {
    means: 'With which algorithm an authorisation request is encrypted. DCR does not know it.',
    spec: 'OpenID Connect Dynamic Client Registration 1.0 section 2',
  },
  subject_type: {
    means:
      'Whether every client sees the same name for a person (public) or each its own (pairwise). DCR does not know it; some banks want it.',
    spec: 'OpenID Connect Dynamic Client Registration 1.0 section 2',
  },
  tls_client_auth_subject_dn: {
    means:
      'The subject of the certificate that the client will show. Needed with tls_client_auth, and not allowed otherwise.',
    spec: dcr('tls_client_auth_subject_dn'),
    length: fieldLengths.subjectDn,
  },
  tls_client_auth_dn: {
    means: 'What DCR 3.1 called tls_client_auth_subject_dn. Some banks still want it.',
    spec: 'DCR 3.1, OBClientRegistrationRequest1',
    length: fieldLengths.subjectDn,
  },
  backchannel_token_delivery_mode: {
    means:
      'How the client learns that a person has consented elsewhere: it asks (poll) or is told (ping). For CIBA alone.',
    spec: dcr('backchannel_token_delivery_mode'),
    length: 8,
  },
  backchannel_client_notification_endpoint: {
    means: 'Where the bank tells the client that a person has consented. For CIBA with ping alone.',
    spec: dcr('backchannel_client_notification_endpoint'),
    length: fieldLengths.notificationEndpoint,
  },
  backchannel_authentication_request_signing_alg: {
    means: 'With which algorithm the client signs its CIBA requests: PS256 or ES256.',
    spec: dcr('backchannel_authentication_request_signing_alg'),
    length: 8,
  },
  backchannel_user_code_parameter_supported: {
    means: 'Whether the client has people type a code. It must be false. For CIBA alone.',
    spec: dcr('backchannel_user_code_parameter_supported'),
  },
};

/** Client assertions, as clients prove themselves with at token endpoints; access tokens of a sandbox are opaque. */
const jwtPayload: ClaimDictionary = {
  ...registered,
  iss: { means: 'Who issued the token. In a client assertion: the client id.', spec: 'RFC 7523 section 3' },
  sub: {
    means: 'Whom the token is about. In a client assertion: the client id again.',
    spec: 'RFC 7523 section 3',
  },
  aud: {
    means: 'Whom the token is meant for. In a client assertion: the token endpoint or the issuer.',
    spec: 'RFC 7523 section 3',
  },
  scope: {
    means:
      "What is asked for, with spaces between. The Directory's own clients put it into the assertion too.",
    spec: 'RFC 6749 section 3.3',
  },
  client_id: { means: 'The client that the token was issued to.', spec: 'RFC 8693 section 4.3' },
  cnf: {
    means: 'To which key or certificate the token is bound: whoever shows it must have that too.',
    spec: 'RFC 7800 section 3.1; RFC 8705 section 3.1',
  },
};

/** Every claim that is explained, by the kind of token and the part of it. */
export const claimDictionaries: Readonly<
  Record<ExplainedKind, { readonly header: ClaimDictionary; readonly payload: ClaimDictionary }>
> = {
  ssa: { header: ssaHeader, payload: ssaPayload },
  'registration-request': { header, payload: requestPayload },
  jwt: { header, payload: jwtPayload },
};
