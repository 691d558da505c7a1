import { Router, type RequestHandler, type Response } from 'express';
import type { CertifiedKey } from '../../directory/certificates.js';
import type { Anchor } from '../../sandbox/anchors.js';
import type { Services } from '../../sandbox/services.js';
import type { OrganisationSearch } from '../../directory/directory-search.js';
import { formViews, takesForm, type RefusedForm } from './forms.js';
import { everything, organisationList, organisationSearch } from './organisation-pages.js';
import { registrationPages } from './registration-pages.js';
import { banksFor, placeOfAnchor } from './registration-places.js';
import {
  activeCertificates,
  certificatePaths,
  certificateRow,
  pageQuery,
  plainQuery,
  timesOf,
  type PageQuery,
} from './view-models.js';

/** The pages of trust anchors beside the Directory. */
export function anchorPages(services: Services): Router {
  const router = Router();

  router.get('/anchors/:anchorId', async (request, response) => {
    const { anchorId } = request.params;
    await showAnchor(services, response, anchorId, pageQuery(request), organisationSearch(request));
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
        showAnchor(services, response, params.anchorId, plainQuery, everything, refused),
    }),
  );

  // As for the Directory's: an SSA is issued afresh at each call, and nothing is stored.
  router.get('/anchors/:anchorId/software-statements/:softwareId/ssa', async (request, response) => {
    const anchor = services.getAnchor(request.params.anchorId);
    await showSsa(services, anchor, request.params.softwareId, response);
  });

  router.use('/anchors/:anchorId', anchorRegistrationPages(services));
  return router;
}

/** The pages on which software statements of the Directory register, for those of an anchor. */
function anchorRegistrationPages(services: Services): RequestHandler<{ anchorId: string }> {
  const routers = new Map<string, Router>();
  return async (request, response, next) => {
    const anchor = services.getAnchor(request.params.anchorId);
    const router =
      routers.get(anchor.id) ?? registrationPages(services, await placeOfAnchor(services, anchor));
    routers.set(anchor.id, router);
    router(request, response, next);
  };
}

function ssaPath({ id }: Anchor, softwareId: string): string {
  return `/anchors/${id}/software-statements/${softwareId}/ssa`;
}

function listPathsOf({ id }: Anchor) {
  return { page: `/anchors/${id}`, call: `/sandbox/anchors/${id}/organisations` };
}

/** The page of a trust anchor. @throws DomainError `not_found` */
async function showAnchor(
  services: Services,
  response: Response,
  anchorId: string,
  { page, notice }: PageQuery,
  wanted: OrganisationSearch,
  refused?: RefusedForm,
): Promise<void> {
  const anchor = services.getAnchor(anchorId);
  const directory = await anchor.open();
  const banks = services.banks.map(({ profile }) => profile);
  response.render('anchor', {
    title: anchor.name,
    notice,
    anchor,
    acceptedBy: anchor.acceptedBy.map((id) => ({ id, bank: banks.find((bank) => bank.id === id) })),
    ...organisationList(directory, listPathsOf(anchor), wanted, page),
    ...formViews({ 'quick-ssa': {} }, refused),
  });
}

async function showSsa(
  services: Services,
  anchor: Anchor,
  softwareId: string,
  response: Response,
): Promise<void> {
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
    banks: banksFor(services, anchor),
    ...activeCertificates(keys, (key) => anchorRow(anchor, key)),
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
