import { Router, type RequestHandler } from 'express';
import type { Services } from '../../../sandbox/services.js';
import { bankRefusal } from '../../errors.js';
import { mediaTypeOf, type ClientCertificateOf } from '../client.js';
import { methodsBesides } from './methods.js';
import type { OperationFacts } from './operation.js';

export const tokenOperation = {
  method: 'post',
  path: '/as/token.oauth2',
  takes: ['application/x-www-form-urlencoded'],
  gives: 'application/json',
} as const satisfies OperationFacts;

/** `POST /as/token.oauth2`. @see formats.md section 4, Token; RFC 6749 sections 5.1 and 5.2 */
export function tokenEndpoint(
  { authorisationServer }: Services,
  clientCertificateOf: ClientCertificateOf,
  wholeBody: RequestHandler,
): Router {
  const router = Router();
  router
    .route(tokenOperation.path)
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
    .all(methodsBesides('POST'));
  return router;
}
