import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Random } from '../../domain/ports.js';
import type { Services } from '../../sandbox/services.js';
import { HttpError, problemOf } from '../errors.js';
import { requestLogger, type Logger } from '../logging.js';
import { aspspRoutes } from './aspsp.js';
import type { ClientCertificateOf } from './client.js';
import { directoryRoutes } from './directory/routes.js';
import { ocspRoutes } from './ocsp.js';
import { publicArtefacts } from './public-artefacts.js';
import { scimRoutes } from './scim.js';

export interface ProtocolAppSettings {
  readonly services: Services;
  readonly logger: Logger;
  readonly random: Random;
  readonly clientCertificateOf: ClientCertificateOf;
}

/** The protocol side: what the real Directory and a real ASPSP serve over TLS. */
export function createProtocolApp({
  services,
  logger,
  random,
  clientCertificateOf,
}: ProtocolAppSettings): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestLogger(logger, random, 'OB-Request-Id'));
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ready' });
  });
  app.use(ocspRoutes(services));
  app.use(publicArtefacts(services));
  app.use(aspspRoutes(services, clientCertificateOf));
  app.use(directoryRoutes(services, clientCertificateOf));
  app.use('/scim/v2', scimRoutes(services, clientCertificateOf));
  app.use((request) => {
    throw new HttpError(404, `There is nothing at ${request.path}.`);
  });
  app.use(protocolErrors);
  return app;
}

/** Express knows an error handler by its four parameters. */
const protocolErrors: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const problem = problemOf(error);
  if (error instanceof HttpError) response.set(error.headers);
  // What an access token would have opened. RFC 6750 section 3
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer error="invalid_token"');
  if (problem.status === 500) request.log.error({ err: error as unknown }, 'request failed');
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
};
