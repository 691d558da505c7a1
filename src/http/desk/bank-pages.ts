import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Services } from '../../sandbox/services.js';
import { attemptView } from './api.js';
import { attemptSummary, bankAddresses } from './bank-views.js';
import { questions } from './faq/questions.js';
import { formViews, takesForm, type RefusedForm } from './forms.js';
import { statementChoice } from './lab/chosen-statement.js';
import { parseJsonText } from '../json-text.js';
import { pageQuery, plainQuery, prettyJson, withNotice, withQuery, type PageQuery } from './view-models.js';

interface OfBank {
  readonly bankId: string;
}

const statementSchema = z.object({ statement: z.string().catch('') });

/** The mock banks, their profiles, and the list of what was attempted at them. */
export function bankPages(services: Services): Router {
  const router = Router();
  const showAgain = ({ params }: Request<OfBank>, response: Response, refused: RefusedForm) => {
    showBank(services, response, params.bankId, plainQuery, refused);
  };

  router.get('/banks', (_request, response) => {
    response.render('banks', { title: 'Banks', banks: services.banks.map(({ profile }) => profile) });
  });

  router.get('/banks/:bankId', (request, response) => {
    showBank(services, response, request.params.bankId, pageQuery(request));
  });

  router.get('/banks/:bankId/register', (request, response) => {
    const { profile } = services.getBank(request.params.bankId);
    const { id } = services.registry.getSoftwareStatement(statementSchema.parse(request.query).statement);
    response.redirect(303, withQuery(`/software-statements/${id}/register`, { bank: profile.id }));
  });

  router.post(
    '/banks/:bankId/profile',
    takesForm<OfBank>({
      id: 'edit-profile',
      wholeInput: 'profile',
      take: async (input, { params: { bankId } }, response) => {
        await services.changeBankProfile(bankId, parseJsonText(input.text('profile')));
        response.redirect(303, withNotice(`/banks/${bankId}`, 'profile-changed'));
      },
      showAgain,
    }),
  );

  router.post(
    '/banks/:bankId/profile/reset',
    takesForm<OfBank>({
      id: 'reset-profile',
      take: async (_input, { params: { bankId } }, response) => {
        await services.resetBankProfile(bankId);
        response.redirect(303, withNotice(`/banks/${bankId}`, 'profile-reset'));
      },
      showAgain,
    }),
  );
  return router;
}

/** The page of a bank. @throws DomainError `not_found` */
function showBank(
  services: Services,
  response: Response,
  bankId: string,
  { page, notice }: PageQuery,
  refused?: RefusedForm,
): void {
  const bank = services.getBank(bankId);
  const { items, next } = bank.attempts(page);
  response.render('bank', {
    title: bank.profile.name,
    notice,
    bank: bank.profile,
    statements: statementChoice(services, { query: {} }).options,
    answers: bank.profile.answers.map(answerView),
    addresses: bankAddresses(bank),
    organisation: services.registry.getOrganisation(bank.profile.organisationId),
    differences: services.bankDifferences(bankId),
    hasOtherProfile: services.hasOtherProfile(bankId),
    attempts: items.map((attempt) => attemptSummary(attemptView(attempt))),
    next,
    isFirstPage: page.after === undefined,
    ...formViews({ 'edit-profile': { profile: [prettyJson(bank.profile)] }, 'reset-profile': {} }, refused),
  });
}

/** A question, with the page of the FAQ where it is one of that. */
function answerView(question: string): { readonly question: string; readonly path: string | undefined } {
  const entry = questions.find((one) => one.question === question);
  return { question, path: entry && `/docs/faq/${entry.slug}` };
}
