import { Router, type Request, type Response } from 'express';
import {
  organisationSearchSchema,
  statementSearchSchema,
  type OrganisationSearch,
  type StatementSearch,
} from '../../directory/directory-search.js';
import { organisationCertificateTypes, qualifiedCertificateTypes } from '../../domain/key-record.js';
import {
  authorisedRoles,
  newOrganisationSchema,
  organisationChangeSchema,
  organisationKindSchema,
  organisationStatusSchema,
} from '../../domain/organisation.js';
import { parseInput } from '../../domain/parse.js';
import type { PageRequest } from '../../domain/ports.js';
import type { Role } from '../../domain/roles.js';
import { newSoftwareStatementSchema } from '../../domain/software-statement.js';
import { formatName } from '../../pki/distinguished-name.js';
import { leafProfiles } from '../../pki/profiles.js';
import type { DirectoryServices } from '../../sandbox/directory-services.js';
import type { Services } from '../../sandbox/services.js';
import { formViews, takesForm, type FormInput, type RefusedForm } from './forms.js';
import {
  certificateList,
  keySetPaths,
  pageQuery,
  plainQuery,
  typeOptions,
  withFindings,
  withNotice,
  withQuery,
  type PageQuery,
} from './view-models.js';

/** The pages of organisations. */
export function organisationPages(services: Services): Router {
  const { registry } = services;
  const router = Router();

  router.get('/organisations', (request, response) => {
    showOrganisations(services, response, pageQuery(request), organisationSearch(request));
  });

  router.post(
    '/organisations',
    takesForm({
      id: 'new-organisation',
      take: async (input, _request, response) => {
        const { id } = await registry.createOrganisation(
          parseInput(newOrganisationSchema, { name: input.text('name'), kind: input.text('kind') }),
        );
        response.redirect(303, withNotice(`/organisations/${id}`, 'organisation-created'));
      },
      showAgain: (_request, response, refused) => {
        showOrganisations(services, response, plainQuery, everything, refused);
      },
    }),
  );

  router.get('/organisations/:orgId', async (request, response) => {
    const search = parseInput(statementSearchSchema, { q: request.query['q'] });
    await showOrganisation(services, response, request.params.orgId, { ...pageQuery(request), search });
  });

  router.post(
    '/organisations/:orgId/status',
    takesForm<{ orgId: string }>({
      id: 'status',
      take: async (input, { params: { orgId } }, response) => {
        const change = parseInput(organisationChangeSchema, { status: input.text('status') });
        await registry.changeOrganisation(orgId, change);
        response.redirect(303, withNotice(`/organisations/${orgId}`, 'status-changed'));
      },
      showAgain: ({ params }, response, refused) =>
        showOrganisation(services, response, params.orgId, plainQuery, refused),
    }),
  );

  router.post(
    '/organisations/:orgId/software-statements',
    takesForm<{ orgId: string }>({
      id: 'new-statement',
      take: async (input, { params: { orgId } }, response) => {
        const { id } = await registry.createSoftwareStatement(orgId, newStatement(input));
        response.redirect(303, withNotice(`/software-statements/${id}`, 'statement-created'));
      },
      showAgain: ({ params }, response, refused) =>
        showOrganisation(services, response, params.orgId, plainQuery, refused),
    }),
  );
  return router;
}

function newStatement(input: FormInput) {
  return parseInput(newSoftwareStatementSchema, {
    clientName: input.text('clientName'),
    description: input.optionalText('description'),
    version: input.optionalText('version'),
    roles: input.list('roles'),
    redirectUris: input.lines('redirectUris'),
    clientUri: input.optionalText('clientUri'),
    logoUri: input.optionalText('logoUri'),
    policyUri: input.optionalText('policyUri'),
    termsOfServiceUri: input.optionalText('termsOfServiceUri'),
    onBehalfOf: input.optionalText('onBehalfOf'),
  });
}

/** The search that finds all of them. */
export const everything: OrganisationSearch = { q: '', kind: undefined, status: undefined };

/** What the form of the page asks for; what is left open there comes as an empty text. */
export function organisationSearch({ query }: Pick<Request, 'query'>): OrganisationSearch {
  const { q, kind, status } = query;
  const orAny = (chosen: unknown) => (chosen === '' ? undefined : chosen);
  return parseInput(organisationSearchSchema, { q, kind: orAny(kind), status: orAny(status) });
}

/** A page of the organisations of a directory that a search finds, with the search. @param paths of the list, here and in the control API */
export function organisationList(
  { registry, search }: Pick<DirectoryServices, 'registry' | 'search'>,
  paths: { readonly page: string; readonly call: string },
  wanted: OrganisationSearch,
  page: PageRequest,
) {
  const { items, next } = search.pageOfOrganisations(wanted, page);
  return {
    organisations: withFindings(registry, items),
    next,
    isFirstPage: page.after === undefined,
    searchPath: paths.page,
    listPath: withQuery(paths.page, { ...wanted }),
    listCall: withQuery(paths.call, { ...wanted }),
    wanted,
    isSearch: Object.values(wanted).some(Boolean),
    searchKinds: organisationKindSchema.options,
    searchStatuses: organisationStatusSchema.options,
  };
}

const listPaths = { page: '/organisations', call: '/sandbox/organisations' };

function showOrganisations(
  services: Services,
  response: Response,
  { page, notice }: PageQuery,
  wanted: OrganisationSearch,
  refused?: RefusedForm,
): void {
  response.render('organisations', {
    title: 'Organisations',
    notice,
    ...organisationList(services, listPaths, wanted, page),
    anchors: services.anchors,
    kinds: organisationKindSchema.options,
    ...formViews({ 'new-organisation': { kind: ['tpp'] } }, refused),
  });
}

function clientView(registry: Services['registry'], organisationId: string) {
  const client = registry.clientOf(organisationId);
  return client && { id: organisationId, ...client };
}

/** The page of an organisation. @throws DomainError `not_found` */
export async function showOrganisation(
  { registry, search, authorisationServers, certificates, banks }: Services,
  response: Response,
  organisationId: string,
  {
    page,
    certificates: certificatePage,
    notice,
    search: wanted = { q: '' },
  }: PageQuery & { readonly search?: StatementSearch },
  refused?: RefusedForm,
): Promise<void> {
  const organisation = registry.getOrganisation(organisationId);
  const assignable = authorisedRoles(organisation);
  const keys = await certificates.ofOrganisation(organisationId);
  response.render('organisation', {
    title: organisation.name,
    notice,
    organisation,
    statements: search.pageOfSoftwareStatements(organisationId, wanted, page),
    statementCount: registry.softwareStatementsOf(organisationId).length,
    wanted,
    listPath: withQuery(`/organisations/${organisationId}`, { ...wanted }),
    isFirstPage: page.after === undefined,
    banks: banks.map(({ profile }) => profile).filter((bank) => bank.organisationId === organisationId),
    client: clientView(registry, organisationId),
    authorisationServers: authorisationServers.of(organisationId),
    statuses: organisationStatusSchema.options,
    assignableRoles: assignable,
    holderPath: `/organisations/${organisationId}`,
    certificateTypes: typeOptions([...organisationCertificateTypes, ...qualifiedCertificateTypes]),
    qualifiedTypes: qualifiedCertificateTypes,
    csrSubject: formatName(leafProfiles.obwac.subject({ organisation })),
    csrCommand: null,
    ...certificateList(
      keys,
      withQuery(`/organisations/${organisationId}`, { ...wanted, after: page.after }),
      certificatePage,
    ),
    ...keySetPaths(organisationId, organisationId),
    ...formViews(
      {
        status: { status: [organisation.status] },
        'new-statement': { version: ['1.0'], roles: proposedRoles(assignable) },
        'new-key': { type: ['obwac'] },
        'new-certificate': { type: ['obwac'] },
      },
      refused,
    ),
  });
}

/** ASPSP stands alone, so it is proposed only where there is nothing else. */
function proposedRoles(assignable: readonly Role[]): readonly Role[] {
  const others = assignable.filter((role) => role !== 'ASPSP');
  return others.length > 0 ? others : assignable;
}
