import { Router, type Response } from 'express';
import { z } from 'zod';
import { tppRoles } from '../../domain/roles.js';
import { parseInput } from '../../domain/parse.js';
import type { Services } from '../../sandbox/services.js';
import { formViews, takesForm, type FormInput, type RefusedForm } from './forms.js';
import { pageQuery, withNotice, withStatements } from './view-models.js';

const LATEST_ORGANISATIONS = 6;

/** A form without any role was filled in so: whoever leaves all of it out has the usual roles. */
const formSchema = z
  .object({
    keys: z.enum(['made-here', 'own']).default('made-here'),
    roles: z.array(z.string()).optional(),
  })
  .refine(({ roles }) => roles?.length !== 0, { path: ['roles'], error: 'at least one role' });

/** What leads on from the start page, in the order in which people come to need it. */
const tiles = [
  {
    path: '/organisations',
    text: 'Manage the Directory',
    detail: 'Organisations, software statements, redirect URIs, keys and certificates.',
  },
  {
    path: '/banks',
    text: 'Register at a bank',
    detail: 'Banks that check every request they are sent, and say what they made of it.',
  },
  {
    path: '/attempts',
    text: 'Read the verdicts',
    detail: 'What was attempted at every bank, the newest first, and what came of it, check by check.',
  },
  {
    path: '/inspect',
    text: 'Inspect a token',
    detail:
      'Every claim of an SSA or a registration request explained, and its signature checked step by step.',
  },
  {
    path: '/trust',
    text: 'See the trust',
    detail: 'Who vouches for whom, in one picture.',
  },
  {
    path: '/tape',
    text: 'Follow the tape',
    detail: 'Every exchange between TPPs, Directory and banks, in the order of time.',
  },
  {
    path: '/lab',
    text: 'Play with failure',
    detail: 'The clock, faults, defects, revocation, and the state of the whole sandbox.',
  },
  {
    path: '/docs',
    text: 'Read',
    detail: 'The control API, tried out in place, and the questions of the DCR FAQ, answered in deeds.',
  },
] as const;

/** The first page: an SSA at the press of a button, and ways to everything else. */
export function startPage(services: Services): Router {
  const router = Router();

  router.get('/', (request, response) => {
    showStart(services, response, pageQuery(request).notice);
  });

  router.post(
    '/quick-ssa',
    takesForm({
      id: 'quick-ssa',
      take: async (input, _request, response) => {
        response.redirect(303, await quickSsa(services, input));
      },
      showAgain: (_request, response, refused) => {
        showStart(services, response, undefined, refused);
      },
    }),
  );
  return router;
}

/** Makes what the form asks for. @returns the page to go on with */
async function quickSsa(services: Services, input: FormInput): Promise<string> {
  const isFilledIn = input.optionalText('keys') !== undefined;
  const { keys, roles } = parseInput(formSchema, {
    keys: input.optionalText('keys'),
    roles: isFilledIn ? input.list('roles') : undefined,
  });
  const wanted = {
    name: input.optionalText('name'),
    roles: roles ?? optionalList(input.list('roles')),
    redirectUris: optionalList(input.lines('redirectUris')),
  };
  if (keys === 'own') {
    const { softwareStatement } = await services.createTppWithoutKeys(wanted);
    return `${withNotice(`/software-statements/${softwareStatement.id}`, 'own-keys')}#new-certificate-title`;
  }
  const { softwareStatement } = await services.createReadyTpp(wanted);
  return withNotice(`/software-statements/${softwareStatement.id}/ssa`, 'tpp-created');
}

function optionalList(values: readonly string[]): readonly string[] | undefined {
  return values.length === 0 ? undefined : values;
}

function showStart(
  { registry, banks, anchors, urls, ssaIssuer }: Services,
  response: Response,
  notice: string | undefined,
  refused?: RefusedForm,
): void {
  response.render('start', {
    title: 'A directory to test against',
    notice,
    tiles,
    sandbox: { https: urls.https, ssaIssuer: ssaIssuer.name },
    organisations: withStatements(registry, registry.latestOrganisations('tpp', LATEST_ORGANISATIONS)),
    total: registry.countOfOrganisations(),
    banks: banks.map(({ profile }) => profile),
    anchors,
    roles: tppRoles,
    ...formViews(
      {
        'quick-ssa': {
          name: ['Test TPP'],
          roles: tppRoles,
          redirectUris: ['https://tpp.example.com/callback'],
          keys: ['made-here'],
        },
      },
      refused,
    ),
  });
}
