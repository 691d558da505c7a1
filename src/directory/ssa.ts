import { createPrivateKey } from 'node:crypto';
import { DomainError } from '../domain/errors.js';
import { newSsaJti } from '../domain/identifiers.js';
import { isLive, isQualifiedType, withoutHold, type KeyRecord } from '../domain/key-record.js';
import { countryOfAuthority, type Organisation } from '../domain/organisation.js';
import type { Clock, OrganisationRepository, Random } from '../domain/ports.js';
import type { SoftwareStatement } from '../domain/software-statement.js';
import { signJws, unsignedJws } from '../jose/jws.js';
import type { KeyReader } from './certificates.js';
import { findStatement } from './registry.js';
import type { PublicUrls, SigningIdentity, TrustAnchor } from './trust-anchor.js';

/** A software statement assertion with its parts for people to read. */
export interface IssuedSsa<Header = SsaHeader> {
  readonly ssa: string;
  readonly header: Header;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface SsaHeader {
  readonly alg: 'PS256';
  readonly kid: string;
  readonly typ: 'JWT';
  readonly [member: string]: unknown;
}

export interface UnsignedSsaHeader {
  readonly alg: 'none';
  readonly typ: 'JWT';
  readonly [member: string]: unknown;
}

/** An SSA that nobody has signed yet. */
export interface SsaDraft {
  readonly header: SsaHeader;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The key that is to sign, by the name that the header has for it. */
  readonly signing: SigningIdentity;
}

export interface SsaContext {
  readonly issuer: string;
  readonly httpsBase: string;
  readonly jti: string;
  readonly at: Date;
}

/**
 * The claims of an SSA, in the order of the real sandbox's.
 * @see Directory API 2.2.0, "SSA Payload"
 * Observed: no `exp`, `nbf` or `aud`; `software_version` is a string; `software_on_behalf_of_org` is null when unset;
 * contacts are the technical and the business one; other metadata that is unset is left out.
 */
export function ssaClaims(
  organisation: Organisation,
  statement: SoftwareStatement,
  context: SsaContext,
): Record<string, unknown> {
  const keystore = `${context.httpsBase}/${organisation.id}`;
  return withoutUnset({
    iss: context.issuer,
    iat: Math.floor(context.at.getTime() / 1000),
    jti: context.jti,
    software_environment: statement.environment,
    software_mode: statement.mode,
    software_id: statement.id,
    software_client_id: statement.id,
    software_client_name: statement.clientName,
    software_client_description: statement.description,
    software_version: statement.version,
    software_client_uri: statement.clientUri ?? undefined,
    software_redirect_uris: statement.redirectUris,
    software_roles: statement.roles,
    organisation_competent_authority_claims: {
      authority_id: organisation.authority.id,
      registration_id: organisation.authority.registrationId,
      status: organisation.status,
      authorisations: organisation.authorisations.map(({ memberState, roles }) => ({
        member_state: memberState,
        roles,
      })),
    },
    software_logo_uri: statement.logoUri ?? undefined,
    org_status: organisation.status,
    org_id: organisation.id,
    org_name: organisation.name,
    org_contacts: (['Technical', 'Business'] as const).flatMap((type) =>
      organisation.contacts
        .filter((contact) => contact.type === type)
        .map(({ name, email, phone }) => ({ name, email, phone, type })),
    ),
    org_jwks_endpoint: `${keystore}/${organisation.id}.jwks`,
    org_jwks_revoked_endpoint: `${keystore}/revoked/${organisation.id}.jwks`,
    software_jwks_endpoint: `${keystore}/${statement.id}.jwks`,
    software_jwks_revoked_endpoint: `${keystore}/revoked/${statement.id}.jwks`,
    software_policy_uri: statement.policyUri ?? undefined,
    software_tos_uri: statement.termsOfServiceUri ?? undefined,
    software_on_behalf_of_org: statement.onBehalfOf,
  });
}

function withoutUnset(claims: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/** Issues SSAs: the Directory's own, and those that TPPs give themselves. */
export class SsaIssuer {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly certificates: KeyReader,
    private readonly trustAnchor: TrustAnchor,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly settings: { readonly issuer: string; readonly urls: PublicUrls },
  ) {}

  /** Who vouches for the software: the `iss` of the SSAs. */
  get name(): string {
    return this.settings.issuer;
  }

  /**
   * Issues an SSA for a software statement.
   * @throws DomainError as `draft` does
   * @see Directory API 2.2.0, "Software Statement Assertion (SSA)"
   */
  async issue(softwareId: string): Promise<IssuedSsa> {
    const { header, payload, signing } = await this.draft(softwareId);
    return { ssa: await signJws(header, payload, signing.privateKey), header, payload };
  }

  /**
   * What the Directory signs to issue an SSA for a software statement.
   * @throws DomainError `not_found`; `precondition_failed` when the organisation or the statement is not active, or
   *   neither holds a live certificate; one of a qualified trust service provider will do for a TPP that no UK authority
   *   authorised
   * @see Directory API 2.2.0, the pre-conditions of the retrieval of an SSA
   */
  async draft(softwareId: string): Promise<SsaDraft> {
    const { record, statement } = findStatement(this.organisations, softwareId);
    await this.refuseUnready(record.organisation, statement);
    const signing = await this.trustAnchor.signingAt(this.clock.now());
    return {
      header: { alg: 'PS256', kid: signing.kid, typ: 'JWT' },
      payload: this.claimsOf(record.organisation, statement, this.settings.issuer),
      signing,
    };
  }

  /**
   * Makes the SSA that a TPP would give itself: the claims of `issue` with the software statement as their issuer. The
   * Directory has no say in it, so neither organisation nor statement need be active.
   * @throws DomainError `not_found`; `precondition_failed` when it is to be signed and the sandbox holds no private key
   *   of the statement with a live OBSigning certificate
   * @see DCR 3.4, "Self-signed SSA": an ASPSP may accept SSAs from the TPP itself, and unsigned ones, with `alg` `none`
   */
  async issueSelfSigned(
    softwareId: string,
    { unsigned }: { readonly unsigned: boolean },
  ): Promise<IssuedSsa<SsaHeader | UnsignedSsaHeader>> {
    const { record, statement } = findStatement(this.organisations, softwareId);
    const kid = unsigned ? undefined : await this.newestSigningKid(softwareId);
    const payload = this.claimsOf(record.organisation, statement, softwareId);
    if (kid === undefined) {
      const header: UnsignedSsaHeader = { alg: 'none', typ: 'JWT' };
      return { ssa: unsignedJws(header, payload), header, payload };
    }
    const header: SsaHeader = { alg: 'PS256', kid, typ: 'JWT' };
    const privateKey = createPrivateKey(this.certificates.getPrivateKey(kid));
    return { ssa: await signJws(header, payload, privateKey), header, payload };
  }

  private claimsOf(
    organisation: Organisation,
    statement: SoftwareStatement,
    issuer: string,
  ): Record<string, unknown> {
    return ssaClaims(organisation, statement, {
      issuer,
      httpsBase: this.settings.urls.https,
      jti: newSsaJti(this.random),
      at: this.clock.now(),
    });
  }

  /** The signing key certified last of those that the sandbox can sign with. */
  private async newestSigningKid(softwareId: string): Promise<string> {
    const keys = await this.certificates.ofSoftwareStatement(softwareId);
    const at = this.clock.now();
    const newest = keys.findLast(
      ({ record }) =>
        record.type === 'obsigning' && record.privateKeyPem !== null && isLive(withoutHold(record), at),
    );
    if (newest) return newest.record.kid;
    throw unready(
      `the sandbox holds no private key of the software statement "${softwareId}" with a live obsigning certificate; ` +
        'have it make one (generate: true), or ask for an unsigned SSA',
    );
  }

  private async refuseUnready(organisation: Organisation, statement: SoftwareStatement): Promise<void> {
    if (organisation.status !== 'Active') {
      throw unready(`the organisation "${organisation.id}" is ${organisation.status}, not Active`);
    }
    if (!statement.active) throw unready(`the software statement "${statement.id}" is not active`);
    const keys = [
      ...(await this.certificates.ofSoftwareStatement(statement.id)),
      ...(await this.certificates.ofOrganisation(organisation.id)),
    ];
    // Not before they are there: a demo certificate that is made this moment begins this moment.
    const at = this.clock.now();
    const isBritish = countryOfAuthority(organisation.authority.id) === 'GB';
    const counts = ({ type }: KeyRecord) => !(isBritish && isQualifiedType(type));
    if (!keys.some(({ record }) => isLive(record, at) && counts(record))) {
      throw unready(
        `neither the software statement "${statement.id}" nor its organisation holds a live ` +
          `${isBritish ? 'certificate of the Directory, which a UK TPP needs' : 'certificate'}; certify a key first`,
      );
    }
  }
}

function unready(reason: string): DomainError {
  return new DomainError('precondition_failed', `No SSA: ${reason}.`);
}
