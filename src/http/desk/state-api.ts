import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import { resetTargets, type ResetTarget } from '../../sandbox/state/state-keeper.js';
import type { StateFile } from '../../sandbox/state/state-file.js';
import { bodyOf, jsonBodies, jsonBodiesUpTo } from './json-api.js';

/** What replaces everything at once: it stands above the services that it replaces. */
export interface StateControl {
  export(): Promise<StateFile>;
  /** @throws DomainError `invalid_input`, `storage_failed` */
  replace(input: unknown): Promise<void>;
  /** @throws DomainError `storage_failed` */
  reset(to?: ResetTarget): Promise<void>;
}

const resetSchema = z.strictObject({ to: z.enum(resetTargets).default('start-up') });

/** The whole state in one document. */
export function stateApi(state: StateControl): Router {
  const router = Router();
  router
    .route('/state')
    .get(async (_request, response) => {
      // It holds private keys.
      response.setHeader('Cache-Control', 'no-store');
      response.json(await state.export());
    })
    .put(
      jsonBodiesUpTo(limits.stateBytes, limits.stateDepth),
      async (request: Request, response: Response) => {
        await state.replace(bodyOf(request));
        response.status(204).end();
      },
    );

  router.post('/reset', jsonBodies, async (request: Request, response: Response) => {
    const { to } = parseInput(resetSchema, bodyOf(request));
    await state.reset(to);
    response.status(204).end();
  });
  return router;
}
