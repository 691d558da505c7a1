import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type ejs from 'ejs';
import express, { Router, type Express, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { packageFolder } from '../../sandbox/package-folder.js';
import type { Services } from '../../sandbox/services.js';
import type { StateControl } from '../../sandbox/state/state-keeper.js';
import type { Problem } from '../errors.js';
import { anchorPages } from './anchor-pages.js';
import { attemptPages } from './attempt-pages.js';
import { curlCommand } from './curl.js';
import { bankPages } from './bank-pages.js';
import { certificatePages } from './certificate-pages.js';
import { docsPages } from './docs-pages.js';
import type { EventStreams } from './events.js';
import { inspectPages } from './inspect-pages.js';
import { faultNotice } from './lab/fault-views.js';
import { labPages } from './lab/lab-pages.js';
import { navigationFor } from './navigation.js';
import { organisationEditPage } from './organisation-edit-page.js';
import { organisationPages } from './organisation-pages.js';
import { qtspPages } from './qtsp-pages.js';
import { registrationPages } from './registration-pages.js';
import { placeOfDirectory } from './registration-places.js';
import { expiry, fromNow } from './spans.js';
import { startPage } from './start-page.js';
import { statementEditPage } from './statement-edit-page.js';
import { statementPages } from './statement-pages.js';
import { tapePages } from './tape-pages.js';
import { trustPages } from './trust-pages.js';
import { clockNotice, instant, markedParts, prettyJson } from './view-models.js';

const load = createRequire(import.meta.url);
/** Loaded with the first page: a start need not wait for it. */
const templates = () => load('ejs') as typeof ejs;

const viewsFolder = fileURLToPath(new URL('views', packageFolder));

/** Nothing but our own files; no HSTS and no upgrade to HTTPS, because the desk speaks plain HTTP. */
const pageHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  // With "no-referrer" browsers send "Origin: null" with our own forms, which then look like another site's.
  referrerPolicy: { policy: 'same-origin' },
  strictTransportSecurity: false,
});

/** Whether a person with a browser asks, rather than a program. */
export function isPageRequest(request: Request): boolean {
  return (
    !request.originalUrl.toLowerCase().startsWith('/sandbox/') &&
    request.accepts(['application/json', 'text/html']) === 'text/html'
  );
}

/** The control API answers programs, to which these headers and what every page shows say nothing. */
function forPages({ clock, faults }: Services): RequestHandler {
  return (request, response, next) => {
    if (request.path.startsWith('/sandbox/')) {
      next();
      return;
    }
    response.locals['clock'] = clockNotice(clock.read());
    response.locals['faultNotice'] = faultNotice(faults, clock.now());
    response.locals['navigation'] = navigationFor(request.path);
    response.locals['here'] = `${request.protocol}://${request.headers.host ?? ''}`;
    pageHeaders(request, response, next);
  };
}

/** What pages need before the first of them: templates, headers, style sheet and script. */
export function usePages(app: Express, services: Services): void {
  app.engine('ejs', (path, locals, done) => {
    templates().renderFile(path, locals as ejs.Data, done);
  });
  app.set('views', viewsFolder);
  app.set('view engine', 'ejs');
  app.enable('view cache');
  Object.assign(app.locals, { instant, prettyJson, curlCommand, expiry, fromNow, markedParts });
  app.use(forPages(services));
  app.use('/assets', express.static(`${viewsFolder}/public`, { index: false, redirect: false }));
}

/** A refusal as a page. It may come before `usePages` had its turn, so it brings the headers itself. */
export function renderProblem(response: Response, problem: Problem): void {
  pageHeaders(response.req, response, () => {
    response.setHeader('Cache-Control', 'no-store');
    response.render('problem', { title: problem.title, problem });
  });
}

/** The pages and their forms. */
export function deskPages(services: Services, events: EventStreams, state: StateControl): Router {
  const router = Router();
  router.use((_request, response, next) => {
    // Nearly every page shows keys, assertions or what may change at any moment.
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  router.use(startPage(services));
  router.use(organisationPages(services));
  router.use(organisationEditPage(services));
  router.use(statementPages(services));
  router.use(statementEditPage(services));
  router.use(certificatePages(services));
  router.use(registrationPages(services, placeOfDirectory(services)));
  router.use(bankPages(services));
  router.use(attemptPages(services, events));
  router.use(anchorPages(services));
  router.use(qtspPages(services));
  router.use(tapePages(services, events));
  router.use(trustPages(services));
  router.use(inspectPages(services));
  router.use(labPages(services, state));
  router.use(docsPages(services));
  return router;
}
