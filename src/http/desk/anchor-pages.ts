import { Router, type Response } from 'express';
import type { CertifiedKey } from '../../directory/certificates.js';
import type { Anchor } from '../../sandbox/anchors.js';
import type { Services } from '../../sandbox/services.js';
import { formViews, takesForm, type RefusedForm } from './forms.js';
import {
  certificatePaths,
  certificateRow,
  pageQuery,
  plainQuery,
  timesOf,
  withStatements,
  type PageQuery,
} from './view-models.js';

/** The pages of trust anchors beside the Directory. */
export function anchorPages(services: Services): Router {
  const router = Router();

  router.get('/anchors/:anchorId', async (request, response) => {
    await showAnchor(services, response, request.params.anchorId, pageQuery(request));
  });

  router.post(
    '/anchors/:anchorId/quick-ssa',
    takesForm<{ anchorId: string }>({
      id: 'quick-ssa',
      take: async (_input, { params }, response) => {
        const anchor = services.getAnchor(params.anchorId);
        const { softwareStatement } = await (await anchor.open()).createReadyTpp({});
        response.redirect(303, ssaPath(anchor, softwareStatement.id));
      },
      showAgain: ({ params }, response, refused) =>
        showAnchor(services, response, params.anchorId, plainQuery, refused),
    }),
  );

  // As for the Directory's: an SSA is issued afresh at each call, and nothing is stored.
  router.get('/anchors/:anchorId/software-statements/:softwareId/ssa', async (request, response) => {
    const anchor = services.getAnchor(request.params.anchorId);
    await showSsa(anchor, request.params.softwareId, response);
  });
  return router;
}

function ssaPath({ id }: Anchor, softwareId: string): string {
  return `/anchors/${id}/software-statements/${softwareId}/ssa`;
}

/** The page of a trust anchor. @throws DomainError `not_found` */
async function showAnchor(
  services: Services,
  response: Response,
  anchorId: string,
  { page, notice }: PageQuery,
  refused?: RefusedForm,
): Promise<void> {
  const anchor = services.getAnchor(anchorId);
  const { registry } = await anchor.open();
  const { items, next } = registry.pageOfOrganisations(page);
  const banks = services.banks.map(({ profile }) => profile);
  response.render('anchor', {
    title: anchor.name,
    notice,
    anchor,
    acceptedBy: anchor.acceptedBy.map((id) => ({ id, bank: banks.find((bank) => bank.id === id) })),
    organisations: withStatements(registry, items),
    next,
    isFirstPage: page.after === undefined,
    ...formViews({ 'quick-ssa': {} }, refused),
  });
}

async function showSsa(anchor: Anchor, softwareId: string, response: Response): Promise<void> {
  const { registry, certificates, ssaIssuer } = await anchor.open();
  const issued = await ssaIssuer.issue(softwareId);
  const statement = registry.getSoftwareStatement(softwareId);
  const keys = await certificates.ofSoftwareStatement(softwareId);
  response.render('anchor-ssa', {
    title: `SSA of ${statement.clientName}`,
    anchor,
    statement,
    organisation: registry.getOrganisation(statement.organisationId),
    ...issued,
    times: timesOf(issued.payload),
    certificates: keys.filter(({ status }) => status === 'active').map((key) => anchorRow(anchor, key)),
    jwksPath: `/anchors/${anchor.id}/${statement.organisationId}/${softwareId}.jwks`,
  });
}

/** A certificate with the places where its parts are, all of them below the anchor's. */
function anchorRow({ id }: Anchor, key: CertifiedKey) {
  const { kid, type, pemPath } = certificateRow(key);
  return {
    kid,
    type,
    ...certificatePaths(`/sandbox/anchors/${id}/certificates/${kid}`, key.record),
    pemPath: `/anchors/${id}${pemPath}`,
  };
}
