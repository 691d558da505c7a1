import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { signatureAlgorithms } from '../support/registration.js';

/** Whose key signs a token. */
export const signers = ['signing', 'transport', 'other-tpp', 'directory', 'unknown'] as const;

/** What the TLS client shows. */
export const certificateNames = [
  'transport',
  'none',
  'signing',
  'obwac',
  'obseal',
  'other-software',
  'other-organisation',
  'expired',
  'not-yet-valid',
  'revoked',
  'revoked-meanwhile',
  'unlisted',
  'self-signed',
  'unknown-ca',
  'bad-signature',
  'no-key-usage',
  'wrong-key-usage',
  'weak-key',
  'is-a-ca',
  'sha1',
  'unknown-critical-extension',
  'bad-qc-statements',
  'missing-organization-identifier',
] as const;

/** With which access token a PUT comes. */
export const accessTokens = [
  'good',
  'in-its-last-second',
  'none',
  'basic',
  'unknown',
  'expired',
  'revoked',
  'other-client',
  'other-certificate',
] as const;

/** Which registration a PUT is to replace. */
export const paths = ['own', 'unknown', 'deleted', 'other-client'] as const;

export const members = z.record(z.string(), z.unknown());

/** How a token departs from a good one; see README.md beside this file. */
export const tokenSchema = z.strictObject({
  claims: members.default({}),
  remove: z.array(z.string()).default([]),
  payload: z.unknown().optional(),
  header: members.default({}),
  removeHeader: z.array(z.string()).default([]),
  alg: z.enum(signatureAlgorithms).default('PS256'),
  signWith: z.enum(signers).optional(),
  tamper: members.optional(),
  raw: z.string().optional(),
});

export const recipeSchema = z.strictObject({
  title: z.string().min(1),
  bank: z.string().default('reference'),
  profile: members.optional(),
  operation: z.enum(['POST', 'PUT']).default('POST'),
  tpp: z.enum(['usual', 'new']).default('usual'),
  before: tokenSchema.optional(),
  registeredWith: z.enum(certificateNames).optional(),
  token: z.enum(accessTokens).optional(),
  path: z.enum(paths).optional(),
  request: tokenSchema.prefault({}),
  ssa: tokenSchema.optional(),
  jwsSignature: tokenSchema.optional(),
  certificate: z.enum(certificateNames).default('transport'),
  mediaType: z.string().nullable().default('application/jwt'),
});

const onlyForPut = ['registeredWith', 'token', 'path', 'jwsSignature'] as const;

function isOfItsOperation(written: z.output<typeof recipeSchema>): boolean {
  return written.operation === 'PUT' || onlyForPut.every((member) => written[member] === undefined);
}

const refusedStatuses = [400, 401, 403, 405, 415] as const;

const invalidSchema = recipeSchema
  .extend({
    expect: z.strictObject({
      status: z.literal(refusedStatuses),
      error: z.enum([
        'invalid_request',
        'invalid_client',
        'invalid_client_metadata',
        'invalid_redirect_uri',
        'invalid_software_statement',
        'unapproved_software_statement',
        'invalid_token',
        'insufficient_scope',
      ]),
      rule: z.string(),
      failed: z.array(z.string()).optional(),
      mentions: z.string().optional(),
    }),
  })
  .refine(isOfItsOperation, `only for PUT: ${onlyForPut.join(', ')}`);

const validSchema = recipeSchema
  .extend({
    expect: z
      .strictObject({
        response: members.default({}),
        present: z.array(z.string()).default([]),
        absent: z.array(z.string()).default([]),
      })
      .prefault({}),
  })
  .refine(isOfItsOperation, `only for PUT: ${onlyForPut.join(', ')}`);

export type TokenRecipe = z.output<typeof tokenSchema>;
export type Recipe = z.output<typeof recipeSchema>;
export type InvalidRecipe = z.output<typeof invalidSchema>;
export type ValidRecipe = z.output<typeof validSchema>;
export type CertificateName = (typeof certificateNames)[number];
export type Signer = (typeof signers)[number];

/** A token recipe that departs in nothing. */
export const plainToken: TokenRecipe = tokenSchema.parse({});

export interface CorpusFile<T> {
  readonly name: string;
  readonly recipe: T;
}

/** @throws Error that names the file when it is no recipe */
export function readFolder<Schema extends z.ZodType>(
  folder: string,
  schema: Schema,
): CorpusFile<z.output<Schema>>[] {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  return readdirSync(path)
    .sort()
    .map((name) => {
      const result = schema.safeParse(JSON.parse(readFileSync(`${path}${name}`, 'utf8')));
      if (!result.success) throw new Error(`${folder}${name}: ${z.prettifyError(result.error)}`);
      return { name, recipe: result.data };
    });
}

export function readInvalidCorpus(): CorpusFile<InvalidRecipe>[] {
  return readFolder('invalid/', invalidSchema);
}

export function readValidCorpus(): CorpusFile<ValidRecipe>[] {
  return readFolder('valid/', validSchema);
}
