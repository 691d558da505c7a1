import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import type { Attempt } from '../../domain/registration.js';
import { attemptOutcomes, type AttemptFilter } from '../../sandbox/attempts.js';
import type { Services } from '../../sandbox/services.js';
import { attemptView } from './api.js';
import { attemptSummary } from './bank-views.js';
import type { EventStream, EventStreams } from './events.js';
import { againPath } from './registration-places.js';
import { isOutcome, tokensOf, verdictView } from './verdict-views.js';
import { pageQuery, withQuery } from './view-models.js';

/** What the banks made of each attempt, and the lists of them live. */
export function attemptPages(services: Services, events: EventStreams): Router {
  const router = Router();

  router.get('/attempts', (request, response) => {
    showAttempts(services, request, response);
  });

  router.get('/attempts/events', (request, response) => {
    const rows = { filter: filterOf(services, request), bankNames: bankNames(services) };
    events.start(response, (stream) => follow(services, newestSeen(request), rows, stream, response));
  });

  router.get('/banks/:bankId/attempts/events', (request, response) => {
    const { profile } = services.getBank(request.params.bankId);
    const rows = { filter: { bank: profile.id }, bankNames: undefined };
    events.start(response, (stream) => follow(services, newestSeen(request), rows, stream, response));
  });

  router.get('/banks/:bankId/attempts/:attemptId', async (request, response) => {
    const bank = services.getBank(request.params.bankId);
    const kept = bank.getAttempt(request.params.attemptId);
    const attempt = attemptSummary(attemptView(kept));
    const { show } = request.query;
    const tokens = tokensOf(attempt, bank.compactRequestOf(kept));
    response.render('attempt', {
      title: `Attempt at ${bank.profile.name}: ${attempt.name}`,
      notice: pageQuery(request).notice,
      bank: bank.profile,
      attempt,
      path: `/banks/${bank.profile.id}/attempts/${attempt.id}`,
      againPath: await againPath(services, attempt),
      tokens,
      ...verdictView(attempt.rules, isOutcome(show) ? show : undefined, tokens),
    });
  });
  return router;
}

function showAttempts(services: Services, request: Pick<Request, 'query'>, response: Response): void {
  const filter = filterOf(services, request);
  const { page } = pageQuery(request);
  const { items, next } = services.attempts.page(filter, page);
  const names = bankNames(services);
  const called = filter.bank ?? services.banks[0]?.profile.id;
  response.render('attempts', {
    title: 'Attempts',
    attempts: items.map((attempt) => attemptSummary(attemptView(attempt))),
    next,
    isFirstPage: page.after === undefined,
    filter,
    bankNames: names,
    outcomes: attemptOutcomes,
    listPath: withQuery('/attempts', { ...filter }),
    eventsPath: withQuery('/attempts/events', { ...filter }),
    calledBank: called === undefined ? undefined : { id: called, name: names.get(called) },
  });
}

/** Banks in the order of their list. */
function bankNames({ banks }: Pick<Services, 'banks'>): ReadonlyMap<string, string> {
  return new Map(banks.map(({ profile: { id, name } }) => [id, name]));
}

/** What the form of the page asks for; anything unknown is passed over. */
function filterOf(services: Services, { query }: Pick<Request, 'query'>): AttemptFilter {
  const names = bankNames(services);
  const schema = z.object({
    bank: z
      .string()
      .refine((id) => names.has(id))
      .optional()
      .catch(undefined),
    outcome: z.enum(attemptOutcomes).optional().catch(undefined),
  });
  return schema.parse(query);
}

/** The newest attempt that a page has, empty for none: the browser names it, also when it comes back. */
function newestSeen({ headers, query }: Pick<Request, 'headers' | 'query'>): string | undefined {
  const id = headers['last-event-id'] ?? query['after'];
  return typeof id === 'string' ? id : undefined;
}

/** The rows of a list. */
interface Rows {
  readonly filter: AttemptFilter;
  /** For a list in which each row names its bank. */
  readonly bankNames: ReadonlyMap<string, string> | undefined;
}

/** Sends each attempt as a row of the list, those that the page has missed first. */
function follow(
  { attempts }: Pick<Services, 'attempts'>,
  newest: string | undefined,
  { filter, bankNames: names }: Rows,
  stream: EventStream,
  { app }: Pick<Response, 'app'>,
): () => void {
  const send = (attempt: Attempt) => {
    const locals = { attempt: attemptSummary(attemptView(attempt)), bankNames: names };
    app.render('partials/attempt-row', locals, (error: Error | null, row?: string) => {
      if (!error && row !== undefined) stream.send('attempt', attempt.id, row);
    });
  };
  const { items } = attempts.page(filter, { limit: limits.pageSize });
  const missed = newest === '' ? items.length : items.findIndex(({ id }) => id === newest);
  items.slice(0, Math.max(missed, 0)).reverse().forEach(send);
  return attempts.watch(filter, send);
}
