import { z } from 'zod';

/**
 * Errors that a bank answers with. Two have no code of their own in OAuth and go out as `invalid_request`: the media type
 * and the operation that is not offered.
 * @see RFC 7591 section 3.2.2, RFC 6749 section 5.2, RFC 6750 section 3.1
 */
export const bankErrors = [
  'invalid_redirect_uri',
  'invalid_client_metadata',
  'invalid_software_statement',
  'unapproved_software_statement',
  'invalid_client',
  'unsupported_media_type',
  'operation_not_offered',
  'invalid_token',
  'insufficient_scope',
  'invalid_request',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
] as const;
export type BankError = (typeof bankErrors)[number];

const LONGEST_DESCRIPTION = 500;

/**
 * Any text as one line for `error_description`.
 * @see RFC 6749 section 5.2: printable ASCII without quotation mark and backslash
 */
export function errorDescription(text: string): string {
  return text
    .replace(/"/g, "'")
    .replace(/\\/g, '/')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, LONGEST_DESCRIPTION);
}

/** One check of a verdict. */
export const ruleResultSchema = z.strictObject({
  /** Stays the same from version to version. */
  id: z.string(),
  /** What the rule demands. */
  title: z.string(),
  /** Document and section. */
  spec: z.string(),
  /** `skipped` where an earlier rule left it nothing to look at. */
  outcome: z.enum(['passed', 'failed', 'skipped']),
  /** Where it failed: what would have been right. */
  expected: z.string().optional(),
  /** Where it failed: what came. */
  actual: z.string().optional(),
  /** Why it was skipped. */
  reason: z.string().optional(),
});
/**
 * What came of one rule.
 * @useDeclaredType
 * @category Banks
 */
export type RuleResult = z.infer<typeof ruleResultSchema>;

const decodedTokenSchema = z.strictObject({
  header: z.record(z.string(), z.unknown()),
  payload: z.record(z.string(), z.unknown()),
});

/** What was attempted: the four operations on registrations, and a request for a token. */
export const attemptOperations = ['create', 'read', 'replace', 'remove', 'token'] as const;
export type AttemptOperation = (typeof attemptOperations)[number];

/** One attempt at a bank, with its verdict check by check. */
export const attemptSchema = z.strictObject({
  /** Error descriptions name it. */
  id: z.string(),
  /** ISO 8601, by the sandbox’s clock. */
  at: z.iso.datetime(),
  /** The bank that was asked. */
  bankId: z.string(),
  /** What was to happen. */
  operation: z.enum(attemptOperations),
  /** The client that it was about, where there was one. */
  clientId: z.string().optional(),
  /** The client certificate; null without one. */
  certificate: z.strictObject({ subject: z.string(), thumbprintSha256: z.string() }).nullable(),
  /** The request where it was a JWT that could be read. */
  request: decodedTokenSchema.nullable(),
  /** The SSA in it, where it could be read. */
  ssa: decodedTokenSchema.nullable(),
  /** Every rule in the order of their checks. */
  rules: z.array(ruleResultSchema),
  /** Empty when the bank agreed; the status code is chosen where answers are sent. */
  response: z.strictObject({
    error: z.enum(bankErrors).optional(),
    errorDescription: z.string().optional(),
  }),
});
/**
 * A request to a bank, as it came, and what the bank made of it.
 * @useDeclaredType
 * @category Banks
 */
export type Attempt = z.infer<typeof attemptSchema>;

/**
 * The metadata of a client as a bank accepted it, under its wire names.
 * @see DCR 3.4, OBClientRegistrationRequest1, location "Both"
 */
export const clientMetadataSchema = z.object({
  redirect_uris: z.array(z.string()),
  token_endpoint_auth_method: z.string(),
  grant_types: z.array(z.string()),
  response_types: z.array(z.string()),
  software_id: z.string(),
  scope: z.string(),
  software_statement: z.string(),
  application_type: z.string(),
  id_token_signed_response_alg: z.string(),
  request_object_signing_alg: z.string(),
  token_endpoint_auth_signing_alg: z.string().optional(),
  tls_client_auth_subject_dn: z.string().optional(),
  backchannel_token_delivery_mode: z.string().optional(),
  backchannel_client_notification_endpoint: z.string().optional(),
  backchannel_authentication_request_signing_alg: z.string().optional(),
  backchannel_user_code_parameter_supported: z.boolean().optional(),
  subject_type: z.string().optional(),
});
export type ClientMetadata = z.infer<typeof clientMetadataSchema>;

/** A client registered at a bank. */
export const registeredClientSchema = z.strictObject({
  clientId: z.string(),
  issuedAt: z.iso.datetime(),
  organisationId: z.string(),
  softwareId: z.string(),
  certificateThumbprintSha256: z.string(),
  metadata: clientMetadataSchema,
  /** Claims of the SSA without its own `iss`, `iat` and `jti`. */
  softwareClaims: z.record(z.string(), z.unknown()),
  /** Shared with the client where its authentication method needs it, or the bank issues one anyway. */
  clientSecret: z.string().nullable().default(null),
});
export type RegisteredClient = z.infer<typeof registeredClientSchema>;

/** A `jti` that has been used and must not come again before it expires. */
export const consumedJtiSchema = z.strictObject({
  issuer: z.string(),
  jti: z.string(),
  expiresAt: z.iso.datetime(),
});
export type ConsumedJti = z.infer<typeof consumedJtiSchema>;

/** In JSON it is text. */
const instantSchema = z.union([z.date(), z.iso.datetime().transform((iso) => new Date(iso))]);

/** An access token as a bank remembers it: by its digest, so that nothing kept can be used as one. */
export const accessTokenRecordSchema = z.strictObject({
  /** SHA-256 of the token, base64url. */
  digest: z.string(),
  clientId: z.string(),
  /** Scopes separated by spaces. */
  scope: z.string(),
  /** SHA-256 of the client certificate's DER, lower-case hex. @see RFC 8705 section 3 */
  certificateThumbprintSha256: z.string(),
  issuedAt: instantSchema,
  expiresAt: instantSchema,
});
export type AccessTokenRecord = Readonly<z.output<typeof accessTokenRecordSchema>>;
