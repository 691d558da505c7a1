import { afterAll, beforeAll, expect } from 'vitest';
import type { BankRepository } from '../../src/domain/ports.js';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { BankClient, failedRules } from './bank-client.js';
import { testKeys } from './keys.js';
import type { Claims, TlsAnswer } from './registration.js';

/** Printable ASCII on one line, without quotation mark and backslash. @see RFC 6749 section 5.2 */
export const ONE_LINE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;
const LONGEST_DESCRIPTION = 600;

export type Registered = Claims & { client_id: string };

/** How an attack has to end. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  /** The rule that decides; undefined where no bank gets to judge. */
  readonly rule: string | undefined;
  /** What the description says. */
  readonly mentions?: string;
}

type TokenRequest = (target: Target) => Promise<TlsAnswer>;

/** A bank under attack, with a client that was there before and lives on. */
export class Target {
  private ownToken: Promise<string> | undefined;

  private constructor(
    readonly bank: BankClient,
    readonly client: Registered,
    private readonly repository: BankRepository,
    private readonly authenticate?: TokenRequest,
  ) {}

  /** @param authenticate how the client takes a token, where `BankClient` does not know its method */
  static async open(
    sandbox: Sandbox,
    bankId: string,
    tpp: ReadyTpp,
    claims?: Claims,
    authenticate?: TokenRequest,
  ): Promise<Target> {
    const bank = new BankClient(sandbox, bankId, tpp);
    return new Target(bank, await bank.registered(claims), repositoryOf(sandbox, bankId), authenticate);
  }

  get clientCount(): number {
    return this.repository.clientCount();
  }

  /** Expects the whole refusal, and that nothing was stored, changed or destroyed. */
  async refuses(attack: () => Promise<TlsAnswer>, refusal: Refusal): Promise<TlsAnswer> {
    const before = { count: this.clientCount, verdict: this.newestVerdictId() };
    const answer = await attack();
    expectRefusal(answer, refusal);
    if (refusal.rule === undefined) expect(this.newestVerdictId()).toBe(before.verdict);
    else expect(failedRules(this.bank.lastVerdict())[0], answer.text).toBe(refusal.rule);
    expect(this.clientCount, 'the count of clients').toBe(before.count);
    await this.expectUnharmed();
    return answer;
  }

  /** What was there before is there as it was, its owner can still get at it, and the bank answers good requests. */
  async expectUnharmed(): Promise<void> {
    const answer = await this.bank.read(this.client.client_id, await this.token());
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.parse(answer.text)).toEqual(this.client);
  }

  /** The owner's own token, used again and again: what destroys it is found out too. */
  private token(): Promise<string> {
    this.ownToken ??= this.authenticate ? this.takeToken(this.authenticate) : this.bank.token(this.client);
    return this.ownToken;
  }

  private async takeToken(authenticate: TokenRequest): Promise<string> {
    const { status, text } = await authenticate(this);
    expect(status, text).toBe(200);
    return (JSON.parse(text) as { access_token: string }).access_token;
  }

  private newestVerdictId(): string | undefined {
    return this.repository.attempts({ limit: 1 }).items[0]?.id;
  }
}

/** A refusal as it goes over the wire, in every member. */
export function expectRefusal(answer: TlsAnswer, { status, error, mentions = '' }: Refusal): void {
  expect(answer, answer.text).toMatchObject({ status });
  const body = JSON.parse(answer.text) as { error: string; error_description: string };
  expect(body).toEqual({ error, error_description: body.error_description });
  expect(body.error_description).toMatch(ONE_LINE);
  expect(body.error_description).toContain(mentions);
  expect(body.error_description.length).toBeLessThanOrEqual(LONGEST_DESCRIPTION);
  for (const value of Object.values(answer.headers).flat()) expect(value).toMatch(/^[\x20-\x7e]*$/);
}

/** What a bank keeps is nobody's to read but the sandbox's; a count of it says that an attack left nothing behind. */
function repositoryOf(sandbox: Sandbox, bankId: string): BankRepository {
  const bank = sandbox.services.getBank(bankId) as unknown as {
    dependencies: { repository: BankRepository };
  };
  return bank.dependencies.repository;
}

/** A sandbox for one test file, with two organisations that have nothing to do with each other. */
export class Scene {
  private running: Sandbox | undefined;
  private people: { tpp: ReadyTpp; other: ReadyTpp } | undefined;

  get sandbox(): Sandbox {
    if (!this.running) throw new Error('The sandbox is not running.');
    return this.running;
  }

  get tpp(): ReadyTpp {
    if (!this.people) throw new Error('The sandbox is not running.');
    return this.people.tpp;
  }

  /** A TPP of another organisation. */
  get other(): ReadyTpp {
    if (!this.people) throw new Error('The sandbox is not running.');
    return this.people.other;
  }

  bank(bankId: string, tpp = this.tpp): BankClient {
    return new BankClient(this.sandbox, bankId, tpp);
  }

  async start(): Promise<void> {
    this.running = await startSandbox({ keyPairs: testKeys });
    const { services } = this.running;
    this.people = {
      tpp: await services.createReadyTpp({ name: 'Attacked Payments Limited' }),
      other: await services.createReadyTpp({ name: 'Another TPP' }),
    };
  }

  /** A second software statement of the first organisation, with keys of its own. */
  async sibling(): Promise<ReadyTpp> {
    const { registry, certificates, ssaIssuer } = this.sandbox.services;
    const { organisation, softwareStatement } = this.tpp;
    const { clientName, redirectUris, roles } = softwareStatement;
    const input = newSoftwareStatementSchema.parse({ clientName, redirectUris, roles });
    const { id } = await registry.createSoftwareStatement(organisation.id, input);
    const certify = async (type: 'obsigning' | 'obtransport') => {
      const { record, chainPem } = await certificates.certifySoftwareStatement(id, { type, generate: true });
      const { kid, certificatePem } = record;
      return { kid, certificatePem, chainPem, privateKeyPem: certificates.getPrivateKey(kid) };
    };
    const [signing, transport] = [await certify('obsigning'), await certify('obtransport')];
    const { ssa } = await ssaIssuer.issue(id);
    return { organisation, softwareStatement: registry.getSoftwareStatement(id), signing, transport, ssa };
  }

  async stop(): Promise<void> {
    await this.running?.close();
  }
}

/** A scene that is set before a file's tests and struck after them; its banks then still take good requests. */
export function setScene(...bankIds: string[]): Scene {
  const scene = new Scene();
  beforeAll(() => scene.start());
  afterAll(async () => {
    try {
      for (const bankId of bankIds) await scene.bank(bankId).registered();
    } finally {
      await scene.stop();
    }
  });
  return scene;
}
