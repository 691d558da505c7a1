import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { ConfigurationError } from '../sandbox/options.js';
import type { ServerIdentity } from '../directory/trust-anchor.js';

const HEADERS_TIMEOUT_MILLISECONDS = 10_000;
const REQUEST_TIMEOUT_MILLISECONDS = 30_000;
const HANDSHAKE_TIMEOUT_MILLISECONDS = 10_000;
const RENEWAL_CHECK_MILLISECONDS = 3_600_000;
const RENEW_BEFORE_MILLISECONDS = 30 * 24 * 3_600_000;

/** What stands behind the doors. */
export interface Applications {
  readonly desk: RequestListener;
  readonly protocol: RequestListener;
}

/** Where the certificates of the listeners come from, and by which clock they end. */
export interface ServerIdentities {
  readonly issue: () => Promise<ServerIdentity>;
  readonly realNow: () => Date;
  readonly onFailure: (error: unknown) => void;
  /** How often their end is looked at; every hour when absent. */
  readonly checkMilliseconds?: number;
}

/**
 * The two doors. They are bound before there is anything behind them, because certificates and SSAs carry the ports;
 * until `open()` they answer 503.
 */
export class Listeners {
  private readonly closing: RequestListener = (_request, response) => {
    response.writeHead(503, { 'Retry-After': '1' }).end();
  };
  private renewal: NodeJS.Timeout | undefined;
  private shown: ServerIdentity | undefined;

  private constructor(
    private readonly http: Server,
    private readonly https: HttpsServer,
  ) {
    for (const server of [http, https]) {
      server.on('request', this.closing);
      server.headersTimeout = HEADERS_TIMEOUT_MILLISECONDS;
      server.requestTimeout = REQUEST_TIMEOUT_MILLISECONDS;
    }
  }

  /** @throws ConfigurationError when a port is taken or the address is not this machine's */
  static async bind(
    host: string,
    ports: { readonly http: number; readonly https: number },
  ): Promise<Listeners> {
    const http = createHttpServer();
    const https = createHttpsServer({
      // Ask and refuse nothing: no list of acceptable authorities, and the banks judge each request.
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_TIMEOUT_MILLISECONDS,
    });
    await listen(http, host, ports.http, '--http-port');
    try {
      await listen(https, host, ports.https, '--https-port');
    } catch (error) {
      await close(http);
      throw error;
    }
    return new Listeners(http, https);
  }

  get httpPort(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get httpsPort(): number {
    return (this.https.address() as AddressInfo).port;
  }

  /** An address that reaches the HTTPS side from this machine. */
  get localAddress(): string {
    const { address } = this.https.address() as AddressInfo;
    if (address === '0.0.0.0') return '127.0.0.1';
    return address === '::' ? '::1' : address;
  }

  /** Lets people in; the identity that is shown is replaced by a new one, live, when its certificate nears its end. */
  open(apps: Applications, identities: ServerIdentities): void {
    const { checkMilliseconds = RENEWAL_CHECK_MILLISECONDS } = identities;
    let isUnderWay = false;
    const renew = async () => {
      const restMilliseconds = (this.shown?.notAfter.getTime() ?? 0) - identities.realNow().getTime();
      if (isUnderWay || restMilliseconds > RENEW_BEFORE_MILLISECONDS) return;
      isUnderWay = true;
      const replaced = this.shown;
      try {
        const identity = await identities.issue();
        // Meanwhile another state may have come in, with authorities of its own.
        if (this.shown === replaced) this.present(identity);
      } finally {
        isUnderWay = false;
      }
    };
    // After a failure the one in force is good for weeks, and the next check tries again.
    this.renewal = setInterval(() => void renew().catch(identities.onFailure), checkMilliseconds);
    this.renewal.unref();
    this.http.off('request', this.closing).on('request', apps.desk);
    this.https.off('request', this.closing).on('request', apps.protocol);
  }

  async close(): Promise<void> {
    clearInterval(this.renewal);
    await Promise.all([close(this.http), close(this.https)]);
  }

  /** Shows another identity to the connections that are still to come. */
  present(identity: ServerIdentity): void {
    const { keyPem, chainPem } = identity;
    this.shown = identity;
    this.https.setSecureContext({ key: keyPem, cert: chainPem, minVersion: 'TLSv1.2' });
  }
}

/**
 * DER of the certificate that the TLS client of a request showed. Nothing is said of its worth: in a resumed session the
 * handshake's verdict is that of the first one.
 */
export function clientCertificateOf(request: IncomingMessage): Uint8Array | undefined {
  return request.socket instanceof TLSSocket ? request.socket.getPeerX509Certificate()?.raw : undefined;
}

function listen(server: Server, host: string, port: number, option: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: `port ${port} is taken on ${host}`,
        EACCES: `port ${port} may not be used by this user`,
        EADDRNOTAVAIL: `${host} is not an address of this machine`,
      };
      const wrong = error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' ? '--host' : option;
      reject(new ConfigurationError(`${wrong}: ${reasons[error.code ?? ''] ?? error.message}`));
    };
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
