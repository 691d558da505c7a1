/** The test kit: a Directory, banks and ready TPPs inside a test. */
export { createSandbox, startSandbox } from './testkit/start.js';
export type { MockBank, OwnBank, RegistrationTarget } from './testkit/bank.js';
export type { Advance, TestClock } from './testkit/clock.js';
export type { TestJwk, TestKey } from './testkit/keys.js';
export type { ClockOption, Instant, SandboxOptions, SocketlessOptions } from './testkit/options.js';
export type { RequestChanges, SignWith } from './testkit/registration-request.js';
export type { RegistrationBody, Reply, TokenBody } from './testkit/reply.js';
export type { Sandbox, TestState, TppRequest } from './testkit/sandbox.js';
export type { OrganisationRequest, SoftwareStatementRequest } from './testkit/organisations.js';
export type { AspspRequest, ServerTls, TestAspsp } from './testkit/aspsp.js';
export type { TestFaults } from './testkit/faults.js';
export type { ProfileChanges, Profiles } from './testkit/profiles.js';
export type { TrustAnchorInformation } from './testkit/trust-anchor.js';
export type {
  FetchInit,
  ManagementChanges,
  RegistrationChanges,
  RegistrationRequest,
  SsaChanges,
  TestTpp,
  TlsMaterial,
} from './testkit/tpp.js';
export type { Failure, Verdict } from './testkit/verdict.js';
export type { Anchor } from './sandbox/anchors.js';
export type { CertificateDefectName } from './sandbox/defects/certificate-defects.js';
export type { ClaimOverride } from './sandbox/defects/claim-override.js';
export type { Defect } from './sandbox/defects/defect.js';
export type { DefectiveCertificates } from './sandbox/defects/defective-certificates.js';
export type { DefectiveSsa, DefectiveSsaRequest } from './sandbox/defects/defective-ssas.js';
export type { SsaDefectName } from './sandbox/defects/ssa-defects.js';
export type { DirectoryServices } from './sandbox/directory-services.js';
export type { FaultView } from './sandbox/faults/fault.js';
export type { FaultRequest } from './sandbox/faults/requests.js';
export type { Options } from './sandbox/options.js';
export type { IssuedQualifiedCertificate } from './sandbox/qualified-certificates.js';
export type { ReadyTpp, ReadyTppRequest } from './sandbox/ready-tpp.js';
export type { Claims } from './sandbox/registration-claims.js';
export type { Services } from './sandbox/services.js';
export type { StateFile } from './sandbox/state/state-file.js';
