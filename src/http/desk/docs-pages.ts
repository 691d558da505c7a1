import { readFileSync } from 'node:fs';
import { Router } from 'express';
import type { Services } from '../../sandbox/services.js';
import { openApiDocument } from './openapi/document.js';

/** As far from `dist/http/desk` as from `src/http/desk`. */
const packageFile = new URL('../../../package.json', import.meta.url);

/** What there is to read: the control API, described. */
export function docsPages({ anchors }: Services): Router {
  const router = Router();

  router.get('/openapi.json', (_request, response) => {
    const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
    const anchorIds = anchors.map(({ id }) => id);
    response.json(openApiDocument(version, response.locals['canLogOut'] === true, anchorIds));
  });
  return router;
}
