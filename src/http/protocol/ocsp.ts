import { createHash } from 'node:crypto';
import express, { Router, type Request, type RequestHandler, type Response } from 'express';
import type { OcspAnswer, OcspResponder } from '../../directory/ocsp-responder.js';
import { limits } from '../../domain/limits.js';
import { DerError } from '../../pki/der.js';
import { parseOcspRequest, type OcspRequest } from '../../pki/ocsp-request.js';
import { ocspRefusal } from '../../pki/ocsp-response.js';
import type { Services } from '../../sandbox/services.js';
import { HttpError } from '../errors.js';
import { mediaTypeOf } from './client.js';
import { methodsBesides } from './directory/methods.js';

const REQUEST_TYPE = 'application/ocsp-request';
const RESPONSE_TYPE = 'application/ocsp-response';

/** Of the Directory, of the qualified trust service provider, and of each trust anchor. */
const endpoint = /^(?:\/qtsp|\/anchors\/[^/]+)?\/ca\/ocsp\/?$/;
/** With a request in base64, whose slashes need not be escaped. */
const endpointWithRequest = /^(?:\/qtsp|\/anchors\/[^/]+)?\/ca\/ocsp\/.+$/;

/**
 * Routes of the OCSP responders, which need neither a password nor a client certificate; both listeners have them.
 * @see RFC 6960 appendix A.1
 */
export function ocspRoutes(services: Services): Router {
  const router = Router();
  const wholeBody = express.raw({ type: () => true, limit: limits.ocspRequestBytes, inflate: false });
  router
    .route(endpoint)
    .post(refuseOtherTypes, wholeBody, async (request, response) => {
      const body: unknown = request.body;
      const answer = await answerTo(services, request, Buffer.isBuffer(body) ? body : undefined);
      response.setHeader('Cache-Control', 'no-store');
      send(response, answer);
    })
    .all(methodsBesides('POST'));
  router
    .route(endpointWithRequest)
    .get(async (request, response) => {
      const answer = await answerTo(services, request, bytesInPath(request.path));
      describeCopies(request, response, answer);
      send(response, answer);
    })
    .all(methodsBesides('GET', 'HEAD'));
  return router;
}

/** @throws HttpError 415 */
const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  const mediaType = mediaTypeOf(request);
  if (mediaType !== REQUEST_TYPE)
    throw new HttpError(415, `Content-Type: expected ${REQUEST_TYPE}, got ${mediaType ?? 'none'}.`);
  next();
};

/** What goes wrong behind HTTP is said in OCSP. @throws DomainError `not_found` where there is no such trust anchor */
async function answerTo(
  services: Services,
  request: Request,
  bytes: Buffer | undefined,
): Promise<OcspAnswer> {
  const responder = responderAt(services, request.path);
  const asked = bytes && readRequest(bytes);
  if (!asked) return { der: ocspRefusal('malformedRequest') };
  try {
    return await (await responder()).answer(asked);
  } catch (error) {
    request.log.error({ err: error }, 'OCSP request failed');
    return { der: ocspRefusal('internalError') };
  }
}

/** Finding one opens nothing: only a request that can be read is worth the keys that a trust anchor takes. */
function responderAt(services: Services, path: string): () => Promise<OcspResponder> {
  if (path.startsWith('/qtsp/')) return () => Promise.resolve(services.providerOcspResponder);
  const [, anchorId] = /^\/anchors\/([^/]+)\//.exec(path) ?? [];
  if (anchorId === undefined) return () => Promise.resolve(services.ocspResponder);
  const anchor = services.getAnchor(anchorId);
  return async () => (await anchor.open()).ocspResponder;
}

function readRequest(bytes: Buffer): OcspRequest | undefined {
  try {
    return parseOcspRequest(bytes);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** The request that follows the responder's own path; undefined where that is no base64. */
function bytesInPath(path: string): Buffer | undefined {
  const [, written = ''] = /\/ca\/ocsp\/(.+)$/.exec(path) ?? [];
  try {
    const base64 = decodeURIComponent(written);
    return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What caches may do with an answer. RFC 5019 would have them keep it until its next update; but here a revocation counts
 * at once, so they must ask each time whether it is still the same.
 * @see RFC 5019 section 6.2
 */
function describeCopies(request: Request, response: Response, { der, validity }: OcspAnswer): void {
  if (!validity) {
    response.setHeader('Cache-Control', 'no-store');
    return;
  }
  response.set({
    'Cache-Control': 'max-age=0, public, no-transform, must-revalidate',
    ETag: `"${createHash('sha256').update(der).digest('base64url')}"`,
    'Last-Modified': validity.thisUpdate.toUTCString(),
    Expires: validity.nextUpdate.toUTCString(),
  });
  // The time alone cannot tell the answers of one second apart, before a revocation and after it.
  if (request.headers['if-none-match'] === undefined) delete request.headers['if-modified-since'];
}

function send(response: Response, { der }: OcspAnswer): void {
  response.setHeader('Content-Type', RESPONSE_TYPE);
  response.send(der);
}
