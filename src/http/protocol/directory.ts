import express, { Router, type Request, type Response } from 'express';
import { getOwnStatement } from '../../directory/access.js';
import type { Caller } from '../../directory/authorisation-server.js';
import { notFound } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import type { Services } from '../../sandbox/services.js';
import { bankRefusal, HttpError } from '../errors.js';
import { mediaTypeOf, type ClientCertificateOf } from './client.js';

const SSA_TYPE = 'application/jws+json';

/** Where the Directory issues an SSA, in its three generations of paths and the older one that clients still use. */
const ssaPaths = [
  '/v2.1/organisation/:orgId/software-statement/:softwareId/software-statement-assertion',
  '/v2/organisation/:orgId/software-statement/:softwareId/software-statement-assertion',
  '/organisation/:kind/:orgId/software-statement/:softwareId/software-statement-assertion',
  '/api/:version/:kind/:orgId/ssa/:softwareId',
];
/** Observed: clients use both. @see formats.md section 4, Hosts */
const legacyVersions = ['v1rc2', 'v2'];

interface OfStatement {
  readonly orgId: string;
  readonly softwareId: string;
  readonly kind?: string;
  readonly version?: string;
}

/** The Directory's token endpoint, and the part of its API that is there so far. */
export function directoryRoutes(services: Services, clientCertificateOf: ClientCertificateOf): Router {
  const { authorisationServer, registry, ssaIssuer } = services;
  const router = Router();
  const wholeBody = express.text({ type: () => true, limit: limits.bodyBytes, inflate: false });

  router
    .route('/as/token.oauth2')
    .post(wholeBody, async (request, response) => {
      const answer = await authorisationServer.token({
        body: typeof request.body === 'string' ? request.body : '',
        mediaType: mediaTypeOf(request),
        authorization: request.headers.authorization,
        clientCertificate: clientCertificateOf(request),
      });
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('Pragma', 'no-cache');
      if (!answer.refusal) {
        response.json(answer.body);
        return;
      }
      const { status, body } = bankRefusal(answer.refusal.error, answer.refusal.description);
      response.status(status).json(body);
    })
    .all((request) => {
      throw new HttpError(405, `${request.method} is not offered here; POST is.`, { Allow: 'POST' });
    });

  for (const path of ssaPaths) {
    router.get(path, async (request: Request<OfStatement>, response: Response) => {
      const caller = await callerOf(request as unknown as Request);
      refuseOtherKinds(caller, request.params);
      if (request.accepts([SSA_TYPE]) === false) throw new HttpError(406, `Accept: expected ${SSA_TYPE}.`);
      const { orgId, softwareId } = request.params;
      const { ssa } = await ssaIssuer.issue(getOwnStatement(registry, caller, orgId, softwareId).id);
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('Content-Type', SSA_TYPE);
      response.send(Buffer.from(ssa));
    });
  }
  return router;

  function callerOf(request: Request): Promise<Caller> {
    return authorisationServer.authorise(request.headers.authorization, clientCertificateOf(request));
  }
}

/** The older paths name the kind of participant, and the oldest a version. */
function refuseOtherKinds({ organisation }: Caller, { kind, version }: OfStatement): void {
  if (kind !== undefined && kind !== organisation.kind) throw notFound('kind of participant here', kind);
  if (version !== undefined && !legacyVersions.includes(version))
    throw notFound('version of this API', version);
}
