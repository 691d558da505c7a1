import { Router, type Response } from 'express';
import { invalidInput, notFound, quote } from '../../../domain/errors.js';
import type { Services } from '../../../sandbox/services.js';
import { formViews, takesForm, type RefusedForm } from '../forms.js';
import { doDeed } from './deeds.js';
import { questions, type FaqEntry } from './questions.js';

/** The questions of the FAQ, each with a button that does what it asks about. */
export function faqPages(services: Services): Router {
  const router = Router();

  router.get('/docs/faq/:slug', (request, response) => {
    showQuestion(services, response, getQuestion(request.params.slug));
  });

  router.post(
    '/docs/faq/:slug',
    takesForm<{ slug: string }>({
      id: 'deed',
      take: async (input, { params }, response) => {
        const { deeds } = getQuestion(params.slug);
        const deed = deeds[Number(input.text('deed'))];
        if (!deed) {
          const expected = `a number from 0 to ${deeds.length - 1}`;
          throw invalidInput([{ field: 'deed', expected, actual: quote(input.text('deed')) }]);
        }
        const { bankId, id } = await doDeed(services, deed);
        response.redirect(303, `/banks/${bankId}/attempts/${id}`);
      },
      showAgain: ({ params }, response, refused) => {
        showQuestion(services, response, getQuestion(params.slug), refused);
      },
    }),
  );
  return router;
}

/** @throws DomainError `not_found` */
function getQuestion(slug: string): FaqEntry {
  const entry = questions.find((one) => one.slug === slug);
  if (!entry) throw notFound('question', slug);
  return entry;
}

function showQuestion({ banks }: Services, response: Response, entry: FaqEntry, refused?: RefusedForm): void {
  const index = questions.indexOf(entry);
  response.render('faq', {
    title: entry.question,
    entry,
    nameOf: (bankId: string) => banks.find(({ profile }) => profile.id === bankId)?.profile.name,
    previous: questions[index - 1],
    next: questions[index + 1],
    ...formViews({ deed: {} }, refused),
  });
}
