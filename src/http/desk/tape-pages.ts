import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Services } from '../../sandbox/services.js';
import { selectExchanges, type TapeFilter } from '../../sandbox/tape/selection.js';
import { showExchange } from '../../sandbox/tape/views.js';
import type { EventStreams } from './events.js';
import { takesForm } from './forms.js';
import { callTree, exchangeView, filterOptions, lanesOf, type CallRow } from './tape-views.js';
import { pageQuery, withNotice } from './view-models.js';

/** Calls on one page, without those that came of them. */
const CALLS_PER_PAGE = 25;

const optionalText = z
  .string()
  .transform((text) => (text === '' ? undefined : text))
  .optional()
  .catch(undefined);

const querySchema = z.object({ tpp: optionalText, bank: optionalText, before: optionalText });

/** What passed between TPPs, Directory and banks, as a sequence diagram. */
export function tapePages(services: Services, events: EventStreams): Router {
  const { tape, parties } = services;
  const router = Router();

  router.get('/tape', (request, response) => {
    showTape(services, request, response);
  });

  router.get('/tape/events', (_request, response) => {
    events.start(response, ({ send }) =>
      tape.onComplete(
        ({ id }) => send('exchange', id, JSON.stringify({ id })),
        () => void response.end(),
      ),
    );
  });

  router.get('/tape/download', (request, response) => {
    const { tpp, bank } = querySchema.parse(request.query);
    response.attachment('tape.json').type('application/json');
    const texts = selectExchanges(tape.list(), parties, { tpp, bank }).map((exchange) =>
      JSON.stringify(showExchange(exchange, parties)),
    );
    response.send(`{"exchanges":[${texts.join(',\n')}]}\n`);
  });

  router.post(
    '/tape/clear',
    takesForm({
      id: 'clear-tape',
      take: (_input, _request, response) => {
        tape.clear();
        response.redirect(303, withNotice('/tape', 'tape-cleared'));
      },
      showAgain: (request, response) => {
        showTape(services, request, response);
      },
    }),
  );

  router.get('/tape/:exchangeId', (request, response) => {
    const exchange = tape.get(request.params.exchangeId);
    const shown = showExchange(exchange, parties);
    const causedBy = tape.list().filter(({ parent }) => parent === exchange);
    response.render('exchange', {
      title: `${shown.request.method} ${shown.request.url}`.slice(0, 120),
      styles: ['tape'],
      exchange: exchangeView(shown, exchange),
      parent: exchange.parent && callTree([exchange.parent], parties)[0],
      children: callTree(causedBy, parties),
    });
  });
  return router;
}

function showTape({ tape, parties }: Services, request: Pick<Request, 'query'>, response: Response): void {
  const { before, ...filter } = querySchema.parse(request.query);
  const all = tape.list();
  const selected = selectExchanges(all, parties, filter);
  const { calls, older, isNewest } = pageOfCalls(callTree(selected, parties), before);
  response.render('tape', {
    title: 'The tape',
    notice: pageQuery(request).notice,
    styles: ['tape'],
    scripts: ['tape'],
    isEmpty: all.length === 0,
    lanes: lanesOf(selected, parties),
    calls,
    isNewest,
    filter,
    ...filterOptions(all, parties),
    exchangeCount: selected.length,
    query: queryOf(filter),
    olderPath: older === undefined ? undefined : `/tape?${queryOf({ ...filter, before: older })}`,
    newestPath: isNewest ? undefined : `/tape?${queryOf(filter)}`,
  });
}

/** The calls before one of them, or the newest; still oldest first. */
function pageOfCalls(all: readonly CallRow[], before: string | undefined) {
  const index = all.findIndex(({ id }) => id === before);
  const end = index < 0 ? all.length : index;
  const start = Math.max(0, end - CALLS_PER_PAGE);
  return {
    calls: all.slice(start, end),
    older: start > 0 ? all[start]?.id : undefined,
    isNewest: end === all.length,
  };
}

function queryOf(filter: TapeFilter & { readonly before?: string | undefined }): string {
  const entries = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return new URLSearchParams(entries).toString();
}
