/** The public API of the package. */
export { createSandbox, startSandbox } from './testkit.js';
export type {
  Anchor,
  ClaimOverride,
  Defect,
  DefectiveSsa,
  DirectoryServices,
  IssuedQualifiedCertificate,
  Options,
  ReadyTpp,
  ReadyTppRequest,
  Sandbox,
  SandboxOptions,
  Services,
  SsaDefectName,
  SsaFault,
} from './testkit.js';
export { ConfigurationError } from './sandbox/options.js';
export { DomainError, type ErrorCode, type FieldProblem } from './domain/errors.js';
