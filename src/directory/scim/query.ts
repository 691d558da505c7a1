import { z } from 'zod';
import { describeProblem, quote } from '../../domain/errors.js';
import { isNestedDeeper } from '../../domain/json.js';
import { limits } from '../../domain/limits.js';
import { problemsOf } from '../../domain/parse.js';
import { invalidValue, ScimError } from './scim-error.js';

export const SEARCH_REQUEST_URN = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
/** What the document's int32 holds. */
const LARGEST_INTEGER = 2_147_483_647;

/** Which attributes a client wants, as it wrote their names. @see RFC 7644 section 3.9 */
export interface Selection {
  readonly attributes?: readonly string[] | undefined;
  readonly excludedAttributes?: readonly string[] | undefined;
}

/** @see RFC 7644 section 3.4.2 */
export interface Query {
  readonly selection: Selection;
  readonly filter: string | undefined;
  readonly sortBy: string | undefined;
  readonly descending: boolean;
  /** From 1. */
  readonly startIndex: number;
  /** Resources on the page, at most. */
  readonly count: number;
}

/** What both ways of asking say, before it is held against the limits. */
interface Wishes extends Selection {
  readonly filter?: string | undefined;
  readonly sortBy?: string | undefined;
  readonly sortOrder?: string | undefined;
  readonly startIndex?: number | undefined;
  readonly count?: number | undefined;
}

/**
 * The query of a GET. Parameters that SCIM does not have are passed over, and empty ones count as absent.
 * @throws ScimError `invalidValue` that names the parameter
 */
export function parseQuery(parameters: URLSearchParams): Query {
  return queryOf({
    ...namesOf(parameters),
    filter: single(parameters, 'filter'),
    sortBy: single(parameters, 'sortBy'),
    sortOrder: single(parameters, 'sortOrder'),
    startIndex: integer(parameters, 'startIndex'),
    count: integer(parameters, 'count'),
  });
}

/** What a GET of one resource may ask. @throws ScimError `invalidValue` that names the parameter */
export function parseSelection(parameters: URLSearchParams): Selection {
  return selectionOf(namesOf(parameters));
}

const names = z.array(z.string()).optional();
/** What a SearchRequest may say beside its schema. @see RFC 7644 section 3.4.3 */
export const searchRequestSchema = z.object({
  attributes: names,
  excludedAttributes: names,
  filter: z.string().optional(),
  sortBy: z.string().optional(),
  sortOrder: z.string().optional(),
  startIndex: z.int().optional(),
  count: z.int().optional(),
});

/**
 * The query of a POST to `/.search`; members that SCIM does not have are passed over, and no body has no conditions.
 * @throws ScimError `invalidSyntax` for what is no SearchRequest, `invalidValue` that names the member
 * @see RFC 7644 section 3.4.3; SCIM 2.2, SearchRequest, which is not required
 */
export function parseSearchRequest(body: string): Query {
  if (body === '') return queryOf({});
  const request = parseJson(body);
  const schemas = z.object({ schemas: z.array(z.string()) }).safeParse(request);
  if (!schemas.data?.schemas.includes(SEARCH_REQUEST_URN)) {
    throw new ScimError('invalidSyntax', `schemas: expected a list with "${SEARCH_REQUEST_URN}".`);
  }
  const wishes = searchRequestSchema.safeParse(request);
  if (wishes.success) return queryOf(wishes.data);
  const problems = problemsOf(wishes.error, request).map(describeProblem);
  throw new ScimError('invalidValue', problems.join('; '));
}

function parseJson(body: string): unknown {
  const value = valueOf(body);
  // Whatever is said of a value costs stack for each of its levels.
  if (!isNestedDeeper(value, limits.bodyDepth)) return value;
  throw new ScimError(
    'invalidSyntax',
    `body: expected JSON of at most ${limits.bodyDepth} levels, got deeper nesting`,
  );
}

function valueOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ScimError('invalidSyntax', `body: expected JSON, got ${quote(body)}`, { cause });
  }
}

function queryOf(wishes: Wishes): Query {
  const { filter, sortBy, sortOrder = 'ascending', startIndex = 1, count = limits.pageSize } = wishes;
  if (sortOrder !== 'ascending' && sortOrder !== 'descending') {
    throw invalidValue('sortOrder', '"ascending" or "descending"', sortOrder);
  }
  return {
    selection: selectionOf(wishes),
    filter,
    sortBy,
    descending: sortOrder === 'descending',
    startIndex: clamp(startIndex, 1, LARGEST_INTEGER),
    count: clamp(count, 0, limits.pageSizeMaximum),
  };
}

function selectionOf({ attributes, excludedAttributes }: Wishes): Selection {
  if (attributes && excludedAttributes) {
    throw new ScimError(
      'invalidValue',
      'attributes, excludedAttributes: expected one of them at most, got both.',
    );
  }
  refuseMany('attributes', attributes);
  refuseMany('excludedAttributes', excludedAttributes);
  return { attributes, excludedAttributes };
}

function refuseMany(parameter: string, list: readonly string[] | undefined): void {
  if (list === undefined || list.length <= limits.scimAttributeCount) return;
  throw new ScimError(
    'invalidValue',
    `${parameter}: expected at most ${limits.scimAttributeCount} names, got ${list.length}.`,
  );
}

function namesOf(parameters: URLSearchParams): Selection {
  return {
    attributes: commaSeparated(parameters, 'attributes'),
    excludedAttributes: commaSeparated(parameters, 'excludedAttributes'),
  };
}

/** A parameter that stands there once at most. */
function single(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1) throw invalidValue(name, 'the parameter once', values);
  return values[0] === '' ? undefined : values[0];
}

function integer(parameters: URLSearchParams, name: string): number | undefined {
  const written = single(parameters, name);
  if (written === undefined) return undefined;
  if (!/^-?\d+$/.test(written)) throw invalidValue(name, 'an integer', written);
  return Number(written);
}

function commaSeparated(parameters: URLSearchParams, name: string): string[] | undefined {
  return single(parameters, name)
    ?.split(',')
    .map((attribute) => attribute.trim());
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
