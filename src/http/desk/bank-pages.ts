import { Router } from 'express';
import type { Services } from '../../sandbox/services.js';
import { attemptView } from './api.js';
import { pageQuery, timesOf } from './view-models.js';

/** Words and signs for the outcomes of a check: never colour alone. */
const outcomes = {
  passed: { sign: '✓', word: 'passed' },
  failed: { sign: '✗', word: 'failed' },
  skipped: { sign: '–', word: 'skipped' },
} as const;

/** The mock banks, and what they made of attempts to register. */
export function bankPages(services: Services): Router {
  const router = Router();

  router.get('/banks', (_request, response) => {
    response.render('banks', { title: 'Banks', banks: services.banks.map(({ profile }) => profile) });
  });

  router.get('/banks/:bankId', (request, response) => {
    const bank = services.getBank(request.params.bankId);
    const { page } = pageQuery(request);
    const { items, next } = bank.attempts(page);
    response.render('bank', {
      title: bank.profile.name,
      bank: bank.profile,
      discovery: bank.discovery(),
      organisation: services.registry.getOrganisation(bank.profile.organisationId),
      attempts: items.map(attemptView),
      next,
      isFirstPage: page.after === undefined,
    });
  });

  router.get('/banks/:bankId/attempts/:attemptId', (request, response) => {
    const bank = services.getBank(request.params.bankId);
    const attempt = attemptView(bank.getAttempt(request.params.attemptId));
    response.render('attempt', {
      title: `Attempt at ${bank.profile.name}`,
      bank: bank.profile,
      attempt,
      rules: attempt.rules.map((rule) => ({ ...rule, ...outcomes[rule.outcome] })),
      counts: Object.entries(outcomes).map(([outcome, { sign, word }]) => ({
        outcome,
        sign,
        word,
        count: attempt.rules.filter((rule) => rule.outcome === outcome).length,
      })),
      tokens: [
        { name: 'Registration request', token: attempt.request },
        { name: 'SSA', token: attempt.ssa },
      ].map(({ name, token }) => ({ name, token, times: token ? timesOf(token.payload) : [] })),
    });
  });
  return router;
}
