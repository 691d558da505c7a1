import { Router, type Request, type Response } from 'express';
import type { Bank } from '../../aspsp/bank.js';
import { DomainError } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import type { Attempt } from '../../domain/registration.js';
import type { Services } from '../../sandbox/services.js';
import { attemptView } from './api.js';
import { attemptSummary } from './bank-views.js';
import type { EventStream, EventStreams } from './events.js';
import { isOutcome, tokensOf, verdictView } from './verdict-views.js';
import { pageQuery } from './view-models.js';

/** What a bank made of each attempt, and the list of them live. */
export function attemptPages(services: Services, events: EventStreams): Router {
  const router = Router();

  router.get('/banks/:bankId/attempts/events', (request, response) => {
    const bank = services.getBank(request.params.bankId);
    events.start(response, (stream) => follow(bank, newestSeen(request), stream, response));
  });

  router.get('/banks/:bankId/attempts/:attemptId', (request, response) => {
    const bank = services.getBank(request.params.bankId);
    const attempt = attemptSummary(attemptView(bank.getAttempt(request.params.attemptId)));
    const { show } = request.query;
    const tokens = tokensOf(attempt);
    response.render('attempt', {
      title: `Attempt at ${bank.profile.name}: ${attempt.name}`,
      notice: pageQuery(request).notice,
      bank: bank.profile,
      attempt,
      path: `/banks/${bank.profile.id}/attempts/${attempt.id}`,
      againPath: againPath(services, attempt),
      tokens,
      ...verdictView(attempt.rules, isOutcome(show) ? show : undefined, tokens),
    });
  });
  return router;
}

/** The newest attempt that a page has, empty for none: the browser names it, also when it comes back. */
function newestSeen({ headers, query }: Pick<Request, 'headers' | 'query'>): string | undefined {
  const id = headers['last-event-id'] ?? query['after'];
  return typeof id === 'string' ? id : undefined;
}

/** Sends each attempt as a row of the list, those that the page has missed first. */
function follow(
  bank: Bank,
  newest: string | undefined,
  stream: EventStream,
  { app }: Pick<Response, 'app'>,
): () => void {
  const send = (attempt: Attempt) => {
    const locals = { bank: bank.profile, attempt: attemptSummary(attemptView(attempt)) };
    app.render('partials/attempt-row', locals, (error: Error | null, row?: string) => {
      if (!error && row !== undefined) stream.send('attempt', attempt.id, row);
    });
  };
  const { items } = bank.attempts({ limit: limits.pageSize });
  const missed = newest === '' ? items.length : items.findIndex(({ id }) => id === newest);
  items.slice(0, Math.max(missed, 0)).reverse().forEach(send);
  return bank.watch(send);
}

/** Where an attempt's request can be changed and sent again; undefined where it is of no software statement here. */
function againPath(
  { registry }: Services,
  attempt: Pick<Attempt, 'id' | 'bankId' | 'operation' | 'certificate' | 'request' | 'ssa'>,
): string | undefined {
  if (attempt.operation !== 'create' && attempt.operation !== 'replace') return undefined;
  const named = [
    attempt.ssa?.payload['software_id'],
    attempt.request?.payload['iss'],
    /CN=([^,]+)/.exec(attempt.certificate?.subject ?? '')?.[1],
  ];
  const softwareId = named.find((id) => typeof id === 'string' && isStatement(registry, id));
  if (typeof softwareId !== 'string') return undefined;
  return `/software-statements/${softwareId}/register?bank=${attempt.bankId}&attempt=${attempt.id}`;
}

function isStatement(registry: Services['registry'], id: string): boolean {
  try {
    registry.getSoftwareStatement(id);
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}
