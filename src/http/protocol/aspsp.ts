import express, { Router, type ErrorRequestHandler, type Request, type Response } from 'express';
import type { Bank, BankAnswer } from '../../aspsp/bank.js';
import type { Operation } from '../../aspsp/profile.js';
import { limits } from '../../domain/limits.js';
import { errorDescription } from '../../domain/registration.js';
import type { Services } from '../../sandbox/services.js';
import { bankRefusal, problemOf, successStatus } from '../errors.js';
import { mediaTypeOf, type ClientCertificateOf } from './client.js';

/** Registration and tokens at the mock banks. */
export function aspspRoutes(services: Services, clientCertificateOf: ClientCertificateOf): Router {
  const router = Router();
  const wholeBody = express.text({ type: () => true, limit: limits.bodyBytes, inflate: false });

  /** The verdict is linked to the exchange that it is about. */
  const linkVerdict = ({ attempt }: BankAnswer<unknown>) => {
    if (attempt) services.tape.linkVerdict(attempt.bankId, attempt.id);
  };

  const register = async (
    operation: Operation,
    request: Request<{ bankId: string; clientId?: string }>,
    response: Response,
  ) => {
    const bank = services.getBank(request.params.bankId);
    const answer = await bank.register({
      operation,
      clientId: request.params.clientId,
      jwsSignature: request.get('x-jws-signature'),
      ...sentBy(request),
    });
    linkVerdict(answer);
    if (answer.refusal?.error === 'operation_not_offered') {
      response.setHeader('Allow', allowedAt(bank, request.params.clientId));
    }
    send(response, answer);
  };

  router
    .route('/aspsp/:bankId/register')
    .post(wholeBody, (request, response) => register('POST', request, response))
    .all((request, response) => refuseMethod(request, response, ['POST']));

  router
    .route('/aspsp/:bankId/register/:clientId')
    .get((request, response) => register('GET', request, response))
    .put(wholeBody, (request, response) => register('PUT', request, response))
    .delete((request, response) => register('DELETE', request, response))
    .all((request, response) => refuseMethod(request, response, ['GET', 'PUT', 'DELETE']));

  router
    .route('/aspsp/:bankId/token')
    .post(wholeBody, async (request, response) => {
      const answer = await services.getBank(request.params.bankId).token(sentBy(request));
      linkVerdict(answer);
      const usedBasic = /^basic( |$)/i.test(request.headers.authorization ?? '');
      if (answer.refusal?.error === 'invalid_client' && usedBasic) {
        response.setHeader('WWW-Authenticate', 'Basic realm="token endpoint"');
      }
      send(response, answer);
    })
    .all((request, response) => refuseMethod(request, response, ['POST']));

  router.use('/aspsp', oauthErrors);
  return router;

  function sentBy(request: Request<{ bankId: string; clientId?: string }>) {
    return {
      body: typeof request.body === 'string' ? request.body : '',
      mediaType: mediaTypeOf(request),
      authorization: request.headers.authorization,
      clientCertificate: clientCertificateOf(request as Request),
    };
  }

  /** A method that no bank has here; those that only this bank lacks are refused by the bank itself. */
  function refuseMethod(
    request: Request<{ bankId: string; clientId?: string }>,
    response: Response,
    methods: readonly Operation[],
  ): void {
    const bank = services.getBank(request.params.bankId);
    const isToken = request.path.endsWith('/token');
    response.setHeader('Allow', isToken ? methods.join(', ') : allowedAt(bank, request.params.clientId));
    const { status, body } = bankRefusal(
      'operation_not_offered',
      errorDescription(`${request.method} is not offered here; ${methods.join(', ')} is`),
    );
    response.status(status).json(body);
  }
}

/** @see RFC 9110 section 10.2.1 */
function allowedAt({ profile: { operations } }: Bank, clientId: string | undefined): string {
  return operations.filter((operation) => (operation === 'POST') === (clientId === undefined)).join(', ');
}

function send(response: Response, { operation, refusal, body }: BankAnswer<unknown>): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Pragma', 'no-cache');
  if (refusal) {
    const { status, headers, body: explanation } = bankRefusal(refusal.error, refusal.description);
    response.set(headers).status(status).json(explanation);
    return;
  }
  response.status(successStatus(operation));
  if (body === undefined) response.end();
  else response.json(body);
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
