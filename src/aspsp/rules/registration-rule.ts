import type { BankError } from '../../domain/registration.js';
import type { Rule } from '../../domain/rules.js';
import type { Evidence } from '../evidence.js';

/** One check of a call to a registration endpoint. `{dcr}` in its `spec` stands for the bank's version of DCR. */
export type RegistrationRule = Rule<Evidence, BankError>;

/** The data dictionary of the bank's version. */
export function dictionary(claim: string): string {
  return `{dcr}, OBClientRegistrationRequest1, ${claim}`;
}
