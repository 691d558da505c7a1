import express, { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { CertificateRequest, CertifiedKey } from '../../directory/certificates.js';
import type { Attempt } from '../../domain/registration.js';
import { isNestedDeeper } from '../../domain/json.js';
import { certificateTypeSchema, revocationReasonSchema } from '../../domain/key-record.js';
import { limits } from '../../domain/limits.js';
import { newOrganisationSchema, organisationChangeSchema } from '../../domain/organisation.js';
import { parseInput } from '../../domain/parse.js';
import type { Page, PageRequest } from '../../domain/ports.js';
import {
  newSoftwareStatementSchema,
  redirectUrisSchema,
  softwareStatementChangeSchema,
} from '../../domain/software-statement.js';
import { conformanceVersions } from '../../sandbox/conformance.js';
import type { Services } from '../../sandbox/services.js';
import { attemptResponse, HttpError } from '../errors.js';
import { tooDeep } from './json-text.js';

const pageSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(limits.pageSizeMaximum).default(limits.pageSize),
  after: z.string().optional(),
});

const certificateRequestSchema = z
  .strictObject({
    type: certificateTypeSchema,
    csrPem: z.string().optional(),
    generate: z.literal(true).optional(),
    notBefore: z.iso.datetime({ offset: true, error: 'an ISO 8601 instant' }).optional(),
  })
  .refine(
    ({ csrPem, generate }) => (csrPem === undefined) !== (generate === undefined),
    'either csrPem or generate: true',
  );

const conformanceSchema = z.strictObject({
  bank: z.string().default('reference'),
  spec: z.enum(conformanceVersions).default('3.3'),
});

const noMembersSchema = z.strictObject({});
const revocationSchema = z.strictObject({ reason: revocationReasonSchema.default('unspecified') });
const inspectionSchema = z.strictObject({ token: z.string().min(1).max(limits.tokenLength) });

/** The control API: JSON in, JSON out, one service call each. */
export function controlApi(services: Services): Router {
  const { registry, certificates, ssaIssuer, inspector } = services;
  const router = Router();
  router.use(jsonBodies);

  router.post('/tpps', async (request, response) => {
    const tpp = await services.createReadyTpp(bodyOf(request));
    created(response, `/sandbox/software-statements/${tpp.softwareStatement.id}`, tpp);
  });

  router
    .route('/organisations')
    .get((request, response) => {
      response.json(registry.pageOfOrganisations(pageRequest(request)));
    })
    .post(async (request, response) => {
      const organisation = await registry.createOrganisation(
        parseInput(newOrganisationSchema, bodyOf(request)),
      );
      created(response, `/sandbox/organisations/${organisation.id}`, organisation);
    });

  router
    .route('/organisations/:orgId')
    .get((request, response) => {
      response.json(registry.getOrganisation(request.params.orgId));
    })
    .patch(async (request, response) => {
      const change = parseInput(organisationChangeSchema, bodyOf(request));
      response.json(await registry.changeOrganisation(request.params.orgId, change));
    });

  router
    .route('/organisations/:orgId/software-statements')
    .get((request, response) => {
      response.json(registry.pageOfSoftwareStatements(request.params.orgId, pageRequest(request)));
    })
    .post(async (request, response) => {
      const input = parseInput(newSoftwareStatementSchema, bodyOf(request));
      const statement = await registry.createSoftwareStatement(request.params.orgId, input);
      created(response, `/sandbox/software-statements/${statement.id}`, statement);
    });

  router
    .route('/software-statements/:softwareId')
    .get((request, response) => {
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
      sendNewCertificate(
        response,
        await certificates.certifySoftwareStatement(softwareId, certificateRequest(request)),
      );
    });

  router
    .route('/organisations/:orgId/certificates')
    .get(async (request, response) => {
      response.json(listOfCertificates(await certificates.ofOrganisation(request.params.orgId), request));
    })
    .post(async (request, response) => {
      const { orgId } = request.params;
      sendNewCertificate(
        response,
        await certificates.certifyOrganisation(orgId, certificateRequest(request)),
      );
    });

  router
    .route('/certificates/:kid')
    .get((request, response) => {
      response.json(certificateView(certificates.get(request.params.kid)));
    })
    .delete(async (request, response) => {
      const { reason } = parseInput(revocationSchema, bodyOf(request));
      await certificates.revoke(request.params.kid, reason);
      response.status(204).end();
    });

  router.get('/certificates/:kid/private-key', (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.type('application/x-pem-file').send(certificates.getPrivateKey(request.params.kid));
  });

  router.post('/software-statements/:softwareId/ssa', async (request, response) => {
    parseInput(noMembersSchema, bodyOf(request));
    const wanted = request.accepts(['application/json', 'application/jwt']);
    if (wanted === false) throw new HttpError(406, 'Accept: expected application/json or application/jwt.');
    const issued = await ssaIssuer.issue(request.params.softwareId);
    if (wanted === 'application/jwt') response.type('application/jwt').send(issued.ssa);
    else response.json(issued);
  });

  router.get('/software-statements/:softwareId/conformance-dcr.json', async (request, response) => {
    const { bank: bankId, spec } = parseInput(conformanceSchema, request.query);
    const config = await services.conformanceConfig(request.params.softwareId, bankId, spec);
    // It holds private keys.
    response.setHeader('Cache-Control', 'no-store');
    response.json(config);
  });

  router.post('/inspect', async (request, response) => {
    const { token } = parseInput(inspectionSchema, bodyOf(request));
    response.json(await inspector.inspect(token));
  });

  router.get('/banks', (request, response) => {
    response.json(
      paged(
        services.banks.map(({ profile }) => profile),
        pageRequest(request),
      ),
    );
  });

  router
    .route('/banks/:bankId')
    .get((request, response) => {
      response.json(services.getBank(request.params.bankId).profile);
    })
    .put(async (request, response) => {
      response.json(await services.changeBankProfile(request.params.bankId, bodyOf(request)));
    });

  router.get('/banks/:bankId/attempts', (request, response) => {
    const { items, next } = services.getBank(request.params.bankId).attempts(pageRequest(request));
    response.json({ items: items.map(attemptView), next });
  });

  router.use((request) => {
    throw new HttpError(
      404,
      `The control API has no ${request.method} ${request.originalUrl.split('?', 1)[0] ?? ''}.`,
    );
  });
  return router;
}

/** Reads JSON bodies; a body of another type is refused rather than passed over. */
const jsonBodies: RequestHandler[] = [
  (request, _response, next) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
    if (hasBody && !request.is(['application/json', 'application/*+json'])) {
      throw new HttpError(
        415,
        `Content-Type: expected application/json, got ${request.headers['content-type'] ?? 'none'}.`,
      );
    }
    next();
  },
  express.json({ limit: limits.bodyBytes, type: () => true, inflate: false }),
  (request, _response, next) => {
    if (isNestedDeeper(request.body, limits.bodyDepth)) throw tooDeep('body');
    next();
  },
];

/** The body, where none counts as an empty object: every member of it may be optional. */
function bodyOf(request: Request): unknown {
  return request.body ?? {};
}

function pageRequest(request: Request): PageRequest {
  return parseInput(pageSchema, request.query);
}

function created(response: Response, location: string, body: unknown): void {
  response.status(201).location(location).json(body);
}

function certificateRequest(request: Request): CertificateRequest {
  const { type, csrPem, notBefore } = parseInput(certificateRequestSchema, bodyOf(request));
  const from = notBefore === undefined ? undefined : new Date(notBefore);
  return csrPem === undefined ? { type, generate: true, notBefore: from } : { type, csrPem, notBefore: from };
}

/** A certificate as the control API shows it; its private key only where it was made this moment. */
export function certificateView({ record, status, chainPem }: CertifiedKey) {
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
  };
}

function sendNewCertificate(response: Response, key: CertifiedKey): void {
  const { kid, privateKeyPem } = key.record;
  created(response, `/sandbox/certificates/${kid}`, {
    ...certificateView(key),
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

function paged<T extends { readonly id: string }>(all: readonly T[], { limit, after }: PageRequest): Page<T> {
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const items = all.slice(start, start + limit);
  return { items, next: start + items.length < all.length ? (items.at(-1)?.id ?? null) : null };
}

/** An attempt with the status that its answer had. */
export function attemptView(attempt: Attempt) {
  return { ...attempt, response: attemptResponse(attempt) };
}
