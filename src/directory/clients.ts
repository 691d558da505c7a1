import type { Jwk } from '../domain/jwk.js';
import { isLive, useOfKey, type KeyRecord } from '../domain/key-record.js';
import type { Organisation } from '../domain/organisation.js';
import type { Clock, OrganisationRecord, OrganisationRepository } from '../domain/ports.js';
import type { OAuthClient } from '../oauth/token-evidence.js';
import { parseCertificate } from '../pki/certificate.js';
import { formatName } from '../pki/distinguished-name.js';
import type { CertificateReader } from './certificates.js';
import type { KeyRegister, RegisteredKey } from './key-register.js';
import type { Keystore } from './keystore.js';

/** Observed: both official clients sign with RS256, although FAPI does not allow it; PS256 is taken as well. */
export const assertionAlgorithms = ['RS256', 'PS256'];

/** The scopes of the Directory API and of SCIM. @see Directory API 2.2.0, securitySchemes; formats.md section 4 */
export const directoryScopes = [
  'ASPSPReadAccess',
  'TPPReadAccess',
  'ASPSPManage',
  'TPPManage',
  'AuthoritiesReadAccess',
  'ASPSPReadAll',
  'TPPReadAll',
  'QTSPReadAccess',
] as const;
export type DirectoryScope = (typeof directoryScopes)[number];

/** Everybody may read; what one may change is one's own kind of record, and a participant that is not active none. */
export function scopesOf({ kind, status }: Organisation): DirectoryScope[] {
  const manage = kind === 'tpp' ? 'TPPManage' : 'ASPSPManage';
  return directoryScopes.filter(
    (scope) => !scope.endsWith('Manage') || (scope === manage && status === 'Active'),
  );
}

/** A client of the Directory's authorisation server. */
export interface DirectoryClient {
  readonly organisation: Organisation;
  readonly oauth: OAuthClient;
  /** The certificates that it may show. */
  readonly certificates: readonly KeyRecord[];
}

/** The clients of the Directory's authorisation server: software statements, and organisations themselves. */
export class DirectoryClients {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly certificates: CertificateReader,
    private readonly keyRegister: KeyRegister,
    private readonly keystore: Keystore,
    private readonly clock: Clock,
  ) {}

  /** Undefined for a client that is unknown, or a software statement that is not active. */
  async find(clientId: string): Promise<DirectoryClient | undefined> {
    const organisationsOwn = this.organisations.find(clientId);
    if (organisationsOwn) return this.organisationAsClient(organisationsOwn);
    const record = this.organisations.findBySoftwareId(clientId);
    const statement = record?.softwareStatements.find(({ id }) => id === clientId);
    if (!record || !statement?.active) return undefined;
    return {
      organisation: record.organisation,
      certificates: await this.liveCertificates(record),
      oauth: this.oauthClient(record, clientId, {
        authMethod: 'private_key_jwt',
        signingKeys: async () =>
          (await this.keyRegister.ofSoftwareStatement(clientId)).filter(isForSignatures),
      }),
    };
  }

  /** By the certificate that the organisation put in force for itself, or by assertions. */
  private async organisationAsClient(record: OrganisationRecord): Promise<DirectoryClient | undefined> {
    const { client, organisation } = record;
    if (!client) return undefined;
    const certificates = await this.liveCertificates(record);
    const own = certificates.filter(({ kid }) => kid === client.kid);
    return {
      organisation,
      certificates: client.authMethod === 'tls_client_auth' ? own : certificates,
      oauth: this.oauthClient(record, organisation.id, {
        authMethod: client.authMethod,
        subjectDn: own[0] && formatName(parseCertificate(own[0].certificatePem).subject),
        signingKeys: async () =>
          (await this.keyRegister.ofOrganisation(organisation.id)).filter(
            (key) => isForSignatures(key) || key.record.kid === client.kid,
          ),
      }),
    };
  }

  /**
   * What any client of the organisation may show: certificates for TLS, those of software only while it is active.
   * @see RFC 8705 section 3: the token is bound to whichever was shown
   */
  private async liveCertificates(record: OrganisationRecord): Promise<KeyRecord[]> {
    const at = this.clock.now();
    const inactive = new Set(record.softwareStatements.filter(({ active }) => !active).map(({ id }) => id));
    const certified = await this.certificates.allOfOrganisation(record.organisation.id);
    return certified
      .map((key) => key.record)
      .filter(
        ({ type, softwareId }) =>
          useOfKey[type] === 'tls' && (softwareId === null || !inactive.has(softwareId)),
      )
      .filter((key) => isLive(key, at));
  }

  private oauthClient(
    { organisation }: OrganisationRecord,
    clientId: string,
    { authMethod, subjectDn, signingKeys }: Authentication,
  ): OAuthClient {
    return {
      clientId,
      authMethod,
      assertionAlgorithms,
      secret: null,
      subjectDn,
      grantTypes: ['client_credentials'],
      scopes: scopesOf(organisation),
      findKeys: async (kid) => this.keysWith(kid, await signingKeys()),
    };
  }

  /** The `kid` is needed: a holder's JWKS has many keys. */
  private keysWith(
    kid: string | undefined,
    keys: readonly RegisteredKey[],
  ): { keys: readonly Jwk[] } | { problem: string } {
    if (kid === undefined) return { problem: 'no kid' };
    const at = this.clock.now();
    const found = keys.filter(
      ({ record, status }) =>
        record.kid === kid && ('certificatePem' in record ? isLive(record, at) : status === 'active'),
    );
    if (found.length === 0) {
      return { problem: 'a kid that is not among the active signing keys of the client' };
    }
    return { keys: found.map(({ record }) => this.keystore.jwkOf(record)) };
  }
}

interface Authentication {
  readonly authMethod: 'private_key_jwt' | 'tls_client_auth';
  readonly subjectDn?: string | undefined;
  readonly signingKeys: () => Promise<readonly RegisteredKey[]>;
}

function isForSignatures({ record }: RegisteredKey): boolean {
  return useOfKey[record.type] === 'sig';
}
