import { readFileSync } from 'node:fs';
import { Router } from 'express';
import { notFound } from '../../domain/errors.js';
import { packageFolder } from '../../sandbox/package-folder.js';
import type { Services } from '../../sandbox/services.js';
import { statusOfOutcome } from '../errors.js';
import { directoryDocsPages } from './directory-docs-pages.js';
import { faqPages } from './faq/faq-pages.js';
import { questions } from './faq/questions.js';
import { openApiDocument } from './openapi/document.js';
import { protocolDocument } from './openapi/protocol/document.js';
import { groupsOfProtocolCalls } from './openapi/protocol/reading.js';
import { groupsOfCalls, readGroup } from './openapi/reading.js';

const packageFile = new URL('package.json', packageFolder);

/** What there is to read: the control API and the Directory's, described and to be tried, and the questions of the FAQ. */
export function docsPages(services: Services): Router {
  const { anchors, urls } = services;
  const router = Router();

  router.get('/openapi/directory.json', (_request, response) => {
    response.json(protocolDocument(packageVersion(), urls.https));
  });

  router.get('/openapi.json', (_request, response) => {
    const anchorIds = anchors.map(({ id }) => id);
    response.json(openApiDocument(packageVersion(), response.locals['canLogOut'] === true, anchorIds));
  });

  router.get('/docs', (_request, response) => {
    response.render('docs', {
      title: 'Docs',
      groups: groupsOfCalls(),
      questions,
      directoryGroups: groupsOfProtocolCalls(),
      https: urls.https,
    });
  });

  router.get('/docs/api/:group', (request, response) => {
    const group = readGroup(request.params.group);
    if (!group) throw notFound('group of calls', request.params.group);
    const ofAnchors = anchors.map(({ id, name }) => ({ value: `/sandbox/anchors/${id}`, text: name }));
    response.render('docs-group', {
      title: group.title,
      group,
      bases: [{ value: '/sandbox', text: 'the Directory' }, ...ofAnchors],
      statusOfOutcome,
    });
  });
  router.use(directoryDocsPages(services));
  router.use(faqPages(services));
  return router;
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version;
}
