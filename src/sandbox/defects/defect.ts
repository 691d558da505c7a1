import type { BankError } from '../../domain/registration.js';

/** What a defect spoils. */
export const defectKinds = ['ssa', 'certificate', 'jwks', 'http'] as const;
export type DefectKind = (typeof defectKinds)[number];

/**
 * A thing that can be asked for broken, and what should come of it.
 * @category TPP
 */
export interface Defect {
  /** Unique within its kind. */
  readonly name: string;
  /** What it is a defect of. */
  readonly kind: DefectKind;
  /** What is wrong, in one sentence. */
  readonly title: string;
  /** Where it is written that this is wrong. */
  readonly spec: string;
  /** The id of the rule that it breaks at a bank; null where no rule of a registration meets it. */
  readonly rule: string | null;
  /** What a bank should answer; null where it never gets to answer. */
  readonly error: BankError | null;
  /** Whether our reference bank answers so. */
  readonly answeredByReferenceBank: boolean;
}
