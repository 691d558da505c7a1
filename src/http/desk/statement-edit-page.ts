import { Router, type Response } from 'express';
import { authorisedRoles } from '../../domain/organisation.js';
import { parseInput } from '../../domain/parse.js';
import { softwareStatementChangeSchema } from '../../domain/software-statement.js';
import type { Services } from '../../sandbox/services.js';
import { formViews, takesForm, type FormInput, type RefusedForm } from './forms.js';
import { withNotice } from './view-models.js';

const FORM = 'edit';

const requiredTexts = ['clientName', 'description', 'version', 'mode', 'environment'] as const;
const optionalTexts = ['clientUri', 'logoUri', 'policyUri', 'termsOfServiceUri', 'onBehalfOf'] as const;

/** Where the metadata of a software statement are changed, but for its redirect URIs and its state. */
export function statementEditPage(services: Services): Router {
  const { registry } = services;
  const router = Router();

  router.get('/software-statements/:softwareId/edit', (request, response) => {
    showForm(services, response, request.params.softwareId);
  });

  router.post(
    '/software-statements/:softwareId/edit',
    takesForm<{ softwareId: string }>({
      id: FORM,
      take: async (input, { params: { softwareId } }, response) => {
        const change = parseInput(softwareStatementChangeSchema, changeIn(input));
        await registry.changeSoftwareStatement(softwareId, change);
        response.redirect(303, withNotice(`/software-statements/${softwareId}`, 'changes-saved'));
      },
      showAgain: ({ params }, response, refused) => {
        showForm(services, response, params.softwareId, refused);
      },
    }),
  );
  return router;
}

function changeIn(input: FormInput) {
  return {
    ...Object.fromEntries(requiredTexts.map((name) => [name, input.text(name)])),
    ...Object.fromEntries(optionalTexts.map((name) => [name, input.optionalText(name) ?? null])),
    roles: input.list('roles'),
  };
}

function showForm(
  { registry }: Services,
  response: Response,
  softwareId: string,
  refused?: RefusedForm,
): void {
  const statement = registry.getSoftwareStatement(softwareId);
  const organisation = registry.getOrganisation(statement.organisationId);
  response.render('statement-edit', {
    title: `Change ${statement.clientName}`,
    statement,
    organisation,
    modes: softwareStatementChangeSchema.shape.mode.unwrap().options,
    // It may have one that its organisation has lost since.
    roles: [...new Set([...authorisedRoles(organisation), ...statement.roles])],
    ...formViews(
      {
        [FORM]: {
          ...Object.fromEntries(requiredTexts.map((name) => [name, [statement[name]]])),
          ...Object.fromEntries(optionalTexts.map((name) => [name, [statement[name] ?? '']])),
          roles: statement.roles,
        },
      },
      refused,
    ),
  });
}
