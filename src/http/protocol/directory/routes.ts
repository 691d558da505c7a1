import express, { Router, type Request, type Response } from 'express';
import { getOwnStatement, refuseOthers } from '../../../directory/access.js';
import type { Caller } from '../../../directory/authorisation-server.js';
import { DomainError } from '../../../domain/errors.js';
import { limits } from '../../../domain/limits.js';
import type { Services } from '../../../sandbox/services.js';
import { statusOfOutcome } from '../../errors.js';
import { mediaTypeOf, type ClientCertificateOf } from '../client.js';
import { jsonOf, refuseOtherAccept, refuseOtherBody, type Call, type Operation } from './operation.js';
import { methodsBesides } from './methods.js';
import { ownedOperations } from './owned-operations.js';
import { tokenEndpoint } from './token-endpoint.js';
import { unownedRoutes } from './unowned-routes.js';

/** The Directory's token endpoint and its API. @see Directory API 2.2.0 */
export function directoryRoutes(services: Services, clientCertificateOf: ClientCertificateOf): Router {
  const router = Router();
  const wholeBody = express.text({ type: () => true, limit: limits.bodyBytes, inflate: false });
  router.use(tokenEndpoint(services, clientCertificateOf, wholeBody));
  router.use(unownedRoutes(services, clientCertificateOf, callerOf, wholeBody));

  for (const { bases, operations } of ownedOperations) {
    for (const base of bases) offer(base, operations);
  }
  return router;

  /** Routes for operations on the records of an organisation, and 405 for the other methods of their paths. */
  function offer(base: string, operations: readonly Operation[]): void {
    for (const path of new Set(operations.map((operation) => operation.path))) {
      const atPath = operations.filter((operation) => operation.path === path);
      const route = router.route(`${base}${path}`);
      for (const operation of atPath) {
        route[operation.method](wholeBody, async (request, response) => {
          const caller = await callerOf(request);
          const call = callOf(request);
          refuseOtherKinds(caller, request.params['kind']);
          refuseOthers(caller, call.organisationId, operation.access);
          if (call.softwareId) getOwnStatement(services.registry, call.organisationId, call.softwareId);
          refuseOtherAccept(request, operation.gives);
          refuseOtherBody(request, operation.takes);
          send(response, operation, await operation.run(call));
        });
      }
      route.all(methodsBesides(...atPath.map(({ method }) => method.toUpperCase())));
    }
  }

  function callerOf(request: Request): Promise<Caller> {
    return services.authorisationServer.authorise(
      request.headers.authorization,
      clientCertificateOf(request),
    );
  }

  function callOf(request: Request): Call {
    const param = (name: string) => stringOf(request.params[name]);
    const text = stringOf(request.body);
    return {
      services,
      organisationId: param('orgId'),
      softwareId: param('softwareId'),
      param,
      mediaType: mediaTypeOf(request),
      text,
      json: () => jsonOf(text),
    };
  }
}

/** An answer that a token opened is nobody else's to keep. */
function send(response: Response, { gives, outcome = 'read' }: Operation, body: unknown): void {
  response.setHeader('Cache-Control', 'no-store');
  if (body === undefined || gives === undefined) {
    response.status(statusOfOutcome.nothing).end();
    return;
  }
  response.status(statusOfOutcome[outcome]);
  response.setHeader('Content-Type', gives);
  response.send(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

/** The older paths name the kind of participant. */
function refuseOtherKinds({ organisation }: Caller, kind: unknown): void {
  if (kind !== undefined && kind !== organisation.kind) {
    throw new DomainError(
      'not_found',
      `path: expected "${organisation.kind}", which "${organisation.id}" is, got "${stringOf(kind)}".`,
    );
  }
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
