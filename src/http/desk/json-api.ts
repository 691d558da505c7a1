import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { invalidInput, quote } from '../../domain/errors.js';
import { isNestedDeeper } from '../../domain/json.js';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import type { Page, PageRequest } from '../../domain/ports.js';
import { HttpError } from '../errors.js';
import { tooDeep } from '../json-text.js';

/** The query of a list. */
export const pageSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(limits.pageSizeMaximum).default(limits.pageSize),
  after: z.string().optional(),
});

/** Reads JSON bodies; a body of another type is refused rather than passed over. */
export const jsonBodies = jsonBodiesUpTo(limits.bodyBytes, limits.bodyDepth);

/** @param depth how deep the JSON may be nested */
export function jsonBodiesUpTo(bytes: number, depth: number): RequestHandler[] {
  return [
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
    express.json({ limit: bytes, type: () => true, inflate: false }),
    (request, _response, next) => {
      if (isNestedDeeper(request.body, depth)) throw tooDeep('body');
      next();
    },
  ];
}

/** The body, where none counts as an empty object: every member of it may be optional. */
export function bodyOf(request: Request): unknown {
  return request.body ?? {};
}

/** Refuses what a call is told in its query, where it takes nothing from there. @throws DomainError `invalid_input` */
export const withoutQuery = refusingParameters('no parameter in the query');

const changesWithoutQuery = refusingParameters('no parameter in the query, but a member of the JSON body');

/** A call that changes something takes all that it is told from its body. @throws DomainError `invalid_input` */
export const changesByBodyAlone: RequestHandler = (request, response, next) => {
  if (['GET', 'HEAD'].includes(request.method)) next();
  else changesWithoutQuery(request, response, next);
};

/** It looks at the query alone, so that a route keeps the parameters of its path. */
function refusingParameters(expected: string) {
  return ({ query }: Pick<Request, 'query'>, _response: unknown, next: NextFunction): void => {
    const problems = Object.entries(query).map(([field, value]) => ({
      field,
      expected,
      actual: quote(value),
    }));
    if (problems.length > 0) throw invalidInput(problems.slice(0, limits.problemsNamed));
    next();
  };
}

/** The page of a list that the query asks for. @throws DomainError `invalid_input` */
export function pageRequest(request: Pick<Request, 'query'>): PageRequest {
  return parseInput(pageSchema, request.query);
}

/** A search and the page of what it finds that the query asks for. @throws DomainError `invalid_input` */
export function searchRequest<Schema extends z.ZodObject>(
  { query }: Pick<Request, 'query'>,
  schema: Schema,
): { search: z.output<Schema>; page: PageRequest } {
  const { limit, after, ...search } = parseInput(pageSchema.extend(schema.shape), query) as PageRequest &
    z.output<Schema>;
  return { search: search as z.output<Schema>, page: { limit, after } };
}

/** 201 with the new thing and where it is. */
export function created(response: Response, location: string, body: unknown): void {
  response.status(201).location(location).json(body);
}

/** One page of a list that is all there. */
export function paged<T extends { readonly id: string }>(
  all: readonly T[],
  { limit, after }: PageRequest,
): Page<T> {
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const items = all.slice(start, start + limit);
  return { items, next: start + items.length < all.length ? (items.at(-1)?.id ?? null) : null };
}
