import type { RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { CLOSED_EARLY } from './jwks-answer.js';

/** Our own server: its public name need not resolve on this machine. */
export interface OwnServer {
  readonly origin: string;
  readonly address: string;
}

/** How a request reaches a server over TLS. @param ca root certificates in PEM; nobody is trusted while it is empty */
export function wayTo(
  url: URL,
  ca: string,
  own: OwnServer,
): Omit<RequestOptions, 'headers'> & { readonly headers: Readonly<Record<string, string>> } {
  return {
    // An empty text would stand for the machine's own roots; an empty list stands for none.
    ca: ca === '' ? [] : ca,
    headers: { host: url.host },
    ...(url.origin === own.origin ? { hostname: own.address, servername: serverNameOf(url) } : {}),
  };
}

/** An address is no server name. @see RFC 6066 section 3 */
function serverNameOf({ hostname }: URL): string {
  return isIP(hostname.replace(/^\[|\]$/g, '')) ? '' : hostname;
}

/** Where Node's own words are empty, misleading or of several lines. */
const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: CLOSED_EARLY,
  ENOTFOUND: 'its host name cannot be resolved',
  EAI_AGAIN: 'its host name cannot be resolved',
  EPROTO: 'the TLS handshake failed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of its server is for other names',
};

/** Why a request got no answer. */
export function explain(error: unknown): string {
  const { code = '', message }: NodeJS.ErrnoException = asError(error);
  if (code.startsWith('ERR_SSL_')) return 'the TLS handshake failed';
  return explanations[code] ?? (message || code);
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('no reason is known');
}
