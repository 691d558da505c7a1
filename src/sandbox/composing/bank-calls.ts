import type { Bank } from '../../aspsp/bank.js';
import { DomainError, quote } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import type { Clock, Random } from '../../domain/ports.js';
import type { Attempt, RegisteredClient } from '../../domain/registration.js';
import { attemptOfAnswer } from '../attempt-of-answer.js';
import { credentialsOf } from '../client-credentials.js';
import type { SigningKey } from '../registration-signature.js';
import { objectOf, type RawAnswer, type TlsIdentity, type TppCall, type TppSender } from '../tpp-sender.js';

const FORM = 'application/x-www-form-urlencoded';

/** Who calls a bank: by which certificate, and with which key for what it signs. */
export interface BankCaller {
  readonly identity: TlsIdentity | undefined;
  readonly signing: Pick<SigningKey, 'kid' | 'key'>;
}

export type TokenOutcome = { readonly accessToken: string } | { readonly attempt: Attempt };

/** Calls of TPPs at the banks of this sandbox, and what the banks made of them. */
export class BankCalls {
  constructor(
    private readonly sender: TppSender,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** @throws DomainError `no_answer` */
  async ask({ profile }: Bank, call: TppCall): Promise<RawAnswer> {
    const result = await this.sender.send(call);
    if (result.ok) return result.answer;
    throw new DomainError(
      'no_answer',
      `${profile.name} gave no answer to ${call.method} ${call.url}: ${result.reason}.`,
    );
  }

  /**
   * Asks for an access token by the client's own method.
   * @returns the verdict where the bank gives none @throws DomainError `no_answer`
   */
  async accessToken(
    bank: Bank,
    { clientId, clientSecret, metadata }: RegisteredClient,
    { identity, signing }: BankCaller,
  ): Promise<TokenOutcome> {
    const tokenEndpoint = `${bank.issuer}/token`;
    const credentials = await credentialsOf({
      client: { ...metadata, client_id: clientId, client_secret: clientSecret },
      tokenEndpoint,
      signing,
      at: this.clock.now(),
      random: this.random,
    });
    const { tokenScope } = bank.profile.management;
    const parameters = {
      grant_type: 'client_credentials',
      ...credentials.parameters,
      ...(tokenScope === null ? {} : { scope: tokenScope }),
    };
    const answer = await this.ask(bank, {
      method: 'POST',
      url: tokenEndpoint,
      headers: { 'content-type': FORM, ...credentials.headers },
      body: new URLSearchParams(parameters).toString(),
      identity,
    });
    const { access_token: accessToken } = objectOf(answer.text) as { readonly access_token?: unknown };
    return typeof accessToken === 'string' ? { accessToken } : { attempt: getAttempt(bank, answer) };
  }
}

/** The attempt that an answer is about, where the bank left one. @param request what was sent, where that was a JWT */
export function findAttempt(bank: Bank, { text }: RawAnswer, request?: string): Attempt | undefined {
  const { items } = bank.attempts({ limit: limits.attemptsPerBank });
  return attemptOfAnswer(objectOf(text), items, request);
}

/** @throws DomainError `no_answer` for an answer that is no bank's: it left no verdict */
export function getAttempt(bank: Bank, answer: RawAnswer, request?: string): Attempt {
  return findAttempt(bank, answer, request) ?? refuseAnswer(bank, answer);
}

/** @throws DomainError `no_answer` */
export function refuseAnswer({ profile }: Bank, { status, text }: RawAnswer): never {
  const words = text.trim();
  const rest = words === '' ? 'nothing more' : quote(words);
  throw new DomainError(
    'no_answer',
    `${profile.name} answered with status ${status} and left no verdict. Its answer says ${rest}.`,
  );
}
