import { bankProfileSchema, type BankProfile, type SsaIssuerProfile } from './profile.js';

/** A setting in which a bank differs from the usual one, in words. */
export interface ProfileDifference {
  /** Its place in the profile: `request.maxLifetimeSeconds`. */
  readonly path: string;
  readonly title: string;
  /** The values of a list one by one; a single value as a list of one. */
  readonly here: readonly string[];
  readonly usual: readonly string[];
}

interface Setting {
  readonly title: string;
  /** What null or nothing means. */
  readonly absent?: string;
}

/** What a bank is, rather than how it behaves. */
const describingMembers = ['id', 'name', 'purpose', 'whatToSend', 'answers', 'organisationId'];

/** Every setting of a profile by its place. */
export const profileSettings: Readonly<Record<string, Setting>> = {
  dcrVersion: { title: 'Version of DCR' },
  operations: { title: 'Operations on registrations' },
  clockSkewSeconds: { title: 'Difference between clocks allowed, in seconds' },
  'request.mediaTypes': { title: 'Content types of requests' },
  'request.signingAlgorithms': { title: 'Algorithms that requests may be signed with' },
  'request.kidNames': { title: 'What kid in the header may name' },
  'request.maxLifetimeSeconds': { title: 'Time from iat to exp at most, in seconds', absent: 'any' },
  'request.audience.rule': { title: 'What aud must be' },
  'request.audience.value': { title: 'The fixed aud', absent: 'none' },
  'request.issuer': { title: 'What iss must be' },
  'ssa.issuers': { title: 'Trusted issuers of SSAs' },
  'ssa.signingAlgorithms': { title: 'Algorithms that SSAs may be signed with' },
  'ssa.selfSigned': { title: 'SSAs that the TPP issued itself', absent: 'refused' },
  'ssa.selfSigned.unsigned': { title: 'SSAs that the TPP issued itself, unsigned too', absent: 'refused' },
  'ssa.selfSigned.jwksOrigins': {
    title: 'Where keys of SSAs that the TPP issued itself may be',
    absent: 'nowhere',
  },
  'ssa.maxAgeSeconds': { title: 'Age of an SSA at most, in seconds' },
  'ssa.softwareModes': { title: 'Modes of software, by its SSA' },
  'ssa.registrations': { title: 'Registrations of one software statement' },
  'jwks.maxAgeSeconds': {
    title: 'Time that a copy of a JWKS is good for, in seconds',
    absent: 'as its headers say',
  },
  'jwks.refetchForUnknownKid': { title: 'Fetches a JWKS again for a kid that its copy lacks' },
  'jwks.whenUnreachable': { title: 'When a JWKS cannot be fetched' },
  'clientCertificate.kinds': { title: 'Kinds of client certificates' },
  'clientCertificate.authorities': { title: 'Authorities of client certificates' },
  'clientCertificate.mustNameSoftware': {
    title: 'Client certificate must name the software and its organisation',
  },
  'metadata.unsupportedValues': { title: 'What is done with unsupported values' },
  'metadata.tokenEndpointAuthMethods': { title: 'Authentication methods' },
  'metadata.signingAlgorithms': { title: 'Algorithms in the metadata' },
  'metadata.grantTypes': { title: 'Grant types' },
  'metadata.responseTypes': { title: 'Response types' },
  'metadata.applicationTypes': { title: 'Application types' },
  'metadata.subjectTypes': { title: 'Subject types' },
  'metadata.subjectTypeRequired': { title: 'subject_type must be given' },
  'subjectDn.order': { title: 'Order of the parts of a subject DN' },
  'subjectDn.organizationIdentifierForms': { title: 'How organizationIdentifier is written in a subject DN' },
  'subjectDn.claim': { title: 'Claim with the subject DN' },
  'management.tokenScope': { title: 'Scope needed to read, replace and remove', absent: 'none' },
  'management.clientIdInReplacement': { title: 'client_id in a replacement' },
  'management.replacementNeedsJwsSignature': { title: 'A replacement needs x-jws-signature' },
  'response.clientIdIssuedAt': { title: 'Unit of client_id_issued_at' },
  'response.scope': { title: 'Form of scope in the response' },
  'response.clientSecret': { title: 'A client_secret is issued' },
  'token.lifetimeSeconds': { title: 'Lifetime of access tokens, in seconds' },
  acrValues: { title: 'acr_values_supported', absent: 'none' },
};

/**
 * The settings in which a profile differs from that of a bank which leaves everything out, in the order of the profile.
 * @param usualIssuers the issuers of SSAs that every bank trusts, since no profile can leave them out
 */
export function differencesFromUsual(
  profile: BankProfile,
  usualIssuers: readonly SsaIssuerProfile[],
): ProfileDifference[] {
  const { id, name, purpose, organisationId } = profile;
  const usual = settingsOf(
    bankProfileSchema.parse({ id, name, purpose, organisationId, ssa: { issuers: usualIssuers } }),
  );
  const here = settingsOf(profile);
  return Object.keys(profileSettings).flatMap((path) => {
    const [one, other] = [here.get(path), usual.get(path)];
    if (JSON.stringify(one ?? null) === JSON.stringify(other ?? null)) return [];
    const { title, absent } = profileSettings[path] ?? { title: path };
    return [{ path, title, here: inWords(one, absent), usual: inWords(other, absent) }];
  });
}

/** The values of a profile by their places; lists count as values. */
export function settingsOf(profile: BankProfile): ReadonlyMap<string, unknown> {
  const settings = Object.entries(profile).filter(([member]) => !describingMembers.includes(member));
  return new Map(settings.flatMap(([member, value]) => leavesOf(value, member)));
}

function leavesOf(value: unknown, path: string): [path: string, value: unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([member, item]) => leavesOf(item, `${path}.${member}`));
}

function inWords(value: unknown, absent = 'none'): string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.length === 0 ? [absent] : items.map((item) => wordsFor(item, absent));
}

function wordsFor(value: unknown, absent: string): string {
  if (value === undefined || value === null) return absent;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? issuerInWords(value as SsaIssuerProfile) : JSON.stringify(value);
}

function issuerInWords({ issuer, jwksUri, jwksOrigins }: SsaIssuerProfile): string {
  return `${issuer}, keys at ${jwksUri}, keys of its software at ${jwksOrigins.join(' and ')}`;
}
