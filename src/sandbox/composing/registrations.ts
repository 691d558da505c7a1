import type { Bank } from '../../aspsp/bank.js';
import { invalidInput, notFound, quote, type DomainError } from '../../domain/errors.js';
import { parseInput } from '../../domain/parse.js';
import type { Attempt, RegisteredClient } from '../../domain/registration.js';
import { detachedSignature, type SigningKey } from '../registration-signature.js';
import type { RawAnswer, TlsIdentity, TppSender } from '../tpp-sender.js';
import { BankCalls, findAttempt, getAttempt, refuseAnswer, type TokenOutcome } from './bank-calls.js';
import { Composer, sign, type Composed, type ComposerDependencies, type Workbench } from './composer.js';
import { draftSchema, signedRequestSchema, type SignedRequest } from './draft.js';
import type { TppKeys } from './tpp-keys.js';

/** What came of a call: a verdict, or what was asked for. */
export type Outcome = { readonly attempt: Attempt } | { readonly answer: RawAnswer };

/** Registers software statements at the banks of this sandbox, as their TPPs would. */
export class Registrations {
  private readonly composer: Composer;
  private readonly calls: BankCalls;

  constructor(dependencies: ComposerDependencies & { readonly sender: TppSender }) {
    const { sender, clock, random } = dependencies;
    this.composer = new Composer(dependencies);
    this.calls = new BankCalls(sender, clock, random);
  }

  /** @throws DomainError `not_found` */
  workbench(softwareId: string, bankId: string): Promise<Workbench> {
    return this.composer.workbench(softwareId, bankId);
  }

  /**
   * Fills in a draft for somebody who signs it himself; nothing is sent.
   * @throws DomainError `not_found`, `invalid_input`; `precondition_failed` where there would be no SSA
   */
  async compose(softwareId: string, input: unknown): Promise<Composed> {
    const draft = parseInput(draftSchema, input);
    return this.composer.compose(await this.workbench(softwareId, draft.bank), draft);
  }

  /**
   * Composes a request and sends it.
   * @throws DomainError as `compose` does; `no_answer` when the bank gives none, or none that is a bank's
   */
  async send(softwareId: string, input: unknown): Promise<Attempt> {
    const draft = parseInput(draftSchema, input);
    const workbench = await this.workbench(softwareId, draft.bank);
    const key = workbench.keys.signingKey(draft.signingKey);
    const request = await sign(await this.composer.compose(workbench, draft), key);
    return this.deliver(workbench, { ...draft, request }, key);
  }

  /** Sends a request that somebody signed himself. @throws DomainError `not_found`, `invalid_input`, `no_answer` */
  async sendSigned(softwareId: string, input: unknown): Promise<Attempt> {
    const signed = parseInput(signedRequestSchema, input);
    return this.deliver(await this.workbench(softwareId, signed.bank), signed, undefined);
  }

  /** Reads or removes a registration. @throws DomainError `not_found`, `precondition_failed`, `no_answer` */
  async manage(
    method: 'GET' | 'DELETE',
    softwareId: string,
    bankId: string,
    clientId: string,
  ): Promise<Outcome> {
    const { bank, keys } = await this.workbench(softwareId, bankId);
    const client = clientOf(softwareId, bank, clientId);
    if (!client) throw notFound('client of this software statement at the bank', clientId);
    const identity = await usualIdentity(keys);
    const token = await this.accessToken(bank, client, keys, identity);
    if ('attempt' in token) return token;
    const answer = await this.calls.ask(bank, {
      method,
      url: addressOf(bank, clientId),
      headers: bearer(token.accessToken),
      identity,
    });
    const attempt = findAttempt(bank, answer);
    if (attempt) return { attempt };
    return answer.status < 300 ? { answer } : refuseAnswer(bank, answer);
  }

  private async deliver(
    { statement, keys, bank }: Workbench,
    { request, mediaType, certificate, replaces }: SignedRequest,
    key: SigningKey | undefined,
  ): Promise<Attempt> {
    const identity = await keys.identity(certificate);
    const call = { headers: { 'content-type': mediaType }, body: request, identity };
    if (replaces === undefined) {
      const answer = await this.calls.ask(bank, { ...call, method: 'POST', url: addressOf(bank) });
      return getAttempt(bank, answer, request);
    }
    const client = clientOf(statement.id, bank, replaces);
    if (!client) throw wrongClient(replaces);
    const token = await this.accessToken(bank, client, keys, identity ?? (await usualIdentity(keys)));
    if ('attempt' in token) return token.attempt;
    const needsSignature = bank.profile.management.replacementNeedsJwsSignature;
    const signature: Record<string, string> =
      key && needsSignature ? { 'x-jws-signature': await detachedSignature(request, key, bank.profile) } : {};
    const answer = await this.calls.ask(bank, {
      ...call,
      method: 'PUT',
      url: addressOf(bank, replaces),
      headers: { ...call.headers, ...bearer(token.accessToken), ...signature },
    });
    return getAttempt(bank, answer, request);
  }

  private accessToken(
    bank: Bank,
    client: RegisteredClient,
    keys: TppKeys,
    identity: TlsIdentity | undefined,
  ): Promise<TokenOutcome> {
    return this.calls.accessToken(bank, client, { identity, signing: keys.usualSigningKey() });
  }
}

function usualIdentity(keys: TppKeys): Promise<TlsIdentity | undefined> {
  return keys.identity(keys.usual('transport').record.kid);
}

function addressOf({ issuer }: Bank, clientId?: string): string {
  return `${issuer}/register${clientId === undefined ? '' : `/${encodeURIComponent(clientId)}`}`;
}

function bearer(accessToken: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${accessToken}` };
}

function clientOf(softwareId: string, bank: Bank, clientId: string): RegisteredClient | undefined {
  const client = bank.findClient(clientId);
  return client?.softwareId === softwareId ? client : undefined;
}

function wrongClient(clientId: string): DomainError {
  const expected = 'a client of this software statement at the bank';
  return invalidInput([{ field: 'replaces', expected, actual: quote(clientId) }]);
}
