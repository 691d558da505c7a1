/** The public API of the package. */
export { createSandbox, startSandbox } from './testkit.js';
export type {
  Anchor,
  CertificateDefectName,
  ClaimOverride,
  Defect,
  DefectiveCertificates,
  DefectiveSsa,
  DefectiveSsaRequest,
  DirectoryServices,
  IssuedQualifiedCertificate,
  Options,
  ReadyTpp,
  ReadyTppRequest,
  Sandbox,
  SandboxOptions,
  Services,
  SsaDefectName,
} from './testkit.js';
export { ConfigurationError } from './sandbox/options.js';
export { DomainError, type ErrorCode, type FieldProblem } from './domain/errors.js';
