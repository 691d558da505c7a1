import { AuthorisationServers } from '../directory/authorisation-servers.js';
import { Associations } from '../directory/associations.js';
import { CertificateDrafts } from '../directory/certificate-drafts.js';
import { CertificateStatuses } from '../directory/certificate-statuses.js';
import { CertificateIntake } from '../directory/certificate-intake.js';
import { Certificates, type CertificateService } from '../directory/certificates.js';
import { DirectorySearch } from '../directory/directory-search.js';
import { KeyRegister } from '../directory/key-register.js';
import { KeyReservations } from '../directory/key-reservations.js';
import { Keystore } from '../directory/keystore.js';
import { DelegatedOcspResponder, type OcspResponder } from '../directory/ocsp-responder.js';
import { PublicKeys } from '../directory/public-keys.js';
import type { QualifiedTrustServiceProvider } from '../directory/qualified-trust-service-provider.js';
import { Registry } from '../directory/registry.js';
import { RevocationLists } from '../directory/revocation-lists.js';
import { SsaIssuer } from '../directory/ssa.js';
import { TrustAnchor, type PublicUrls, type TrustAnchorSettings } from '../directory/trust-anchor.js';
import type { AuthorisationServer } from '../domain/authorisation-server.js';
import { isQualifiedType, type KeyRecord } from '../domain/key-record.js';
import type { Clock, DirectoryStore, KeyPairSource, Random } from '../domain/ports.js';
import { CertificateFiles } from './certificate-files.js';
import type { DemoData } from './data-files.js';
import { DefectiveCertificates } from './defects/defective-certificates.js';
import { DefectiveSsas } from './defects/defective-ssas.js';
import { DemoCertificates, loadDemoData } from './demo.js';
import { createReadyTpp, createTppWithoutKeys, type ReadyTpp, type UncertifiedTpp } from './ready-tpp.js';

/** What one directory does, be it the Directory or a further trust anchor. @internal */
export interface DirectoryServices {
  readonly registry: Registry;
  readonly search: DirectorySearch;
  readonly authorisationServers: AuthorisationServers;
  readonly certificates: CertificateService;
  readonly defectiveCertificates: DefectiveCertificates;
  readonly publicKeys: PublicKeys;
  readonly associations: Associations;
  readonly keyReservations: KeyReservations;
  readonly keyRegister: KeyRegister;
  readonly intake: CertificateIntake;
  readonly keystore: Keystore;
  readonly certificateFiles: CertificateFiles;
  readonly ssaIssuer: SsaIssuer;
  readonly defectiveSsas: DefectiveSsas;
  readonly trustAnchor: TrustAnchor;
  readonly revocationLists: RevocationLists;
  readonly ocspResponder: OcspResponder;
  /** The provider that this directory trusts; all of a sandbox share it. */
  readonly qualifiedTrustServiceProvider: QualifiedTrustServiceProvider;
  /** @throws DomainError `invalid_input` before anything is made */
  createReadyTpp(request: unknown): Promise<ReadyTpp>;
  /** @throws DomainError `invalid_input` before anything is made */
  createTppWithoutKeys(request: unknown): Promise<UncertifiedTpp>;
  /** Where the directory is. */
  readonly urls: PublicUrls;
}

/** What every directory of a sandbox shares. */
export interface DirectorySurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly keyPairs: KeyPairSource;
  readonly qualifiedTrustServiceProvider: QualifiedTrustServiceProvider;
  /** The middle of the years for which new authorities are valid: one and the same for all of a sandbox. */
  readonly authoritiesMadeAt: () => Date;
}

/** What makes a directory one of its own. */
export interface DirectorySettings extends TrustAnchorSettings {
  readonly store: DirectoryStore;
  readonly ssaIssuer: string;
  /** Organisations that are there from the start. */
  readonly demo?: {
    readonly data: DemoData;
    readonly authorisationServersOf: (organisationId: string) => readonly AuthorisationServer[];
  };
}

/** Opens a directory with its keys, which are made when it has none yet. @throws DomainError `storage_failed` */
export async function openDirectory(
  { clock, random, keyPairs, authoritiesMadeAt, qualifiedTrustServiceProvider: qtsp }: DirectorySurroundings,
  { store, names, urls, ssaIssuer: issuer, demo }: DirectorySettings,
): Promise<DirectoryServices> {
  const { organisations, authority } = store;
  const trustAnchor = await TrustAnchor.open(
    authority,
    keyPairs,
    random,
    { names, urls },
    authoritiesMadeAt(),
  );
  const registry = new Registry(organisations, clock, random);
  await registry.settleHolds();
  const authorisationServers = new AuthorisationServers(organisations, random);
  const keyReservations = new KeyReservations(organisations);
  const drafts = new CertificateDrafts(organisations, trustAnchor, qtsp, random);
  const plainCertificates = new Certificates(organisations, keyReservations, drafts, keyPairs, clock);
  if (demo) {
    await loadDemoData({ registry, authorisationServers }, demo.data, {
      clock,
      authorisationServersOf: demo.authorisationServersOf,
    });
  }
  const certificates = demo ? new DemoCertificates(plainCertificates, clock, demo.data) : plainCertificates;
  const ssaIssuer = new SsaIssuer(organisations, certificates, trustAnchor, clock, random, { issuer, urls });
  const publicKeys = new PublicKeys(organisations, keyReservations, clock);
  const keyRegister = new KeyRegister(certificates, publicKeys);
  const keystore = new Keystore(certificates, publicKeys, registry, trustAnchor, clock, urls);
  const isIssuedHere = ({ type }: KeyRecord) => !isQualifiedType(type);
  return {
    registry,
    search: new DirectorySearch(organisations),
    authorisationServers,
    certificates,
    defectiveCertificates: new DefectiveCertificates({
      certificates,
      drafts,
      organisations,
      keyReservations,
      keyPairs,
      clock,
      random,
    }),
    publicKeys,
    associations: new Associations(organisations, clock),
    keyReservations,
    keyRegister,
    intake: new CertificateIntake(certificates, publicKeys, keyRegister, () => qtsp.issuersIfMade(), clock),
    keystore,
    certificateFiles: new CertificateFiles(certificates, keystore, random),
    ssaIssuer,
    defectiveSsas: new DefectiveSsas(ssaIssuer, keyPairs, clock, random, urls),
    trustAnchor,
    revocationLists: new RevocationLists(organisations, clock, () => trustAnchor.issuers, isIssuedHere),
    ocspResponder: new DelegatedOcspResponder(
      () => trustAnchor.issuers.issuing,
      new CertificateStatuses(organisations, isIssuedHere, (serial) => trustAnchor.isOwnCertificate(serial)),
      keyPairs,
      clock,
      random,
    ),
    qualifiedTrustServiceProvider: qtsp,
    createReadyTpp: (request) => createReadyTpp({ registry, certificates, ssaIssuer }, request),
    createTppWithoutKeys: (request) => createTppWithoutKeys(registry, request),
    urls,
  };
}
