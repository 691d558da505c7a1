import { DomainError, quote } from '../../domain/errors.js';

/** The keywords of RFC 7644 table 9 that a service without writes can need. */
export type ScimType = 'invalidFilter' | 'invalidSyntax' | 'invalidValue';

/** A request that SCIM has its own keyword for. @see RFC 7644 section 3.12 */
export class ScimError extends DomainError {
  constructor(
    readonly scimType: ScimType,
    message: string,
    options?: ErrorOptions,
  ) {
    super('invalid_input', message, [], options);
  }
}

/** A value that cannot be, in the words of every refusal here. */
export function invalidValue(parameter: string, expected: string, actual: unknown): ScimError {
  return new ScimError('invalidValue', `${parameter}: expected ${expected}, got ${quote(actual)}`);
}
