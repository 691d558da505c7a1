import express, { Router, type Response } from 'express';
import { DomainError, invalidInput } from '../../../domain/errors.js';
import { isNestedDeeper } from '../../../domain/json.js';
import { limits } from '../../../domain/limits.js';
import { parseInput } from '../../../domain/parse.js';
import type { Services } from '../../../sandbox/services.js';
import { resetTargets, type StateControl } from '../../../sandbox/state/state-keeper.js';
import { HttpError, problemOf } from '../../errors.js';
import { parseJsonText } from '../../json-text.js';
import { FormInput, formViews, refusals, takesForm, type RefusedForm } from '../forms.js';
import { resetSchema } from '../state-api.js';
import { withNotice } from '../view-models.js';

/** The state as a file, and the pages that ask once before all that is here is replaced. */
export function statePages(services: Services, state: StateControl): Router {
  const router = Router();

  router.get('/lab/state.json', async (_request, response) => {
    const file = await state.export();
    response.attachment(`sandbox-${file.exportedAt.slice(0, 19).replaceAll(':', '')}Z.json`);
    response.json(file);
  });

  router.get('/lab/import', (_request, response) => {
    showImport(services, response);
  });

  /**
   * A form of this media type sends its field as it stands: one that may have hundreds of megabytes need not be encoded,
   * nor read by a parser for files. @see HTML, "Plain text form data"
   */
  router.post(
    '/lab/import',
    (request, _response, next) => {
      if (request.is('text/plain') !== 'text/plain')
        throw new HttpError(
          415,
          `Content-Type: expected text/plain, got ${request.headers['content-type'] ?? 'none'}.`,
        );
      next();
    },
    express.text({ type: 'text/plain', limit: limits.stateBytes, inflate: false }),
    async (request, response) => {
      const text = fieldOf(request.body);
      try {
        await state.replace(parseState(text));
        response.redirect(303, withNotice('/lab', 'state-imported'));
      } catch (error) {
        if (!(error instanceof DomainError) || !refusals.includes(error.code)) throw error;
        const problem = problemOf(error);
        response.status(problem.status);
        showImport(services, response, {
          id: 'import',
          input: new FormInput({ state: text.length > limits.bodyBytes ? '' : text }),
          problem,
          wholeInput: 'state',
        });
      }
    },
  );

  router.get('/lab/reset', (request, response) => {
    const { data: { to } = { to: 'start-up' } } = resetSchema.safeParse({ to: request.query['to'] });
    showReset(services, response, to);
  });

  router.post(
    '/lab/reset',
    takesForm({
      id: 'reset',
      take: async (input, _request, response) => {
        const { to } = parseInput(resetSchema, { to: input.optionalText('to') });
        await state.reset(to);
        response.redirect(303, withNotice('/lab', 'state-reset'));
      },
      showAgain: (_request, response, refused) => {
        showReset(services, response, resetTargets[0], refused);
      },
    }),
  );
  return router;
}

/** Every line break of a form is CR LF, and one ends the field. */
function fieldOf(body: unknown): string {
  const text = typeof body === 'string' ? body : '';
  return text.replace(/^state=/, '').replace(/\r\n$/, '');
}

/** @throws DomainError `invalid_input` that names the places where it is no JSON */
function parseState(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return parseJsonText(text);
  }
  if (!isNestedDeeper(value, limits.stateDepth)) return value;
  const expected = `JSON of at most ${limits.stateDepth} levels`;
  throw invalidInput([{ field: 'state', expected, actual: 'deeper nesting' }]);
}

/** What is here now, and would be lost. */
function lossOf({ registry, faults, banks }: Services) {
  return {
    organisations: registry.countOfOrganisations(),
    faults: faults.list().length,
    banks: banks.length,
  };
}

function showImport(services: Services, response: Response, refused?: RefusedForm): void {
  response.render('lab-import', {
    title: 'Import a state',
    loss: lossOf(services),
    ...formViews({ import: {} }, refused),
  });
}

function showReset(
  services: Services,
  response: Response,
  to: (typeof resetTargets)[number],
  refused?: RefusedForm,
): void {
  response.render('lab-reset', {
    title: to === 'demo' ? 'Reset to the demo data' : 'Reset to the start',
    to,
    loss: lossOf(services),
    ...formViews({ reset: {} }, refused),
  });
}
