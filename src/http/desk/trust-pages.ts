import { Router, type Response } from 'express';
import { z } from 'zod';
import type { OrganisationRecord } from '../../domain/ports.js';
import type { Services } from '../../sandbox/services.js';
import { layOutTrust } from './trust-layout.js';
import { trustModel, type TrustExtent } from './trust-model.js';

/** TPPs that the whole picture has room for; the newest are of most interest. */
const ORGANISATIONS = 5;
const overview: TrustExtent = { certificates: 5, statements: 2 };
const closeUp: TrustExtent = { certificates: 60, statements: 40 };

const id = z.string().min(1).optional().catch(undefined);
const querySchema = z.object({ organisation: id, statement: id });

/** Who trusts whom, in one picture: all of it, or one organisation or software statement with all its certificates. */
export function trustPages(services: Services): Router {
  const router = Router();
  router.get('/trust', async (request, response) => {
    const { organisation, statement } = querySchema.parse(request.query);
    if (statement !== undefined) await showStatement(services, response, statement);
    else if (organisation !== undefined) await showOrganisation(services, response, organisation);
    else await showAll(services, response);
  });
  return router;
}

async function showAll(services: Services, response: Response): Promise<void> {
  const { registry } = services;
  const latest = () => registry.latestRecords('tpp', ORGANISATIONS);
  await makeCertificates(services, latest(), overview);
  show(services, response, {
    records: latest(),
    total: registry.countOfOrganisations('tpp'),
    extent: overview,
  });
}

/** @throws DomainError `not_found` */
async function showOrganisation(
  services: Services,
  response: Response,
  organisationId: string,
): Promise<void> {
  const record = () => services.registry.getRecord(organisationId);
  await makeCertificates(services, [record()], closeUp);
  await services.certificates.ofOrganisation(organisationId);
  show(services, response, {
    records: [record()],
    total: 1,
    extent: closeUp,
    focus: { name: record().organisation.name, path: `/organisations/${organisationId}` },
  });
}

/** @throws DomainError `not_found` */
async function showStatement(services: Services, response: Response, softwareId: string): Promise<void> {
  const { registry, certificates } = services;
  const statement = registry.getSoftwareStatement(softwareId);
  await certificates.ofSoftwareStatement(softwareId);
  const record = registry.getRecord(statement.organisationId);
  show(services, response, {
    records: [{ ...record, softwareStatements: [statement] }],
    total: 1,
    extent: closeUp,
    focus: { name: statement.clientName, path: `/software-statements/${softwareId}` },
  });
}

/** Those of the demo data are made when somebody looks, and this is to look. */
async function makeCertificates(
  { certificates }: Services,
  records: readonly OrganisationRecord[],
  extent: TrustExtent,
): Promise<void> {
  const statements = records.flatMap(({ softwareStatements }) =>
    softwareStatements.slice(-extent.statements),
  );
  await Promise.all(
    statements.map(async (statement) => {
      await certificates.ofSoftwareStatement(statement.id);
    }),
  );
}

interface Shown {
  readonly records: readonly OrganisationRecord[];
  readonly total: number;
  readonly extent: TrustExtent;
  readonly focus?: { readonly name: string; readonly path: string };
}

function show(services: Services, response: Response, { records, total, extent, focus }: Shown): void {
  const model = trustModel(services, records, total, extent);
  response.render('trust', {
    title: focus ? `Trust: ${focus.name}` : 'Who trusts whom',
    styles: ['trust'],
    scripts: ['trust'],
    focus,
    model,
    picture: layOutTrust(model),
    nameOf: (authorityId: string) =>
      model.authorities.find((one) => one.id === authorityId)?.name ?? authorityId,
  });
}
