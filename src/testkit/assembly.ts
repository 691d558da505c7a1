import type { PublicUrls } from '../directory/trust-anchor.js';
import type { JwksFetcher, KeyPairSource, Random, Store } from '../domain/ports.js';
import { Doors } from '../http/doors.js';
import type { Logger } from '../http/logging.js';
import type { ClientCertificateOf } from '../http/protocol/client.js';
import type { ClockSetting } from '../sandbox/clock-control.js';
import type { Options } from '../sandbox/options.js';
import { systemRandom } from '../sandbox/random.js';
import { createServices, type Services } from '../sandbox/services.js';
import { readGivenState, refuseOverwriting } from '../sandbox/state/given-state.js';
import { knownParts } from '../sandbox/state/integrity.js';
import { StateKeeper, type Snapshot } from '../sandbox/state/state-keeper.js';
import { openStore } from '../sandbox/stores.js';
import type { SandboxOptions } from './options.js';

/** What a sandbox begins with. */
export interface Start {
  readonly store: Store;
  readonly given: Snapshot | undefined;
  /** Whether its authority has keys already. */
  readonly hasKeys: boolean;
}

/** @throws ConfigurationError for a data directory or a state that cannot be used */
export async function openStart(options: Options, state: SandboxOptions['state']): Promise<Start> {
  const given = state === undefined ? undefined : readGivenState(state, options);
  const store = await openStore(options);
  if (given) await refuseOverwriting(store, options);
  const authority = given ? given.store.directory.authority : store.authority.find();
  return { store, given, hasKeys: authority !== undefined && authority !== null };
}

/** What a sandbox is put together from. */
export interface Parts {
  readonly options: Options;
  readonly urls: PublicUrls;
  readonly start: Start;
  readonly clock: ClockSetting | undefined;
  /** Where identifiers come from. */
  readonly random: Random;
  readonly keyPairs: KeyPairSource;
  readonly fetcher: JwksFetcher;
  readonly logger: Logger;
}

/** @param prepare gets ready, for other services, what is not an application; what it returns makes the change */
export async function assemble(
  { options, urls, start, clock, random, keyPairs, fetcher, logger }: Parts,
  clientCertificateOf: ClientCertificateOf,
  prepare: (services: Services) => Promise<() => void>,
): Promise<{ keeper: StateKeeper; doors: Doors }> {
  const { ssaIssuer, demo, aliases } = options;
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
  const shared = { random, keyPairs, jwksFetcher: fetcher, urls, ssaIssuer, demo, aliases };
  const keeper = await StateKeeper.open(
    start.store,
    {
      knownParts: knownParts(demo),
      createServices: (store, clockOfServices) =>
        createServices({ ...shared, store, clock: clockOfServices }),
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
