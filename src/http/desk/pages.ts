import { Router, type Express, type Request, type Response } from 'express';
import type { Clock } from '../../domain/ports.js';
import type { Services } from '../../sandbox/services.js';
import type { Problem } from '../errors.js';

/** Whether a person with a browser asks, rather than a program. */
export function isPageRequest(request: Request): boolean {
  return (
    !request.originalUrl.startsWith('/sandbox/') &&
    request.accepts(['application/json', 'text/html']) === 'text/html'
  );
}

export function usePages(app: Express): void {
  app.set('view engine', 'ejs');
}

export function renderProblem(response: Response, problem: Problem): void {
  response.json(problem);
}

export function deskPages(_services: Services, _clock: Clock): Router {
  return Router();
}
