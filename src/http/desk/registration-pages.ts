import express, { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { DomainError, invalidInput } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import type { Services } from '../../sandbox/services.js';
import { FormInput, takesForm, type FieldValues, type RefusedForm } from './forms.js';
import { claimsOfForm, headerOfForm, jsonFields, objectIn } from './registration-form.js';
import type { RegistrationPlace } from './registration-places.js';
import {
  byHandView,
  startingFields,
  statementView,
  workbenchView,
  type ByHand,
} from './registration-views.js';
import { pageQuery, prettyJson, withNotice } from './view-models.js';

interface OfStatement {
  readonly softwareId: string;
}

interface OfClient extends OfStatement {
  readonly clientId: string;
}

/** What the pages are made from. */
interface RegistrationDesk {
  readonly services: Services;
  readonly place: RegistrationPlace;
}

const querySchema = z.object({
  bank: z.string().optional().catch(undefined),
  attempt: z.string().optional().catch(undefined),
  replaces: z.string().optional().catch(undefined),
  defect: z.string().optional().catch(undefined),
  by: z.string().optional().catch(undefined),
});

/**
 * Composing a registration request for a software statement, sending it, and managing what came of it.
 * @param place whose software statements they are; the router is used below its base
 */
export function registrationPages(services: Services, place: RegistrationPlace): Router {
  const { registrations } = place;
  const desk: RegistrationDesk = { services, place };
  const router = Router();
  const page = '/software-statements/:softwareId/register';

  router.get(page, async (request, response) => {
    const { softwareId } = request.params;
    const { bank = place.usualBank, by, ...from } = querySchema.parse(request.query);
    if (bank === undefined) {
      showNoBank(place, softwareId, response);
      return;
    }
    const fields = startingFields(await registrations.workbench(softwareId, bank), from);
    const { notice } = pageQuery(request);
    await show(desk, request, response, { bank, fields, notice, isByHand: by === 'hand' });
  });

  router.post(
    page,
    takesForm<OfStatement>({
      id: 'compose',
      take: async (input, request, response) => {
        const { softwareId } = request.params;
        const wanted = input.text('send');
        if (wanted === 'fill' || wanted === 'by-hand') {
          await showFilled(desk, input, request, response);
          return;
        }
        const { id, bankId } = await registrations.send(softwareId, draftOf(services, input));
        response.redirect(303, `/banks/${bankId}/attempts/${id}`);
      },
      showAgain: (request, response, refused) =>
        show(desk, request, response, { bank: refused.input.text('bank'), refused }),
    }),
  );

  router.post(
    `${page}/signed`,
    takesForm<OfStatement>({
      id: 'signed',
      take: async (input, { params: { softwareId } }, response) => {
        const { id, bankId } = await registrations.sendSigned(softwareId, {
          ...addressing(input),
          request: input.text('request'),
        });
        response.redirect(303, `/banks/${bankId}/attempts/${id}`);
      },
      showAgain: (request, response, refused) =>
        show(desk, request, response, { bank: refused.input.text('bank'), refused, isByHand: true }),
    }),
  );

  // For the script of the page, which shows what the form would send while it is filled in.
  router.post(
    `${page}/claims`,
    express.urlencoded({ extended: false, limit: limits.bodyBytes, inflate: false }),
    (request, response) => {
      const input = new FormInput(request.body);
      const { profile } = services.getBank(input.text('bank'));
      response.json({
        claims: prettyJson(claimsOfForm(input, profile)),
        header: prettyJson(headerOfForm(input)),
      });
    },
  );

  for (const [action, method] of [
    ['reading', 'GET'],
    ['removal', 'DELETE'],
  ] as const) {
    router.post(
      `${page}/clients/:clientId/${action}`,
      takesForm<OfClient>({
        id: 'clients',
        take: async (input, { params: { softwareId, clientId } }, response) => {
          const bank = input.text('bank');
          const outcome = await registrations.manage(method, softwareId, bank, clientId);
          if ('attempt' in outcome) response.redirect(303, `/banks/${bank}/attempts/${outcome.attempt.id}`);
          else if (method === 'GET') showClient(desk, softwareId, bank, response, outcome.answer.text);
          else response.redirect(303, removed(place, softwareId, bank));
        },
        showAgain: (request, response, refused) =>
          show(desk, request, response, { bank: refused.input.text('bank'), refused }),
      }),
    );
  }
  return router;
}

/** What the page is to show beside what it always has. */
interface Shown {
  readonly bank: string;
  readonly fields?: FieldValues;
  readonly notice?: string | undefined;
  readonly refused?: RefusedForm;
  /** Whether the request is shown for somebody to sign it himself. */
  readonly isByHand?: boolean;
}

async function show(
  desk: RegistrationDesk,
  { params: { softwareId } }: Request<OfStatement>,
  response: Response,
  { bank, fields, notice, refused, isByHand = false }: Shown,
): Promise<void> {
  const { services, place } = desk;
  const workbench = await place.registrations.workbench(softwareId, bank);
  const view = workbenchView(services, place, workbench, fields, refused);
  const byHand =
    isByHand || view.keys.areWithHolder || !view.keys.areThere
      ? await byHandOf(desk, softwareId, view.fields, response)
      : undefined;
  response.render('register', { ...view, notice, byHand });
}

/** What the form asks for, as JSON or as commands of a shell. */
async function showFilled(
  desk: RegistrationDesk,
  input: FormInput,
  request: Request<OfStatement>,
  response: Response,
): Promise<void> {
  const bank = input.text('bank');
  const { profile } = desk.services.getBank(bank);
  const fields = { ...input.values, ...jsonFields(claimsOfForm(input, profile), headerOfForm(input)) };
  const isByHand = input.text('send') === 'by-hand';
  await show(desk, request, response, { bank, fields, isByHand });
}

/** The request that fields ask for, filled in, with what it takes to sign and send it; nothing is sent. */
async function byHandOf(
  { services, place }: RegistrationDesk,
  softwareId: string,
  fields: FieldValues,
  response: Response,
): Promise<ByHand | { readonly problem: string }> {
  try {
    const draft = draftOf(services, new FormInput({ ...fields, send: ['json'] }));
    const composed = await place.registrations.compose(softwareId, draft);
    const workbench = await place.registrations.workbench(softwareId, draft.bank);
    return byHandView(composed, draft, workbench, {
      base: place.base,
      here: String(response.locals['here']),
      asksForPassword: response.locals['canLogOut'] === true,
    });
  } catch (error) {
    if (error instanceof DomainError) return { problem: error.message };
    throw error;
  }
}

/** What a field says about the choice above it. */
const meantSources = {
  defective: ['"a fresh one with a defect", or no defect', 'a defect, and "a fresh one of the Directory"'],
  pasted: ['"the pasted one", or nothing pasted', 'a pasted SSA, and "a fresh one of the Directory"'],
} as const;

/** The draft that a form is, by its fields or by its JSON. @throws DomainError `invalid_input` for JSON that is none */
function draftOf(services: Services, input: FormInput) {
  const isJson = input.text('send') === 'json';
  const { profile } = services.getBank(input.text('bank'));
  checkSource(input);
  return {
    ...addressing(input),
    claims: isJson ? objectIn(input, 'claims') : claimsOfForm(input, profile),
    header: isJson ? objectIn(input, 'header') : headerOfForm(input),
    lifetimeSeconds: input.text('lifetimeSeconds').trim(),
    ssa: input.text('ssa'),
    defect: input.optionalText('defect'),
    pastedSsa: input.optionalText('pastedSsa'),
    signingKey: input.text('signingKey'),
  };
}

/** Who chose a defect or pasted an SSA, and left the usual choice above it, gets an answer rather than a good request. */
function checkSource(input: FormInput): void {
  const wanted = input.optionalText('defect') ? 'defective' : input.optionalText('pastedSsa') && 'pasted';
  if (!wanted || input.text('ssa') !== 'fresh') return;
  const [expected, actual] = meantSources[wanted];
  throw invalidInput([{ field: 'ssa', expected, actual }]);
}

function addressing(input: FormInput) {
  return {
    bank: input.text('bank'),
    replaces: input.optionalText('replaces'),
    certificate: input.text('certificate'),
    mediaType: input.text('mediaType'),
  };
}

function removed({ base }: RegistrationPlace, softwareId: string, bank: string): string {
  const path = withNotice(`${base}/software-statements/${softwareId}/register`, 'client-removed');
  return `${path}&bank=${encodeURIComponent(bank)}`;
}

function showClient(
  { services, place }: RegistrationDesk,
  softwareId: string,
  bankId: string,
  response: Response,
  answer: string,
): void {
  response.render('registered-client', {
    title: 'Registered client',
    ...statementView(place, place.registry.getSoftwareStatement(softwareId)),
    bank: services.getBank(bankId).profile,
    client: JSON.parse(answer) as unknown,
  });
}

function showNoBank(place: RegistrationPlace, softwareId: string, response: Response): void {
  response.render('register-nowhere', {
    title: 'Register at a bank',
    ...statementView(place, place.registry.getSoftwareStatement(softwareId)),
  });
}
