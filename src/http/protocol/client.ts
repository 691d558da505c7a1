import type { IncomingMessage } from 'node:http';

/**
 * How a request's TLS client certificate is found; DER.
 * @category Start
 */
export type ClientCertificateOf = (request: IncomingMessage) => Uint8Array | undefined;

/** The Content-Type of a request without its parameters, in lower case. */
export function mediaTypeOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
