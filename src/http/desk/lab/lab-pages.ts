import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { DomainError, invalidInput, quote } from '../../../domain/errors.js';
import { revocationReasons, revocationReasonSchema } from '../../../domain/key-record.js';
import { parseInput } from '../../../domain/parse.js';
import type { Services } from '../../../sandbox/services.js';
import type { StateControl } from '../../../sandbox/state/state-keeper.js';
import { formViews, takesForm, type FormInput, type RefusedForm } from '../forms.js';
import { certificateRow, pageQuery, plainQuery, withNotice } from '../view-models.js';
import { statementChoice, type StatementChoice } from './chosen-statement.js';
import { clockForms, clockView, controlInstant, daysAround, timeLeft } from './clock-forms.js';
import { defectPages } from './defect-pages.js';
import { faultChoices, faultForms, faultRow, sides } from './fault-views.js';
import { statePages } from './state-pages.js';

const revocationSchema = z.strictObject({ kid: z.string(), reason: revocationReasonSchema });

/** Whose certificates were shown beside the form. */
const statementSchema = z.object({ statement: z.string().optional().catch(undefined) });

/** Which fault the forms propose. */
const querySchema = z.object({ fault: z.string().optional().catch(undefined) });

/** Where things are made to fail: the clock, faults, revocation, banks and the state of the sandbox. */
export function labPages(services: Services, state: StateControl): Router {
  const { clock, faults } = services;
  const router = Router();

  router.get('/lab', async (request, response) => {
    const { notice } = pageQuery(request);
    const { fault } = querySchema.parse(request.query);
    await showLab(services, response, { notice, choice: statementChoice(services, request), fault });
  });

  addForms(
    clockForms,
    (path) => `/lab/${path.replace('-', '/')}`,
    (act, input) => act(clock, input),
    'clock-changed',
  );
  addForms(
    faultForms,
    (path) => `/lab/${path.replace('-', 's/')}`,
    (requestOf, input) => setFault(services, requestOf(input)),
    'fault-set',
    '#faults',
  );

  router.post(
    '/lab/faults/:faultId/clearing',
    takesForm<{ faultId: string }>({
      id: 'fault-clear',
      take: (_input, { params }, response) => {
        // Whoever was quicker has done the same.
        if (faults.has(params.faultId)) faults.clear(params.faultId);
        response.redirect(303, `${withNotice('/lab', 'fault-cleared')}#faults`);
      },
      showAgain,
    }),
  );

  router.post(
    '/lab/faults/clearing',
    takesForm({
      id: 'faults-clear',
      take: (_input, _request, response) => {
        faults.clearAll();
        response.redirect(303, `${withNotice('/lab', 'faults-cleared')}#faults`);
      },
      showAgain,
    }),
  );

  router.post(
    '/lab/revocation',
    takesForm({
      id: 'revocation',
      take: async (input, _request, response) => {
        const { kid, reason } = parseInput(revocationSchema, {
          kid: input.text('kid'),
          reason: input.text('reason'),
        });
        const { record } = await services.certificates.revoke(kid, reason);
        const page = withNotice('/lab', 'certificate-revoked');
        response.redirect(303, `${page}&statement=${record.softwareId ?? ''}#certificates`);
      },
      showAgain,
    }),
  );
  router.use(defectPages(services));
  router.use(statePages(services, state));
  return router;

  /** Forms that do one thing each and lead back to the page. */
  function addForms<Row>(
    table: Readonly<Record<string, Row>>,
    pathOf: (id: string) => string,
    act: (row: Row, input: FormInput) => Promise<void> | void,
    notice: Parameters<typeof withNotice>[1],
    place = '',
  ): void {
    for (const [id, row] of Object.entries(table)) {
      router.post(
        pathOf(id),
        takesForm({
          id,
          take: async (input, request, response) => {
            await act(row, input);
            const { statement } = statementSchema.parse(request.query);
            const chosen = statement === undefined ? '' : `&statement=${encodeURIComponent(statement)}`;
            response.redirect(303, withNotice('/lab', notice) + chosen + place);
          },
          showAgain,
        }),
      );
    }
  }

  function showAgain(
    request: Pick<Request, 'query'>,
    response: Response,
    refused: RefusedForm,
  ): Promise<void> {
    const choice = statementChoice(services, request);
    return showLab(services, response, { notice: plainQuery.notice, choice, refused });
  }
}

/** A stranger is a wrong entry here, not a page that is missing. */
async function setFault({ faults }: Services, request: Record<string, unknown>): Promise<void> {
  try {
    await faults.set(request);
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'not_found') throw error;
    const id = request['softwareId'] ?? request['organisationId'];
    const expected = 'the id of an organisation or a software statement of the Directory';
    throw invalidInput([{ field: 'holderId', expected, actual: quote(id) }]);
  }
}

interface LabView {
  readonly notice: string | undefined;
  readonly choice: StatementChoice;
  readonly refused?: RefusedForm;
  /** The name of a fault to propose. */
  readonly fault?: string | undefined;
}

async function showLab(
  services: Services,
  response: Response,
  { notice, choice, refused, fault }: LabView,
): Promise<void> {
  const { clock, faults, banks } = services;
  const now = clock.now();
  const view = clockView(clock);
  response.render('lab', {
    title: 'Lab',
    notice,
    clockView: view,
    faults: faults.list().map((fault) => faultRow(fault, now)),
    jwksFaults: faultChoices('jwks'),
    httpFaults: faultChoices('http'),
    sides,
    holders: [
      ...choice.options.map(({ value, text }) => ({ value: `softwareId:${value}`, text })),
      { value: 'directory', text: 'the Directory itself, which signs SSAs' },
    ],
    paths: pathsOf(services),
    choice,
    certificates: await certificatesOf(services, choice),
    revocationReasons,
    banks: banks.map(({ profile: { id, name } }) => ({
      id,
      name,
      isChanged: services.hasOtherProfile(id),
    })),
    ...formViews(
      {
        'clock-set': { mode: [view.mode === 'real' ? 'offset' : view.mode], at: [controlInstant(view.at)] },
        'clock-advance': {},
        'clock-days': { days: [String(view.days)] },
        'clock-jump': {},
        'fault-jwks': { name: [fault ?? 'empty'], set: ['active'] },
        'fault-http': { name: [fault ?? 'down'], path: ['/aspsp/reference/token'], listener: ['https'] },
        revocation: { reason: ['keyCompromise'] },
      },
      refused,
    ),
  });
}

/** Where answers can be spoilt, as suggestions. */
function pathsOf({ banks }: Services): string[] {
  const ofBanks = banks.flatMap(({ profile: { id } }) =>
    ['register', 'token', '.well-known/openid-configuration'].map((end) => `/aspsp/${id}/${end}`),
  );
  return ['/keystore/openbanking.jwks', '/as/token.oauth2', '/ca/issuing.crl', '/ca/ocsp', ...ofBanks];
}

/** Those of the statement that is chosen, the newest first. */
async function certificatesOf({ certificates, clock }: Services, { chosen }: StatementChoice) {
  if (!chosen) return [];
  const now = clock.now();
  const keys = await certificates.ofSoftwareStatement(chosen.id);
  return [...keys].reverse().map((key) => ({
    ...certificateRow(key),
    timeLeft: timeLeft(key.record.notAfter, now),
    days: daysAround(key.record.notAfter),
  }));
}
