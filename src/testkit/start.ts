import { limits } from '../domain/limits.js';
import { MemoryCourier, overTls } from '../http/calls.js';
import { FaultyFetcher } from '../http/faulty-fetcher.js';
import { HttpsJwksFetcher } from '../http/jwks-fetcher.js';
import { clientCertificateOf, Listeners } from '../http/listeners.js';
import { createLogger } from '../http/logging.js';
import { keystoreFetcher } from '../http/protocol/public-artefacts.js';
import { memorySender, tlsSender } from '../http/tpp-sender.js';
import { realClock } from '../sandbox/clock.js';
import { serverNames } from '../sandbox/server-names.js';
import type { Services } from '../sandbox/services.js';
import { reasonOfFailedStart } from '../sandbox/state/given-state.js';
import type { StateKeeper } from '../sandbox/state/state-keeper.js';
import { assemble, openStart, publicUrls, type Start } from './assembly.js';
import { readSettings, type SandboxOptions, type Settings, type SocketlessOptions } from './options.js';
import { TestSandbox, type Sandbox } from './sandbox.js';

/**
 * A sandbox without sockets, for supertest and the like. It finds its own keystore without TLS; the certificate of a
 * client is whatever `clientCertificateOf` says. Its TPPs call it through memory, each with its own certificate.
 * @throws ConfigurationError for options that are wrong or contradict each other, a data directory or a state that cannot
 *   be used
 */
export async function createSandbox(given: SocketlessOptions = {}): Promise<Sandbox> {
  const settings = readSettings(given);
  const start = await openStart(settings);
  try {
    return await connectThroughMemory(settings, given, start);
  } catch (error) {
    await letGo(start);
    throw reasonOfFailedStart(error, start.given);
  }
}

async function connectThroughMemory(
  settings: Settings,
  { clientCertificateOf: certificateOf, jwksTimeoutMilliseconds }: SocketlessOptions,
  start: Start,
): Promise<Sandbox> {
  const { options } = settings;
  const urls = publicUrls(options.publicHost, options.httpPort, options.httpsPort);
  const current: { keeper?: StateKeeper } = {};
  const services = () => {
    if (!current.keeper) throw new Error('The sandbox is not ready yet.');
    return current.keeper.services;
  };
  const fetcher = new FaultyFetcher(keystoreFetcher(services, urls.https), {
    faults: () => services().faults,
    ownOrigin: urls.https,
    timeoutMilliseconds: jwksTimeoutMilliseconds ?? limits.jwksTimeoutMilliseconds,
  });
  const memory = new MemoryCourier((request, response) => doors.protocol(request, response));
  const { keeper, doors } = await assemble(
    { settings, urls, start, fetcher, sender: memorySender(memory), logger: createLogger(options.logLevel) },
    memory.certificateOf(certificateOf),
    () => Promise.resolve(() => undefined),
  );
  current.keeper = keeper;
  return new TestSandbox({
    keeper,
    doors,
    urls,
    ssaIssuer: options.ssaIssuer,
    random: start.random,
    courier: (call, caller) => {
      const isOurs = new URL(call.url).origin === urls.https;
      return (isOurs ? memory.deliver : overTls)(call, caller);
    },
    close: () => {
      start.keys.close();
      fetcher.close();
      memory.close();
      return keeper.close();
    },
  });
}

/**
 * A sandbox that listens; port 0, the default here, stands for any free one. Kept in memory unless told otherwise.
 * @throws ConfigurationError for a port that is taken, options that are wrong or contradict each other, a data directory
 *   or a state that cannot be used
 */
export async function startSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  const settings = readSettings(given, { httpPort: 0, httpsPort: 0 });
  const { host, httpPort, httpsPort } = settings.options;
  const listeners = await Listeners.bind(host, { http: httpPort, https: httpsPort });
  let start: Start | undefined;
  try {
    start = await openStart(settings);
    return await listen(settings, listeners, start);
  } catch (error) {
    await listeners.close();
    if (start) await letGo(start);
    throw reasonOfFailedStart(error, start?.given);
  }
}

async function listen(settings: Settings, listeners: Listeners, start: Start): Promise<Sandbox> {
  const { options, given } = settings;
  const { jwksTimeoutMilliseconds } = given;
  const urls = publicUrls(options.publicHost, listeners.httpPort, listeners.httpsPort);
  const trusted = { rootPem: '' };
  const ca = () => trusted.rootPem;
  const own = () => ({ origin: urls.https, address: listeners.localAddress });
  const fetcher = new HttpsJwksFetcher({
    ca,
    own,
    ...(jwksTimeoutMilliseconds === undefined ? {} : { timeoutMilliseconds: jwksTimeoutMilliseconds }),
  });
  const logger = createLogger(options.logLevel);
  const issueIdentity = ({ trustAnchor }: Services) =>
    trustAnchor.issueServerIdentity(serverNames(options), realClock.now());
  const { keeper, doors } = await assemble(
    { settings, urls, start, fetcher, sender: tlsSender(ca, own), logger },
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
  start.keys.keepReady();
  return new TestSandbox({
    keeper,
    doors,
    urls,
    ssaIssuer: options.ssaIssuer,
    random: start.random,
    courier: overTls,
    close: async () => {
      start.keys.close();
      fetcher.close();
      await listeners.close();
      await keeper.close();
    },
  });
}

async function letGo({ store, keys }: Start): Promise<void> {
  keys.close();
  await store.close();
}
