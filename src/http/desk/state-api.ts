import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import { resetTargets, type StateControl } from '../../sandbox/state/state-keeper.js';
import { bodyOf, jsonBodies, jsonBodiesUpTo, withoutQuery } from './json-api.js';

/** What the sandbox goes back to. */
export const resetSchema = z.strictObject({ to: z.enum(resetTargets).default('start-up') });

/** The whole state in one document. */
export function stateApi(state: StateControl): Router {
  const router = Router();
  router
    .route('/state')
    .get(withoutQuery, async (_request, response) => {
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
