import { z } from 'zod';
import { jwkSetSchema } from '../../domain/jwk.js';
import { limits } from '../../domain/limits.js';

/** `jwks` spoils a set of keys wherever it is read, `http` what is answered at a path. */
export const faultKinds = ['jwks', 'http'] as const;
export type FaultKind = (typeof faultKinds)[number];

export const listenerNames = ['https', 'http'] as const;
export type ListenerName = (typeof listenerNames)[number];

/** A key that was made for a fault: it certifies nobody and stands in no record. */
const madeKeySchema = z.strictObject({
  kid: z.string(),
  use: z.enum(['sig', 'tls']),
  privateKeyPem: z.string().max(limits.certificateBytes),
});
export type MadeKey = z.infer<typeof madeKeySchema>;

const count = z.number().int().nonnegative();

/** What goes into a header. */
const printable = z
  .string()
  .max(limits.faultPathLength)
  .regex(/^[\x21-\x7e]+$/, 'printable ASCII without blanks');

/** A fault as it is kept and exported: what it spoils, how, how often still and how often so far. */
export const faultSchema = z.strictObject({
  /** To clear it by. */
  id: z.string().max(limits.uriLength),
  /** `jwks` spoils keys, `http` answers. */
  kind: z.enum(faultKinds),
  /** The command `defects` lists them. */
  name: z.string().max(limits.uriLength),
  /** Whose keys are spoilt. */
  organisationId: z.string().optional(),
  /** Whose keys are spoilt. */
  softwareId: z.string().optional(),
  /** Whether it is the Directory’s own keys that are spoilt. */
  directory: z.literal(true).optional(),
  /** The trust anchor whose participant it is; the Directory when absent. */
  anchorId: z.string().optional(),
  /** Which of the two sets: `active` when absent. */
  set: z.enum(['active', 'revoked']).optional(),
  /** Where it is met; of `http` faults one with `*` at its end stands for all that begin so. */
  path: printable,
  /** Every method when absent. */
  method: z.string().optional(),
  /** Where it is met: at the Directory and the banks (`https`), or at the desk with the public artefacts. */
  listener: z.enum(listenerNames).optional(),
  /** How late an answer is. */
  milliseconds: count.max(limits.faultMilliseconds).optional(),
  /** How long a set stays as it was. */
  seconds: count.optional(),
  /** From this instant of the sandbox's clock on it is met no more. */
  until: z.iso.datetime().optional(),
  /** Where a redirection leads to. */
  location: printable.optional(),
  /** What an answer asks for. */
  retryAfterSeconds: count.optional(),
  /** Those that were made for it. */
  keys: z.array(madeKeySchema).max(2).optional(),
  /** The set as it was. */
  snapshot: jwkSetSchema.optional(),
  /** null until it is cleared. */
  remaining: count.nullable(),
  /** How many requests have met it. */
  hits: count,
  /** ISO 8601, by the sandbox’s clock. */
  createdAt: z.iso.datetime(),
});
export type Fault = z.infer<typeof faultSchema>;

/**
 * A fault as it is shown.
 * @useDeclaredType
 * @category Faults
 */
export type FaultView = Omit<Fault, 'snapshot'>;

/**
 * What of a fault one asks for with its target.
 * @category Faults
 */
export interface FaultParameters extends Pick<Fault, 'milliseconds' | 'location' | 'retryAfterSeconds'> {
  /** How many requests meet it; null for all until it is cleared. */
  readonly times?: number | null | undefined;
  /** How many readers find the set as it was. */
  readonly reads?: number | undefined;
  /** For how long. */
  readonly seconds?: number | undefined;
}

export const milliseconds = z.number().int().min(1).max(limits.faultMilliseconds);
export const retryAfterSeconds = z.number().int().min(0).max(limits.faultSeconds);

/** For how many requests; null until it is cleared. */
export const times = z.number().int().min(1).max(limits.faultTimes).nullable();

/** Whether it has been met as often as was asked for. */
export function isSpent({ remaining }: Pick<Fault, 'remaining'>): boolean {
  return remaining === 0;
}
