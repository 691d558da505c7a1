import type { RequestListener } from 'node:http';
import type { Organisation } from '../domain/organisation.js';
import type { PublicUrls } from '../directory/trust-anchor.js';
import type { RevocationReason } from '../domain/key-record.js';
import type { Random } from '../domain/ports.js';
import type { SoftwareStatement } from '../domain/software-statement.js';
import type { Courier } from '../http/calls.js';
import type { ReadyTppRequest } from '../sandbox/ready-tpp.js';
import type { Services } from '../sandbox/services.js';
import type { ShownExchange } from '../sandbox/tape/views.js';
import type { StateControl, StateKeeper } from '../sandbox/state/state-keeper.js';
import { createAspsp, type AspspRequest, type TestAspsp } from './aspsp.js';
import { mockBank, type MockBank, type OwnBank } from './bank.js';
import { testClock, type TestClock } from './clock.js';
import { examine, type Examination } from './examination.js';
import { countedRequests, observe, testFaults, type TestFaults } from './faults.js';
import type { TestKey } from './keys.js';
import {
  createOrganisation,
  createSoftwareStatement,
  type OrganisationRequest,
  type SoftwareStatementRequest,
} from './organisations.js';
import { readTape, type TapeFilter } from './tape.js';
import { TestTpp } from './tpp.js';
import { trustAnchorInformation, type TrustAnchorInformation } from './trust-anchor.js';
import type { Verdict } from './verdict.js';

/**
 * What a ready TPP is to be, and where it is enrolled.
 * @category TPP
 */
export type TppRequest = ReadyTppRequest & {
  /** A trust anchor beside the Directory; the Directory itself when absent. */
  readonly anchorId?: string;
};

/**
 * Everything that is kept, as one document.
 * @category State
 */
export interface TestState extends StateControl {
  /** Puts an exported state in force. @throws DomainError `invalid_input`, `storage_failed` */
  import(state: unknown): Promise<void>;
}

/**
 * A sandbox in this process.
 * @category Start
 */
export interface Sandbox extends AsyncDisposable {
  /** Those in force: others take their place when the whole state is replaced. @internal */
  readonly services: Services;
  /** Sets, freezes and moves the one clock. */
  readonly clock: TestClock;
  /** Exports, imports and resets everything that is kept. */
  readonly state: TestState;
  /** Where the two listeners are, as URLs say it: without a slash at the end. */
  readonly urls: PublicUrls;
  /** Makes keystore, Directory and banks misbehave. */
  readonly faults: TestFaults;
  /** What a relying party must be told to trust the Directory. */
  readonly trustAnchor: TrustAnchorInformation;
  /** The web pages, the control API and the public artefacts. */
  readonly deskApp: RequestListener;
  /** The Directory and the banks: what listens at the HTTPS port. */
  readonly protocolApp: RequestListener;
  /** A mock bank by its id: `reference` follows the specification. @throws DomainError `not_found` */
  bank(id: string): MockBank;
  /** Enrols an organisation, without keys. @throws DomainError `invalid_input`, `conflict` for a known id */
  createOrganisation(request: OrganisationRequest): Promise<Organisation>;
  /**
   * Gives an organisation a software statement, without keys.
   * @throws DomainError `invalid_input`, `not_found`, `conflict` for a known id
   */
  createSoftwareStatement(
    organisationId: string,
    request: SoftwareStatementRequest,
  ): Promise<SoftwareStatement>;
  /** An ASPSP with keys and certificates, also for its server: for a test of one's own bank. @throws DomainError `invalid_input` */
  createAspsp(request?: AspspRequest): Promise<TestAspsp>;
  /** A TPP with all that it takes to register: enrolled, keys, certificates. @throws DomainError `invalid_input` */
  createTpp(request?: TppRequest): Promise<TestTpp>;
  /**
   * Sends a bank, above all one of your own, every broken registration that it should refuse: SSAs, requests and client
   * certificates. Printed, the result is a table of what it did not refuse rightly.
   * @throws Error when the bank refuses a sound request: its other refusals would tell nothing
   */
  examine(bank: MockBank | OwnBank): Promise<Examination>;
  /**
   * Revokes a key, certified or bare, by its `kid`; keystore, CRL, OCSP and SSAs follow at once.
   * @throws DomainError `not_found`, `conflict` when it is revoked already
   */
  revoke(key: string | Pick<TestKey, 'kid'>, reason?: RevocationReason): Promise<void>;
  /** What was attempted at a bank and left a verdict, newest first. @throws DomainError `not_found` */
  attempts(bank: string | Pick<MockBank, 'id'>): Verdict[];
  /**
   * What passed between TPPs, Directory and banks, with everything that came of it, oldest first and without secrets. It is
   * kept until it is cleared, reset or too much. An exchange is complete a moment after its answer has come.
   * @throws DomainError `invalid_input`
   */
  tape(filter?: TapeFilter): ShownExchange[];
  /**
   * Begins to count the requests to a path, or to all that begin so with `*` at its end. Until then, and after a reset,
   * nobody counts. @throws DomainError `invalid_input`
   */
  observe(path: string): Promise<void>;
  /** How many requests came to an observed path, at both listeners. @throws Error for a path that is not observed */
  requests(path: string): number;
  /** Takes everything back to how it was at the start; the keys of the authorities stay. */
  reset(): Promise<void>;
  /** Lets go of every socket, timer and file; to close it again changes nothing. */
  close(): Promise<void>;
}

/** What a sandbox is made of. */
export interface SandboxParts {
  readonly keeper: StateKeeper;
  readonly doors: { readonly desk: RequestListener; readonly protocol: RequestListener };
  readonly urls: PublicUrls;
  readonly ssaIssuer: string;
  readonly random: Random;
  readonly courier: Courier;
  readonly close: () => Promise<void>;
}

/** The typed face of everything that the desk can do. */
export class TestSandbox implements Sandbox {
  readonly urls: PublicUrls;
  readonly clock: TestClock;
  readonly state: TestState;
  readonly faults: TestFaults;
  readonly trustAnchor: TrustAnchorInformation;
  readonly deskApp: RequestListener;
  readonly protocolApp: RequestListener;
  private readonly tpps = new Set<TestTpp>();
  private closing: Promise<void> | undefined;

  constructor(private readonly parts: SandboxParts) {
    const { keeper, doors, urls, ssaIssuer } = parts;
    this.urls = urls;
    this.clock = testClock(() => keeper.services.clock);
    this.state = {
      export: () => keeper.export(),
      import: (state) => keeper.replace(state),
      replace: (state) => keeper.replace(state),
      reset: (to) => keeper.reset(to),
    };
    this.faults = testFaults(() => keeper.services);
    this.trustAnchor = trustAnchorInformation(() => keeper.services, urls, ssaIssuer);
    this.deskApp = doors.desk;
    this.protocolApp = doors.protocol;
  }

  get services(): Services {
    return this.parts.keeper.services;
  }

  bank(id: string): MockBank {
    return mockBank(() => this.services, id);
  }

  createOrganisation(request: OrganisationRequest): Promise<Organisation> {
    return createOrganisation(this.services, request);
  }

  createSoftwareStatement(
    organisationId: string,
    request: SoftwareStatementRequest,
  ): Promise<SoftwareStatement> {
    return createSoftwareStatement(this.services, organisationId, request);
  }

  createAspsp(request: AspspRequest = {}): Promise<TestAspsp> {
    return createAspsp(this.services, request);
  }

  async createTpp({ anchorId, ...request }: TppRequest = {}): Promise<TestTpp> {
    const { random, courier } = this.parts;
    const directory = async () =>
      anchorId === undefined ? this.services : this.services.getAnchor(anchorId).open();
    const ready = await (await directory()).createReadyTpp(request);
    const { rootPem } = this.services.trustAnchor;
    const tpp = new TestTpp(ready, { directory, clock: this.clock, random, courier, rootPem });
    this.tpps.add(tpp);
    return tpp;
  }

  async examine(bank: MockBank | OwnBank): Promise<Examination> {
    const createTpp = () => this.createTpp({ roles: ['AISP'] });
    return examine({
      bank,
      stranger: await createTpp(),
      at: this.clock.now(),
      createTpp,
      revoke: (key) => this.revoke(key, 'keyCompromise'),
    });
  }

  async revoke(key: string | Pick<TestKey, 'kid'>, reason: RevocationReason = 'unspecified'): Promise<void> {
    await this.services.keyRegister.revoke(typeof key === 'string' ? key : key.kid, reason);
  }

  attempts(bank: string | Pick<MockBank, 'id'>): Verdict[] {
    return this.bank(typeof bank === 'string' ? bank : bank.id).attempts();
  }

  tape(filter: TapeFilter = {}): ShownExchange[] {
    return readTape(this.services, filter);
  }

  observe(path: string): Promise<void> {
    return observe(this.services, path);
  }

  requests(path: string): number {
    return countedRequests(this.services, path);
  }

  reset(): Promise<void> {
    return this.state.reset();
  }

  close(): Promise<void> {
    this.closing ??= this.letGo();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async letGo(): Promise<void> {
    for (const tpp of this.tpps) tpp.close();
    await this.parts.close();
  }
}
