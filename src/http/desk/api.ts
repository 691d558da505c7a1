import { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import type { Attempt } from '../../domain/registration.js';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import type { SandboxClock } from '../../sandbox/clock.js';
import { advanceClock, setClock } from '../../sandbox/clock-control.js';
import { conformanceVersions } from '../../sandbox/conformance.js';
import { defectKinds } from '../../sandbox/defects/defect.js';
import { defects } from '../../sandbox/defects/catalogue.js';
import type { Anchor } from '../../sandbox/anchors.js';
import type { Services } from '../../sandbox/services.js';
import { attemptResponse, HttpError } from '../errors.js';
import { directoryApi } from './directory-api.js';
import { faultsApi } from './faults-api.js';
import { bodyOf, jsonBodies, paged, pageRequest, withoutQuery } from './json-api.js';
import { tapeApi } from './tape-api.js';
import { sendTppArchive } from './tpp-archive.js';

/** For which bank, and in which version, the conformance tool is configured. */
export const conformanceSchema = z.strictObject({
  bank: z.string().default('reference'),
  spec: z.enum(conformanceVersions).default('3.3'),
});

/** Which defects are listed: all without a kind. */
export const defectsSchema = z.strictObject({ kind: z.enum(defectKinds).optional() });

/** A token to look into. */
export const inspectionSchema = z.strictObject({ token: z.string().min(1).max(limits.tokenLength) });

/** The control API: JSON in, JSON out, one service call each. */
export function controlApi(services: Services): Router {
  const { inspector, clock } = services;
  const router = Router();
  router.use(jsonBodies);
  router.use(directoryApi(services, '/sandbox'));

  router.get('/anchors', (request, response) => {
    const { items, next } = paged(services.anchors, pageRequest(request));
    response.json({ items: items.map(anchorView), next });
  });

  router.get('/anchors/:anchorId', withoutQuery, (request, response) => {
    response.json(anchorView(services.getAnchor(request.params.anchorId)));
  });

  router.use('/anchors/:anchorId', anchorApi(services));

  router.post('/qtsp/certificates', async (request, response) => {
    const issued = await services.issueQualifiedCertificate(bodyOf(request));
    // It may hold a private key.
    response.setHeader('Cache-Control', 'no-store');
    response.status(201).json(issued);
  });

  router.get('/software-statements/:softwareId/conformance-dcr.json', async (request, response) => {
    const { bank: bankId, spec } = parseInput(conformanceSchema, request.query);
    const config = await services.conformanceConfig(request.params.softwareId, bankId, spec);
    // It holds private keys.
    response.setHeader('Cache-Control', 'no-store');
    response.json(config);
  });

  router.get('/software-statements/:softwareId/tpp.zip', withoutQuery, async (request, response) => {
    sendTppArchive(response, await services.tppFiles(request.params.softwareId), clock.now());
  });

  router.post('/inspect', async (request, response) => {
    const { token } = parseInput(inspectionSchema, bodyOf(request));
    response.json(await inspector.inspect(token));
  });

  router
    .route('/clock')
    .get(withoutQuery, (_request, response) => {
      response.json(clockView(clock));
    })
    .put((request, response) => {
      setClock(clock, bodyOf(request));
      response.json(clockView(clock));
    });

  router.post('/clock/advance', (request, response) => {
    advanceClock(clock, bodyOf(request));
    response.json(clockView(clock));
  });

  router.get('/defects', (request, response) => {
    const { kind } = parseInput(defectsSchema, request.query);
    const items = defects.filter((defect) => kind === undefined || defect.kind === kind);
    response.json({ items, next: null });
  });

  router.use('/faults', faultsApi(services.faults, '/sandbox/faults'));
  router.use('/tape', tapeApi(services));

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
    .get(withoutQuery, (request, response) => {
      response.json(services.getBank(request.params.bankId).profile);
    })
    .put(async (request, response) => {
      response.json(await services.changeBankProfile(request.params.bankId, bodyOf(request)));
    });

  router.get('/banks/:bankId/attempts', (request, response) => {
    const { items, next } = services.getBank(request.params.bankId).attempts(pageRequest(request));
    response.json({ items: items.map(attemptView), next });
  });

  router.get('/banks/:bankId/attempts/:attemptId', withoutQuery, (request, response) => {
    const { bankId, attemptId } = request.params;
    response.json(attemptView(services.getBank(bankId).getAttempt(attemptId)));
  });

  router.use((request) => {
    throw new HttpError(
      404,
      `The control API has no ${request.method} ${request.originalUrl.split('?', 1)[0] ?? ''}.`,
    );
  });
  return router;
}

/** The same calls for a trust anchor as for the Directory; the first of them makes its keys. */
function anchorApi(services: Services): RequestHandler<{ anchorId: string }> {
  const routers = new Map<string, Router>();
  return async (request, response, next) => {
    const anchor = services.getAnchor(request.params.anchorId);
    const router =
      routers.get(anchor.id) ?? directoryApi(await anchor.open(), `/sandbox/anchors/${anchor.id}`);
    routers.set(anchor.id, router);
    router(request, response, next);
  };
}

/** What the sandbox clock shows; it may be given back as it is. */
function clockView(clock: SandboxClock) {
  const { mode, at } = clock.read();
  return { mode, at: at.toISOString() };
}

/** A trust anchor with what a bank must know to trust it. */
export function anchorView({ id, name, ssaIssuer, urls }: Anchor) {
  return {
    id,
    name,
    ssaIssuer,
    jwksUri: `${urls.https}/keystore/openbanking.jwks`,
    rootUri: `${urls.http}/ca/root.pem`,
  };
}

/** An attempt with the status that its answer had. */
export function attemptView(attempt: Attempt) {
  return { ...attempt, response: attemptResponse(attempt) };
}
