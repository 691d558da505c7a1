import type { Attribute, Reader } from './attributes.js';
import type { Query } from './query.js';
import { compileFilter } from './filter.js';
import { projector } from './selection.js';
import { sorted } from './sorting.js';

/** The resources of one endpoint. Members are read one by one, so that a filter makes none that it does not look at. */
export interface ResourceCollection<Item> {
  readonly attributes: readonly Attribute[];
  readonly read: Reader<Item>;
  readonly total: number;
  slice(offset: number, limit: number): readonly Item[];
  find(id: string): Item | undefined;
}

export const LIST_RESPONSE_URN = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** @see RFC 7644 section 3.4.2, SCIM 2.2 */
export interface ListResponse {
  readonly Resources: readonly Record<string, unknown>[];
  readonly itemsPerPage: number;
  readonly schemas: readonly string[];
  readonly startIndex: number;
  readonly totalResults: number;
}

/**
 * Answers a query; without filter and order it costs what the page costs.
 * @throws ScimError `invalidFilter`, `invalidValue`
 */
export function listResponse<Item>(collection: ResourceCollection<Item>, query: Query): ListResponse {
  const { attributes, read } = collection;
  const project = projector(query.selection, attributes, read);
  const { total, items } = pageOf(collection, query);
  return {
    Resources: items.map(project),
    itemsPerPage: items.length,
    schemas: [LIST_RESPONSE_URN],
    startIndex: query.startIndex,
    totalResults: total,
  };
}

/** A list that is there as a whole. */
export function wholeList(resources: readonly Record<string, unknown>[]): ListResponse {
  const count = resources.length;
  return {
    Resources: resources,
    itemsPerPage: count,
    schemas: [LIST_RESPONSE_URN],
    startIndex: 1,
    totalResults: count,
  };
}

function pageOf<Item>(collection: ResourceCollection<Item>, query: Query) {
  const { filter, sortBy, descending, startIndex, count } = query;
  const offset = startIndex - 1;
  if (filter === undefined && sortBy === undefined) {
    return { total: collection.total, items: collection.slice(offset, count) };
  }
  const { attributes } = collection;
  const read = remembering(collection.read);
  const matches = filter === undefined ? () => true : compileFilter(filter, attributes, read);
  const found = collection.slice(0, collection.total).filter(matches);
  const ordered = sortBy === undefined ? found : sorted(found, { sortBy, descending }, attributes, read);
  return { total: found.length, items: ordered.slice(offset, offset + count) };
}

/** Reads each member of an item once, however many conditions of a filter look at it. */
function remembering<Item>(read: Reader<Item>): Reader<Item> {
  const known = new Map<string, unknown>();
  let current: Item | undefined;
  return (item, member) => {
    if (item !== current) {
      current = item;
      known.clear();
    }
    if (!known.has(member)) known.set(member, read(item, member));
    return known.get(member);
  };
}
