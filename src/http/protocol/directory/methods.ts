import type { RequestHandler } from 'express';
import { HttpError } from '../../errors.js';

/** Refuses the methods that a path does not have. @throws HttpError 405 with `Allow` */
export function methodsBesides(...allowed: readonly string[]): RequestHandler {
  return (request) => {
    const offered = allowed.join(', ');
    throw new HttpError(405, `${request.method} is not offered here; expected ${offered}.`, {
      Allow: offered,
    });
  };
}
