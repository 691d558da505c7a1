import { Agent } from 'node:https';
import type { Courier } from '../http/calls.js';
import { credentialsOf, type ClientInformation } from '../sandbox/client-credentials.js';
import type { DirectoryServices } from '../sandbox/directory-services.js';
import type { DefectiveSsaRequest } from '../sandbox/defects/defective-ssas.js';
import type { ReadyTpp } from '../sandbox/ready-tpp.js';
import { registrationClaims } from '../sandbox/registration-claims.js';
import { detachedSignature } from '../sandbox/registration-signature.js';
import type { Call, RawAnswer } from '../sandbox/tpp-sender.js';
import type { Organisation } from '../domain/organisation.js';
import type { Clock, Random } from '../domain/ports.js';
import type { SoftwareStatement } from '../domain/software-statement.js';
import { targetOf, type MockBank, type OwnBank, type RegistrationTarget } from './bank.js';
import { undiciAgent, type ClosableDispatcher } from './dispatcher.js';
import { testKey, type TestKey } from './keys.js';
import { signRequest, type RequestChanges } from './registration-request.js';
import { reply, type RegistrationBody, type Reply, type TokenBody } from './reply.js';

const FORM = 'application/x-www-form-urlencoded';

/** What a TLS client shows and whom it trusts; PEM. */
export interface TlsMaterial {
  readonly key: string;
  /** The certificate, and those above it. */
  readonly cert: string;
  readonly ca: string;
}

/** A request of `tpp.fetch`: what it has of the standard's `RequestInit`. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams;
}

/** What a TPP needs of its sandbox. */
export interface TppSurroundings {
  /** The directory that it is enrolled in. */
  readonly directory: () => Promise<DirectoryServices>;
  readonly clock: Clock;
  readonly random: Random;
  readonly courier: Courier;
  /** The root that servers must chain to. */
  readonly rootPem: string;
}

/** How an SSA departs from the one that the Directory issues. */
export type SsaChanges = DefectiveSsaRequest;

/** A registration request: for which bank, and how it departs from the one that the bank accepts. */
export type RegistrationRequest = RequestChanges &
  SsaChanges & {
    readonly bank: MockBank | OwnBank;
    /** Instead of a fresh SSA. */
    readonly ssa?: string;
  };

/** The same, or a request that is signed already. */
export type RegistrationChanges = Omit<RegistrationRequest, 'bank'> & {
  readonly request?: string;
  /** `Content-Type`: the first that the bank takes when absent. */
  readonly mediaType?: string;
};

/** Which client it is about, where that is not the one registered last, and with which token. */
export interface ManagementChanges {
  readonly clientId?: string;
  /** An access token; a fresh one when absent. */
  readonly token?: string;
}

/** A TPP that is ready to register: enrolled, with keys and certificates. */
export class TestTpp {
  readonly organisation: Organisation;
  readonly softwareStatement: SoftwareStatement;
  /** OBSigning. */
  readonly signing: TestKey;
  /** OBTransport. */
  readonly transport: TestKey;
  /** For `node:https` and what is built on it: shows the transport certificate, trusts the sandbox's root alone. */
  readonly httpsAgent: Agent;
  private ownDispatcher: ClosableDispatcher | undefined;
  /** By registration endpoint. */
  private readonly clients = new Map<string, ClientInformation>();

  constructor(
    ready: ReadyTpp,
    private readonly surroundings: TppSurroundings,
  ) {
    this.organisation = ready.organisation;
    this.softwareStatement = ready.softwareStatement;
    this.signing = testKey(ready.signing, 'sig');
    this.transport = testKey(ready.transport, 'tls');
    // A kept connection would outlive what is judged by its handshake.
    this.httpsAgent = new Agent({ ...this.tls, keepAlive: false, maxCachedSessions: 0 });
  }

  /** What any TLS client wants of it: its key, its certificate, and the root to trust. */
  get tls(): TlsMaterial {
    const { privateKeyPem, certificatePem, chainPem } = this.transport;
    return { key: privateKeyPem, cert: certificatePem + chainPem, ca: this.surroundings.rootPem };
  }

  /**
   * For the `fetch` and `request` of undici 6 and 7, and for the `fetch` of Node 20 to 24, which is built on them; in type
   * it fits all of them. It needs undici to be installed; `tpp.fetch` needs nothing.
   * @throws Error where there is no undici
   */
  get dispatcher(): never {
    this.ownDispatcher ??= undiciAgent(this.tls);
    return this.ownDispatcher as never;
  }

  /** The standard's `fetch`, as this TPP: shows its transport certificate, trusts the sandbox's root, follows no redirect. */
  readonly fetch = async (url: string | URL, init: FetchInit = {}): Promise<Response> => {
    const { method = 'GET', headers = {}, body } = init;
    const isForm = body instanceof URLSearchParams;
    const {
      status,
      headers: answered,
      text,
    } = await this.courier({
      method,
      url: String(url),
      headers: { ...(isForm ? { 'content-type': FORM } : {}), ...headers },
      body: body?.toString(),
    });
    const hasBody = ![101, 204, 205, 304].includes(status);
    return new Response(hasBody ? text : null, { status, headers: headerPairs(answered) });
  };

  /**
   * A fresh SSA, as the Directory issues it or otherwise.
   * @throws DomainError `invalid_input` for an unknown defect, `precondition_failed` when the Directory would issue none
   */
  async ssa(changes: SsaChanges = {}): Promise<string> {
    const { ssaIssuer, defectiveSsas } = await this.surroundings.directory();
    const { id } = this.softwareStatement;
    const isHonest = changes.defect === undefined && changes.override === undefined;
    const { ssa } = await (isHonest ? ssaIssuer.issue(id) : defectiveSsas.issue(id, changes));
    return ssa;
  }

  /** A registration request as the bank accepts it, but for what is asked to be otherwise: a signed JWT. */
  async registrationRequest({ bank, claims, ...changes }: RegistrationRequest): Promise<string> {
    const { profile, issuer } = targetOf(bank);
    const { clock, random } = this.surroundings;
    const accepted = registrationClaims(
      {
        softwareStatement: this.softwareStatement,
        transportCertificatePem: this.transport.certificatePem,
        ssa: changes.ssa ?? (await this.ssa(ssaChanges(changes))),
        at: clock.now(),
        random,
      },
      profile,
      issuer,
    );
    return signRequest({ ...accepted, ...claims }, changes, this.signing, profile);
  }

  /** Registers at a bank. @see DCR 3.4, POST /register */
  async register(bank: MockBank | OwnBank, changes: RegistrationChanges = {}): Promise<Reply> {
    const target = targetOf(bank);
    const { request = await this.registrationRequest({ bank, ...changes }), mediaType } = changes;
    const answer = await this.send<RegistrationBody>(bank, {
      method: 'POST',
      url: target.registrationEndpoint,
      headers: { 'content-type': mediaType ?? mediaTypeOf(target) },
      body: request,
    });
    this.remember(target, answer);
    return answer;
  }

  /** Reads the registration. @see DCR 3.4, GET /register/{ClientId} */
  readRegistration(bank: MockBank | OwnBank, changes: ManagementChanges = {}): Promise<Reply> {
    return this.manage('GET', bank, changes);
  }

  /** Replaces the registration. @see DCR 3.4, PUT /register/{ClientId} */
  async replaceRegistration(
    bank: MockBank | OwnBank,
    changes: RegistrationChanges & ManagementChanges = {},
  ): Promise<Reply> {
    const target = targetOf(bank);
    const { profile } = target;
    const { clientIdInReplacement, replacementNeedsJwsSignature } = profile.management;
    const clientId = changes.clientId ?? this.clientOf(target).client_id;
    const claims = {
      ...(clientIdInReplacement === 'required' ? { client_id: clientId } : {}),
      ...changes.claims,
    };
    const { request: body = await this.registrationRequest({ bank, ...changes, claims }), mediaType } =
      changes;
    const signature = replacementNeedsJwsSignature
      ? { 'x-jws-signature': await detachedSignature(body, this.signing, profile) }
      : {};
    const headers = { 'content-type': mediaType ?? mediaTypeOf(target), ...signature };
    const answer = await this.manage('PUT', bank, changes, { headers, body });
    this.remember(target, answer);
    return answer;
  }

  /** Deletes the registration. @see DCR 3.4, DELETE /register/{ClientId} */
  deleteRegistration(bank: MockBank | OwnBank, changes: ManagementChanges = {}): Promise<Reply> {
    return this.manage('DELETE', bank, changes);
  }

  /**
   * Asks for an access token by client credentials.
   * @param scope separated by spaces; what the bank's registration endpoint wants when absent
   * @throws Error when nothing is registered there
   */
  async token(
    bank: MockBank | OwnBank,
    { scope }: { readonly scope?: string } = {},
  ): Promise<Reply<TokenBody>> {
    const target = targetOf(bank);
    const { tokenEndpoint, profile } = target;
    const { clock, random } = this.surroundings;
    const credentials = await credentialsOf({
      client: this.clientOf(target),
      tokenEndpoint,
      signing: this.signing,
      at: clock.now(),
      random,
    });
    const wanted = scope ?? profile.management.tokenScope;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      ...credentials.parameters,
      ...(wanted === null ? {} : { scope: wanted }),
    });
    const headers = { 'content-type': FORM, ...credentials.headers };
    return this.send(bank, { method: 'POST', url: tokenEndpoint, headers, body: body.toString() });
  }

  /** Ends the connections that the agents keep. */
  close(): void {
    this.httpsAgent.destroy();
    void this.ownDispatcher?.destroy();
  }

  private async manage(
    method: 'GET' | 'PUT' | 'DELETE',
    bank: MockBank | OwnBank,
    changes: ManagementChanges,
    { headers = {}, body }: Pick<Call, 'headers' | 'body'> = {},
  ): Promise<Reply> {
    const target = targetOf(bank);
    const clientId = changes.clientId ?? this.clientOf(target).client_id;
    const token = changes.token ?? (await this.accessToken(bank));
    return this.send(bank, {
      method,
      url: `${target.registrationEndpoint}/${encodeURIComponent(clientId)}`,
      headers: { authorization: `Bearer ${token}`, ...headers },
      body,
    });
  }

  private async accessToken(bank: MockBank | OwnBank): Promise<string> {
    const { status, body, text, verdict } = await this.token(bank);
    if (body.access_token !== undefined) return body.access_token;
    throw new Error(`The bank gave no access token: ${status} ${text}\n${verdict.toString()}`);
  }

  private async send<Body extends object>(bank: MockBank | OwnBank, call: Call): Promise<Reply<Body>> {
    const answer = await this.courier(call);
    return reply<Body>(answer, 'attempts' in bank ? bank.attempts() : [], call.body);
  }

  private courier(call: Call): Promise<RawAnswer> {
    const caller = { certificate: this.transport.certificate.raw, agent: this.httpsAgent };
    return this.surroundings.courier(call, caller);
  }

  private remember({ registrationEndpoint }: RegistrationTarget, { body }: Reply): void {
    const { client_id: clientId } = body;
    if (clientId !== undefined) this.clients.set(registrationEndpoint, { ...body, client_id: clientId });
  }

  private clientOf({ registrationEndpoint }: RegistrationTarget): ClientInformation {
    const client = this.clients.get(registrationEndpoint);
    if (client) return client;
    throw new Error(`This TPP has no client at ${registrationEndpoint}: register it there first.`);
  }
}

function headerPairs(headers: RawAnswer['headers']): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
}

function mediaTypeOf({ profile }: RegistrationTarget): string {
  return profile.request.mediaTypes[0] ?? 'application/jwt';
}

function ssaChanges({ defect, override }: SsaChanges): SsaChanges {
  return {
    ...(defect === undefined ? {} : { defect }),
    ...(override === undefined ? {} : { override }),
  };
}
