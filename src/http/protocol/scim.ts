import express, { Router, type ErrorRequestHandler, type Request, type Response } from 'express';
import type { Caller } from '../../directory/authorisation-server.js';
import { parseQuery, parseSearchRequest, parseSelection } from '../../directory/scim/query.js';
import { scimResourceNames, type ScimResourceName } from '../../directory/scim/scim.js';
import { limits } from '../../domain/limits.js';
import type { Services } from '../../sandbox/services.js';
import { HttpError, notAcceptable, scimRefusal } from '../errors.js';
import { mediaTypeOf, type ClientCertificateOf } from './client.js';

const SCIM_TYPE = 'application/scim+json';
const JSON_TYPE = 'application/json';

/** The query protocol of SCIM, without writes. @see SCIM 2.2, RFC 7644 section 3.4 */
export function scimRoutes(services: Services, clientCertificateOf: ClientCertificateOf): Router {
  const { authorisationServer, scim } = services;
  const router = Router({ caseSensitive: true });
  for (const name of scimResourceNames) addResource(name);
  router.use((request) => {
    throw new HttpError(404, `There is nothing at ${request.baseUrl}${request.path}.`);
  });
  router.use(scimErrors);
  return router;

  function addResource(name: ScimResourceName): void {
    router
      .route(`/${name}`)
      .get(async (request, response) => {
        const caller = await callerOf(request);
        send(response, await scim.list(caller, name, parseQuery(parametersOf(request))));
      })
      .all(refuseMethod('GET, HEAD'));

    router
      .route(`/${name}/.search`)
      .post(
        express.text({ type: () => true, limit: limits.bodyBytes, inflate: false }),
        async (request, response) => {
          const caller = await callerOf(request);
          const body = typeof request.body === 'string' ? request.body : '';
          if (body !== '') refuseOtherTypes(request);
          send(response, await scim.list(caller, name, parseSearchRequest(body)));
        },
      )
      .all(refuseMethod('POST'));

    router
      .route(`/${name}/:id`)
      .get(async (request: Request<{ id: string }>, response) => {
        const caller = await callerOf(request);
        const selection = parseSelection(parametersOf(request));
        send(response, await scim.get(caller, name, request.params.id, selection));
      })
      .all(refuseMethod('GET, HEAD'));
  }

  /** Whoever may not call learns nothing else. */
  async function callerOf(request: Request): Promise<Caller> {
    const caller = await authorisationServer.authorise(
      request.headers.authorization,
      clientCertificateOf(request),
    );
    if (request.accepts([SCIM_TYPE, JSON_TYPE]) === false) {
      throw notAcceptable(request, `${SCIM_TYPE} or ${JSON_TYPE}`);
    }
    return caller;
  }
}

function parametersOf({ url }: Pick<Request, 'url'>): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

function refuseOtherTypes(request: Request): void {
  const mediaType = mediaTypeOf(request);
  if (mediaType === SCIM_TYPE || mediaType === JSON_TYPE) return;
  throw new HttpError(
    415,
    `Content-Type: expected ${SCIM_TYPE} or ${JSON_TYPE}, got ${mediaType ?? 'none'}.`,
  );
}

const refuseMethod = (allowed: string) => (request: Pick<Request, 'method'>) => {
  throw new HttpError(405, `${request.method} is not offered here; ${allowed} is.`, { Allow: allowed });
};

/** As bytes, so that no charset is added to the type. */
function send(response: Response, body: unknown): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', SCIM_TYPE);
  response.send(Buffer.from(JSON.stringify(body)));
}

/** Express knows an error handler by its four parameters. */
const scimErrors: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const { status, body } = scimRefusal(error);
  if (error instanceof HttpError) response.set(error.headers);
  // What an access token would have opened. RFC 6750 section 3
  if (status === 401) response.set('WWW-Authenticate', 'Bearer error="invalid_token"');
  if (status === 500) request.log.error({ err: error as unknown }, 'request failed');
  send(response.status(status), body);
};
