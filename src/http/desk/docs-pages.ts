import { readFileSync } from 'node:fs';
import { Router } from 'express';
import { notFound } from '../../domain/errors.js';
import { packageFolder } from '../../sandbox/package-folder.js';
import type { Services } from '../../sandbox/services.js';
import { statusOfOutcome } from '../errors.js';
import { faqPages } from './faq/faq-pages.js';
import { questions } from './faq/questions.js';
import { openApiDocument } from './openapi/document.js';
import { groupsOfCalls, readGroup } from './openapi/reading.js';

const packageFile = new URL('package.json', packageFolder);

/** The Directory's API in a few lines. @see Directory API 2.2.0; RFC 7644 */
const directoryCalls = [
  {
    path: 'POST /as/token.oauth2',
    text: 'An access token (`client_credentials`), by `private_key_jwt` or by the certificate of the TLS connection.',
  },
  {
    path: '/v2.1/organisation/{orgId}/…',
    text: 'The organisation, its contacts, software statements, redirect URIs, SSAs, keys, certificates and authorisation servers. Below `/v2` and `/organisation/{tpp|aspsp}`, too.',
  },
  { path: 'POST /v2.1/organisation', text: 'Enrolment with a QWAC or a QSealC; it needs no token.' },
  { path: 'POST /certificate/validate', text: 'Whose a certificate is, and whether it is good.' },
  { path: '/scim/v2/…', text: 'Every participant, with filters.' },
] as const;

/** What there is to read: the control API, described and to be tried, and the questions of the FAQ. */
export function docsPages(services: Services): Router {
  const { anchors, urls } = services;
  const router = Router();

  router.get('/openapi.json', (_request, response) => {
    const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
    const anchorIds = anchors.map(({ id }) => id);
    response.json(openApiDocument(version, response.locals['canLogOut'] === true, anchorIds));
  });

  router.get('/docs', (_request, response) => {
    response.render('docs', {
      title: 'Docs',
      groups: groupsOfCalls(),
      questions,
      directoryCalls,
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
  router.use(faqPages(services));
  return router;
}
