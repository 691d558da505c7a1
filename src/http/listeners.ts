import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Request } from 'express';
import { ConfigurationError } from '../sandbox/options.js';
import type { ServerIdentity } from '../directory/trust-anchor.js';

const HEADERS_TIMEOUT_MILLISECONDS = 10_000;
const REQUEST_TIMEOUT_MILLISECONDS = 30_000;
const HANDSHAKE_TIMEOUT_MILLISECONDS = 10_000;
const RENEWAL_CHECK_MILLISECONDS = 3_600_000;
const RENEW_BEFORE_MILLISECONDS = 30 * 24 * 3_600_000;

/**
 * The two doors. They are bound before there is anything behind them, because certificates and SSAs carry the ports;
 * until `open()` they answer 503.
 */
export class Listeners {
  private readonly closing: RequestListener = (_request, response) => {
    response.writeHead(503, { 'Retry-After': '1' }).end();
  };
  private renewal: NodeJS.Timeout | undefined;

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

  /** Puts the applications behind the doors; `identity` is asked again, live, when its certificate nears its end. */
  async open(
    apps: { readonly desk: RequestListener; readonly protocol: RequestListener },
    identity: () => Promise<ServerIdentity>,
    realNow: () => Date,
  ): Promise<void> {
    let current = await this.present(await identity());
    this.renewal = setInterval(() => {
      if (current.notAfter.getTime() - realNow().getTime() > RENEW_BEFORE_MILLISECONDS) return;
      void identity().then(async (renewed) => {
        current = await this.present(renewed);
      });
    }, RENEWAL_CHECK_MILLISECONDS);
    this.renewal.unref();
    this.http.off('request', this.closing).on('request', apps.desk);
    this.https.off('request', this.closing).on('request', apps.protocol);
  }

  async close(): Promise<void> {
    clearInterval(this.renewal);
    await Promise.all([close(this.http), close(this.https)]);
  }

  private present(identity: ServerIdentity): Promise<ServerIdentity> {
    this.https.setSecureContext({ key: identity.keyPem, cert: identity.chainPem, minVersion: 'TLSv1.2' });
    return Promise.resolve(identity);
  }
}

/**
 * DER of the certificate that the TLS client of a request showed. Nothing is said of its worth: in a resumed session the
 * handshake's verdict is that of the first one.
 */
export function clientCertificateOf(request: Request): Uint8Array | undefined {
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
