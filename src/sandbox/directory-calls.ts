import { DomainError, invalidInput, quote } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import type { Clock, Random } from '../domain/ports.js';
import type { SoftwareStatement } from '../domain/software-statement.js';
import { scopesOf, type DirectoryScope } from '../directory/clients.js';
import type { CertificateService } from '../directory/certificates.js';
import type { Registry } from '../directory/registry.js';
import type { PublicUrls } from '../directory/trust-anchor.js';
import { credentialsOf } from './client-credentials.js';
import { signingKeyOf, TppKeys, type KeyHere } from './composing/tpp-keys.js';
import { objectOf, type RawAnswer, type TlsIdentity, type TppSender } from './tpp-sender.js';

const FORM = 'application/x-www-form-urlencoded';

/** In a body, a fresh client assertion stands in its place. */
export const ASSERTION_PLACEHOLDER = '{client_assertion}';

/** A call to the Directory that somebody wants made for a software statement. */
export interface DirectoryCall {
  readonly method: string;
  /** With its query, percent-encoded. */
  readonly path: string;
  /** What the caller shows. */
  readonly needs: 'nothing' | 'certificate' | 'token';
  /** Any one of them will do for the token. */
  readonly scopes: readonly DirectoryScope[];
  readonly accept?: string | undefined;
  readonly mediaType?: string | undefined;
  readonly body?: string | undefined;
}

/** What came of it. */
export interface DirectoryAnswer {
  readonly method: string;
  readonly url: string;
  readonly answer: RawAnswer;
  readonly milliseconds: number;
  /** The `kid` of the certificate that was shown. */
  readonly certificate: string | undefined;
  /** Of the token that the call went with. */
  readonly scope: string | undefined;
  /** Whether the answer is that of the token endpoint, which gave no token: then nothing else was sent. */
  readonly isAboutToken: boolean;
}

export interface DirectoryCallsDependencies {
  readonly registry: Registry;
  readonly certificates: CertificateService;
  readonly sender: TppSender;
  readonly clock: Clock;
  readonly random: Random;
  readonly urls: PublicUrls;
}

/** The keys by which a software statement is a client of the Directory. */
export interface DirectoryKeys {
  readonly transport: KeyHere | undefined;
  readonly signing: KeyHere | undefined;
}

/** Calls the Directory's API as the client that a software statement is, over mutual TLS and with a token. */
export class DirectoryCalls {
  constructor(private readonly services: DirectoryCallsDependencies) {}

  /**
   * The keys that the sandbox keeps of those that would do.
   * @throws DomainError `not_found`
   */
  async keysOf(softwareId: string): Promise<DirectoryKeys> {
    const { registry } = this.services;
    const keys = await TppKeys.of(this.services, registry.getSoftwareStatement(softwareId));
    const signing = keys.findUsual('signing', ({ record }) => record.softwareId === softwareId);
    return { transport: keys.findUsual('transport'), signing };
  }

  /**
   * @throws DomainError `not_found`; `precondition_failed` when the sandbox keeps no key that would do; `invalid_input`
   *   for a path elsewhere; `no_answer`
   */
  async send(softwareId: string, call: DirectoryCall): Promise<DirectoryAnswer> {
    const statement = this.services.registry.getSoftwareStatement(softwareId);
    const url = this.addressOf(call.path);
    if (call.needs === 'nothing') return this.deliver(call, url, undefined);
    const caller = await this.callerOf(statement);
    const body = call.body?.includes(ASSERTION_PLACEHOLDER)
      ? call.body.replaceAll(
          ASSERTION_PLACEHOLDER,
          (await this.credentials(caller))['client_assertion'] ?? '',
        )
      : call.body;
    if (call.needs === 'certificate') return this.deliver({ ...call, body }, url, caller);
    const token = await this.token(caller, call.scopes);
    if (typeof token.value !== 'string') return { ...token.refused, isAboutToken: true };
    const headers = { authorization: `Bearer ${token.value}` };
    return { ...(await this.deliver({ ...call, body }, url, caller, headers)), scope: token.scope };
  }

  private async callerOf(statement: SoftwareStatement): Promise<DirectoryCaller> {
    const { transport, signing } = await this.keysOf(statement.id);
    if (!transport) throw missing('transport');
    if (!signing) throw missing('signing');
    return { statement, transport, signing };
  }

  /** One scope is enough, and the statement's organisation may not have all of them. */
  private async token(caller: DirectoryCaller, scopes: readonly DirectoryScope[]): Promise<TokenOutcome> {
    const allowed = scopesOf(this.services.registry.getOrganisation(caller.statement.organisationId));
    const scope = scopes.find((one) => allowed.includes(one)) ?? scopes[0] ?? allowed[0];
    const parameters = {
      grant_type: 'client_credentials',
      client_id: caller.statement.id,
      ...(scope === undefined ? {} : { scope }),
      ...(await this.credentials(caller)),
    };
    const request = {
      method: 'POST',
      accept: 'application/json',
      mediaType: FORM,
      body: new URLSearchParams(parameters).toString(),
    };
    const refused = await this.deliver(request, this.tokenEndpoint, caller);
    const { access_token: value } = objectOf(refused.answer.text) as { readonly access_token?: unknown };
    return typeof value === 'string' ? { value, scope } : { value: undefined, refused };
  }

  private async credentials({
    statement,
    signing,
  }: DirectoryCaller): Promise<Readonly<Record<string, string>>> {
    const { clock, random } = this.services;
    const { parameters } = await credentialsOf({
      client: { client_id: statement.id, token_endpoint_auth_method: 'private_key_jwt' },
      tokenEndpoint: this.tokenEndpoint,
      signing: signingKeyOf(signing),
      at: clock.now(),
      random,
    });
    return parameters;
  }

  private async deliver(
    { method, accept, mediaType, body }: Pick<DirectoryCall, 'method' | 'accept' | 'mediaType' | 'body'>,
    url: string,
    caller: DirectoryCaller | undefined,
    credentials: Readonly<Record<string, string>> = {},
  ): Promise<DirectoryAnswer> {
    const startedAt = performance.now();
    const result = await this.services.sender.send({
      method,
      url,
      headers: {
        ...(accept === undefined ? {} : { accept }),
        ...(mediaType === undefined || body === undefined ? {} : { 'content-type': mediaType }),
        ...credentials,
      },
      body,
      identity: caller && identityOf(caller.transport),
    });
    const milliseconds = performance.now() - startedAt;
    if (!result.ok) {
      throw new DomainError(
        'no_answer',
        `The Directory gave no answer to ${method} ${url}: ${result.reason}.`,
      );
    }
    return {
      method,
      url,
      answer: result.answer,
      milliseconds,
      certificate: caller?.transport.record.kid,
      scope: undefined,
      isAboutToken: false,
    };
  }

  private get tokenEndpoint(): string {
    return `${this.services.urls.https}/as/token.oauth2`;
  }

  /** Nowhere but here, and nothing that a URL would read as another path. @throws DomainError `invalid_input` */
  private addressOf(path: string): string {
    const { https } = this.services.urls;
    const url = URL.canParse(path, https) ? new URL(path, https) : undefined;
    const isOurs = url?.origin === new URL(https).origin && url.pathname + url.search === path;
    if (isOurs && path.length <= limits.directoryCallPathLength) return url.href;
    const expected = `a path of ${https}, of at most ${limits.directoryCallPathLength} characters`;
    throw invalidInput([{ field: 'path', expected, actual: quote(path) }]);
  }
}

interface DirectoryCaller {
  readonly statement: SoftwareStatement;
  readonly transport: KeyHere;
  readonly signing: KeyHere;
}

type TokenOutcome =
  | { readonly value: string; readonly scope: string | undefined }
  | { readonly value: undefined; readonly refused: DirectoryAnswer };

function identityOf({ record, chainPem }: KeyHere): TlsIdentity {
  return { privateKeyPem: record.privateKeyPem, certificatePem: record.certificatePem, chainPem };
}

function missing(use: 'transport' | 'signing'): DomainError {
  const whose = use === 'signing' ? 'of the software statement ' : '';
  return new DomainError(
    'precondition_failed',
    `Nothing can be sent for this software statement: expected an active ${use} certificate ${whose}whose key the sandbox made, got none.`,
  );
}
