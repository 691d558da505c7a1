import { Bank } from '../aspsp/bank.js';
import type { BankProfile } from '../aspsp/profile.js';
import { Certificates, type CertificateService } from '../directory/certificates.js';
import { Keystore } from '../directory/keystore.js';
import { Registry } from '../directory/registry.js';
import { SsaIssuer } from '../directory/ssa.js';
import { TrustAnchor, type PublicUrls } from '../directory/trust-anchor.js';
import { notFound } from '../domain/errors.js';
import type { BankRepository, Clock, JwksFetcher, KeyPairSource, Random, Store } from '../domain/ports.js';
import { authorityNames } from '../pki/profiles.js';
import { readBankProfiles, readDemoData } from './data-files.js';
import { DemoCertificates, loadDemoData } from './demo.js';
import { Inspector } from './inspection.js';
import { createReadyTpp, type ReadyTpp } from './ready-tpp.js';

/** Everything a sandbox does, without HTTP. */
export interface Services {
  readonly registry: Registry;
  readonly certificates: CertificateService;
  readonly keystore: Keystore;
  readonly ssaIssuer: SsaIssuer;
  readonly trustAnchor: TrustAnchor;
  readonly inspector: Inspector;
  readonly banks: readonly Bank[];
  /** @throws DomainError `not_found` */
  getBank(bankId: string): Bank;
  /** @throws DomainError `invalid_input` before anything is made */
  createReadyTpp(request: unknown): Promise<ReadyTpp>;
}

export interface ServiceDependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly keyPairs: KeyPairSource;
  readonly jwksFetcher: JwksFetcher;
  /** Known once the ports are bound: certificates and SSAs carry them. */
  readonly urls: PublicUrls;
  readonly ssaIssuer: string;
  readonly demo: boolean;
}

/** The composition root: opens no socket. @throws DomainError `storage_failed`, StoreError `unreadable_file` */
export async function createServices(dependencies: ServiceDependencies): Promise<Services> {
  const { store, clock, random, keyPairs, urls } = dependencies;
  const trustAnchor = await TrustAnchor.open(
    store.authority,
    keyPairs,
    random,
    { names: authorityNames, urls },
    clock.now(),
  );
  const registry = new Registry(store.organisations, clock, random);
  const plainCertificates = new Certificates(store.organisations, trustAnchor, keyPairs, clock, random);
  const demoData = dependencies.demo ? readDemoData() : undefined;
  if (demoData) await loadDemoData(registry, demoData);
  const certificates = demoData
    ? new DemoCertificates(plainCertificates, clock, demoData)
    : plainCertificates;
  const keystore = new Keystore(certificates, trustAnchor, urls);
  const ssaIssuer = new SsaIssuer(store.organisations, certificates, trustAnchor, clock, random, {
    issuer: dependencies.ssaIssuer,
    urls,
  });
  const profiles = readBankProfiles(urls, dependencies.ssaIssuer);
  const openBank = (profile: BankProfile, repository: BankRepository) =>
    makeBank(profile, repository, trustAnchor, dependencies);
  const banks = dependencies.demo
    ? await Promise.all(profiles.map(async (profile) => openBank(profile, await store.bank(profile.id))))
    : [];
  return {
    registry,
    certificates,
    keystore,
    ssaIssuer,
    trustAnchor,
    banks,
    inspector: new Inspector(
      openBank(firstOf(profiles), await store.bank(firstOf(profiles).id)),
      () => banks,
    ),
    getBank: (bankId) => {
      const bank = banks.find(({ profile }) => profile.id === bankId);
      if (!bank) throw notFound('bank', bankId);
      return bank;
    },
    createReadyTpp: (request) => createReadyTpp({ registry, certificates, ssaIssuer }, request),
  };
}

/** A bank is told where the Directory is and which root to trust, and nothing else. */
function makeBank(
  profile: BankProfile,
  repository: BankRepository,
  trustAnchor: TrustAnchor,
  { clock, random, jwksFetcher, urls }: ServiceDependencies,
): Bank {
  return new Bank(profile, {
    clock,
    random,
    repository,
    jwksFetcher,
    trust: { rootsPem: trustAnchor.rootPem, issuersPem: trustAnchor.issuingPem },
    issuer: `${urls.https}/aspsp/${profile.id}`,
    jwksUri: `${urls.https}/${profile.organisationId}/${profile.organisationId}.jwks`,
  });
}

function firstOf(profiles: readonly BankProfile[]): BankProfile {
  const [first] = profiles;
  if (!first) throw new Error('There is no bank profile in data/banks.');
  return first;
}
