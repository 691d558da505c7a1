import type { Bank } from '../../aspsp/bank.js';
import type { BankProfile } from '../../aspsp/profile.js';
import type { CertificateService } from '../../directory/certificates.js';
import type { Registry } from '../../directory/registry.js';
import type { SsaIssuer } from '../../directory/ssa.js';
import { DomainError, invalidInput, notFound, quote } from '../../domain/errors.js';
import { newUuid } from '../../domain/identifiers.js';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import type { Clock, Random } from '../../domain/ports.js';
import type { Attempt, RegisteredClient } from '../../domain/registration.js';
import type { SoftwareStatement } from '../../domain/software-statement.js';
import { signJws, unsignedJws } from '../../jose/jws.js';
import { attemptOfAnswer } from '../attempt-of-answer.js';
import { credentialsOf } from '../client-credentials.js';
import type { DefectiveSsas } from '../defects/defective-ssas.js';
import { numericDate, registrationClaims, requestAlgorithm, type Claims } from '../registration-claims.js';
import { detachedSignature, nameOfKey, type SigningKey } from '../registration-signature.js';
import { objectOf, type RawAnswer, type TlsIdentity, type TppCall, type TppSender } from '../tpp-sender.js';
import { draftSchema, NOBODY, signedRequestSchema, type Draft, type SignedRequest } from './draft.js';
import { filledIn, placeholders } from './placeholders.js';
import { TppKeys } from './tpp-keys.js';

export interface RegistrationDependencies {
  readonly registry: Registry;
  readonly certificates: CertificateService;
  readonly ssaIssuer: SsaIssuer;
  readonly defectiveSsas: DefectiveSsas;
  readonly getBank: (bankId: string) => Bank;
  readonly clock: Clock;
  readonly random: Random;
  readonly sender: TppSender;
}

/** What there is to compose a request with, and a request that the bank accepts. */
export interface Workbench {
  readonly statement: SoftwareStatement;
  readonly bank: Bank;
  readonly keys: TppKeys;
  /** The newest clients of the statement at the bank. */
  readonly clients: readonly RegisteredClient[];
  readonly claims: Claims;
  readonly header: Claims;
  readonly lifetimeSeconds: number;
}

/** A composed request, to be signed. */
export interface Composed {
  readonly claims: Claims;
  readonly header: Claims;
}

/** What came of a call: a verdict, or what was asked for. */
export type Outcome = { readonly attempt: Attempt } | { readonly answer: RawAnswer };

/** Registers software statements at the banks of this sandbox, as their TPPs would. */
export class Registrations {
  constructor(private readonly services: RegistrationDependencies) {}

  /** @throws DomainError `not_found` */
  async workbench(softwareId: string, bankId: string): Promise<Workbench> {
    const bank = this.services.getBank(bankId);
    const statement = this.services.registry.getSoftwareStatement(softwareId);
    const keys = await TppKeys.of(this.services, statement);
    const { claims, lifetimeSeconds } = this.usualClaims(statement, bank, keys);
    return {
      statement,
      bank,
      keys,
      clients: bank.clientsOf(softwareId, limits.clientsShown),
      claims,
      header: { typ: 'JWT', alg: requestAlgorithm(bank.profile), kid: placeholders.kid },
      lifetimeSeconds,
    };
  }

  /**
   * Fills in a draft for somebody who signs it himself; nothing is sent.
   * @throws DomainError `not_found`, `invalid_input`; `precondition_failed` where there would be no SSA
   */
  async compose(softwareId: string, input: unknown): Promise<Composed> {
    const draft = parseInput(draftSchema, input);
    const { bank, keys } = await this.workbench(softwareId, draft.bank);
    return this.composed(softwareId, draft, keys, bank.profile);
  }

  /**
   * Composes a request and sends it.
   * @throws DomainError as `compose` does; `no_answer` when the bank gives none, or none that is a bank's
   */
  async send(softwareId: string, input: unknown): Promise<Attempt> {
    const draft = parseInput(draftSchema, input);
    const { bank, keys } = await this.workbench(softwareId, draft.bank);
    const key = keys.signingKey(draft.signingKey);
    const request = await sign(await this.composed(softwareId, draft, keys, bank.profile), key);
    return this.deliver(softwareId, keys, bank, { ...draft, request }, key);
  }

  /** Sends a request that somebody signed himself. @throws DomainError `not_found`, `invalid_input`, `no_answer` */
  async sendSigned(softwareId: string, input: unknown): Promise<Attempt> {
    const signed = parseInput(signedRequestSchema, input);
    const { bank, keys } = await this.workbench(softwareId, signed.bank);
    return this.deliver(softwareId, keys, bank, signed, undefined);
  }

  /** Reads or removes a registration. @throws DomainError `not_found`, `precondition_failed`, `no_answer` */
  async manage(
    method: 'GET' | 'DELETE',
    softwareId: string,
    bankId: string,
    clientId: string,
  ): Promise<Outcome> {
    const { bank, keys } = await this.workbench(softwareId, bankId);
    const identity = await keys.identity(keys.usual('transport').record.kid);
    const client = clientOf(softwareId, bank, clientId);
    if (!client) throw notFound('client of this software statement at the bank', clientId);
    const token = await this.accessToken(bank, client, keys, identity);
    if ('attempt' in token) return token;
    const { accessToken } = token;
    const answer = await this.ask(bank, {
      method,
      url: `${bank.issuer}/register/${encodeURIComponent(clientId)}`,
      headers: { authorization: `Bearer ${accessToken}` },
      identity,
    });
    const attempt = this.attemptOf(bank, answer, undefined);
    if (attempt) return { attempt };
    return answer.status < 300 ? { answer } : noVerdict(bank, answer);
  }

  private usualClaims(statement: SoftwareStatement, { profile, issuer }: Bank, keys: TppKeys) {
    const at = this.services.clock.now();
    const [transport] = keys.transport;
    const claims = registrationClaims(
      {
        softwareStatement: statement,
        transportCertificatePem: transport?.record.certificatePem,
        ssa: placeholders.ssa,
        at,
        random: this.services.random,
      },
      profile,
      issuer,
    );
    const { issuedAt, expiresAt, jti } = placeholders;
    return {
      claims: { ...claims, iat: issuedAt, exp: expiresAt, jti },
      lifetimeSeconds: claims.exp - Number(claims['iat']),
    };
  }

  private async composed(
    softwareId: string,
    draft: Draft,
    keys: TppKeys,
    profile: BankProfile,
  ): Promise<Composed> {
    const issuedAt = numericDate(this.services.clock.now());
    const { ssa, issuedAt: iat, expiresAt: exp, jti, kid } = placeholders;
    const claims = filledIn(draft.claims, {
      [iat]: issuedAt,
      [exp]: issuedAt + draft.lifetimeSeconds,
      [jti]: newUuid(this.services.random),
      [ssa]: usesSsa(draft) ? await this.ssa(softwareId, draft) : undefined,
    });
    if (draft.signingKey === NOBODY)
      return { claims, header: { ...filledIn(draft.header, {}), alg: 'none' } };
    const { record } = keys.named('signingKey', draft.signingKey);
    return { claims, header: filledIn(draft.header, { [kid]: nameOfKey(record, profile) }) };
  }

  /** @throws DomainError `invalid_input`; `precondition_failed` where the Directory would issue none */
  private async ssa(softwareId: string, { ssa, defect, pastedSsa }: Draft): Promise<string> {
    const { ssaIssuer, defectiveSsas } = this.services;
    switch (ssa) {
      case 'fresh':
        return (await ssaIssuer.issue(softwareId)).ssa;
      case 'self-signed':
        return (await ssaIssuer.issueSelfSigned(softwareId, { unsigned: false })).ssa;
      case 'unsigned':
        return (await ssaIssuer.issueSelfSigned(softwareId, { unsigned: true })).ssa;
      case 'defective':
        if (defect === undefined) throw missing('defect', 'the name of a defect');
        return (await defectiveSsas.issue(softwareId, { defect })).ssa;
      case 'pasted':
        if (!pastedSsa) throw missing('pastedSsa', 'an SSA');
        return pastedSsa;
    }
  }

  private async deliver(
    softwareId: string,
    keys: TppKeys,
    bank: Bank,
    { request, mediaType, certificate, replaces }: SignedRequest,
    signingKey: SigningKey | undefined,
  ): Promise<Attempt> {
    const identity = await keys.identity(certificate);
    const headers: Record<string, string> = { 'content-type': mediaType };
    if (replaces !== undefined) {
      const client = clientOf(softwareId, bank, replaces);
      if (!client) throw wrongClient(replaces);
      const holder = identity ?? (await keys.identity(keys.usual('transport').record.kid));
      const token = await this.accessToken(bank, client, keys, holder);
      if ('attempt' in token) return token.attempt;
      headers['authorization'] = `Bearer ${token.accessToken}`;
      if (bank.profile.management.replacementNeedsJwsSignature && signingKey) {
        headers['x-jws-signature'] = await detachedSignature(request, signingKey, bank.profile);
      }
    }
    const answer = await this.ask(bank, {
      method: replaces === undefined ? 'POST' : 'PUT',
      url: `${bank.issuer}/register${replaces === undefined ? '' : `/${encodeURIComponent(replaces)}`}`,
      headers,
      body: request,
      identity,
    });
    return this.attemptOf(bank, answer, request) ?? noVerdict(bank, answer);
  }

  private async accessToken(
    bank: Bank,
    { clientId, clientSecret, metadata }: RegisteredClient,
    keys: TppKeys,
    identity: TlsIdentity | undefined,
  ): Promise<{ readonly accessToken: string } | { readonly attempt: Attempt }> {
    const { clock, random } = this.services;
    const tokenEndpoint = `${bank.issuer}/token`;
    const client = { ...metadata, client_id: clientId, client_secret: clientSecret };
    const kid = keys.usual('signing').record.kid;
    const signing = keys.signingKey(kid);
    if (!signing) throw new Error('The usual key is a key.');
    const credentials = await credentialsOf({ client, tokenEndpoint, signing, at: clock.now(), random });
    const { tokenScope } = bank.profile.management;
    const answer = await this.ask(bank, {
      method: 'POST',
      url: tokenEndpoint,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...credentials.headers },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        ...credentials.parameters,
        ...(tokenScope === null ? {} : { scope: tokenScope }),
      }).toString(),
      identity,
    });
    const { access_token: accessToken } = objectOf(answer.text) as { readonly access_token?: unknown };
    if (typeof accessToken === 'string') return { accessToken };
    return { attempt: this.attemptOf(bank, answer, undefined) ?? noVerdict(bank, answer) };
  }

  /** @throws DomainError `no_answer` */
  private async ask({ profile }: Bank, call: TppCall): Promise<RawAnswer> {
    const result = await this.services.sender.send(call);
    if (result.ok) return result.answer;
    throw new DomainError(
      'no_answer',
      `${profile.name} gave no answer to ${call.method} ${call.url}: ${result.reason}.`,
    );
  }

  private attemptOf(bank: Bank, { text }: RawAnswer, request: string | undefined): Attempt | undefined {
    return attemptOfAnswer(objectOf(text), bank.attempts({ limit: limits.attemptsPerBank }).items, request);
  }
}

function clientOf(softwareId: string, bank: Bank, clientId: string): RegisteredClient | undefined {
  const client = bank.findClient(clientId);
  return client?.softwareId === softwareId ? client : undefined;
}

function wrongClient(clientId: string): DomainError {
  const expected = 'a client of this software statement at the bank';
  return invalidInput([{ field: 'replaces', expected, actual: quote(clientId) }]);
}

function usesSsa({ claims }: Draft): boolean {
  return Object.values(claims).includes(placeholders.ssa);
}

/** @throws DomainError `invalid_input` for a header that cannot be signed with */
async function sign({ header, claims }: Composed, key: SigningKey | undefined): Promise<string> {
  if (!key) return unsignedJws({ ...header, alg: 'none' }, claims);
  try {
    return await signJws({ ...header, alg: String(header['alg']) }, claims, key.key);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    const expected = `a JOSE header that an RSA key can sign with, or the signing key ${quote(NOBODY)}`;
    throw invalidInput([{ field: 'header', expected, actual: `${quote(header)} (${reason})` }]);
  }
}

function missing(field: string, expected: string): DomainError {
  return invalidInput([{ field, expected, actual: 'nothing' }]);
}

/** @throws DomainError `no_answer` */
function noVerdict({ profile }: Bank, { status, text }: RawAnswer): never {
  const rest = text === '' ? 'nothing more' : quote(text);
  throw new DomainError(
    'no_answer',
    `${profile.name} answered with status ${status} and left no verdict. Its answer says ${rest}.`,
  );
}
