import { describe, expect, it } from 'vitest';
import { parseQuery, parseSearchRequest, parseSelection } from '../../../src/directory/scim/query.js';
import { limits } from '../../../src/domain/limits.js';

const SEARCH_REQUEST = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
const ofText = (text: string) => parseQuery(new URLSearchParams(text));
const ofBody = (body: object) => parseSearchRequest(JSON.stringify({ schemas: [SEARCH_REQUEST], ...body }));
const plain = {
  selection: { attributes: undefined, excludedAttributes: undefined },
  filter: undefined,
  sortBy: undefined,
  descending: false,
  startIndex: 1,
  count: limits.pageSize,
};

describe('the query of a GET', () => {
  it.each<[string, object]>([
    ['', {}],
    ['filter=(AuthorisationServers%20pr)', { filter: '(AuthorisationServers pr)' }],
    ['filter=id+pr', { filter: 'id pr' }],
    ['sortBy=id&sortOrder=descending', { sortBy: 'id', descending: true }],
    ['sortBy=id&sortOrder=ascending', { sortBy: 'id' }],
    ['startIndex=7&count=3', { startIndex: 7, count: 3 }],
    ['startIndex=0', {}],
    ['startIndex=-5', {}],
    ['startIndex=99999999999999999999999', { startIndex: 2_147_483_647 }],
    ['count=0', { count: 0 }],
    ['count=-1', { count: 0 }],
    ['count=1000000', { count: limits.pageSizeMaximum }],
    ['attributes=id,%20meta', { selection: { attributes: ['id', 'meta'] } }],
    ['excludedAttributes=meta', { selection: { excludedAttributes: ['meta'] } }],
    ['filter=&sortBy=&sortOrder=&startIndex=&count=&attributes=&excludedAttributes=', {}],
    ['unknown=1&unknown=2&Filter=x', {}],
  ])('%s', (text, expected) => {
    expect(ofText(text)).toEqual({ ...plain, ...expected });
  });

  it.each([
    ['count=ten', 'count: expected an integer, got "ten"'],
    ['count=1.5', 'count: expected an integer, got "1.5"'],
    ['startIndex=1e3', 'startIndex: expected an integer, got "1e3"'],
    ['startIndex=1&startIndex=2', 'startIndex: expected the parameter once, got ["1","2"]'],
    ['filter=a%20pr&filter=b%20pr', 'filter: expected the parameter once, got ["a pr","b pr"]'],
    ['sortOrder=up', 'sortOrder: expected "ascending" or "descending", got "up"'],
    [
      'attributes=a&excludedAttributes=b',
      'attributes, excludedAttributes: expected one of them at most, got both.',
    ],
    [`attributes=${'a,'.repeat(100)}`, 'attributes: expected at most 100 names, got 101.'],
  ])('is refused as %s', (text, message) => {
    expect(() => ofText(text)).toThrow(
      expect.objectContaining({ scimType: 'invalidValue', message }) as Error,
    );
  });

  it('of one resource knows the attributes alone', () => {
    expect(parseSelection(new URLSearchParams('attributes=id&count=ten'))).toEqual({ attributes: ['id'] });
    expect(() => parseSelection(new URLSearchParams('attributes=a&excludedAttributes=b'))).toThrow(
      'got both',
    );
  });
});

describe('a search request', () => {
  it.each<[object, object]>([
    [{}, {}],
    [
      { filter: 'id pr', sortBy: 'id', sortOrder: 'descending' },
      { filter: 'id pr', sortBy: 'id', descending: true },
    ],
    [{ startIndex: -3, count: 5_000 }, { count: limits.pageSizeMaximum }],
    [
      { startIndex: 4, count: 0 },
      { startIndex: 4, count: 0 },
    ],
    [{ attributes: ['id'] }, { selection: { attributes: ['id'] } }],
    [{ excludedAttributes: ['meta'] }, { selection: { excludedAttributes: ['meta'] } }],
    [{ unknown: true }, {}],
  ])('%j', (body, expected) => {
    expect(ofBody(body)).toEqual({ ...plain, ...expected });
  });

  it.each([
    [' ', 'body: expected JSON, got " "'],
    [
      `{"filter":${'['.repeat(50)}${']'.repeat(50)}}`,
      'body: expected JSON of at most 32 levels, got deeper nesting',
    ],
    ['{', 'body: expected JSON, got "{"'],
    ['null', `schemas: expected a list with "${SEARCH_REQUEST}".`],
    ['[]', `schemas: expected a list with "${SEARCH_REQUEST}".`],
    ['{}', `schemas: expected a list with "${SEARCH_REQUEST}".`],
    [`{"schemas":"${SEARCH_REQUEST}"}`, `schemas: expected a list with "${SEARCH_REQUEST}".`],
    ['{"schemas":["urn:other"]}', `schemas: expected a list with "${SEARCH_REQUEST}".`],
  ])('is refused as %s', (body, message) => {
    const refusal = expect.objectContaining({ scimType: 'invalidSyntax', message }) as Error;
    expect(() => parseSearchRequest(body)).toThrow(refusal);
  });

  it.each<[object, string]>([
    [{ count: '5' }, 'count: expected a number, got "5"'],
    [{ count: 1.5 }, 'count: expected an int, got 1.5'],
    [{ filter: 5 }, 'filter: expected a string, got 5'],
    [{ attributes: 'id' }, 'attributes: expected an array, got "id"'],
    [
      { attributes: ['id'], excludedAttributes: [] },
      'attributes, excludedAttributes: expected one of them at most, got both.',
    ],
    [{ sortOrder: 'DESCENDING' }, 'sortOrder: expected "ascending" or "descending", got "DESCENDING"'],
  ])('is refused with %j', (body, message) => {
    expect(() => ofBody(body)).toThrow(
      expect.objectContaining({ scimType: 'invalidValue', message }) as Error,
    );
  });
});
