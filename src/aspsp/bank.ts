import { newUuid } from '../domain/identifiers.js';
import type { BankRepository, Clock, JwksFetcher, Page, PageRequest, Random } from '../domain/ports.js';
import { notFound } from '../domain/errors.js';
import {
  clientMetadataSchema,
  type Attempt,
  type ClientMetadata,
  type RegisteredClient,
  type RuleResult,
} from '../domain/registration.js';
import { parseCertificate } from '../pki/certificate.js';
import { issuersBelowRoots } from '../pki/client-certificate.js';
import { formatName } from '../pki/distinguished-name.js';
import { parsePem } from '../pki/pem.js';
import { discoveryDocument } from './discovery.js';
import { Evidence, type BankResources, type RegistrationInput } from './evidence.js';
import type { BankProfile } from './profile.js';
import { registrationRules, requestInspectionRules, ssaInspectionRules } from './rules/index.js';
import { requestedRedirectUris } from './rules/metadata.js';
import type { Rule } from './rules/rule.js';
import { judge } from './verdict.js';

export interface BankDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly repository: BankRepository;
  readonly jwksFetcher: JwksFetcher;
  /** Certificates in PEM; issuing certificates count only when they chain to one of the roots. */
  readonly trust: { readonly rootsPem: string; readonly issuersPem: string };
  /** The bank's issuer URL, without a slash at the end. */
  readonly issuer: string;
  readonly jwksUri: string;
}

/** A rule's result with the claim that the rule is about. */
export type InspectedRule = RuleResult & { readonly claim: string | undefined };

export interface RegistrationOutcome {
  readonly attempt: Attempt;
  /** Present when the bank agreed. */
  readonly client: RegisteredClient | undefined;
}

/** A mock ASPSP. It knows the Directory by the URLs of its profile and by a trusted root, and in no other way. */
export class Bank {
  private readonly resources: BankResources;

  constructor(
    readonly profile: BankProfile,
    private readonly dependencies: BankDependencies,
  ) {
    const { trust, repository, jwksFetcher } = dependencies;
    const certificates = (pem: string) => (parsePem(pem) ?? []).map(({ der }) => parseCertificate(der));
    this.resources = {
      profile,
      trustedIssuers: issuersBelowRoots(certificates(trust.issuersPem), certificates(trust.rootsPem)),
      jwksFetcher,
      consumeJti: (jti, at) => repository.consumeJti(jti, at),
    };
  }

  discovery(): Record<string, unknown> {
    return discoveryDocument(this.profile, this.dependencies.issuer, this.dependencies.jwksUri);
  }

  /** Newest first. */
  attempts(request: PageRequest): Page<Attempt> {
    return this.dependencies.repository.attempts(request);
  }

  /** @throws DomainError `not_found` */
  getAttempt(id: string): Attempt {
    const attempt = this.dependencies.repository.findAttempt(id);
    if (!attempt) throw notFound('registration attempt', id);
    return attempt;
  }

  /** Judges a registration request as far as that goes without its sender; nothing is recorded or used up. */
  judgeRequest(token: string): Promise<InspectedRule[]> {
    return this.inspect(token, requestInspectionRules);
  }

  /** Judges an SSA by itself. */
  judgeSsa(token: string): Promise<InspectedRule[]> {
    // The rules for SSAs look into a request, so the SSA is put into one that says nothing else.
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return this.inspect(`${part({})}.${part({ software_statement: token })}.`, ssaInspectionRules);
  }

  private async inspect(body: string, rules: readonly Rule[]): Promise<InspectedRule[]> {
    const resources = { ...this.resources, consumeJti: () => Promise.resolve(true) };
    const input = { body, mediaType: undefined, clientCertificate: undefined };
    const evidence = new Evidence(input, resources, this.dependencies.clock.now());
    const verdict = await judge(rules, evidence);
    return verdict.rules.map((result, index) => ({ ...result, claim: rules[index]?.claim }));
  }

  /**
   * Judges a registration request and registers the client when nothing speaks against it. The verdict is stored whole,
   * whatever it is.
   * @throws DomainError `storage_failed`
   * @see DCR 3.4, POST /register
   */
  async register(input: RegistrationInput): Promise<RegistrationOutcome> {
    const { clock, random, repository } = this.dependencies;
    const evidence = new Evidence(input, this.resources, clock.now());
    const verdict = await judge(registrationRules, evidence);
    const client = verdict.refusal ? undefined : newClient(evidence, newUuid(random));
    if (client) await repository.saveClient(client);
    const attempt: Attempt = {
      id: newUuid(random),
      at: evidence.at.toISOString(),
      bankId: this.profile.id,
      operation: 'create',
      ...(client ? { clientId: client.clientId } : {}),
      certificate: evidence.certificate
        ? {
            subject: formatName(evidence.certificate.subject),
            thumbprintSha256: evidence.certificate.thumbprintSha256,
          }
        : null,
      request: evidence.request.ok ? evidence.request.jws : null,
      ssa: evidence.ssa.ok ? evidence.ssa.jws : null,
      rules: [...verdict.rules],
      response: verdict.refusal
        ? { error: verdict.refusal.error, errorDescription: verdict.refusal.description }
        : {},
    };
    await repository.saveAttempt(attempt);
    return { attempt, client };
  }
}

/** Registered JWT claims say something of the SSA as a token, nothing of the software. @see RFC 7519 section 4.1 */
const CLAIMS_OF_THE_ASSERTION_ITSELF = ['iss', 'iat', 'jti', 'exp', 'nbf', 'aud'];

/** A client of evidence that every rule has passed. */
function newClient(evidence: Evidence, clientId: string): RegisteredClient {
  const { certificate } = evidence;
  if (!certificate) throw new Error('No client without a certificate.');
  return {
    clientId,
    issuedAt: evidence.at.toISOString(),
    organisationId: evidence.ssaText('org_id'),
    softwareId: evidence.ssaText('software_id'),
    certificateThumbprintSha256: certificate.thumbprintSha256,
    metadata: acceptedMetadata(evidence),
    softwareClaims: Object.fromEntries(
      Object.entries(evidence.ssaClaims).filter(([claim]) => !CLAIMS_OF_THE_ASSERTION_ITSELF.includes(claim)),
    ),
  };
}

/** The metadata as registered: what was asked for, with the defaults of the data dictionary. */
function acceptedMetadata(evidence: Evidence): ClientMetadata {
  const { requestClaims } = evidence;
  const responseTypes = requestClaims['response_types'];
  return clientMetadataSchema.parse({
    ...requestClaims,
    redirect_uris: requestedRedirectUris(evidence),
    response_types:
      Array.isArray(responseTypes) && responseTypes.length > 0 ? responseTypes : ['code id_token'],
    software_id: evidence.ssaText('software_id'),
  });
}

/**
 * A registered client as a bank shows it: its id, its metadata, and the claims of its SSA flattened.
 * @see DCR 3.4, OBClientRegistrationResponse1; RFC 7591 section 3.2.1
 */
export function clientInformation(client: RegisteredClient): Record<string, unknown> {
  return {
    ...client.softwareClaims,
    // Last, so that no claim of an SSA can stand in for what the bank decided.
    client_id: client.clientId,
    client_id_issued_at: Math.floor(new Date(client.issuedAt).getTime() / 1000),
    ...client.metadata,
  };
}
