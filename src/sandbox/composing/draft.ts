import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import { ssaDefectNames } from '../defects/ssa-defects.js';

/** Where the SSA of a request comes from. */
export const ssaSources = ['fresh', 'defective', 'self-signed', 'unsigned', 'pasted'] as const;

/** In place of the `kid` of a key or certificate. */
export const NOBODY = 'none';
/** The newest transport certificate of somebody else. */
export const ANOTHER_TPP = 'another-tpp';

/** A year is more than any bank allows, and a negative lifetime has ended before it began. */
const LONGEST_LIFETIME_SECONDS = 31_557_600;

const addressing = {
  bank: z.string(),
  /** The client whose registration is to be replaced; a new one is registered when absent. */
  replaces: z.string().max(limits.uriLength).optional(),
  /** The `kid` of the certificate that the TLS client shows. */
  certificate: z.string().min(1).max(limits.uriLength),
  mediaType: z
    .string()
    .max(limits.uriLength)
    .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/, 'a media type as application/jwt'),
};

const members = z.record(z.string(), z.unknown());

/** A registration request to be: how it is signed and sent, and its parts with placeholders. */
export const draftSchema = z.strictObject({
  ...addressing,
  claims: members,
  header: members,
  /** From `{iat}` to `{exp}`. */
  lifetimeSeconds: z.coerce
    .number('a number of seconds')
    .int()
    .min(-LONGEST_LIFETIME_SECONDS)
    .max(LONGEST_LIFETIME_SECONDS),
  ssa: z.enum(ssaSources),
  defect: z.enum(ssaDefectNames).optional(),
  pastedSsa: z.string().trim().max(limits.tokenLength).optional(),
  signingKey: z.string().min(1).max(limits.uriLength),
});
export type Draft = z.output<typeof draftSchema>;

/** A request that somebody signed himself. */
export const signedRequestSchema = z.strictObject({
  ...addressing,
  request: z.string().trim().min(1).max(limits.tokenLength),
});
export type SignedRequest = z.output<typeof signedRequestSchema>;
