import type { RequestListener } from 'node:http';
import type { PublicUrls } from './directory/trust-anchor.js';
import { limits } from './domain/limits.js';
import type { JwksFetcher, KeyPairSource, Store } from './domain/ports.js';
import { Doors } from './http/doors.js';
import { FaultyFetcher } from './http/faulty-fetcher.js';
import { HttpsJwksFetcher } from './http/jwks-fetcher.js';
import { clientCertificateOf, Listeners } from './http/listeners.js';
import { createLogger, type Logger } from './http/logging.js';
import type { ClientCertificateOf } from './http/protocol/client.js';
import { keystoreFetcher } from './http/protocol/public-artefacts.js';
import { realClock, type SandboxClock } from './sandbox/clock.js';
import { KeyPool } from './sandbox/key-pool.js';
import { parseOptions, refuseContradictions, type Options } from './sandbox/options.js';
import { systemRandom } from './sandbox/random.js';
import { serverNames } from './sandbox/server-names.js';
import { createServices, type Services } from './sandbox/services.js';
import { knownParts } from './sandbox/state/integrity.js';
import { readGivenState, reasonOfFailedStart, refuseOverwriting } from './sandbox/state/given-state.js';
import type { StateFile } from './sandbox/state/state-file.js';
import { StateKeeper, type Snapshot, type StateControl } from './sandbox/state/state-keeper.js';
import { openStore } from './sandbox/stores.js';

export type { Anchor } from './sandbox/anchors.js';
export type { CertificateDefectName } from './sandbox/defects/certificate-defects.js';
export type { ClaimOverride } from './sandbox/defects/claim-override.js';
export type { Defect } from './sandbox/defects/defect.js';
export type { DefectiveCertificates } from './sandbox/defects/defective-certificates.js';
export type { DefectiveSsa, DefectiveSsaRequest } from './sandbox/defects/defective-ssas.js';
export type { SsaDefectName } from './sandbox/defects/ssa-defects.js';
export type { DirectoryServices } from './sandbox/directory-services.js';
export type { Options } from './sandbox/options.js';
export type { IssuedQualifiedCertificate } from './sandbox/qualified-certificates.js';
export type { ReadyTpp, ReadyTppRequest } from './sandbox/ready-tpp.js';
export type { Services } from './sandbox/services.js';
export type { StateFile } from './sandbox/state/state-file.js';

/** A sandbox in this process. */
export interface Sandbox {
  /** Those in force: others take their place when the whole state is replaced. */
  readonly services: Services;
  /** That of the services in force. */
  readonly clock: SandboxClock;
  readonly state: StateControl;
  readonly urls: PublicUrls;
  readonly deskApp: RequestListener;
  readonly protocolApp: RequestListener;
  /** Lets go of every socket, timer and file. */
  close(): Promise<void>;
}

/** Options of the command line, and what only a program can give. */
export type SandboxOptions = Partial<Omit<Options, 'state'>> & {
  /** Key pairs to use instead of new ones. */
  readonly keyPairs?: KeyPairSource;
  /** A state to begin with: the path of a file, or what such a file holds. */
  readonly state?: string | StateFile | undefined;
  /** How long a bank waits for a JWKS, from the look-up of its server to the last byte. */
  readonly jwksTimeoutMilliseconds?: number;
};

/** Root, issuing, signing and server key. */
const KEYS_OF_A_FIRST_START = 4;
/** Two for the next ready TPP and two for the one after. */
const KEYS_KEPT_READY = 4;

const defaults: Options = { ...parseOptions([], {}), inMemory: true, logLevel: 'silent' };

/**
 * A sandbox without sockets, for supertest and the like. It finds its own keystore without TLS; the certificate of a
 * client is whatever `clientCertificateOf` says.
 * @throws ConfigurationError for options that contradict each other, a data directory or a state that cannot be used
 */
export async function createSandbox(
  given: SandboxOptions & { readonly clientCertificateOf?: ClientCertificateOf } = {},
): Promise<Sandbox> {
  const options: Options = { ...defaults, ...given, state: undefined };
  refuseContradictions(options);
  const urls = publicUrls(options.publicHost, options.httpPort, options.httpsPort);
  const start = await openStart(options, given.state);
  const current: { keeper?: StateKeeper } = {};
  const services = () => {
    if (!current.keeper) throw new Error('The sandbox is not ready yet.');
    return current.keeper.services;
  };
  const fetcher = new FaultyFetcher(keystoreFetcher(services, urls.https), {
    faults: () => services().faults,
    ownOrigin: urls.https,
    timeoutMilliseconds: given.jwksTimeoutMilliseconds ?? limits.jwksTimeoutMilliseconds,
  });
  const keyPairs = given.keyPairs ?? new KeyPool(start.hasKeys ? 0 : KEYS_OF_A_FIRST_START);
  const { keeper, doors } = await assemble(
    { options, urls, start, keyPairs, fetcher, logger: createLogger(options.logLevel) },
    given.clientCertificateOf ?? (() => undefined),
    () => Promise.resolve(() => undefined),
  ).catch(async (error: unknown) => {
    await start.store.close();
    throw reasonOfFailedStart(error, start.given);
  });
  current.keeper = keeper;
  return sandboxOf(keeper, doors, urls, () => {
    fetcher.close();
    return keeper.close();
  });
}

/**
 * A sandbox that listens; port 0, the default here, stands for any free one. Kept in memory unless told otherwise.
 * @throws ConfigurationError for a port that is taken, options that contradict each other, a data directory or a state
 *   that cannot be used
 */
export async function startSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  const options: Options = { ...defaults, httpPort: 0, httpsPort: 0, ...given, state: undefined };
  refuseContradictions(options);
  const listeners = await Listeners.bind(options.host, { http: options.httpPort, https: options.httpsPort });
  let start: Start | undefined;
  try {
    start = await openStart(options, given.state);
    return await listen(options, given, listeners, start);
  } catch (error) {
    await listeners.close();
    await start?.store.close();
    throw reasonOfFailedStart(error, start?.given);
  }
}

async function listen(
  options: Options,
  { keyPairs: givenKeyPairs, jwksTimeoutMilliseconds }: SandboxOptions,
  listeners: Listeners,
  start: Start,
): Promise<Sandbox> {
  const urls = publicUrls(options.publicHost, listeners.httpPort, listeners.httpsPort);
  const pool = givenKeyPairs ? undefined : new KeyPool(start.hasKeys ? 0 : KEYS_OF_A_FIRST_START);
  const keyPairs = givenKeyPairs ?? pool ?? new KeyPool(0);
  const trusted = { rootPem: '' };
  const fetcher = new HttpsJwksFetcher({
    ca: () => trusted.rootPem,
    own: () => ({ origin: urls.https, address: listeners.localAddress }),
    ...(jwksTimeoutMilliseconds === undefined ? {} : { timeoutMilliseconds: jwksTimeoutMilliseconds }),
  });
  const logger = createLogger(options.logLevel);
  const issueIdentity = ({ trustAnchor }: Services) =>
    trustAnchor.issueServerIdentity(serverNames(options), realClock.now());
  const { keeper, doors } = await assemble(
    { options, urls, start, keyPairs, fetcher, logger },
    clientCertificateOf,
    async (services) => {
      const identity = await issueIdentity(services);
      return () => {
        trusted.rootPem = services.trustAnchor.rootPem;
        listeners.present(identity);
      };
    },
  );
  listeners.open(doors, {
    issue: () => issueIdentity(keeper.services),
    realNow: () => realClock.now(),
    onFailure: (error) => logger.error({ err: error }, 'the server certificate could not be renewed'),
  });
  pool?.fill(KEYS_KEPT_READY);
  return sandboxOf(keeper, doors, urls, async () => {
    pool?.fill(0);
    fetcher.close();
    await listeners.close();
    await keeper.close();
  });
}

/** What a sandbox begins with. */
interface Start {
  readonly store: Store;
  readonly given: Snapshot | undefined;
  /** Whether its authority has keys already. */
  readonly hasKeys: boolean;
}

async function openStart(options: Options, state: SandboxOptions['state']): Promise<Start> {
  const given = state === undefined ? undefined : readGivenState(state, options);
  const store = await openStore(options);
  if (given) await refuseOverwriting(store, options);
  const authority = given ? given.store.directory.authority : store.authority.find();
  return { store, given, hasKeys: authority !== undefined && authority !== null };
}

interface Parts {
  readonly options: Options;
  readonly urls: PublicUrls;
  readonly start: Start;
  readonly keyPairs: KeyPairSource;
  readonly fetcher: JwksFetcher;
  readonly logger: Logger;
}

/** @param prepare gets ready, for other services, what is not an application; what it returns makes the change */
async function assemble(
  { options, urls, start, keyPairs, fetcher, logger }: Parts,
  certificateOf: ClientCertificateOf,
  prepare: (services: Services) => Promise<() => void>,
): Promise<{ keeper: StateKeeper; doors: Doors }> {
  const random = systemRandom;
  const { ssaIssuer, demo, aliases } = options;
  const doors = new Doors({
    options,
    logger,
    random,
    clientCertificateOf: certificateOf,
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
      createServices: (store, clock) => createServices({ ...shared, store, clock }),
      prepareDoors,
    },
    start.given,
  );
  (await prepareDoors(keeper.services))();
  return { keeper, doors };
}

function sandboxOf(keeper: StateKeeper, doors: Doors, urls: PublicUrls, close: () => Promise<void>): Sandbox {
  return {
    get services() {
      return keeper.services;
    },
    get clock() {
      return keeper.services.clock;
    },
    state: keeper,
    urls,
    deskApp: doors.desk,
    protocolApp: doors.protocol,
    close,
  };
}

/** As `URL.origin` writes them: without the port where it is the usual one. */
function publicUrls(host: string, httpPort: number, httpsPort: number): PublicUrls {
  return {
    http: new URL(`http://${host}:${httpPort}`).origin,
    https: new URL(`https://${host}:${httpsPort}`).origin,
  };
}
