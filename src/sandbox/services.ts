import type { Bank } from '../aspsp/bank.js';
import { bankProfileSchema, type BankProfile } from '../aspsp/profile.js';
import type { ProfileDifference } from '../aspsp/profile-settings.js';
import { Certificates, type CertificateService } from '../directory/certificates.js';
import { Keystore } from '../directory/keystore.js';
import { Registry } from '../directory/registry.js';
import { SsaIssuer } from '../directory/ssa.js';
import { TrustAnchor, type PublicUrls } from '../directory/trust-anchor.js';
import type { Clock, JwksFetcher, KeyPairSource, Random, Store } from '../domain/ports.js';
import { Banks, openBank, resolve, type BanksSettings } from './banks.js';
import { conformanceConfig, type ConformanceConfig, type ConformanceVersion } from './conformance.js';
import { readBankProfiles, readDemoData, type ShippedProfile } from './data-files.js';
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
  /** @throws DomainError `not_found`, `invalid_input` */
  changeBankProfile(bankId: string, input: unknown): Promise<BankProfile>;
  /** Gives a bank the profile that it came with. @throws DomainError `not_found` */
  resetBankProfile(bankId: string): Promise<BankProfile>;
  /** @throws DomainError `not_found` */
  hasOtherProfile(bankId: string): boolean;
  /** Where a bank differs from one whose profile leaves everything out. @throws DomainError `not_found` */
  bankDifferences(bankId: string): ProfileDifference[];
  /** @throws DomainError `not_found`, `precondition_failed` */
  conformanceConfig(
    softwareId: string,
    bankId: string,
    version: ConformanceVersion,
  ): Promise<ConformanceConfig>;
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
  const trustAnchor = await TrustAnchor.open(store.authority, keyPairs, random, urls, clock.now());
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
  const shipped = readBankProfiles();
  const bankSettings: BanksSettings = {
    ...dependencies,
    authorities: {
      directory: () => Promise.resolve({ rootsPem: trustAnchor.rootPem, issuersPem: trustAnchor.issuingPem }),
    },
  };
  const banks = await Banks.open(dependencies.demo ? shipped : [], bankSettings);
  return {
    registry,
    certificates,
    keystore,
    ssaIssuer,
    trustAnchor,
    banks: banks.list(),
    inspector: new Inspector(await inspectingBank(shipped, bankSettings), () => banks.list()),
    getBank: (bankId) => banks.get(bankId),
    changeBankProfile: (bankId, input) => banks.changeProfile(bankId, input),
    resetBankProfile: (bankId) => banks.resetProfile(bankId),
    hasOtherProfile: (bankId) => banks.hasOtherProfile(bankId),
    bankDifferences: (bankId) => banks.differences(bankId),
    conformanceConfig: (softwareId, bankId, version) =>
      conformanceConfig(
        { registry, certificates, ssaIssuer, trustAnchor, httpUrl: urls.http },
        softwareId,
        banks.get(bankId),
        version,
      ),
    createReadyTpp: (request) => createReadyTpp({ registry, certificates, ssaIssuer }, request),
  };
}

/** A bank by whose rules a token is judged that names no bank of ours; nobody can register at it. */
async function inspectingBank([first]: readonly ShippedProfile[], settings: BanksSettings): Promise<Bank> {
  if (!first) throw new Error('There is no bank profile in data/banks.');
  const profile = bankProfileSchema.parse(resolve(first, settings));
  return openBank(profile, await settings.store.bank(profile.id), settings);
}
