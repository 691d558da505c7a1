import { invalidInput, type DomainError } from '../domain/errors.js';
import { isLive, type KeyRecord } from '../domain/key-record.js';
import type { Clock } from '../domain/ports.js';
import { parseCertificate, type ParsedCertificate } from '../pki/certificate.js';
import { DerError } from '../pki/der.js';
import { formatName } from '../pki/distinguished-name.js';
import type { CertificateReader } from './certificates.js';
import type { Registry } from './registry.js';

/** @see Directory API 2.2.0, OAuthClientSchema */
export interface OrganisationClientOnWire {
  readonly ClientID: string;
  readonly ClientCertIssuerDn: string;
  readonly ClientCertSubjectDn: string;
}

const transportTypes: readonly string[] = ['obwac', 'qwac'];

/** The client that an organisation itself is at the Directory's authorisation server. */
export class OrganisationClients {
  constructor(
    private readonly registry: Registry,
    private readonly certificates: CertificateReader,
    private readonly clock: Clock,
  ) {}

  /** Undefined when it has none. @throws DomainError `not_found` */
  get(organisationId: string): OrganisationClientOnWire | undefined {
    const client = this.registry.clientOf(organisationId);
    if (!client) return undefined;
    const { certificatePem } = this.certificates.get(client.kid).record;
    return onWire(organisationId, parseCertificate(certificatePem));
  }

  /**
   * Makes one of the organisation's OBWACs or QWACs the certificate of its client; there is a client from then on.
   * @throws DomainError `not_found`, `invalid_input`
   * @see Directory API 2.2.0, CertificateOBWACorQWAC
   */
  async put(organisationId: string, pem: string): Promise<OrganisationClientOnWire> {
    const certificate = readCertificate(pem);
    const { kid } = await this.ownCertificate(organisationId, certificate);
    await this.registry.putClient(organisationId, { authMethod: 'tls_client_auth', kid });
    return onWire(organisationId, certificate);
  }

  private async ownCertificate(
    organisationId: string,
    { thumbprintSha256 }: ParsedCertificate,
  ): Promise<KeyRecord> {
    const at = this.clock.now();
    const own = await this.certificates.ofOrganisation(organisationId);
    const found = own.find(({ record }) => record.thumbprintSha256 === thumbprintSha256)?.record;
    if (!found) throw wrong(`one that the organisation "${organisationId}" does not have`);
    if (!transportTypes.includes(found.type)) throw wrong(`an ${found.type} certificate`);
    if (!isLive(found, at)) throw wrong('one that is revoked, or not within its dates');
    return found;
  }
}

function readCertificate(pem: string): ParsedCertificate {
  try {
    return parseCertificate(pem);
  } catch (error) {
    if (error instanceof DerError) throw wrong(error.message);
    throw error;
  }
}

function wrong(actual: string): DomainError {
  const expected = 'an active OBWAC or QWAC of the organisation, in PEM';
  return invalidInput([{ field: 'certificate', expected, actual }]);
}

function onWire(organisationId: string, { issuer, subject }: ParsedCertificate): OrganisationClientOnWire {
  return {
    ClientID: organisationId,
    ClientCertIssuerDn: formatName(issuer),
    ClientCertSubjectDn: formatName(subject),
  };
}
