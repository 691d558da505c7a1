import type { Random } from '../domain/ports.js';
import { clientMetadataSchema, type ClientMetadata, type RegisteredClient } from '../domain/registration.js';
import { presentedCertificate } from '../oauth/client-certificate-rules.js';
import { dictionaries } from './dcr-version.js';
import type { Evidence } from './evidence.js';
import { scopeList } from './negotiation.js';
import { usesSecret, type BankProfile } from './profile.js';
import { defaultResponseTypes } from './rules/metadata.js';
import { requestedRedirectUris } from './rules/redirect-uris.js';

/** Registered JWT claims say something of the SSA as a token, nothing of the software. @see RFC 7519 section 4.1 */
const CLAIMS_OF_THE_ASSERTION_ITSELF = ['iss', 'iat', 'jti', 'exp', 'nbf', 'aud'];

/** What a bank alone says of a client: no claim of an SSA fills in for what it leaves out. @see RFC 7591 section 3.2.1 */
const CLAIMS_OF_THE_BANK = [
  ...Object.keys(clientMetadataSchema.shape),
  'tls_client_auth_dn',
  'client_id',
  'client_id_issued_at',
  'client_secret',
  'client_secret_expires_at',
  'registration_access_token',
  'registration_client_uri',
];

/** 36 characters of base64url, the longest that the data dictionary allows. @see DCR 3.4, client_secret */
const SECRET_BYTES = 27;

/** Who a client is, whatever its metadata. */
type Identity = Pick<RegisteredClient, 'clientId' | 'issuedAt'> & {
  readonly clientSecret?: string | null | undefined;
};

/** A client of evidence that every rule has passed. */
export function acceptedClient(evidence: Evidence, identity: Identity, random: Random): RegisteredClient {
  const metadata = acceptedMetadata(evidence);
  return {
    clientId: identity.clientId,
    issuedAt: identity.issuedAt,
    organisationId: evidence.ssaText('org_id'),
    softwareId: evidence.ssaText('software_id'),
    certificateThumbprintSha256: presentedCertificate(evidence).thumbprintSha256,
    metadata,
    softwareClaims: softwareClaims(evidence),
    clientSecret: needsSecret(evidence.profile, metadata)
      ? (identity.clientSecret ?? newSecret(random))
      : null,
  };
}

function softwareClaims({ ssaClaims }: Evidence): Record<string, unknown> {
  const others = [...CLAIMS_OF_THE_ASSERTION_ITSELF, ...CLAIMS_OF_THE_BANK];
  return Object.fromEntries(Object.entries(ssaClaims).filter(([claim]) => !others.includes(claim)));
}

function needsSecret({ response }: BankProfile, metadata: ClientMetadata): boolean {
  if (response.clientSecret === 'always') return true;
  return response.clientSecret === 'when-needed' && usesSecret(metadata.token_endpoint_auth_method);
}

function newSecret(random: Random): string {
  return Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url');
}

/** The metadata as registered: what was asked for, or what the bank put in its place, with the dictionary's defaults. */
function acceptedMetadata(evidence: Evidence): ClientMetadata {
  const { metadata, profile } = evidence;
  const responseTypes = metadata['response_types'];
  const hasResponseTypes = Array.isArray(responseTypes) && responseTypes.length > 0;
  return clientMetadataSchema.parse({
    ...metadata,
    redirect_uris: requestedRedirectUris(evidence),
    response_types: hasResponseTypes ? responseTypes : defaultResponseTypes(profile),
    software_id: evidence.ssaText('software_id'),
    scope: (scopeList(profile, metadata['scope']) ?? []).join(' '),
    // Kept under one name, whatever the bank calls it.
    tls_client_auth_subject_dn: metadata[profile.subjectDn.claim],
  });
}

/**
 * A registered client as a bank shows it: its id, its metadata, and the claims of its SSA flattened.
 * @see DCR 3.4, OBClientRegistrationResponse1; RFC 7591 section 3.2.1; formats.md section 7, quirk 9
 */
export function clientInformation(client: RegisteredClient, profile: BankProfile): Record<string, unknown> {
  const { scope, tls_client_auth_subject_dn: subjectDn, ...metadata } = client.metadata;
  const { tellsTimes } = dictionaries[profile.dcrVersion];
  const issuedAtMilliseconds = new Date(client.issuedAt).getTime();
  const issuedAt =
    profile.response.clientIdIssuedAt === 'seconds'
      ? Math.floor(issuedAtMilliseconds / 1000)
      : issuedAtMilliseconds;
  return {
    ...client.softwareClaims,
    client_id: client.clientId,
    ...(tellsTimes ? { client_id_issued_at: issuedAt } : {}),
    ...(client.clientSecret === null ? {} : { client_secret: client.clientSecret }),
    ...(client.clientSecret === null || !tellsTimes ? {} : { client_secret_expires_at: 0 }),
    ...metadata,
    scope: profile.response.scope === 'list' ? scope.split(' ') : scope,
    ...(subjectDn === undefined ? {} : { [profile.subjectDn.claim]: subjectDn }),
  };
}
