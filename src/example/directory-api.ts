import { X509Certificate } from 'node:crypto';
import type { Directory, ListedBank } from './directory.js';
import {
  keyPair,
  mutualTls,
  ofNow,
  signed,
  signingRequest,
  type CertifiedKey,
  type Claims,
  type Subject,
  type TlsAnswer,
} from './tpp.js';
import { say, text } from './words.js';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const SCOPE = 'ASPSPReadAccess TPPReadAccess TPPManage';
const TYPE = 'application/vnd.openbanking.directory';

/** How the Directory's own API is reached. */
export interface DirectoryApiSettings {
  /** The Directory's discovery document. */
  readonly discovery: Claims;
  readonly rootPem: string;
}

/**
 * The Directory's own API, as a client of the real one would use it: mutual TLS, a token for a software statement's
 * signing key, and the paths of its newest version.
 */
export class DirectoryApi {
  private readonly call: ReturnType<typeof mutualTls>;
  private readonly issuer: string;
  private token: string | undefined;

  /** @param subject whose certificates these are; they speak for all of its organisation */
  constructor(
    private readonly settings: DirectoryApiSettings,
    private readonly subject: Subject,
    private readonly signing: CertifiedKey,
    transport: CertifiedKey,
  ) {
    this.call = mutualTls(transport, settings.rootPem);
    this.issuer = text(settings.discovery, 'issuer');
  }

  /** A token by client credentials and a signed assertion. @see RFC 7523 section 2.2 */
  async takeToken(): Promise<{ scope: string; seconds: number }> {
    const { softwareId } = this.subject;
    const url = text(this.settings.discovery, 'token_endpoint');
    const assertion = await signed(
      this.signing,
      ofNow({ iss: softwareId, sub: softwareId, aud: url, scope: SCOPE }),
    );
    const form = {
      grant_type: 'client_credentials',
      client_id: softwareId,
      client_assertion_type: JWT_BEARER,
      client_assertion: assertion,
      scope: SCOPE,
    };
    const { body } = accepted(
      await this.call({
        method: 'POST',
        url,
        body: new URLSearchParams(form).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    );
    this.token = text(body, 'access_token');
    return { scope: text(body, 'scope'), seconds: Number(body['expires_in']) };
  }

  /** SCIM, then the bank's discovery document: how a TPP finds where to register. */
  async findBank(bankId: string): Promise<ListedBank> {
    const filter = encodeURIComponent('(AuthorisationServers pr)');
    const url = `${this.issuer}/scim/v2/OBAccountPaymentServiceProviders?filter=${filter}&count=100`;
    const { body } = await this.send('GET', url, { accept: 'application/scim+json' });
    for (const aspsp of body['Resources'] as readonly ScimAspsp[]) {
      const server = aspsp.AuthorisationServers.find(({ OpenIDConfigEndPointUri: uri }) =>
        uri.endsWith(`/aspsp/${bankId}/.well-known/openid-configuration`),
      );
      if (server) {
        const { CustomerFriendlyName: name, OpenIDConfigEndPointUri: discoveryUrl } = server;
        const { body: discovery } = accepted(await this.call({ method: 'GET', url: discoveryUrl }));
        return { name, organisationId: aspsp.id, discovery };
      }
    }
    throw new Error(`SCIM lists no authorisation server of the bank "${bankId}".`);
  }

  async createStatement(redirectUri: string): Promise<Subject> {
    const type = `${TYPE}.softwarestatement-v2+json`;
    const site = 'https://app.example.com';
    const { body } = await this.send(
      'POST',
      this.ofOrganisation('/software-statement'),
      { accept: type, 'content-type': type },
      JSON.stringify({
        ClientName: 'Example Money App 2',
        Description: 'The next version of Example Money App',
        OnBehalfOfObOrganisation: '',
        PolicyUri: `${site}/policy`,
        ClientUri: site,
        LogoUri: `${site}/logo.svg`,
        RedirectUri: [redirectUri],
        Roles: ['AISP'],
        TermsOfServiceUri: `${site}/terms`,
        Version: '2.0',
      }),
    );
    return { organisationId: this.subject.organisationId, softwareId: text(body, 'Id') };
  }

  /** Makes a key pair and has it certified for a software statement. */
  async certify(type: 'obsigning' | 'obtransport', subject: Subject): Promise<CertifiedKey> {
    const { publicKey, privateKey } = await keyPair();
    const { body } = await this.send(
      'POST',
      this.ofOrganisation(`/software-statement/${subject.softwareId}/certificate/${type}`),
      { accept: 'application/jwk+json', 'content-type': 'application/x-pem-file' },
      signingRequest(publicKey, privateKey, subject),
    );
    const [leaf = ''] = body['x5c'] as readonly string[];
    const certificate = new X509Certificate(Buffer.from(leaf, 'base64'));
    const withChain = await this.call({ method: 'GET', url: text(body, 'x5u') });
    return {
      kid: text(body, 'kid'),
      privateKey,
      certificatePem: certificate.toString(),
      chainPem: withChain.text.slice(certificate.toString().length),
    };
  }

  async addRedirectUri({ softwareId }: Subject, uri: string): Promise<void> {
    await this.send(
      'POST',
      this.ofOrganisation(`/software-statement/${softwareId}/redirect-uri`),
      { 'content-type': 'text/plain' },
      JSON.stringify([uri]),
    );
  }

  async issueSsa({ softwareId }: Subject): Promise<string> {
    const url = this.ofOrganisation(`/software-statement/${softwareId}/software-statement-assertion`);
    return (await this.send('GET', url, { accept: 'application/jws+json' })).text;
  }

  private ofOrganisation(path: string): string {
    return `${this.issuer}/v2.1/organisation/${this.subject.organisationId}${path}`;
  }

  private async send(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<TlsAnswer> {
    const authorization = `Bearer ${this.token ?? ''}`;
    const answer = await this.call({
      method,
      url,
      headers: { authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    say(`  ${method} ${url.slice(this.issuer.length)}: ${answer.status}`);
    return accepted(answer);
  }
}

/** The software statement made by the Directory's own API. */
export class ApiDirectory implements Directory {
  constructor(
    private readonly api: DirectoryApi,
    private readonly subject: Subject,
  ) {}

  findBank(bankId: string): Promise<ListedBank> {
    return this.api.findBank(bankId);
  }

  issueSsa(): Promise<string> {
    return this.api.issueSsa(this.subject);
  }

  addRedirectUri(uri: string): Promise<void> {
    return this.api.addRedirectUri(this.subject, uri);
  }
}

interface ScimAspsp {
  readonly id: string;
  readonly AuthorisationServers: readonly {
    readonly CustomerFriendlyName: string;
    readonly OpenIDConfigEndPointUri: string;
  }[];
}

function accepted(answer: TlsAnswer): TlsAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`The Directory answers ${answer.status}: ${answer.text}`);
}
