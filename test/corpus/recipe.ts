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
  'unlisted',
  'self-signed',
  'unknown-ca',
] as const;

const members = z.record(z.string(), z.unknown());

/** How a token departs from a good one; see README.md beside this file. */
const tokenSchema = z.strictObject({
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

const recipe = z.strictObject({
  title: z.string().min(1),
  before: tokenSchema.optional(),
  request: tokenSchema.prefault({}),
  ssa: tokenSchema.optional(),
  certificate: z.enum(certificateNames).default('transport'),
  mediaType: z.string().nullable().default('application/jwt'),
});

const invalidSchema = recipe.extend({
  expect: z.strictObject({
    status: z.union([z.literal(400), z.literal(401), z.literal(415)]),
    error: z.enum([
      'invalid_request',
      'invalid_client',
      'invalid_client_metadata',
      'invalid_redirect_uri',
      'invalid_software_statement',
      'unapproved_software_statement',
    ]),
    rule: z.string(),
    failed: z.array(z.string()).optional(),
    mentions: z.string().optional(),
  }),
});

const validSchema = recipe.extend({
  expect: z
    .strictObject({ response: members.default({}), absent: z.array(z.string()).default([]) })
    .prefault({}),
});

export type TokenRecipe = z.output<typeof tokenSchema>;
export type Recipe = z.output<typeof recipe>;
export type InvalidRecipe = z.output<typeof invalidSchema>;
export type ValidRecipe = z.output<typeof validSchema>;

export interface CorpusFile<T> {
  readonly name: string;
  readonly recipe: T;
}

/** @throws Error that names the file when it is no recipe */
function readFolder<Schema extends z.ZodType>(
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
