import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { parseInput } from '../../../domain/parse.js';
import { softwareIdSchema } from '../../../domain/identifiers.js';
import { defects } from '../../../sandbox/defects/catalogue.js';
import { certificateDefectNames, certificateDefects } from '../../../sandbox/defects/certificate-defects.js';
import { defectKinds, type Defect } from '../../../sandbox/defects/defect.js';
import type { Services } from '../../../sandbox/services.js';
import { formViews, takesForm, type RefusedForm } from '../forms.js';
import { statementChoice } from './chosen-statement.js';

const filterSchema = z.object({
  kind: z.enum(defectKinds).optional().catch(undefined),
  q: z.string().trim().max(100).catch(''),
});

const requestSchema = z.strictObject({
  softwareId: softwareIdSchema,
  defect: z.enum(certificateDefectNames),
});

const kinds: Readonly<Record<Defect['kind'], string>> = {
  ssa: 'SSA',
  certificate: 'Certificate',
  jwks: 'Key set',
  http: 'Answer',
};

/** The catalogue of what can be asked for broken, and the form that has a certificate issued so. */
export function defectPages(services: Services): Router {
  const router = Router();

  router.get('/lab/defects', (request, response) => {
    showDefects(services, request, response);
  });

  router.post(
    '/lab/defective-certificate',
    takesForm({
      id: 'defective-certificate',
      take: async (input, _request, response) => {
        const wanted = { softwareId: input.text('softwareId'), defect: input.text('defect') };
        const kid = await certifyWithDefect(services, parseInput(requestSchema, wanted));
        response.redirect(303, `/certificates/${kid}`);
      },
      showAgain: (request, response, refused) => {
        showDefects(services, request, response, refused);
      },
    }),
  );
  return router;
}

/** Most defects are for a TLS certificate of the statement; some are for those of an organisation alone. */
async function certifyWithDefect(
  { registry, defectiveCertificates }: Services,
  { softwareId, defect }: z.output<typeof requestSchema>,
): Promise<string> {
  const { organisationId } = registry.getSoftwareStatement(softwareId);
  const certifier = defectiveCertificates.with(defect);
  const { record } =
    'types' in certificateDefects[defect]
      ? await certifier.certifyOrganisation(organisationId, { type: 'obwac', generate: true })
      : await certifier.certifySoftwareStatement(softwareId, { type: 'obtransport', generate: true });
  return record.kid;
}

function showDefects(
  services: Services,
  request: Pick<Request, 'query'>,
  response: Response,
  refused?: RefusedForm,
): void {
  const { kind, q } = filterSchema.parse({ q: '', ...request.query });
  const words = q.toLowerCase().split(/\s+/);
  const shown = defects.filter(
    (defect) =>
      (kind === undefined || defect.kind === kind) &&
      words.every((word) => Object.values(defect).join(' ').toLowerCase().includes(word)),
  );
  response.render('lab-defects', {
    title: 'Defects',
    choice: statementChoice(services, request),
    filter: { kind: kind ?? '', q },
    kinds: defectKinds.map((value) => ({ value, text: kinds[value] })),
    kindWords: kinds,
    defects: shown,
    total: defects.length,
    ...formViews({ 'defective-certificate': {} }, refused),
  });
}
