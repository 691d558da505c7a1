import { Bank } from '../aspsp/bank.js';
import type { BankProfile } from '../aspsp/profile.js';
import type { PublicUrls, TrustAnchor } from '../directory/trust-anchor.js';
import { notFound } from '../domain/errors.js';
import type { BankRepository, Clock, JwksFetcher, KeyPairSource, Random, Store } from '../domain/ports.js';
import { authorityNames } from '../pki/profiles.js';
import { lazyAnchor, type Anchor } from './anchors.js';
import { authorisationServerOf } from './authorisation-servers.js';
import { readAnchors, readBankProfiles, readDemoData } from './data-files.js';
import { openDirectory, type DirectoryServices } from './directory-services.js';
import { Inspector } from './inspection.js';

/** Everything a sandbox does, without HTTP: what the Directory does, and what is around it. */
export interface Services extends DirectoryServices {
  readonly inspector: Inspector;
  readonly banks: readonly Bank[];
  /** @throws DomainError `not_found` */
  getBank(bankId: string): Bank;
  /** Trust anchors beside the Directory. */
  readonly anchors: readonly Anchor[];
  /** @throws DomainError `not_found` */
  getAnchor(anchorId: string): Anchor;
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
  const { store, urls } = dependencies;
  const profiles = readBankProfiles(urls, dependencies.ssaIssuer);
  const directory = await openDirectory(dependencies, {
    store,
    names: authorityNames,
    urls,
    ssaIssuer: dependencies.ssaIssuer,
    ...(dependencies.demo ? { demo: demoOf(profiles, urls) } : {}),
  });
  const anchors = dependencies.demo
    ? readAnchors().map((definition) => lazyAnchor(definition, dependencies))
    : [];
  const openBank = (profile: BankProfile, repository: BankRepository) =>
    makeBank(profile, repository, directory.trustAnchor, dependencies);
  const banks = dependencies.demo
    ? await Promise.all(profiles.map(async (profile) => openBank(profile, await store.bank(profile.id))))
    : [];
  return {
    ...directory,
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
    anchors,
    getAnchor: (anchorId) => {
      const anchor = anchors.find(({ id }) => id === anchorId);
      if (!anchor) throw notFound('trust anchor', anchorId);
      return anchor;
    },
  };
}

/** The demo data, where each mock bank's organisation has the bank's authorisation server. */
function demoOf(profiles: readonly BankProfile[], urls: PublicUrls) {
  return {
    data: readDemoData(),
    authorisationServersOf: (organisationId: string) =>
      profiles
        .filter((profile) => profile.organisationId === organisationId)
        .map((profile) => authorisationServerOf(profile, urls)),
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
