import { Router } from 'express';
import type { Faults } from '../../sandbox/faults/faults.js';
import { bodyOf, created, paged, pageRequest, withoutQuery } from './json-api.js';

/** What is to misbehave, and how often it has. @param base the path that it is mounted at */
export function faultsApi(faults: Faults, base: string): Router {
  const router = Router();
  router.use((_request, response, next) => {
    // A fault may hold the private keys that were made for it.
    response.setHeader('Cache-Control', 'no-store');
    next();
  });

  router
    .route('/')
    .get((request, response) => {
      response.json(paged(faults.list(), pageRequest(request)));
    })
    .post(async (request, response) => {
      const fault = await faults.set(bodyOf(request));
      created(response, `${base}/${fault.id}`, fault);
    })
    .delete((_request, response) => {
      faults.clearAll();
      response.status(204).end();
    });

  router
    .route('/:faultId')
    .get(withoutQuery, (request, response) => {
      response.json(faults.get(request.params.faultId));
    })
    .delete((request, response) => {
      faults.clear(request.params.faultId);
      response.status(204).end();
    });
  return router;
}
