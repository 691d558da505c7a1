import { AuthorisationServer } from '../directory/authorisation-server.js';
import { CertificateStatuses } from '../directory/certificate-statuses.js';
import { CertificateValidation, type TrustedAuthorities } from '../directory/certificate-validation.js';
import { DirectoryClients } from '../directory/clients.js';
import { Enrolment } from '../directory/enrolment.js';
import { DelegatedOcspResponder, type OcspResponder } from '../directory/ocsp-responder.js';
import { OrganisationClients } from '../directory/organisation-clients.js';
import { RevocationLists } from '../directory/revocation-lists.js';
import { Scim } from '../directory/scim/scim.js';
import type { TrustService } from '../directory/scim/trust-services.js';
import type { PublicUrls } from '../directory/trust-anchor.js';
import { isQualifiedType, type KeyRecord } from '../domain/key-record.js';
import type { Clock, KeyPairSource, Random, Store } from '../domain/ports.js';
import { parseCertificate } from '../pki/certificate.js';
import { qtspName } from '../pki/qualified-profiles.js';
import type { DirectoryServices } from './directory-services.js';
import { KeysEverywhere } from './keys-everywhere.js';

/** What the Directory's own API needs beside what every directory does. */
export interface DirectoryApiServices {
  readonly authorisationServer: AuthorisationServer;
  readonly organisationClients: OrganisationClients;
  readonly enrolment: Enrolment;
  readonly certificateValidation: CertificateValidation;
  readonly scim: Scim;
  /** Of the qualified trust service provider. */
  readonly providerRevocationLists: RevocationLists;
  readonly providerOcspResponder: OcspResponder;
}

export interface DirectoryApiDependencies {
  readonly store: Pick<Store, 'organisations' | 'authorisation' | 'anchor'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly keyPairs: KeyPairSource;
  readonly urls: PublicUrls;
  /** Of the trust anchors beside the Directory. */
  readonly anchorIds: readonly string[];
  /** Further names that the Directory goes by. */
  readonly aliases: readonly string[];
}

export function createDirectoryApi(
  directory: DirectoryServices,
  { store, clock, random, keyPairs, urls, anchorIds, aliases }: DirectoryApiDependencies,
): DirectoryApiServices {
  const { registry, certificates, keyReservations, keyRegister, keystore } = directory;
  const { qualifiedTrustServiceProvider: qtsp } = directory;
  const authorities = authoritiesOf(directory);
  const keysEverywhere = new KeysEverywhere(store, anchorIds);
  const isIssuedByProvider = ({ type }: KeyRecord) => isQualifiedType(type);
  const clients = new DirectoryClients(store.organisations, certificates, keyRegister, keystore, clock);
  return {
    authorisationServer: new AuthorisationServer(
      clients,
      () => [...authorities.directory(), ...authorities.qualified()],
      store.authorisation,
      clock,
      random,
      { issuer: urls.https, issuerNames: namesOf(urls, aliases) },
    ),
    organisationClients: new OrganisationClients(registry, certificates, clock),
    enrolment: new Enrolment(
      store.organisations,
      keyReservations,
      registry,
      authorities,
      clock,
      random,
      urls,
    ),
    certificateValidation: new CertificateValidation(
      store.organisations,
      (identifier) => registry.findByIdentifier(identifier),
      authorities,
      clock,
    ),
    providerRevocationLists: new RevocationLists(
      keysEverywhere,
      clock,
      () => qtsp.issuers(),
      isIssuedByProvider,
    ),
    providerOcspResponder: new DelegatedOcspResponder(
      async () => (await qtsp.issuers()).issuing,
      new CertificateStatuses(keysEverywhere, isIssuedByProvider, (serial) => qtsp.hasIssued(serial)),
      keyPairs,
      clock,
      random,
    ),
    scim: new Scim(
      store.organisations,
      { listed: () => trustServicesOf(directory) },
      { scimBaseUrl: `${urls.https}/scim/v2`, createdAt: directory.trustAnchor.createdAt },
    ),
  };
}

/** The one provider that the Directory trusts; its keys are made when somebody looks. */
async function trustServicesOf({
  qualifiedTrustServiceProvider,
  trustAnchor,
}: DirectoryServices): Promise<TrustService[]> {
  const certificatePem = await qualifiedTrustServiceProvider.issuingPem();
  return [{ certificatePem, serviceName: qtspName, country: 'GB', grantedAt: trustAnchor.createdAt }];
}

function authoritiesOf({
  trustAnchor,
  qualifiedTrustServiceProvider: qtsp,
}: DirectoryServices): TrustedAuthorities {
  const own = [parseCertificate(trustAnchor.issuingPem)];
  return {
    directory: () => own,
    qualified: () => qtsp.issuersIfMade(),
    provider: { name: qtspName, uri: qtsp.publicBaseUrl },
  };
}

/** The issuer under every name, with the port and without. */
function namesOf({ https }: PublicUrls, aliases: readonly string[]): string[] {
  const { hostname, port } = new URL(https);
  return [hostname, ...aliases].flatMap((name) => [`https://${name}:${port || '443'}`, `https://${name}`]);
}
