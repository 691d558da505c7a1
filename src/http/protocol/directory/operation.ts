import type { Request } from 'express';
import type { z } from 'zod';
import type { Access } from '../../../directory/access.js';
import { invalidInput } from '../../../domain/errors.js';
import type { Services } from '../../../sandbox/services.js';
import { HttpError, notAcceptable, type Outcome } from '../../errors.js';
import { parseJsonText } from '../../json-text.js';
import { mediaTypeOf } from '../client.js';

/** A call to the Directory's API, once its caller may make it. */
export interface Call {
  readonly services: Services;
  readonly organisationId: string;
  /** Of the software statement in the path; empty where the path has none. */
  readonly softwareId: string;
  /** What else the path names. */
  readonly param: (name: string) => string;
  readonly mediaType: string | undefined;
  readonly text: string;
  /** The body as JSON. @throws DomainError `invalid_input` */
  readonly json: () => unknown;
}

/** What is known of an operation of the TLS side before anybody calls it. */
export interface OperationFacts {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  /** Media types of the body; absent where there is none. */
  readonly takes?: readonly string[];
  /** What a body is held against, where it is JSON. */
  readonly body?: z.ZodType;
  /** Media type of the answer; absent where there is no answer but 204. */
  readonly gives?: string;
  readonly outcome?: Outcome;
  /** Whether there may be nothing to give: then it is 204. */
  readonly mayGiveNothing?: true;
}

/** One operation of the Directory's API on the records of an organisation, its path below the organisation. */
export interface Operation extends OperationFacts {
  readonly access: Access;
  /** Nothing given back is 204. */
  readonly run: (call: Call) => unknown;
}

/**
 * Refuses an `Accept` that the answer does not meet.
 * Observed: the document's own example asks for `application/json` where the answer is `application/jwk+json`, so that
 * will do for every kind of JSON.
 * @throws HttpError 406
 */
export function refuseOtherAccept(request: Request, gives: string | undefined): void {
  if (gives === undefined) return;
  const met = gives.endsWith('+json') && gives !== SSA_TYPE ? [gives, 'application/json'] : [gives];
  if (request.accepts(met) === false) throw notAcceptable(request, gives);
}

export const SCIM_TYPE = 'application/scim+json';

/** The one `+json` type here that is no JSON but a compact JWS. */
export const SSA_TYPE = 'application/jws+json';

/** @throws HttpError 415 */
export function refuseOtherBody(request: Request, takes: readonly string[] | undefined): void {
  const mediaType = mediaTypeOf(request);
  if (!takes || (mediaType !== undefined && takes.includes(mediaType))) return;
  throw new HttpError(415, `Content-Type: expected ${takes.join(' or ')}, got ${mediaType ?? 'none'}.`);
}

/** A body as JSON. @throws DomainError `invalid_input` */
export function jsonOf(text: string): unknown {
  if (text.trim() === '') throw invalidInput([{ field: 'body', expected: 'JSON', actual: 'nothing' }]);
  return parseJsonText(text);
}
