import express, { Router, type ErrorRequestHandler, type Request } from 'express';
import { clientInformation } from '../../aspsp/bank.js';
import { limits } from '../../domain/limits.js';
import { errorDescription } from '../../domain/registration.js';
import type { Services } from '../../sandbox/services.js';
import { problemOf, registrationRefusal } from '../errors.js';

/** How a request's TLS client certificate is found; DER. */
export type ClientCertificateOf = (request: Request) => Uint8Array | undefined;

/** Registration at the mock banks. */
export function aspspRoutes(services: Services, clientCertificateOf: ClientCertificateOf): Router {
  const router = Router();
  const wholeBody = express.text({ type: () => true, limit: limits.bodyBytes, inflate: false });

  router
    .route('/aspsp/:bankId/register')
    .post(wholeBody, async (request, response) => {
      const bank = services.getBank(request.params.bankId);
      const { attempt, client } = await bank.register({
        body: typeof request.body === 'string' ? request.body : '',
        mediaType: mediaTypeOf(request.headers['content-type']),
        clientCertificate: clientCertificateOf(request),
      });
      response.setHeader('Cache-Control', 'no-store');
      response.setHeader('Pragma', 'no-cache');
      if (client) {
        response.status(201).json(clientInformation(client));
        return;
      }
      const { error = 'invalid_client_metadata', errorDescription = '' } = attempt.response;
      const refusal = registrationRefusal(error, errorDescription);
      response.status(refusal.status).json(refusal.body);
    })
    .all((request, response) => {
      services.getBank(request.params.bankId);
      response.setHeader('Allow', 'POST');
      response.status(405).json({
        error: 'invalid_request',
        error_description: `${request.method} is not offered here; POST is`,
      });
    });

  router.use('/aspsp', oauthErrors);
  return router;
}

function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase();
}

/** What goes wrong before a bank can judge, in OAuth's form. @see RFC 6749 section 5.2 */
const oauthErrors: ErrorRequestHandler = (error, _request, response, next) => {
  const { status, detail } = problemOf(error);
  if (response.headersSent || status === 500) {
    next(error);
    return;
  }
  response.status(status).json({
    error: status === 404 ? 'not_found' : 'invalid_request',
    error_description: errorDescription(detail),
  });
};
