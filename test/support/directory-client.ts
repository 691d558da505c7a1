import { randomUUID } from 'node:crypto';
import type { Agent } from 'node:https';
import { expect } from 'vitest';
import type { AuthorisationServer } from '../../src/domain/authorisation-server.js';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import type { ReadyTpp, Sandbox } from '../../src/testkit.js';
import {
  callOverTls,
  numericDate,
  signCompact,
  transportIdentity,
  type Claims,
  type TlsAnswer,
  type TlsIdentity,
} from './registration.js';

export const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
export const FORM = 'application/x-www-form-urlencoded';
const USUAL_SCOPE = 'ASPSPReadAccess TPPReadAccess AuthoritiesReadAccess';

/** An organisation with a software statement that can get tokens: a TPP's or an ASPSP's. */
export type Participant = Omit<ReadyTpp, 'ssa'>;

export interface TokenOptions {
  readonly claims?: Claims;
  readonly header?: Claims;
  readonly algorithm?: 'RS256' | 'PS256' | 'HS256' | 'none';
  readonly key?: string;
  readonly scope?: string | undefined;
  readonly identity?: TlsIdentity | undefined;
  readonly parameters?: Record<string, string>;
}

export interface DirectoryCall {
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  /** Anything when absent. */
  readonly accept?: string | undefined;
  readonly authorization?: string | undefined;
  /** The participant's own when left out; none when undefined. */
  readonly identity?: TlsIdentity | undefined;
  readonly agent?: Agent | undefined;
}

/** A client of the Directory's token endpoint and its APIs, over mutual TLS. */
export class DirectoryClient {
  constructor(
    readonly sandbox: Sandbox,
    readonly participant: Participant,
  ) {}

  /** What the TLS client shows. */
  get identity(): TlsIdentity {
    return transportIdentity(this.participant);
  }

  assertion({
    claims = {},
    header = {},
    algorithm = 'RS256',
    key = this.participant.signing.privateKeyPem,
  }: TokenOptions = {}): string {
    const softwareId = this.participant.softwareStatement.id;
    const now = numericDate(this.sandbox.clock.now());
    const said = {
      iss: softwareId,
      sub: softwareId,
      aud: `${this.sandbox.urls.https}/as/token.oauth2`,
      scope: 'TPPReadAccess',
      jti: randomUUID(),
      iat: now,
      exp: now + 3_600,
      ...claims,
    };
    const { kid } = this.participant.signing;
    return signCompact({ typ: 'JWT', alg: algorithm, kid, ...header }, said, algorithm, key);
  }

  requestToken(options: TokenOptions = {}): Promise<TlsAnswer> {
    const scope = 'scope' in options ? options.scope : USUAL_SCOPE;
    const body = new URLSearchParams({
      client_assertion_type: JWT_BEARER,
      grant_type: 'client_credentials',
      client_id: this.participant.softwareStatement.id,
      client_assertion: this.assertion(options),
      ...(scope === undefined ? {} : { scope }),
      ...options.parameters,
    });
    return this.call('POST', '/as/token.oauth2', {
      contentType: FORM,
      body: body.toString(),
      ...('identity' in options ? { identity: options.identity } : {}),
    });
  }

  async token(options: TokenOptions = {}): Promise<string> {
    const answer = await this.requestToken(options);
    expect(answer.status, answer.text).toBe(200);
    return (JSON.parse(answer.text) as { access_token: string }).access_token;
  }

  /** The value of the `Authorization` header that a token of that scope goes into. */
  async bearer(scope?: string): Promise<string> {
    return `Bearer ${await this.token(scope === undefined ? {} : { scope })}`;
  }

  call(
    method: string,
    path: string,
    { body, contentType, accept = '*/*', authorization, agent, ...rest }: DirectoryCall = {},
  ): Promise<TlsAnswer> {
    return callOverTls(this.sandbox.urls.https + path, {
      method,
      body,
      headers: {
        accept,
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      identity: 'identity' in rest ? rest.identity : this.identity,
      ca: this.sandbox.services.trustAnchor.rootPem,
      agent,
    });
  }
}

/** An ASPSP with a software statement that can get tokens, as `createReadyTpp` makes a TPP. */
export async function createReadyAspsp(
  { services }: Sandbox,
  organisation: { readonly name: string },
  authorisationServers: readonly AuthorisationServer[] = [],
): Promise<Participant> {
  const { registry, certificates } = services;
  const { id: organisationId } = await registry.createOrganisation(
    { ...organisation, kind: 'aspsp' },
    { authorisationServers },
  );
  const input = newSoftwareStatementSchema.parse({
    clientName: 'Directory client of a bank',
    clientUri: 'https://bank.example',
    logoUri: 'https://bank.example/logo.svg',
    policyUri: 'https://bank.example/policy',
    termsOfServiceUri: 'https://bank.example/terms',
  });
  const { id } = await registry.createSoftwareStatement(organisationId, input);
  const certify = async (type: 'obsigning' | 'obtransport') => {
    const { record, chainPem } = await certificates.certifySoftwareStatement(id, { type, generate: true });
    const { kid, certificatePem } = record;
    return { kid, certificatePem, chainPem, privateKeyPem: certificates.getPrivateKey(kid) };
  };
  return {
    organisation: registry.getOrganisation(organisationId),
    softwareStatement: registry.getSoftwareStatement(id),
    signing: await certify('obsigning'),
    transport: await certify('obtransport'),
  };
}
