import { limits } from '../domain/limits.js';
import { FaultyFetcher } from '../http/faulty-fetcher.js';
import { HttpsJwksFetcher } from '../http/jwks-fetcher.js';
import { clientCertificateOf, Listeners } from '../http/listeners.js';
import { createLogger } from '../http/logging.js';
import { keystoreFetcher } from '../http/protocol/public-artefacts.js';
import { realClock } from '../sandbox/clock.js';
import { KeyPool } from '../sandbox/key-pool.js';
import type { Options } from '../sandbox/options.js';
import { systemRandom } from '../sandbox/random.js';
import { serverNames } from '../sandbox/server-names.js';
import type { Services } from '../sandbox/services.js';
import type { StateKeeper } from '../sandbox/state/state-keeper.js';
import { assemble, openStart, publicUrls, type Parts, type Start } from './assembly.js';
import { MemoryCourier, overTls } from './calls.js';
import { clockSetting, completeOptions, type SandboxOptions, type SocketlessOptions } from './options.js';
import { TestSandbox, type Sandbox } from './sandbox.js';

/** Root, issuing, signing and server key. */
const KEYS_OF_A_FIRST_START = 4;
/** Two for the next ready TPP and two for the one after. */
const KEYS_KEPT_READY = 4;

/**
 * A sandbox without sockets, for supertest and the like. It finds its own keystore without TLS; the certificate of a
 * client is whatever `clientCertificateOf` says. Its TPPs call it through memory, each with its own certificate.
 * @throws ConfigurationError for options that contradict each other, a data directory or a state that cannot be used
 */
export async function createSandbox(given: SocketlessOptions = {}): Promise<Sandbox> {
  const options = completeOptions(given);
  const clock = clockSetting(given.clock);
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
  const random = systemRandom;
  const memory = new MemoryCourier((request, response) => doors.protocol(request, response));
  const { keeper, doors } = await assemble(
    { options, urls, start, clock, random, keyPairs, fetcher, logger: createLogger(options.logLevel) },
    (request) => memory.certificateOf(request) ?? given.clientCertificateOf?.(request),
    () => Promise.resolve(() => undefined),
  );
  current.keeper = keeper;
  return new TestSandbox({
    keeper,
    doors,
    urls,
    random,
    courier: (call, caller) => {
      const isOurs = new URL(call.url).origin === urls.https;
      return (isOurs ? memory.deliver : overTls)(call, caller);
    },
    close: () => {
      fetcher.close();
      memory.close();
      return keeper.close();
    },
  });
}

/**
 * A sandbox that listens; port 0, the default here, stands for any free one. Kept in memory unless told otherwise.
 * @throws ConfigurationError for a port that is taken, options that contradict each other, a data directory or a state
 *   that cannot be used
 */
export async function startSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  const options = completeOptions(given, { httpPort: 0, httpsPort: 0 });
  const clock = clockSetting(given.clock);
  const listeners = await Listeners.bind(options.host, { http: options.httpPort, https: options.httpsPort });
  let start: Start | undefined;
  try {
    start = await openStart(options, given.state);
    return await listen(options, { ...given, clock }, listeners, start);
  } catch (error) {
    await listeners.close();
    await start?.store.close();
    throw error;
  }
}

async function listen(
  options: Options,
  {
    keyPairs: givenKeyPairs,
    jwksTimeoutMilliseconds,
    clock,
  }: Omit<SandboxOptions, 'clock'> & Pick<Parts, 'clock'>,
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
  const random = systemRandom;
  const issueIdentity = ({ trustAnchor }: Services) =>
    trustAnchor.issueServerIdentity(serverNames(options), realClock.now());
  const { keeper, doors } = await assemble(
    { options, urls, start, clock, random, keyPairs, fetcher, logger },
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
  return new TestSandbox({
    keeper,
    doors,
    urls,
    random,
    courier: overTls,
    close: async () => {
      pool?.fill(0);
      fetcher.close();
      await listeners.close();
      await keeper.close();
    },
  });
}
