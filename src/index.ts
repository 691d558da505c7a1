/** The public API of the package. */
export * from './testkit.js';
export { ConfigurationError } from './sandbox/options.js';
export { DomainError, type ErrorCode, type FieldProblem } from './domain/errors.js';
