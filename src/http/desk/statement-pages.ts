import { Router, type Request, type Response } from 'express';
import type { Bank } from '../../aspsp/bank.js';
import type { CertifiedKey } from '../../directory/certificates.js';
import type { RegisteredKey } from '../../directory/key-register.js';
import { softwareCertificateTypes } from '../../domain/key-record.js';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import { softwareStatementChangeSchema } from '../../domain/software-statement.js';
import { formatName } from '../../pki/distinguished-name.js';
import { leafProfiles } from '../../pki/profiles.js';
import type { ConformanceVersion } from '../../sandbox/conformance.js';
import type { Defect } from '../../sandbox/defects/defect.js';
import { defectiveSsaSchema, type DefectiveSsa } from '../../sandbox/defects/defective-ssas.js';
import { ssaDefectRows } from '../../sandbox/defects/ssa-defects.js';
import type { Services } from '../../sandbox/services.js';
import { requestLifetimeSeconds } from '../../sandbox/tpp-files/registration-request.js';
import { registeringCall } from '../../sandbox/tpp-files/tpp-archive.js';
import { bankAddresses } from './bank-views.js';
import { formViews, takesForm, type RefusedForm } from './forms.js';
import { duration } from './spans.js';
import {
  activeCertificates,
  certificateList,
  certificateRow,
  keySetPaths,
  pageQuery,
  plainQuery,
  timesOf,
  typeOptions,
  withNotice,
  type PageQuery,
} from './view-models.js';

interface OfStatement {
  readonly softwareId: string;
}

/** The pages of software statements, and of the SSAs issued for them. */
export function statementPages(services: Services): Router {
  const { registry, ssaIssuer, defectiveSsas } = services;
  const router = Router();
  const showAgain = ({ params }: Request<OfStatement>, response: Response, refused: RefusedForm) =>
    showStatement(services, response, params.softwareId, plainQuery, refused);

  router.get('/software-statements/:softwareId', async (request, response) => {
    await showStatement(services, response, request.params.softwareId, pageQuery(request));
  });

  router.post(
    '/software-statements/:softwareId/redirect-uris',
    takesForm<OfStatement>({
      id: 'redirect-uris',
      take: async (input, { params: { softwareId } }, response) => {
        const redirectUris = input.lines('redirectUris');
        await registry.changeSoftwareStatement(
          softwareId,
          parseInput(softwareStatementChangeSchema, { redirectUris }),
        );
        response.redirect(303, withNotice(`/software-statements/${softwareId}`, 'redirect-uris-changed'));
      },
      showAgain,
    }),
  );

  router.post(
    '/software-statements/:softwareId/state',
    takesForm<OfStatement>({
      id: 'state',
      take: async (input, { params: { softwareId } }, response) => {
        const active = asBoolean(input.text('active'));
        await registry.changeSoftwareStatement(
          softwareId,
          parseInput(softwareStatementChangeSchema, { active }),
        );
        response.redirect(303, withNotice(`/software-statements/${softwareId}`, 'state-changed'));
      },
      showAgain,
    }),
  );

  const issueSsa = takesForm<OfStatement>({
    id: 'issue-ssa',
    take: async (_input, request, response) => {
      await showNewSsa(services, request, response, await ssaIssuer.issue(request.params.softwareId));
    },
    showAgain,
  });
  // GET too, as at the real Directory: an SSA is issued afresh at each call, and nothing is stored.
  router.route('/software-statements/:softwareId/ssa').get(issueSsa).post(issueSsa);

  router.post(
    '/software-statements/:softwareId/defective-ssa',
    takesForm<OfStatement>({
      id: 'defective-ssa',
      take: async (input, request, response) => {
        const wanted = parseInput(defectiveSsaSchema, { defect: input.text('defect') });
        const issued = await defectiveSsas.issue(request.params.softwareId, wanted);
        const defect = ssaDefectRows.find(({ name }) => name === wanted.defect);
        await showNewSsa(services, request, response, issued, defect);
      },
      showAgain,
    }),
  );
  return router;
}

/** A check that fails on anything but the two words leaves the text as it is, for the schema to refuse. */
function asBoolean(text: string): boolean | string {
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

async function showNewSsa(
  { registry, certificates, banks, referenceBank }: Services,
  request: Request<OfStatement>,
  response: Response,
  issued: DefectiveSsa,
  defect?: Defect,
): Promise<void> {
  const { softwareId } = request.params;
  const statement = registry.getSoftwareStatement(softwareId);
  const keys = await certificates.ofSoftwareStatement(softwareId);
  response.render('ssa', {
    title: `SSA of ${statement.clientName}`,
    notice: pageQuery(request).notice,
    statement,
    organisation: registry.getOrganisation(statement.organisationId),
    defect,
    ...issued,
    times: timesOf(issued.payload ?? {}),
    registering: referenceBank && {
      bank: referenceBank.profile.name,
      command: registeringCall(referenceBank),
      goodFor: duration(requestLifetimeSeconds(referenceBank.profile)),
    },
    ...activeCertificates(keys, certificateRow),
    keysHere: haveKeysHere(keys),
    ...keySetPaths(statement.organisationId, softwareId),
    banks: banks.map((bank) => ({ ...bank.profile, addresses: bankAddresses(bank) })),
  });
}

/** Whether the sandbox keeps a key of either kind that it takes to register. */
function haveKeysHere(keys: readonly CertifiedKey[]): boolean {
  return (['obsigning', 'obtransport'] as const).every((type) =>
    keys.some(
      ({ record, status }) => status === 'active' && record.type === type && record.privateKeyPem !== null,
    ),
  );
}

/** Banks that the conformance tool has scenarios for, each with the version to test it by. */
const conformanceTargets = [
  { bankId: 'reference', spec: '3.3' },
  { bankId: 'legacy', spec: '3.2' },
] as const satisfies readonly { readonly bankId: string; readonly spec: ConformanceVersion }[];

function conformanceFiles(softwareId: string, banks: readonly Bank[]) {
  return conformanceTargets.flatMap(({ bankId, spec }) => {
    const bank = banks.find(({ profile }) => profile.id === bankId);
    const path = `/sandbox/software-statements/${softwareId}/conformance-dcr.json?bank=${bankId}&spec=${spec}`;
    return bank ? [{ bank: bank.profile.name, spec, path }] : [];
  });
}

/** Those that the table of the statement's own certificates does not have, as many as one page has. */
function furtherKeys(keys: readonly RegisteredKey[], softwareId: string) {
  const further = keys.filter(
    ({ record }) => !('certificatePem' in record && record.softwareId === softwareId),
  );
  return {
    furtherKeys: further.slice(0, limits.pageSize).map(({ record: { type, kid, ...rest }, status }) => ({
      type,
      kid,
      status,
      path: 'certificatePem' in rest ? `/certificates/${kid}` : null,
    })),
    moreFurtherKeys: Math.max(0, further.length - limits.pageSize),
  };
}

/** The page of a software statement. @throws DomainError `not_found` */
export async function showStatement(
  { registry, certificates, keyRegister, banks }: Services,
  response: Response,
  softwareId: string,
  { certificates: certificatePage, notice }: PageQuery,
  refused?: RefusedForm,
): Promise<void> {
  const statement = registry.getSoftwareStatement(softwareId);
  const organisation = registry.getOrganisation(statement.organisationId);
  const keys = await certificates.ofSoftwareStatement(softwareId);
  response.render('statement', {
    title: statement.clientName,
    notice,
    statement,
    organisation,
    holderPath: `/software-statements/${softwareId}`,
    certificateTypes: typeOptions(softwareCertificateTypes),
    qualifiedTypes: [],
    csrSubject: formatName(leafProfiles.obtransport.subject({ organisation, softwareId })),
    csrCommand:
      'openssl req -new -newkey rsa:2048 -nodes -sha256 -keyout tpp.key -out tpp.csr ' +
      `-subj '/C=GB/O=OpenBanking/OU=${organisation.id}/CN=${softwareId}'`,
    ssaDefects: ssaDefectRows.map(({ name }) => ({ value: name, text: name })),
    conformance: conformanceFiles(softwareId, banks),
    banks: banks.map(({ profile }) => profile),
    ...furtherKeys(await keyRegister.ofSoftwareStatement(softwareId), softwareId),
    ...certificateList(keys, `/software-statements/${softwareId}`, certificatePage),
    ...keySetPaths(statement.organisationId, softwareId),
    ...formViews(
      {
        'issue-ssa': {},
        'defective-ssa': {},
        'redirect-uris': { redirectUris: [statement.redirectUris.join('\n')] },
        state: { active: [String(statement.active)] },
        'new-key': { type: ['obtransport'] },
        'new-certificate': { type: ['obtransport'] },
      },
      refused,
    ),
  });
}
