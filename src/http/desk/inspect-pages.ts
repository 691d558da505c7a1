import { Router, type Response } from 'express';
import { z } from 'zod';
import { invalidInput, type FieldProblem } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import { readToken, type ReadToken } from '../../sandbox/inspection/token-text.js';
import type { Services } from '../../sandbox/services.js';
import { formViews, takesForm, type FormInput, type RefusedForm } from './forms.js';
import { inspectionView, isReadable } from './inspection-views.js';
import { compareTokens } from './token-comparison.js';

const pastedText = z.string().max(limits.tokenLength);
const pastedSchema = z.strictObject({ token: pastedText, other: pastedText.optional() });

type Pasted = z.infer<typeof pastedSchema>;

/** What a token says and whether it holds. Tokens come in bodies and go into the fragments of links, never into a query. */
export function inspectPages(services: Services): Router {
  const router = Router();

  router.get('/inspect', (_request, response) => {
    showForm(response, { token: '' });
  });

  router.post(
    '/inspect',
    takesForm({
      id: 'inspect',
      bodyBytes: limits.inspectionFormBytes,
      take: async (input, _request, response) => {
        await showInspection(services, response, pastedIn(input));
      },
      showAgain: (_request, response, refused) => {
        showForm(response, { token: '' }, refused);
      },
    }),
  );
  return router;
}

function pastedIn(input: FormInput): Pasted {
  return parseInput(pastedSchema, { token: input.text('token'), other: input.optionalText('other') });
}

function showForm(
  response: Response,
  { token, other = '' }: Pasted,
  refused?: RefusedForm,
  result: object = { result: undefined, comparison: undefined },
): void {
  response.render('inspect', {
    title: 'Inspect a token',
    ...formViews({ inspect: { token: [token], other: [other] } }, refused),
    ...result,
  });
}

/** @throws DomainError `invalid_input` for what is no token */
async function showInspection(
  { inspector, clock, banks }: Services,
  response: Response,
  pasted: Pasted,
): Promise<void> {
  const token = compactFormOf(pasted);
  const inspection = await inspector.inspect(pasted.token);
  const other = pasted.other === undefined ? undefined : await inspector.inspect(pasted.other);
  const context = { token, at: clock.now(), banks: banks.map(({ profile }) => profile) };
  showForm(response, pasted, undefined, {
    result: isReadable(inspection) ? inspectionView(inspection, context) : undefined,
    comparison: other && compareTokens(inspection, other),
  });
}

/** The first token without what stood around it. @throws DomainError `invalid_input` that names each that is none */
function compactFormOf({ token, other }: Pasted): string {
  const read = readToken(token);
  const problems = [
    problemOf('token', read),
    other === undefined ? [] : problemOf('other', readToken(other)),
  ].flat();
  if (!read.ok || problems.length > 0) throw invalidInput(problems);
  return read.token;
}

function problemOf(field: string, read: ReadToken): FieldProblem[] {
  return read.ok ? [] : [{ field, expected: 'a token, as a compact JWS', actual: read.reason }];
}
