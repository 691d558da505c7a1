import type { RequestListener } from 'node:http';
import { newOrganisationSchema, type Organisation } from '../domain/organisation.js';
import type { PublicUrls } from '../directory/trust-anchor.js';
import type { RevocationReason } from '../domain/key-record.js';
import { parseInput } from '../domain/parse.js';
import type { Random } from '../domain/ports.js';
import { newSoftwareStatementSchema, type SoftwareStatement } from '../domain/software-statement.js';
import type { Doors } from '../http/doors.js';
import type { StateControl } from '../http/desk/state-api.js';
import type { ReadyTppRequest } from '../sandbox/ready-tpp.js';
import type { Services } from '../sandbox/services.js';
import type { StateKeeper } from '../sandbox/state/state-keeper.js';
import { mockBank, type MockBank } from './bank.js';
import type { Courier } from './calls.js';
import { testClock, type TestClock } from './clock.js';
import type { TestKey } from './keys.js';
import { TestTpp } from './tpp.js';
import type { Verdict } from './verdict.js';
import type { z } from 'zod';

/** What a new organisation is to be. */
export type OrganisationRequest = z.input<typeof newOrganisationSchema>;

/** What a new software statement is to be. */
export type SoftwareStatementRequest = z.input<typeof newSoftwareStatementSchema>;

/** What a ready TPP is to be, and where it is enrolled. */
export type TppRequest = ReadyTppRequest & {
  /** A trust anchor beside the Directory; the Directory itself when absent. */
  readonly anchorId?: string;
};

/** Everything that is kept, as one document. */
export interface TestState extends StateControl {
  /** Puts an exported state in force. @throws DomainError `invalid_input`, `storage_failed` */
  import(state: unknown): Promise<void>;
}

/** A sandbox in this process. */
export interface Sandbox extends AsyncDisposable {
  /** Those in force: others take their place when the whole state is replaced. */
  readonly services: Services;
  readonly clock: TestClock;
  readonly state: TestState;
  readonly urls: PublicUrls;
  /** The web pages, the control API and the public artefacts. */
  readonly deskApp: RequestListener;
  /** The Directory and the banks: what listens at the HTTPS port. */
  readonly protocolApp: RequestListener;
  /** A mock bank by its id: `reference` follows the specification. @throws DomainError `not_found` */
  bank(id: string): MockBank;
  /** @throws DomainError `invalid_input`, `conflict` for a known id */
  createOrganisation(request: OrganisationRequest): Promise<Organisation>;
  /** @throws DomainError `invalid_input`, `not_found`, `conflict` for a known id */
  createSoftwareStatement(
    organisationId: string,
    request: SoftwareStatementRequest,
  ): Promise<SoftwareStatement>;
  /** A TPP with all that it takes to register: enrolled, keys, certificates. @throws DomainError `invalid_input` */
  createTpp(request?: TppRequest): Promise<TestTpp>;
  /**
   * Revokes a key, certified or bare, by its `kid`; keystore, CRL, OCSP and SSAs follow at once.
   * @throws DomainError `not_found`, `conflict` when it is revoked already
   */
  revoke(key: string | Pick<TestKey, 'kid'>, reason?: RevocationReason): Promise<void>;
  /** What was attempted at a bank and left a verdict, newest first. @throws DomainError `not_found` */
  attempts(bank: string | Pick<MockBank, 'id'>): Verdict[];
  /** Takes everything back to how it was at the start; the keys of the authorities stay. */
  reset(): Promise<void>;
  /** Lets go of every socket, timer and file; to close it again changes nothing. */
  close(): Promise<void>;
}

/** What a sandbox is made of. */
export interface SandboxParts {
  readonly keeper: StateKeeper;
  readonly doors: Doors;
  readonly urls: PublicUrls;
  readonly random: Random;
  readonly courier: Courier;
  readonly close: () => Promise<void>;
}

/** The typed face of everything that the desk can do. */
export class TestSandbox implements Sandbox {
  readonly urls: PublicUrls;
  readonly clock: TestClock;
  readonly state: TestState;
  readonly deskApp: RequestListener;
  readonly protocolApp: RequestListener;
  private readonly tpps = new Set<TestTpp>();
  private closing: Promise<void> | undefined;

  constructor(private readonly parts: SandboxParts) {
    const { keeper, doors, urls } = parts;
    this.urls = urls;
    this.clock = testClock(() => keeper.services.clock);
    this.state = {
      export: () => keeper.export(),
      import: (state) => keeper.replace(state),
      replace: (state) => keeper.replace(state),
      reset: (to) => keeper.reset(to),
    };
    this.deskApp = doors.desk;
    this.protocolApp = doors.protocol;
  }

  get services(): Services {
    return this.parts.keeper.services;
  }

  bank(id: string): MockBank {
    return mockBank(() => this.services, id);
  }

  async createOrganisation(request: OrganisationRequest): Promise<Organisation> {
    return this.services.registry.createOrganisation(parseInput(newOrganisationSchema, request));
  }

  async createSoftwareStatement(
    organisationId: string,
    request: SoftwareStatementRequest,
  ): Promise<SoftwareStatement> {
    const statement = parseInput(newSoftwareStatementSchema, request);
    return this.services.registry.createSoftwareStatement(organisationId, statement);
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

  async revoke(key: string | Pick<TestKey, 'kid'>, reason: RevocationReason = 'unspecified'): Promise<void> {
    await this.services.keyRegister.revoke(typeof key === 'string' ? key : key.kid, reason);
  }

  attempts(bank: string | Pick<MockBank, 'id'>): Verdict[] {
    return this.bank(typeof bank === 'string' ? bank : bank.id).attempts();
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
