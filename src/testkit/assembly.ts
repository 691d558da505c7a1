import type { PublicUrls } from '../directory/trust-anchor.js';
import type { JwksFetcher, Random, Store } from '../domain/ports.js';
import { Doors } from '../http/doors.js';
import type { Logger } from '../http/logging.js';
import type { ClientCertificateOf } from '../http/protocol/client.js';
import { seededRandom, systemRandom } from '../sandbox/random.js';
import { createServices, type Services } from '../sandbox/services.js';
import { readGivenState, refuseOverwriting } from '../sandbox/state/given-state.js';
import { knownParts } from '../sandbox/state/integrity.js';
import { StateKeeper, type Snapshot } from '../sandbox/state/state-keeper.js';
import { openStore } from '../sandbox/stores.js';
import type { TppSender } from '../sandbox/tpp-sender.js';
import { sandboxKeys, type SandboxKeys } from './key-pairs.js';
import type { Settings } from './options.js';

/** What a sandbox begins with. */
export interface Start {
  readonly store: Store;
  readonly given: Snapshot | undefined;
  readonly random: Random;
  readonly keys: SandboxKeys;
}

/** @throws ConfigurationError for a data directory, a state or a key cache that cannot be used */
export async function openStart({ options, bankProfiles, seed, given }: Settings): Promise<Start> {
  const { state } = given;
  const snapshot =
    state === undefined ? undefined : readGivenState(state, knownParts(options.demo, bankProfiles));
  const store = await openStore(options);
  if (snapshot) await refuseOverwriting(store, options);
  try {
    const authority = snapshot ? snapshot.store.directory.authority : store.authority.find();
    const keys = sandboxKeys(given, options, authority !== undefined && authority !== null);
    return { store, given: snapshot, random: randomOf(seed, snapshot), keys };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What a state holds may have been made with the same seed: its identifiers must not come again. */
function randomOf(seed: string | undefined, given: Snapshot | undefined): Random {
  if (seed === undefined) return systemRandom;
  return seededRandom(`${given?.store.directory.organisations.length ?? 0} ${seed}`);
}

/** What a sandbox is put together from. */
export interface Parts {
  readonly settings: Settings;
  readonly urls: PublicUrls;
  readonly start: Start;
  readonly fetcher: JwksFetcher;
  readonly sender: TppSender;
  readonly logger: Logger;
}

/** @param prepare gets ready, for other services, what is not an application; what it returns makes the change */
export async function assemble(
  { settings, urls, start, fetcher, sender, logger }: Parts,
  clientCertificateOf: ClientCertificateOf,
  prepare: (services: Services) => Promise<() => void>,
): Promise<{ keeper: StateKeeper; doors: Doors }> {
  const { options, clock, bankProfiles } = settings;
  const { ssaIssuer, demo, aliases } = options;
  const { random, keys } = start;
  const doors = new Doors({
    options,
    logger,
    random: systemRandom,
    clientCertificateOf,
    state: () => keeper,
  });
  const prepareDoors = async (services: Services) => {
    const changes = [doors.prepare(services), await prepare(services)];
    return () => changes.forEach((change) => change());
  };
  const shared = { random, jwksFetcher: fetcher, sender, urls, ssaIssuer, demo, aliases, bankProfiles };
  const keeper = await StateKeeper.open(
    start.store,
    {
      knownParts: () => knownParts(demo, bankProfiles),
      createServices: async (store, clockOfServices) =>
        createServices({ ...shared, store, keyPairs: await keys.for(store), clock: clockOfServices }),
      prepareDoors,
    },
    start.given,
    clock,
  );
  (await prepareDoors(keeper.services))();
  return { keeper, doors };
}

/** As `URL.origin` writes them: without the port where it is the usual one. */
export function publicUrls(host: string, httpPort: number, httpsPort: number): PublicUrls {
  return {
    http: new URL(`http://${host}:${httpPort}`).origin,
    https: new URL(`https://${host}:${httpsPort}`).origin,
  };
}
