import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import type { Random } from '../../domain/ports.js';
import type { Services } from '../../sandbox/services.js';
import type { StateControl } from '../../sandbox/state/state-keeper.js';
import { HttpError, problemOf } from '../errors.js';
import { requestLogger, type Logger } from '../logging.js';
import { ocspRoutes } from '../protocol/ocsp.js';
import { publicArtefacts } from '../protocol/public-artefacts.js';
import { knownHosts, sameSiteChanges, type AdminAccess } from '../security.js';
import { controlApi } from './api.js';
import type { EventStreams } from './events.js';
import { changesByBodyAlone } from './json-api.js';
import { stateApi } from './state-api.js';
import { deskPages, isPageRequest, renderProblem, usePages } from './pages.js';
import { withQuery } from './view-models.js';

export interface DeskAppSettings {
  readonly services: Services;
  readonly logger: Logger;
  readonly random: Random;
  /** Names under which the desk may be called, beside the loopback ones. */
  readonly hostNames: readonly string[];
  /** Everybody may come when absent. */
  readonly adminAccess: AdminAccess | undefined;
  readonly state: StateControl;
  readonly events: EventStreams;
}

/** The desk: web pages and control API, and the public artefacts. */
export function createDeskApp(settings: DeskAppSettings): Express {
  const { services, logger, random } = settings;
  const app = express();
  app.disable('x-powered-by');
  // Nothing here is fetched again to see whether it has changed, so no answer need be hashed.
  app.disable('etag');
  app.use(requestLogger(logger, random, 'X-Request-Id'));
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ready' });
  });
  app.use(ocspRoutes(services));
  app.use(publicArtefacts(services));
  app.use(knownHosts(['localhost', '127.0.0.1', '::1', ...settings.hostNames]));
  app.use(sameSiteChanges);
  usePages(app, services);
  if (settings.adminAccess) app.use(askForPassword(settings.adminAccess));
  app.use('/sandbox', changesByBodyAlone);
  // Before the other calls: a state is larger than any other body.
  app.use('/sandbox', stateApi(settings.state));
  app.use('/sandbox', controlApi(services));
  app.use(deskPages(services, settings.events, settings.state));
  app.use((request) => {
    throw new HttpError(404, `There is nothing at ${request.path}.`);
  });
  app.use(deskErrors);
  return app;
}

/** Programs are asked for Basic credentials, people are shown a page to log in. */
function askForPassword(access: AdminAccess): RequestHandler {
  const router = express.Router();
  router
    .route('/login')
    .get((request, response) => {
      showLogin(response, { to: pageHere(request.query['to']) });
    })
    .post(express.urlencoded({ extended: false, limit: 1_000, parameterLimit: 5 }), (request, response) => {
      const { password, to } = (request.body ?? {}) as { password?: unknown; to?: unknown };
      if (typeof password !== 'string' || !access.accepts(password, request)) {
        showLogin(response.status(401), { to: pageHere(to), wrong: true });
        return;
      }
      response.setHeader('Set-Cookie', access.cookie);
      response.redirect(303, pageHere(to));
    });
  router.post('/logout', (_request, response) => {
    response.setHeader('Set-Cookie', access.expiredCookie);
    response.redirect(303, '/login');
  });
  router.use((request, response, next) => {
    if (access.isAdmitted(request)) {
      response.locals['canLogOut'] = true;
      next();
    } else if (isPageRequest(request) && request.method === 'GET') {
      response.redirect(
        303,
        withQuery('/login', { to: request.originalUrl === '/' ? undefined : request.originalUrl }),
      );
    } else if (isPageRequest(request) && !request.get('authorization')) {
      // Basic credentials are not asked for here: a browser would open a window of its own for them.
      showLogin(response.status(401), { to: '/', undone: true });
    } else {
      throw new HttpError(
        401,
        'Authorization: expected HTTP Basic with the user "admin" and the admin password.',
        {
          'WWW-Authenticate': 'Basic realm="mock-ob-directory", charset="UTF-8"',
        },
      );
    }
  });
  return router;
}

interface Login {
  /** Where to go on. */
  readonly to: string;
  readonly wrong?: boolean;
  /** Whether a form came from somebody who is no longer logged in. */
  readonly undone?: boolean;
}

function showLogin(response: Response, { to, wrong = false, undone = false }: Login): void {
  response.render('login', { title: 'Log in', to, wrong, undone });
}

/** A page of the desk that somebody was on the way to; the start page for everything else. */
function pageHere(to: unknown): string {
  const here = 'http://desk.invalid';
  if (typeof to !== 'string' || !to.startsWith('/') || !URL.canParse(to, here)) return '/';
  const { origin, pathname, search } = new URL(to, here);
  // A path that begins with two slashes is another host to a browser: `/.//host` comes to one.
  const isHere = origin === here && !pathname.startsWith('//');
  return isHere && pathname !== '/login' ? pathname + search : '/';
}

/** Problem documents for programs, pages for people. Express knows an error handler by its four parameters. */
const deskErrors: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const problem = problemOf(error);
  if (problem.status === 500) request.log.error({ err: error as unknown }, 'request failed');
  if (error instanceof HttpError) response.set(error.headers);
  response.status(problem.status);
  if (isPageRequest(request)) renderProblem(response, problem);
  else response.type('application/problem+json').send(JSON.stringify(problem));
};
