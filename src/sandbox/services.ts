import type { Bank } from '../aspsp/bank.js';
import { bankProfileSchema, type BankProfile } from '../aspsp/profile.js';
import type { ProfileDifference } from '../aspsp/profile-settings.js';
import { QualifiedTrustServiceProvider } from '../directory/qualified-trust-service-provider.js';
import type { PublicUrls, TrustAnchor } from '../directory/trust-anchor.js';
import { notFound } from '../domain/errors.js';
import type { JwksFetcher, KeyPairSource, Random, Store } from '../domain/ports.js';
import { authorityNames } from '../pki/profiles.js';
import { lazyAnchor, type Anchor } from './anchors.js';
import { Attempts } from './attempts.js';
import { authorisationServerOf } from './authorisation-servers.js';
import { Banks, openBank, resolve, type BanksSettings } from './banks.js';
import type { ClockBounds, SandboxClock } from './clock.js';
import { Registrations } from './composing/registrations.js';
import { conformanceConfig, type ConformanceConfig, type ConformanceVersion } from './conformance.js';
import { readAnchors, readBankProfiles, readDemoData, type ShippedProfile } from './data-files.js';
import { createDirectoryApi, type DirectoryApiServices } from './directory-api-services.js';
import { DirectoryCalls } from './directory-calls.js';
import { openDirectory, type DirectoryServices } from './directory-services.js';
import { Faults } from './faults/faults.js';
import { Inspector } from './inspection/inspector.js';
import { issueQualifiedCertificate, type IssuedQualifiedCertificate } from './qualified-certificates.js';
import { Parties } from './tape/parties.js';
import { recordingFetcher } from './tape/recording-fetcher.js';
import { Tape } from './tape/tape.js';
import type { TppSender } from './tpp-sender.js';
import { tppArchive, type TppFile } from './tpp-files/tpp-archive.js';

const REFERENCE_BANK = 'reference';

/** Everything a sandbox does, without HTTP: what the Directory does, and what is around it. @internal */
export interface Services extends DirectoryServices, DirectoryApiServices {
  readonly clock: SandboxClock;
  readonly inspector: Inspector;
  /**
   * An eIDAS certificate for an organisation that the Directory need not know; it is registered nowhere.
   * @throws DomainError `invalid_input`, `invalid_csr`
   */
  issueQualifiedCertificate(request: unknown): Promise<IssuedQualifiedCertificate>;
  readonly banks: readonly Bank[];
  /** @throws DomainError `not_found` */
  getBank(bankId: string): Bank;
  /** What was attempted at all of them. */
  readonly attempts: Attempts;
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
  /**
   * Everything that a TPP registers at the reference bank with.
   * @throws DomainError `not_found`, and whatever keeps an SSA from being issued
   */
  tppFiles(softwareId: string): Promise<TppFile[]>;
  /** The bank that is meant where no other is named; undefined in a sandbox without banks. */
  readonly referenceBank: Bank | undefined;
  /** Trust anchors beside the Directory. */
  readonly anchors: readonly Anchor[];
  /** @throws DomainError `not_found` */
  getAnchor(anchorId: string): Anchor;
  /** Registers software statements at the banks, as their TPPs would. */
  readonly registrations: Registrations;
  /** The same for the software statements of a trust anchor beside the Directory. */
  registrationsOf(directory: DirectoryServices): Registrations;
  /** Calls the Directory's own API, as the clients that software statements are. */
  readonly directoryCalls: DirectoryCalls;
  /** What misbehaves on request; whoever serves or fetches asks here, in a decorator. */
  readonly faults: Faults;
  /** What passed between TPPs, Directory and banks, and who they were. */
  readonly tape: Tape;
  readonly parties: Parties;
}

export interface ServiceDependencies {
  readonly store: Store;
  readonly clock: SandboxClock;
  readonly random: Random;
  readonly keyPairs: KeyPairSource;
  readonly jwksFetcher: JwksFetcher;
  readonly sender: TppSender;
  /** Known once the ports are bound: certificates and SSAs carry them. */
  readonly urls: PublicUrls;
  /** Further names that the Directory goes by. */
  readonly aliases: readonly string[];
  readonly ssaIssuer: string;
  readonly demo: boolean;
  /** The profiles that banks come with, the reference bank first; those that ship with the product when absent. */
  readonly bankProfiles?: readonly ShippedProfile[] | undefined;
}

/** The composition root: opens no socket. @throws DomainError `storage_failed`, StoreError `unreadable_file` */
export async function createServices(dependencies: ServiceDependencies): Promise<Services> {
  const { store, clock, urls, demo } = dependencies;
  const shipped = dependencies.bankProfiles ?? readBankProfiles();
  // The Directory's authority is made first; the others follow when someone looks at them, with its dates.
  const kept = store.authority.find();
  const madeAt = kept ? new Date(kept.createdAt) : clock.realNow();
  const authoritiesMadeAt = () => madeAt;
  const qtsp = qualifiedTrustServiceProvider(dependencies, authoritiesMadeAt);
  const surroundings = { ...dependencies, authoritiesMadeAt, qualifiedTrustServiceProvider: qtsp };
  const directory = await openDirectory(surroundings, {
    store,
    names: authorityNames,
    urls,
    ssaIssuer: dependencies.ssaIssuer,
    ...(demo ? { demo: demoOf(shipped, urls) } : {}),
  });
  clock.keepWithin(boundsOf(directory.trustAnchor));
  const anchors = demo ? readAnchors().map((definition) => lazyAnchor(definition, surroundings)) : [];
  const tape = new Tape(clock);
  const bankSettings: BanksSettings = {
    ...dependencies,
    authorities: authoritiesOf(directory, anchors),
    jwksFetcherOf: (bankId) => recordingFetcher(dependencies.jwksFetcher, tape, { kind: 'bank', bankId }),
  };
  const inspectorSettings: BanksSettings = {
    ...bankSettings,
    jwksFetcherOf: () => recordingFetcher(dependencies.jwksFetcher, tape, { kind: 'desk' }),
  };
  const banks = await Banks.open(demo ? shipped : [], bankSettings);
  const referenceBank = banks.list().find(({ profile }) => profile.id === REFERENCE_BANK);
  const getAnchor = (anchorId: string) => {
    const anchor = anchors.find(({ id }) => id === anchorId);
    if (!anchor) throw notFound('trust anchor', anchorId);
    return anchor;
  };
  const anchorIds = anchors.map(({ id }) => id);
  const registrationsOf = (of: DirectoryServices) =>
    new Registrations({ ...dependencies, ...of, getBank: (bankId) => banks.get(bankId) });
  return {
    ...directory,
    ...createDirectoryApi(directory, { ...dependencies, anchorIds }),
    clock,
    issueQualifiedCertificate: (request) => issueQualifiedCertificate(surroundings, request),
    banks: banks.list(),
    attempts: new Attempts(banks.list()),
    inspector: new Inspector(await inspectingBank(shipped, inspectorSettings), () => banks.list(), {
      clock,
      directory,
      anchors,
    }),
    getBank: (bankId) => banks.get(bankId),
    changeBankProfile: (bankId, input) => banks.changeProfile(bankId, input),
    resetBankProfile: (bankId) => banks.resetProfile(bankId),
    hasOtherProfile: (bankId) => banks.hasOtherProfile(bankId),
    bankDifferences: (bankId) => banks.differences(bankId),
    conformanceConfig: (softwareId, bankId, version) =>
      conformanceConfig({ ...directory, httpUrl: urls.http }, softwareId, banks.get(bankId), version),
    tppFiles: (softwareId) =>
      tppArchive({ ...dependencies, ...directory, httpUrl: urls.http }, softwareId, referenceBank),
    referenceBank,
    anchors,
    getAnchor,
    registrations: registrationsOf(directory),
    registrationsOf,
    directoryCalls: new DirectoryCalls({ ...dependencies, ...directory }),
    faults: new Faults({ ...dependencies, directory, getAnchor, anchorIds }),
    tape,
    parties: new Parties({
      organisations: store.organisations,
      banks: () => banks.list(),
      anchors,
      urls,
    }),
  };
}

function qualifiedTrustServiceProvider(
  { store, keyPairs, random, urls }: ServiceDependencies,
  madeAt: () => Date,
) {
  const repository = store.qualifiedTrustServiceProvider;
  return new QualifiedTrustServiceProvider(repository, keyPairs, madeAt, random, urls);
}

/** Beyond the dates of its authorities nothing in a sandbox holds; a day is left for a clock that runs on. */
function boundsOf({ validity: { notBefore, notAfter } }: TrustAnchor): ClockBounds {
  return { earliest: notBefore, latest: new Date(notAfter.getTime() - 24 * 3_600_000) };
}

/** The demo data, where each mock bank's organisation has the bank's authorisation server. */
function demoOf(banks: readonly ShippedProfile[], urls: PublicUrls) {
  return {
    data: readDemoData(),
    authorisationServersOf: (organisationId: string) =>
      banks
        .filter((bank) => bank.organisationId === organisationId)
        .map((bank) => authorisationServerOf(bank, urls)),
  };
}

/** Whose client certificates a bank's profile may accept; all but the Directory's are made when a bank first asks. */
function authoritiesOf(
  { trustAnchor, qualifiedTrustServiceProvider: qtsp }: DirectoryServices,
  anchors: readonly Anchor[],
): BanksSettings['authorities'] {
  return {
    directory: () => Promise.resolve(certificatesOf(trustAnchor)),
    qtsp: async () => certificatesOf({ rootPem: await qtsp.rootPem(), issuingPem: await qtsp.issuingPem() }),
    ...Object.fromEntries(
      anchors.map((anchor) => [anchor.id, async () => certificatesOf((await anchor.open()).trustAnchor)]),
    ),
  };
}

function certificatesOf({ rootPem, issuingPem }: Pick<TrustAnchor, 'rootPem' | 'issuingPem'>) {
  return { rootsPem: rootPem, issuersPem: issuingPem };
}

/** A bank by whose rules a token is judged that names no bank of ours; nobody can register at it. */
async function inspectingBank([first]: readonly ShippedProfile[], settings: BanksSettings): Promise<Bank> {
  if (!first) throw new Error('There is no bank profile in data/banks.');
  const profile = bankProfileSchema.parse(resolve(first, settings));
  return openBank(profile, await settings.store.bank(profile.id), settings);
}
