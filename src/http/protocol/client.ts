import type { Request } from 'express';

/** How a request's TLS client certificate is found; DER. */
export type ClientCertificateOf = (request: Request) => Uint8Array | undefined;

/** The Content-Type of a request without its parameters, in lower case. */
export function mediaTypeOf({ headers }: Pick<Request, 'headers'>): string | undefined {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
}
