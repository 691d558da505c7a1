import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { CertificateRequest, CertifiedKey, Certifier } from '../../directory/certificates.js';
import { organisationSearchSchema, statementSearchSchema } from '../../directory/directory-search.js';
import { certificateTypeSchema, revocationReasonSchema } from '../../domain/key-record.js';
import { newOrganisationSchema, organisationChangeSchema } from '../../domain/organisation.js';
import { parseInput } from '../../domain/parse.js';
import type { Page } from '../../domain/ports.js';
import {
  newSoftwareStatementSchema,
  redirectUrisSchema,
  softwareStatementChangeSchema,
} from '../../domain/software-statement.js';
import { keyMembers, oneKey } from '../../sandbox/certificate-requests.js';
import {
  certificateDefectNames,
  type CertificateDefectName,
} from '../../sandbox/defects/certificate-defects.js';
import { defectiveSsaSchema, type DefectiveSsaRequest } from '../../sandbox/defects/defective-ssas.js';
import type { DirectoryServices } from '../../sandbox/directory-services.js';
import { notAcceptable } from '../errors.js';
import { certificateFilesApi } from './certificate-files-api.js';
import { bodyOf, created, paged, pageRequest, searchRequest, withoutQuery } from './json-api.js';

/** What is to be certified; `defect` names what is to be wrong with it. */
export const certificateRequestSchema = z
  .strictObject({
    type: certificateTypeSchema,
    defect: z.enum(certificateDefectNames).optional(),
    ...keyMembers,
  })
  .refine(...oneKey);

/** Why a certificate is revoked. @see RFC 5280 section 5.3.1 */
export const revocationSchema = z.strictObject({ reason: revocationReasonSchema.default('unspecified') });

/** Without `selfSigned` the directory signs. @see DCR 3.4, "Self-signed SSA" */
export const ssaRequestSchema = defectiveSsaSchema
  .extend({ selfSigned: z.enum(['signed', 'unsigned']).optional() })
  .refine(({ selfSigned, ...departure }) => selfSigned === undefined || isHonest(departure), {
    path: ['selfSigned'],
    error: 'nothing beside defect or override, which are for SSAs of the directory',
  });

/**
 * The control API of one directory: its participants, their certificates and their SSAs.
 * @param base the path that it is mounted at, for the `Location` of what is made
 */
export function directoryApi(directory: DirectoryServices, base: string): Router {
  const { registry, authorisationServers, certificates, keyRegister, publicKeys, ssaIssuer, defectiveSsas } =
    directory;
  const certifierWith = (defect: CertificateDefectName | undefined): Certifier =>
    defect === undefined ? certificates : directory.defectiveCertificates.with(defect);
  const router = Router();

  router.post('/tpps', async (request, response) => {
    const tpp = await directory.createReadyTpp(bodyOf(request));
    created(response, `${base}/software-statements/${tpp.softwareStatement.id}`, tpp);
  });

  router
    .route('/organisations')
    .get((request, response) => {
      const { search, page } = searchRequest(request, organisationSearchSchema);
      const { items, next } = directory.search.pageOfOrganisations(search, page);
      response.json({ items: items.map(({ organisation }) => organisation), next });
    })
    .post(async (request, response) => {
      const organisation = await registry.createOrganisation(
        parseInput(newOrganisationSchema, bodyOf(request)),
      );
      created(response, `${base}/organisations/${organisation.id}`, organisation);
    });

  router
    .route('/organisations/:orgId')
    .get(withoutQuery, (request, response) => {
      response.json(registry.getOrganisation(request.params.orgId));
    })
    .patch(async (request, response) => {
      const change = parseInput(organisationChangeSchema, bodyOf(request));
      response.json(await registry.changeOrganisation(request.params.orgId, change));
    });

  router.get('/organisations/:orgId/authorisation-servers', (request, response) => {
    const servers = authorisationServers.of(request.params.orgId);
    response.json(paged(servers, pageRequest(request)));
  });

  router
    .route('/organisations/:orgId/software-statements')
    .get((request, response) => {
      const { search, page } = searchRequest(request, statementSearchSchema);
      response.json(directory.search.pageOfSoftwareStatements(request.params.orgId, search, page));
    })
    .post(async (request, response) => {
      const input = parseInput(newSoftwareStatementSchema, bodyOf(request));
      const statement = await registry.createSoftwareStatement(request.params.orgId, input);
      created(response, `${base}/software-statements/${statement.id}`, statement);
    });

  router
    .route('/software-statements/:softwareId')
    .get(withoutQuery, (request, response) => {
      response.json(registry.getSoftwareStatement(request.params.softwareId));
    })
    .patch(async (request, response) => {
      const change = parseInput(softwareStatementChangeSchema, bodyOf(request));
      response.json(await registry.changeSoftwareStatement(request.params.softwareId, change));
    });

  router.put('/software-statements/:softwareId/redirect-uris', async (request, response) => {
    const redirectUris = parseInput(redirectUrisSchema, request.body);
    const statement = await registry.changeSoftwareStatement(request.params.softwareId, { redirectUris });
    response.json(statement.redirectUris);
  });

  router
    .route('/software-statements/:softwareId/certificates')
    .get(async (request, response) => {
      response.json(
        listOfCertificates(await certificates.ofSoftwareStatement(request.params.softwareId), request),
      );
    })
    .post(async (request, response) => {
      const { softwareId } = request.params;
      const { defect, wanted } = certificateRequest(request);
      const key = await certifierWith(defect).certifySoftwareStatement(softwareId, wanted);
      sendNewCertificate(response, base, key, defect);
    });

  router.get('/software-statements/:softwareId/public-keys', (request, response) => {
    const keys = publicKeys.ofSoftwareStatement(request.params.softwareId);
    const { items, next } = paged(
      keys.map((key) => ({ id: key.kid, key })),
      pageRequest(request),
    );
    response.json({ items: items.map(({ key }) => key), next });
  });

  router
    .route('/organisations/:orgId/certificates')
    .get(async (request, response) => {
      response.json(listOfCertificates(await certificates.ofOrganisation(request.params.orgId), request));
    })
    .post(async (request, response) => {
      const { orgId } = request.params;
      const { defect, wanted } = certificateRequest(request);
      const key = await certifierWith(defect).certifyOrganisation(orgId, wanted);
      sendNewCertificate(response, base, key, defect);
    });

  router
    .route('/certificates/:kid')
    .get(withoutQuery, (request, response) => {
      response.json(certificateView(certificates.get(request.params.kid)));
    })
    .delete(async (request, response) => {
      const { reason } = parseInput(revocationSchema, bodyOf(request));
      await keyRegister.revoke(request.params.kid, reason);
      response.status(204).end();
    });

  router.get('/certificates/:kid/private-key', withoutQuery, (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.type('application/x-pem-file').send(certificates.getPrivateKey(request.params.kid));
  });

  router.use(certificateFilesApi(directory.certificateFiles));

  router.post('/software-statements/:softwareId/ssa', async (request, response) => {
    const { selfSigned, ...departure } = parseInput(ssaRequestSchema, bodyOf(request));
    const wanted = request.accepts(['application/json', 'application/jwt']);
    if (wanted === false) throw notAcceptable(request, 'application/json or application/jwt');
    const { softwareId } = request.params;
    const issue = () => {
      if (!isHonest(departure)) return defectiveSsas.issue(softwareId, departure);
      if (selfSigned === undefined) return ssaIssuer.issue(softwareId);
      return ssaIssuer.issueSelfSigned(softwareId, { unsigned: selfSigned === 'unsigned' });
    };
    const issued = await issue();
    if (wanted === 'application/jwt') response.type('application/jwt').send(issued.ssa);
    else response.json(issued);
  });
  return router;
}

function isHonest({ defect, override }: DefectiveSsaRequest): boolean {
  return defect === undefined && override === undefined;
}

function certificateRequest(request: Request): {
  wanted: CertificateRequest;
  defect: CertificateDefectName | undefined;
} {
  const { type, csrPem, notBefore, defect } = parseInput(certificateRequestSchema, bodyOf(request));
  const from = { type, notBefore: notBefore === undefined ? undefined : new Date(notBefore) };
  return { wanted: csrPem === undefined ? { ...from, generate: true } : { ...from, csrPem }, defect };
}

/** A certificate as the control API shows it, with what took it back; its private key only where it was made this moment. */
function certificateView({ record, status, chainPem }: CertifiedKey) {
  const {
    kid,
    type,
    organisationId,
    softwareId,
    serialNumber,
    notBefore,
    notAfter,
    thumbprintSha256,
    certificatePem,
    revocation,
  } = record;
  return {
    kid,
    type,
    status,
    organisationId,
    softwareId,
    serialNumber,
    notBefore,
    notAfter,
    thumbprintSha256,
    certificatePem,
    chainPem,
    ...(revocation ? { revocation } : {}),
  };
}

function sendNewCertificate(
  response: Response,
  base: string,
  key: CertifiedKey,
  defect: CertificateDefectName | undefined,
): void {
  const { kid, privateKeyPem } = key.record;
  created(response, `${base}/certificates/${kid}`, {
    ...certificateView(key),
    ...(defect === undefined ? {} : { defect }),
    ...(privateKeyPem === null ? {} : { privateKeyPem }),
  });
}

function listOfCertificates(keys: readonly CertifiedKey[], request: Request): Page<unknown> {
  const { items, next } = paged(
    keys.map((key) => ({ id: key.record.kid, key })),
    pageRequest(request),
  );
  return { items: items.map(({ key }) => certificateView(key)), next };
}
