import { notFound } from '../domain/errors.js';
import { newUuid } from '../domain/identifiers.js';
import type {
  BankRepository,
  Clock,
  JwksFetcher,
  JwksFetchResult,
  Page,
  PageRequest,
  Random,
} from '../domain/ports.js';
import type {
  Attempt,
  AttemptOperation,
  BankError,
  RegisteredClient,
  RuleResult,
} from '../domain/registration.js';
import { judge, type Judgement } from '../domain/rules.js';
import { bearerTokenOf, digestOfToken } from '../oauth/access-token.js';
import type { TokenInput } from '../oauth/token-request.js';
import { acceptedClient, clientInformation } from './client-information.js';
import { discoveryDocument } from './discovery.js';
import { Evidence, type BankResources, type RegistrationInput } from './evidence.js';
import { JwksCache } from './jwks-cache.js';
import { readingOnce, type ReadJwks } from './jwks-reading.js';
import type { BankProfile, Operation } from './profile.js';
import { registrationRules, requestInspectionRules, ssaInspectionRules } from './rules/index.js';
import { OWN_CLIENT } from './rules/management.js';
import type { RegistrationRule } from './rules/registration-rule.js';
import { grantToken, tokenEvidence, tokenRules, type TokenResponse } from './token-endpoint.js';
import { TrustedIssuers, type FindAuthority } from './trusted-issuers.js';
import { specOf, Verdicts, type AttemptFacts } from './verdicts.js';

export interface BankDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly repository: BankRepository;
  readonly jwksFetcher: JwksFetcher;
  readonly findAuthority: FindAuthority;
  /** The bank's issuer URL, without a slash at the end. */
  readonly issuer: string;
  readonly jwksUri: string;
}

/** A rule's result with the claim that the rule is about. */
export type InspectedRule = RuleResult & { readonly claim: string | undefined };

/** What a bank answers: a refusal, or what was asked for. */
export interface BankAnswer<Body> {
  readonly operation: AttemptOperation;
  /** The verdict; calls that merely read, and grants of tokens, leave one only when they are refused. */
  readonly attempt: Attempt | undefined;
  readonly refusal: { readonly error: BankError; readonly description: string } | undefined;
  readonly body: Body | undefined;
}

type ClientInformation = Record<string, unknown>;

const attemptOperationOf: Readonly<Record<Operation, AttemptOperation>> = {
  POST: 'create',
  GET: 'read',
  PUT: 'replace',
  DELETE: 'remove',
};

/** A mock ASPSP. It knows the Directory by the URLs of its profile and by a trusted root, and in no other way. */
export class Bank {
  private readonly jwksCache: JwksCache;
  private readonly trustedIssuers: TrustedIssuers;
  private readonly verdicts: Verdicts;
  private readonly watchers = new Set<(attempt: Attempt) => void>();
  /** Software statements whose registration is under way, where a bank allows one. */
  private readonly underWay = new Set<string>();

  constructor(
    private current: BankProfile,
    private readonly dependencies: BankDependencies,
  ) {
    const { jwksFetcher, clock, findAuthority, repository, random } = dependencies;
    this.jwksCache = new JwksCache(jwksFetcher, clock);
    this.trustedIssuers = new TrustedIssuers(findAuthority);
    this.verdicts = new Verdicts(repository, random);
  }

  get profile(): BankProfile {
    return this.current;
  }

  get issuer(): string {
    return this.dependencies.issuer;
  }

  /** Behaves by another profile from the next call on. */
  follow(profile: BankProfile): void {
    this.current = profile;
  }

  discovery(): Record<string, unknown> {
    return discoveryDocument(this.profile, this.issuer, this.dependencies.jwksUri);
  }

  /** The bank's own keys, which the Directory's keystore publishes. */
  keys(): Promise<JwksFetchResult> {
    const { jwksUri } = this.dependencies;
    return this.jwks(jwksUri, [new URL(jwksUri).origin]);
  }

  findClient(clientId: string): RegisteredClient | undefined {
    return this.dependencies.repository.findClient(clientId);
  }

  /** At most `limit` clients of a software statement, the newest first. */
  clientsOf(softwareId: string, limit: number): RegisteredClient[] {
    return this.dependencies.repository.clientsOf(softwareId, limit);
  }

  /** The keys at a URL as the bank sees them, when it lies at one of the origins; with a `kid` that should be among them. */
  jwks(url: string, origins: readonly string[], kid?: string): Promise<JwksFetchResult> {
    return this.jwksCache.get(url, origins, this.profile.jwks, kid);
  }

  /** Newest first. */
  attempts(request: PageRequest): Page<Attempt> {
    return this.dependencies.repository.attempts(request);
  }

  findAttempt(id: string): Attempt | undefined {
    return this.dependencies.repository.findAttempt(id);
  }

  /** @throws DomainError `not_found` */
  getAttempt(id: string): Attempt {
    const attempt = this.findAttempt(id);
    if (!attempt) throw notFound('registration attempt', id);
    return attempt;
  }

  /** The registration request of an attempt as it was signed, while that is remembered. */
  compactRequestOf(attempt: Attempt): string | undefined {
    return this.verdicts.compactRequestOf(attempt);
  }

  /** Tells of every attempt from now on, once it is stored. @returns what ends it */
  watch(watcher: (attempt: Attempt) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Reads the keys of one judgement, or of some that belong together. */
  jwksReader(): ReadJwks {
    return readingOnce((...question) => this.jwks(...question));
  }

  /** Judges a registration request as far as that goes without its sender; nothing is recorded or used up. */
  judgeRequest(token: string, jwks = this.jwksReader()): Promise<InspectedRule[]> {
    return this.inspect(token, requestInspectionRules, jwks);
  }

  /** Judges an SSA by itself. */
  judgeSsa(token: string, jwks = this.jwksReader()): Promise<InspectedRule[]> {
    // The rules for SSAs look into a request, so the SSA is put into one that says nothing else.
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return this.inspect(`${part({})}.${part({ software_statement: token })}.`, ssaInspectionRules, jwks);
  }

  /**
   * Judges a call to the registration endpoint and does what it asks for when nothing speaks against it. The verdict on a
   * POST or PUT is stored whole, whatever it is; that on a GET or DELETE when it is a refusal.
   * @throws DomainError `storage_failed`
   * @see DCR 3.4, Endpoints; RFC 7591; RFC 7592
   */
  async register(input: RegistrationInput): Promise<BankAnswer<ClientInformation>> {
    const { repository, clock } = this.dependencies;
    const bearer = bearerTokenOf(input.authorization);
    const digest = bearer === undefined ? undefined : digestOfToken(bearer);
    const reserved: string[] = [];
    const evidence = new Evidence(
      input,
      {
        ...(await this.resources()),
        client: input.clientId === undefined ? undefined : repository.findClient(input.clientId),
        token: digest === undefined ? undefined : repository.findToken(digest),
        reserveSoftware: (softwareId) => this.reserve(softwareId, reserved),
      },
      clock.now(),
    );
    try {
      return await this.decide(evidence, digest);
    } finally {
      reserved.forEach((softwareId) => this.underWay.delete(softwareId));
    }
  }

  /**
   * Judges a token request and grants a token when nothing speaks against it. A refusal leaves a verdict.
   * @throws DomainError `storage_failed`
   * @see RFC 6749 sections 4.4 and 5, RFC 8705
   */
  async token(input: TokenInput): Promise<BankAnswer<TokenResponse>> {
    const { repository, random, clock } = this.dependencies;
    const findClient = (clientId: string) => repository.findClient(clientId);
    const evidence = tokenEvidence(input, { ...(await this.resources()), findClient }, clock.now());
    const judgement = await judge(tokenRules, evidence);
    if (!judgement.decisive) {
      const body = grantToken(evidence, this.profile, repository, random);
      return { operation: 'token', attempt: undefined, refusal: undefined, body };
    }
    const facts = {
      operation: 'token',
      at: evidence.at,
      certificate: evidence.certificate,
      clientId: evidence.registered?.clientId,
      request: evidence.request.assertion?.jws,
      // An assertion is what a client is known by.
      compactRequest: undefined,
      ssa: undefined,
    } as const;
    return refused(await this.record(facts, judgement));
  }

  private async decide(
    evidence: Evidence,
    digest: string | undefined,
  ): Promise<BankAnswer<ClientInformation>> {
    const method = evidence.input.operation;
    const judgement = await judge(registrationRules[method], evidence);
    const facts = factsOf(evidence);
    if (judgement.decisive) {
      const isForeign = judgement.results.some(
        ({ id, outcome }) => id === OWN_CLIENT && outcome === 'failed',
      );
      if (isForeign && digest !== undefined) this.dependencies.repository.revokeToken(digest);
      return refused(await this.record(facts, judgement));
    }
    const client = await this.carryOut(evidence);
    // Removed since it was judged: judged again, the call is one for an unknown client.
    if (client === 'gone') return this.register(evidence.input);
    const isRecorded = method === 'POST' || method === 'PUT';
    const attempt = isRecorded
      ? await this.record({ ...facts, clientId: client?.clientId }, judgement)
      : undefined;
    const body = client && clientInformation(client, this.profile);
    return { operation: facts.operation, attempt, refusal: undefined, body };
  }

  /**
   * Does what the call asks for.
   * @returns the client as it is then; undefined when the call removed it, `gone` when another one did meanwhile
   */
  private async carryOut(evidence: Evidence): Promise<RegisteredClient | undefined | 'gone'> {
    const { repository, random } = this.dependencies;
    const { client } = evidence.bank;
    switch (evidence.input.operation) {
      case 'GET':
        return client;
      case 'DELETE':
        if (client) {
          await repository.removeClient(client.clientId);
          repository.revokeTokensOf(client.clientId);
        }
        return undefined;
      case 'POST': {
        const identity = { clientId: newUuid(random), issuedAt: evidence.at.toISOString() };
        const accepted = acceptedClient(evidence, identity, random);
        await repository.saveClient(accepted);
        return accepted;
      }
      case 'PUT': {
        if (!client) return 'gone';
        const accepted = acceptedClient(evidence, client, random);
        return (await repository.replaceClient(accepted)) ? accepted : 'gone';
      }
    }
  }

  private async record(facts: AttemptFacts, judgement: Judgement<BankError>): Promise<Attempt> {
    const attempt = await this.verdicts.record(facts, judgement, this.profile);
    this.watchers.forEach((tell) => tell(attempt));
    return attempt;
  }

  private async inspect(
    body: string,
    rules: readonly RegistrationRule[],
    jwks: ReadJwks,
  ): Promise<InspectedRule[]> {
    const input: RegistrationInput = {
      operation: 'POST',
      body,
      clientId: undefined,
      mediaType: undefined,
      authorization: undefined,
      jwsSignature: undefined,
      clientCertificate: undefined,
    };
    const resources: BankResources = {
      ...(await this.resources(jwks)),
      client: undefined,
      token: undefined,
      consumeJti: () => Promise.resolve(true),
      reserveSoftware: () => true,
    };
    const { results } = await judge(rules, new Evidence(input, resources, this.dependencies.clock.now()));
    return results.map((result, index) => ({
      ...result,
      spec: specOf(result, this.profile),
      claim: rules[index]?.claim,
    }));
  }

  private async resources(jwks = this.jwksReader()) {
    const { repository } = this.dependencies;
    return {
      profile: this.profile,
      issuer: this.issuer,
      trustedIssuers: await this.trustedIssuers.ofAuthorities(this.profile.clientCertificate.authorities),
      jwks,
      consumeJti: (...jti: Parameters<BankRepository['consumeJti']>) => repository.consumeJti(...jti),
    };
  }

  private reserve(softwareId: string, reserved: string[]): boolean {
    const isTaken =
      this.underWay.has(softwareId) || this.dependencies.repository.countClientsOf(softwareId) > 0;
    if (isTaken) return false;
    this.underWay.add(softwareId);
    reserved.push(softwareId);
    return true;
  }
}

function factsOf({ input, at, certificate, request, ssa, bank }: Evidence): AttemptFacts {
  return {
    operation: attemptOperationOf[input.operation],
    at,
    certificate,
    clientId: bank.client?.clientId,
    request: request.ok ? request.jws : undefined,
    compactRequest: request.ok ? input.body.trim() : undefined,
    ssa: ssa.ok ? ssa.jws : undefined,
  };
}

function refused(attempt: Attempt): BankAnswer<never> {
  const { error, errorDescription: description = '' } = attempt.response;
  const refusal = error && { error, description };
  return { operation: attempt.operation, attempt, refusal, body: undefined };
}
