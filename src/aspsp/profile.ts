import { z } from 'zod';
import { isOrganisationId } from '../domain/identifiers.js';
import { clientCertificateKinds } from '../pki/client-certificate.js';
import { identifierForms } from '../pki/distinguished-name.js';
import { authMethods, CIBA_GRANT_TYPE, dcrVersions, dictionaries } from './dcr-version.js';

const text = z.string().min(1).max(2_000);
const httpsUrl = z.url({ protocol: /^https$/, error: 'an https URL' });
const origin = z
  .string()
  .refine(
    (value) => URL.canParse(value) && new URL(value).origin === value,
    'an origin: scheme, host and port',
  )
  .refine((value) => value.startsWith('https://'), 'an https origin');

/** A list without repetitions. */
function listOf<Item extends z.ZodType<string>>(item: Item) {
  return z
    .array(item)
    .min(1)
    .max(50)
    .refine((list) => new Set(list).size === list.length, 'each value once');
}

const seconds = z.number().int().positive().max(3_155_760_000);

/** A trusted issuer of SSAs, where its keys are, and from which origins keys of its SSAs' subjects may be fetched. */
const ssaIssuerSchema = z
  .strictObject({ issuer: text, jwksUri: httpsUrl, jwksOrigins: listOf(origin) })
  .refine(({ jwksUri, jwksOrigins }) => jwksOrigins.includes(new URL(jwksUri).origin), {
    path: ['jwksUri'],
    error: 'a URL at one of jwksOrigins',
  });

export const operations = ['POST', 'GET', 'PUT', 'DELETE'] as const;
export const signingAlgorithms = ['PS256', 'ES256', 'RS256'] as const;

/** The FAPI values: what a bank does that says nothing else. @see FAPI 1.0 Advanced sections 5.2.2 and 8.6 */
const fapi = { algorithms: ['PS256', 'ES256'], authMethods: ['private_key_jwt', 'tls_client_auth'] } as const;

const audienceSchema = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('organisation-id') }),
  z.strictObject({ rule: z.literal('issuer-url') }),
  z.strictObject({ rule: z.literal('fixed'), value: text }),
]);

/** How requests are signed and addressed. */
const requestSchema = z.strictObject({
  mediaTypes: listOf(z.enum(['application/jwt', 'application/jose'])).default([
    'application/jwt',
    'application/jose',
  ]),
  signingAlgorithms: listOf(z.enum(signingAlgorithms)).default([...fapi.algorithms]),
  /** What the header's `kid` may name: the Directory's `kid`, or a certificate thumbprint too. Quirk 12. */
  kidNames: listOf(z.enum(['kid', 'x5t', 'x5t#S256'])).default(['kid']),
  /** From `iat` to `exp`, at most; null for any lifetime. Quirk 6. */
  maxLifetimeSeconds: seconds.nullable().default(null),
  /** Quirk 5. */
  audience: audienceSchema.default({ rule: 'organisation-id' }),
  /** Quirk 7. */
  issuer: z.enum(['software-id', 'organisation-id']).default('software-id'),
});

/** Which metadata a client may have. Left out, a list is all that the DCR version has of FAPI's values. */
const metadataSchema = z.strictObject({
  /** An unsupported value is refused, or replaced and the replacement returned. Quirk 8; DCR 3.4, Data Dictionary. */
  unsupportedValues: z.enum(['reject', 'replace']).default('reject'),
  tokenEndpointAuthMethods: listOf(z.enum(authMethods)).default([...fapi.authMethods]),
  signingAlgorithms: listOf(z.enum(signingAlgorithms)).default([...fapi.algorithms]),
  grantTypes: listOf(z.string()).optional(),
  responseTypes: listOf(z.enum(['code', 'code id_token'])).default(['code', 'code id_token']),
  applicationTypes: listOf(z.string()).optional(),
  subjectTypes: listOf(z.enum(['public', 'pairwise'])).default(['public', 'pairwise']),
  /** Whether `subject_type` must be given. Quirk 8. */
  subjectTypeRequired: z.boolean().default(false),
});

/** How `tls_client_auth_subject_dn` may be written. Quirks 1 to 3. */
const subjectDnSchema = z.strictObject({
  /** RFC 4514 order is the reverse of the certificate's: CN first. */
  order: z.enum(['any', 'rfc4514']).default('any'),
  organizationIdentifierForms: listOf(z.enum(identifierForms)).default([...identifierForms]),
  claim: z.enum(['tls_client_auth_subject_dn', 'tls_client_auth_dn']).optional(),
});

const ssaSchema = z.strictObject({
  issuers: z.array(ssaIssuerSchema).max(20),
  signingAlgorithms: listOf(z.enum(signingAlgorithms)).default([...fapi.algorithms]),
  /** SSAs that the TPP issued itself; null where they are refused. Quirk 16; DCR 3.4, Self-signed SSA. */
  selfSigned: z
    .strictObject({ unsigned: z.boolean(), jwksOrigins: listOf(origin) })
    .nullable()
    .default(null),
  maxAgeSeconds: seconds.default(2_592_000),
  /** Which `software_mode` an SSA may have: to a bank of a sandbox comes software under test. */
  softwareModes: listOf(z.enum(['Test', 'Live'])).default(['Test']),
  registrations: z.enum(['many', 'one']).default('many'),
});

/** How long a copy of a JWKS is good for. Quirks 13 and 14. */
const jwksSchema = z.strictObject({
  /** null: as long as its headers say. */
  maxAgeSeconds: z.number().int().nonnegative().max(31_557_600).nullable().default(null),
  refetchForUnknownKid: z.boolean().default(true),
  whenUnreachable: z.enum(['refuse', 'use-last-known']).default('refuse'),
});

/** Who may present a registration. Quirk 11. */
const clientCertificateSchema = z.strictObject({
  kinds: listOf(z.enum(clientCertificateKinds)).default([...clientCertificateKinds]),
  /** Whose root the certificate chains to: the Directory's, or that of a trust anchor by its id. */
  authorities: listOf(z.string()).default(['directory']),
  /** Whether CN must be the software id and OU the organisation id, as DCR 1.0.0-rc2 had it. */
  mustNameSoftware: z.boolean().default(false),
});

/** What is particular about PUT, and about the tokens for GET, PUT and DELETE. Quirk 15. */
const managementSchema = z.strictObject({
  /** A scope that the token needs; null for none, as the specification has it. */
  tokenScope: z.string().nullable().default(null),
  clientIdInReplacement: z.enum(['optional', 'required']).default('optional'),
  /** A detached JWS of the body in the header `x-jws-signature`. */
  replacementNeedsJwsSignature: z.boolean().default(false),
});

/** Quirk 9. */
const responseSchema = z.strictObject({
  clientIdIssuedAt: z.enum(['seconds', 'milliseconds']).default('seconds'),
  scope: z.enum(['string', 'list']).optional(),
  /** `when-needed`: for the authentication methods that use one. */
  clientSecret: z.enum(['never', 'when-needed', 'always']).default('when-needed'),
});

const tokenSchema = z.strictObject({ lifetimeSeconds: seconds.max(86_400).default(300) });

const writtenProfileSchema = z.strictObject({
  /** As in `/aspsp/{id}`. */
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens'),
  /** As its pages show it. */
  name: z.string().min(1).max(140),
  /** What the bank is for, what to send it, and which questions of the DCR FAQ it answers. */
  purpose: text,
  /** What is worth a try, a sentence each. */
  whatToSend: z.array(text).max(20).default([]),
  /** Which questions of the DCR FAQ it answers. */
  answers: z.array(text).max(20).default([]),
  /** The bank's own organisation in the Directory. */
  organisationId: z.string().refine(isOrganisationId, 'an organisation id'),
  /** Whose rules apply. */
  dcrVersion: z.enum(dcrVersions).default('3.4'),
  /** What its registration endpoint offers; the rest is answered 405. */
  operations: listOf(z.enum(operations)).default([...operations]),
  /** By how much another clock may differ from ours. */
  clockSkewSeconds: z.number().int().nonnegative().max(86_400).default(60),
  /** What a registration request must be like. */
  request: requestSchema.prefault({}),
  /** Whose SSAs are accepted, and which. */
  ssa: ssaSchema,
  /** How long copies of keys are used. */
  jwks: jwksSchema.prefault({}),
  /** Who may present a registration. */
  clientCertificate: clientCertificateSchema.prefault({}),
  /** What a client may have. */
  metadata: metadataSchema.prefault({}),
  /** How the name of a certificate may be written. */
  subjectDn: subjectDnSchema.prefault({}),
  /** What reading, replacing and deleting demand. */
  management: managementSchema.prefault({}),
  /** How a registration is answered. */
  response: responseSchema.prefault({}),
  /** What access tokens are like. */
  token: tokenSchema.prefault({}),
  /** `acr_values_supported` of the discovery document; empty for none. Quirk 9. */
  acrValues: z.array(text).max(20).default(['urn:openbanking:psd2:sca', 'urn:openbanking:psd2:ca']),
});

type WrittenProfile = z.infer<typeof writtenProfileSchema>;

/** What only some versions have may be promised by a bank of those versions alone. */
function refuseForeignValues(profile: WrittenProfile, context: z.RefinementCtx<WrittenProfile>): void {
  const dictionary = dictionaries[profile.dcrVersion];
  for (const member of ['grantTypes', 'applicationTypes'] as const) {
    refuseOthers(['metadata', member], profile.metadata[member] ?? [], dictionary[member]);
  }
  const { tokenEndpointAuthMethods: methods } = profile.metadata;
  refuseOthers(['metadata', 'tokenEndpointAuthMethods'], methods, dictionary.authMethods);

  function refuseOthers(path: string[], values: readonly string[], known: readonly string[]): void {
    values.forEach((value, index) => {
      if (known.includes(value)) return;
      const message = `a value of DCR ${profile.dcrVersion}: ${known.join(', ')}`;
      context.addIssue({ code: 'custom', path: [...path, index], message });
    });
  }
}

/** What was left out follows the version. */
function completeProfile(written: WrittenProfile) {
  const dictionary = dictionaries[written.dcrVersion];
  return {
    ...written,
    /** What a client may have. */
    metadata: {
      ...written.metadata,
      grantTypes: written.metadata.grantTypes ?? [...dictionary.grantTypes],
      applicationTypes: written.metadata.applicationTypes ?? [...dictionary.applicationTypes],
    },
    /** How the name of a certificate may be written. */
    subjectDn: { ...written.subjectDn, claim: written.subjectDn.claim ?? dictionary.subjectDnClaim },
    /** How a registration is answered. */
    response: { ...written.response, scope: written.response.scope ?? dictionary.scopeForm },
  };
}

/**
 * How one mock bank behaves. Nearly everything may be left out: a profile then says only what it differs by from a bank
 * that allows all of DCR with FAPI's values.
 * @see formats.md section 7, whose quirks the docstrings number
 */
export const bankProfileSchema = writtenProfileSchema
  .superRefine(refuseForeignValues)
  .transform(completeProfile);
/**
 * How a bank behaves, with nothing left out.
 * @useDeclaredType
 * @category Banks
 */
export type BankProfile = z.output<typeof bankProfileSchema>;
export type SsaIssuerProfile = z.infer<typeof ssaIssuerSchema>;
export type Operation = (typeof operations)[number];

/** The methods that share a secret between bank and client. */
const secretMethods: readonly string[] = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];

export function usesSecret(authMethod: string): boolean {
  return secretMethods.includes(authMethod);
}

/** The algorithms that a client may sign its assertions with, for one authentication method. @see RFC 7523 section 3 */
export function assertionAlgorithms(profile: BankProfile, authMethod: string): readonly string[] {
  if (authMethod === 'client_secret_jwt') return ['HS256'];
  return profile.metadata.signingAlgorithms;
}

/** The methods whose clients sign an assertion. */
export function signsAssertion(authMethod: string): boolean {
  return authMethod === 'private_key_jwt' || authMethod === 'client_secret_jwt';
}

/** Wherever keys of any SSA that the bank accepts may be. */
export function originsOfKeys({ ssa }: BankProfile): string[] {
  return [...ssa.issuers.flatMap(({ jwksOrigins }) => jwksOrigins), ...(ssa.selfSigned?.jwksOrigins ?? [])];
}

export function offersCiba(profile: BankProfile): boolean {
  return profile.metadata.grantTypes.includes(CIBA_GRANT_TYPE);
}

/** The `aud` that a registration request must carry. @param issuer the bank's issuer URL */
export function expectedAudience(
  { request: { audience }, organisationId }: BankProfile,
  issuer: string,
): string {
  if (audience.rule === 'fixed') return audience.value;
  return audience.rule === 'issuer-url' ? issuer : organisationId;
}
