import type { Express } from 'express';
import type { PublicUrls } from './directory/trust-anchor.js';
import type { JwksFetcher, KeyPairSource, Store } from './domain/ports.js';
import { createDeskApp } from './http/desk/app.js';
import { HttpsJwksFetcher } from './http/jwks-fetcher.js';
import { clientCertificateOf, Listeners } from './http/listeners.js';
import { createLogger, type Logger } from './http/logging.js';
import { createProtocolApp } from './http/protocol/app.js';
import type { ClientCertificateOf } from './http/protocol/client.js';
import { keystoreFetcher } from './http/protocol/public-artefacts.js';
import { realClock, SandboxClock } from './sandbox/clock.js';
import { KeyPool } from './sandbox/key-pool.js';
import { parseOptions, refuseContradictions, type Options } from './sandbox/options.js';
import { systemRandom } from './sandbox/random.js';
import { serverNames } from './sandbox/server-names.js';
import { createServices, type Services } from './sandbox/services.js';
import { openStore } from './sandbox/stores.js';

export type { Anchor } from './sandbox/anchors.js';
export type { ClaimOverride } from './sandbox/defects/claim-override.js';
export type { Defect } from './sandbox/defects/defect.js';
export type { DefectiveSsa, DefectiveSsaRequest } from './sandbox/defects/defective-ssas.js';
export type { SsaDefectName } from './sandbox/defects/ssa-defects.js';
export type { DirectoryServices } from './sandbox/directory-services.js';
export type { Options } from './sandbox/options.js';
export type { IssuedQualifiedCertificate } from './sandbox/qualified-certificates.js';
export type { ReadyTpp, ReadyTppRequest } from './sandbox/ready-tpp.js';
export type { Services } from './sandbox/services.js';

/** A sandbox in this process. */
export interface Sandbox {
  readonly services: Services;
  readonly clock: SandboxClock;
  readonly urls: PublicUrls;
  readonly deskApp: Express;
  readonly protocolApp: Express;
  /** Lets go of every socket, timer and file. */
  close(): Promise<void>;
}

/** Options of the command line, and what only a program can give. */
export type SandboxOptions = Partial<Options> & {
  /** Key pairs to use instead of new ones. */
  readonly keyPairs?: KeyPairSource;
};

/** Root, issuing, signing and server key. */
const KEYS_OF_A_FIRST_START = 4;
/** Two for the next ready TPP and two for the one after. */
const KEYS_KEPT_READY = 4;

const defaults: Options = { ...parseOptions([], {}), inMemory: true, logLevel: 'silent' };

/**
 * A sandbox without sockets, for supertest and the like. It finds its own keystore without TLS; the certificate of a
 * client is whatever `clientCertificateOf` says.
 * @throws ConfigurationError for options that contradict each other or a data directory that cannot be used
 */
export async function createSandbox(
  given: SandboxOptions & { readonly clientCertificateOf?: ClientCertificateOf } = {},
): Promise<Sandbox> {
  const options: Options = { ...defaults, ...given };
  refuseContradictions(options);
  const urls = publicUrls(options.publicHost, options.httpPort, options.httpsPort);
  const store = await openStore(options);
  const current: { services?: Services } = {};
  const fetcher = keystoreFetcher(() => {
    if (!current.services) throw new Error('The sandbox is not ready yet.');
    return current.services;
  }, urls.https);
  const keyPairs = given.keyPairs ?? new KeyPool(store.authority.find() ? 0 : KEYS_OF_A_FIRST_START);
  const sandbox = await assemble(
    { options, urls, store, keyPairs, fetcher, logger: createLogger(options.logLevel) },
    given.clientCertificateOf ?? (() => undefined),
  );
  current.services = sandbox.services;
  return { ...sandbox, close: () => store.close() };
}

/**
 * A sandbox that listens; port 0, the default here, stands for any free one. Kept in memory unless told otherwise.
 * @throws ConfigurationError for a port that is taken, options that contradict each other, or a data directory that
 *   cannot be used
 */
export async function startSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  const options: Options = { ...defaults, httpPort: 0, httpsPort: 0, ...given };
  refuseContradictions(options);
  const listeners = await Listeners.bind(options.host, { http: options.httpPort, https: options.httpsPort });
  let store: Store | undefined;
  try {
    store = await openStore(options);
    return await listen(options, given.keyPairs, listeners, store);
  } catch (error) {
    await listeners.close();
    await store?.close();
    throw error;
  }
}

async function listen(
  options: Options,
  givenKeyPairs: KeyPairSource | undefined,
  listeners: Listeners,
  store: Store,
): Promise<Sandbox> {
  const urls = publicUrls(options.publicHost, listeners.httpPort, listeners.httpsPort);
  const pool = givenKeyPairs ? undefined : new KeyPool(store.authority.find() ? 0 : KEYS_OF_A_FIRST_START);
  const keyPairs = givenKeyPairs ?? pool ?? new KeyPool(0);
  const trusted = { rootPem: '' };
  const fetcher = new HttpsJwksFetcher({
    ca: () => trusted.rootPem,
    own: () => ({ origin: urls.https, address: listeners.localAddress }),
  });
  const logger = createLogger(options.logLevel);
  const sandbox = await assemble({ options, urls, store, keyPairs, fetcher, logger }, clientCertificateOf);
  const { trustAnchor } = sandbox.services;
  trusted.rootPem = trustAnchor.rootPem;
  await listeners.open(
    { desk: sandbox.deskApp, protocol: sandbox.protocolApp },
    {
      issue: () => trustAnchor.issueServerIdentity(serverNames(options), realClock.now()),
      realNow: () => realClock.now(),
      onFailure: (error) => logger.error({ err: error }, 'the server certificate could not be renewed'),
    },
  );
  pool?.fill(KEYS_KEPT_READY);
  return {
    ...sandbox,
    close: async () => {
      pool?.fill(0);
      fetcher.close();
      await listeners.close();
      await store.close();
    },
  };
}

interface Parts {
  readonly options: Options;
  readonly urls: PublicUrls;
  readonly store: Store;
  readonly keyPairs: KeyPairSource;
  readonly fetcher: JwksFetcher;
  readonly logger: Logger;
}

async function assemble(
  { options, urls, store, keyPairs, fetcher, logger }: Parts,
  certificateOf: ClientCertificateOf,
): Promise<Omit<Sandbox, 'close'>> {
  const clock = new SandboxClock();
  const random = systemRandom;
  const { ssaIssuer, demo, aliases } = options;
  const services = await createServices({
    store,
    clock,
    random,
    keyPairs,
    jwksFetcher: fetcher,
    urls,
    ssaIssuer,
    demo,
    aliases,
  });
  return {
    services,
    clock,
    urls,
    deskApp: createDeskApp({
      services,
      logger,
      random,
      hostNames: [options.publicHost, ...options.aliases, options.host],
      adminPassword: options.adminPassword,
    }),
    protocolApp: createProtocolApp({ services, logger, random, clientCertificateOf: certificateOf }),
  };
}

/** As `URL.origin` writes them: without the port where it is the usual one. */
function publicUrls(host: string, httpPort: number, httpsPort: number): PublicUrls {
  return {
    http: new URL(`http://${host}:${httpPort}`).origin,
    https: new URL(`https://${host}:${httpsPort}`).origin,
  };
}
