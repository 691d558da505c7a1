/// <reference types="node" preserve="true" />
/** The test kit: a Directory, banks and ready TPPs inside a test. */
export { createSandbox, startSandbox } from './testkit/start.js';
export type { MockBank, OwnBank, RegistrationTarget } from './testkit/bank.js';
export type { Advance, TestClock } from './testkit/clock.js';
export type { Examination, ExaminationFinding, ExaminationOutcome } from './testkit/examination.js';
export type { TestJwk, TestKey } from './testkit/keys.js';
export type { ClockOption, Instant, SandboxOptions, SocketlessOptions } from './testkit/options.js';
export type { ProbeName } from './testkit/probes.js';
export type { RequestChanges, SignWith } from './testkit/registration-request.js';
export type { RegistrationBody, Reply, TokenBody } from './testkit/reply.js';
export type { RequestDefectName } from './testkit/request-defects.js';
export type { Sandbox, TestState, TppRequest } from './testkit/sandbox.js';
export type { OrganisationRequest, SoftwareStatementRequest } from './testkit/organisations.js';
export type { AspspRequest, ServerTls, TestAspsp } from './testkit/aspsp.js';
export type { TestFaults } from './testkit/faults.js';
export type { ProfileChanges, Profiles } from './testkit/profiles.js';
export type { TapeFilter } from './testkit/tape.js';
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
export type { BankProfile } from './aspsp/profile.js';
export type { PublicUrls } from './directory/trust-anchor.js';
export type { JwkSet } from './domain/jwk.js';
export type { RevocationReason } from './domain/key-record.js';
export type { Organisation } from './domain/organisation.js';
export type { KeyPairPem, KeyPairSource } from './domain/ports.js';
export type { Attempt, RuleResult } from './domain/registration.js';
export type { SoftwareStatement } from './domain/software-statement.js';
export type { ClientCertificateOf } from './http/protocol/client.js';
export type { Anchor } from './sandbox/anchors.js';
export type { ClockReading } from './sandbox/clock.js';
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
export type { KeyMaterial, ReadyTpp, ReadyTppRequest } from './sandbox/ready-tpp.js';
export type { Claims } from './sandbox/registration-claims.js';
export type { Services } from './sandbox/services.js';
export type { StateFile } from './sandbox/state/state-file.js';
export type { StateControl } from './sandbox/state/state-keeper.js';
export type { HeaderFields } from './sandbox/tape/exchange.js';
export type { Party } from './sandbox/tape/parties.js';
export type { ShownBody, ShownExchange, ShownToken } from './sandbox/tape/views.js';
