import { request, type RequestOptions } from 'node:https';
import { limits } from '../domain/limits.js';
import { jwkSetSchema } from '../domain/jwk.js';
import type { JwksFetcher, JwksFetchResult } from '../domain/ports.js';

/** Where a fetcher looks, and whom it trusts there. */
export interface JwksFetcherSettings {
  /** Root certificates in PEM that the servers must chain to. */
  readonly ca: () => string;
  /** Our own origin and the address it is bound to: our public name need not resolve on this machine. */
  readonly own: () => { readonly origin: string; readonly address: string };
}

/** Fetches JWKS over TLS: bounded in time, size and count of keys; a redirect is an answer like any other. */
export class HttpsJwksFetcher implements JwksFetcher {
  constructor(private readonly settings: JwksFetcherSettings) {}

  async fetch(url: string): Promise<JwksFetchResult> {
    if (!URL.canParse(url) || new URL(url).protocol !== 'https:') return refused('is no https URL');
    try {
      return readJwks(await this.get(new URL(url)));
    } catch (error) {
      return refused(error instanceof Error ? `cannot be fetched: ${error.message}` : 'cannot be fetched');
    }
  }

  private get(url: URL): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request(url, this.requestOptions(url), (response) => {
        if (response.statusCode !== 200) {
          response.destroy();
          reject(new Error(`status ${response.statusCode ?? 0}`));
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > limits.jwksBytes) response.destroy(new Error(`more than ${limits.jwksBytes} bytes`));
        });
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end();
    });
  }

  private requestOptions(url: URL): RequestOptions {
    const own = this.settings.own();
    const direct = { hostname: own.address, servername: url.hostname };
    return {
      ca: this.settings.ca(),
      headers: { accept: 'application/json', host: url.host },
      agent: false,
      signal: AbortSignal.timeout(limits.jwksTimeoutMilliseconds),
      ...(url.origin === own.origin ? direct : {}),
    };
  }
}

function readJwks(text: string): JwksFetchResult {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused('is not JSON');
  }
  const result = jwkSetSchema.safeParse(json);
  if (!result.success) return refused('is no JWK set');
  if (result.data.keys.length > limits.jwksKeyCount)
    return refused(`has more than ${limits.jwksKeyCount} keys`);
  return { ok: true, jwks: result.data };
}

function refused(reason: string): JwksFetchResult {
  return { ok: false, reason };
}
