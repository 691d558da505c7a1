import { z } from 'zod';
import { signatureAlgorithms } from '../support/registration.js';
import { certificateNames, members, readFolder, signers, tokenSchema, type CorpusFile } from './recipe.js';

/** A client assertion may be signed with a secret too. */
export const secretSigners = ['client-secret', 'another-secret'] as const;

const assertionSchema = tokenSchema.extend({
  alg: z.enum(signatureAlgorithms).optional(),
  signWith: z.enum([...signers, ...secretSigners]).optional(),
});

const refusalSchema = z.strictObject({
  status: z.literal([400, 401]),
  error: z.enum([
    'invalid_request',
    'invalid_client',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
  ]),
  rule: z.string(),
  failed: z.array(z.string()).optional(),
  mentions: z.string().optional(),
});

const grantSchema = z.strictObject({ status: z.literal(200), scope: z.string() });

const tokenRecipeSchema = z.strictObject({
  title: z.string().min(1),
  bank: z.string().default('reference'),
  profile: members.optional(),
  registration: tokenSchema.prefault({}),
  registeredWith: z.enum(certificateNames).default('transport'),
  certificate: z.enum(certificateNames).default('transport'),
  mediaType: z.string().nullable().default('application/x-www-form-urlencoded'),
  assertion: assertionSchema.prefault({}),
  parameters: z.record(z.string(), z.string()).default({}),
  remove: z.array(z.string()).default([]),
  append: z.string().default(''),
  authorization: z.string().nullable().optional(),
  twice: z.boolean().default(false),
  expect: z.discriminatedUnion('status', [refusalSchema, grantSchema]),
});

export type AssertionRecipe = z.output<typeof assertionSchema>;
export type TokenRequestRecipe = z.output<typeof tokenRecipeSchema>;
export type Refusal = z.output<typeof refusalSchema>;
export type Grant = z.output<typeof grantSchema>;

export function readTokenCorpus(): CorpusFile<TokenRequestRecipe>[] {
  return readFolder('token/', tokenRecipeSchema);
}
