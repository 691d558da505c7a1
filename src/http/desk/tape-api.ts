import { Router, type Request } from 'express';
import { z } from 'zod';
import { parseInput } from '../../domain/parse.js';
import type { Page } from '../../domain/ports.js';
import type { Services } from '../../sandbox/services.js';
import { selectExchanges } from '../../sandbox/tape/selection.js';
import { showExchange, type ShownExchange } from '../../sandbox/tape/views.js';
import { paged, pageSchema, withoutQuery } from './json-api.js';

/** Which exchanges, and from where on. */
export const tapeQuerySchema = pageSchema.extend({
  tpp: z.string().optional(),
  bank: z.string().optional(),
  since: z.iso.datetime({ offset: true, error: 'an instant such as 2025-01-31T12:00:00Z' }).optional(),
});

/** What passed between TPPs, Directory and banks, oldest first. It is kept until it is cleared, reset or too much. */
export function tapeApi(services: Services): Router {
  const { tape, parties } = services;
  const router = Router();
  router
    .route('/')
    .get((request, response) => {
      response.json(pageOfTape(services, request));
    })
    .delete((_request, response) => {
      tape.clear();
      response.status(204).end();
    });

  router.get('/:exchangeId', withoutQuery, (request, response) => {
    response.json(showExchange(tape.get(request.params.exchangeId), parties));
  });
  return router;
}

/** @throws DomainError `invalid_input` */
function pageOfTape({ tape, parties }: Services, request: Request): Page<ShownExchange> {
  const { limit, after, ...filter } = parseInput(tapeQuerySchema, request.query);
  const { items, next } = paged(selectExchanges(tape.list(), parties, filter), { limit, after });
  return { items: items.map((exchange) => showExchange(exchange, parties)), next };
}
