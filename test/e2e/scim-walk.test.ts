import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { Departures } from '../contract/departures.js';
import { nameOf, openContract, type Operation } from '../contract/document.js';
import { DirectoryClient, type DirectoryCall } from '../support/directory-client.js';
import { pathOf } from '../support/directory-operations.js';
import { testKeys } from '../support/keys.js';
import type { TlsAnswer } from '../support/registration.js';

const document = openContract('scim');

const departures = new Departures([
  {
    operation: /Participants|OBThirdPartyProviders|OBAccountPaymentServiceProviders/,
    status: 200,
    what: /SoftwareStatements\/\d+\/Roles: must be (string|equal to one of the allowed values)/,
    why: 'Roles are to be a list and, by allOf, one role: nothing is both.',
  },
  {
    operation: /^GET \/OBAuthorities$/,
    what: /^body\/schemas\/0: must be equal to one of the allowed values/,
    why: 'The list of authorities declares its list as the error, where all others declare ErrorResponse.',
  },
]);

/** What `attributes` is for, although the schemas do not know it. @see RFC 7644 section 3.9 */
const withFewerAttributes = new Departures([
  { operation: /./, what: /must have required property/, why: 'The client asked for some attributes only.' },
]);

const SCIM = 'application/scim+json';
const SEARCH = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
const UNKNOWN = 'unknown00000000000';
const nameOfOrganisation = 'urn:openbanking:organisation:1.0:OrganisationCommonName';

/** The resource types, the scope that opens each, and an attribute to sort by. */
const resourceTypes = [
  { type: 'OBAccountPaymentServiceProviders', scope: 'ASPSPReadAccess', sortBy: nameOfOrganisation },
  { type: 'OBThirdPartyProviders', scope: 'TPPReadAccess', sortBy: nameOfOrganisation },
  { type: 'Participants', scope: 'TPPManage', sortBy: nameOfOrganisation },
  { type: 'OBAuthorities', scope: 'AuthoritiesReadAccess', sortBy: 'AuthorityId' },
  { type: 'OBQualifiedTrustServiceProviders', scope: 'QTSPReadAccess', sortBy: 'ServiceName' },
] as const;

interface Resource {
  readonly id: string;
  readonly meta?: { readonly location?: string };
}
interface List {
  readonly Resources?: readonly Resource[];
  readonly itemsPerPage: number;
  readonly startIndex: number;
  readonly totalResults: number;
}

/** The value that a resource is sorted by. */
function sortedBy(resource: object): unknown {
  const organisation = 'urn:openbanking:organisation:1.0';
  const values = { ...(resource as Record<string, object>)[organisation], ...resource } as Record<
    string,
    unknown
  >;
  return values['AuthorityId'] ?? values['ServiceName'] ?? values['OrganisationCommonName'];
}

let sandbox: Sandbox;
let client: DirectoryClient;
const walked = new Set<string>();

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  const tpp = await sandbox.services.createReadyTpp({ name: 'SCIM Reader Ltd' });
  await sandbox.services.createReadyTpp({ name: 'Another Reader Ltd' });
  client = new DirectoryClient(sandbox, tpp);
});
afterAll(() => sandbox.close());

function expectAnswer(operation: Operation, answer: TlsAnswer, status: number, isLimited = false): void {
  expect(answer.status, answer.text).toBe(status);
  const problems = departures.unexplained(operation, status, document.responseProblems(operation, answer));
  const left = isLimited ? withFewerAttributes.unexplained(operation, status, problems) : problems;
  expect(left, answer.text).toEqual([]);
  expect(answer.headers['ob-request-id']).toBeDefined();
}

function expectError(operation: Operation, answer: TlsAnswer, status: number, scimType?: string): void {
  expectAnswer(operation, answer, status);
  expect(answer.headers['content-type']).toMatch(/^application\/scim\+json/);
  expect(JSON.parse(answer.text)).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(status),
    ...(scimType === undefined ? {} : { scimType }),
    detail: expect.any(String) as string,
  });
}

describe.each(resourceTypes.map((one) => [one.type, one] as const))(
  '%s',
  (_name, { type, scope, sortBy }) => {
    const list = document.operation(`GET /${type}`);
    const search = document.operation(`POST /${type}/.search`);
    const single = document.operation(`GET /${type}/{id}`);
    let authorization: string;
    let all: List;

    beforeAll(async () => {
      authorization = await client.bearer(scope);
      const answer = await send(list, {});
      if (answer.status === 200) all = JSON.parse(answer.text) as List;
    });

    async function send(
      operation: Operation,
      { id = UNKNOWN, query = {}, ...call }: DirectoryCall & { id?: string; query?: Record<string, string> },
    ): Promise<TlsAnswer> {
      const parameters = new URLSearchParams(query).toString();
      const path =
        document.basePath + pathOf(operation, { id }) + (parameters === '' ? '' : `?${parameters}`);
      return client.call(operation.method, path, { accept: SCIM, authorization, ...call });
    }

    async function read(
      operation: Operation,
      given: Parameters<typeof send>[1],
      isLimited?: boolean,
    ): Promise<List & Resource> {
      const { contentType, body } = given;
      expect(document.requestProblems(operation, contentType, body), 'the request').toEqual([]);
      const answer = await send(operation, given);
      expectAnswer(operation, answer, 200, isLimited);
      walked.add(nameOf(operation));
      return JSON.parse(answer.text) as List & Resource;
    }

    const searchFor = (wanted: Record<string, unknown>) => ({
      contentType: SCIM,
      body: JSON.stringify({ schemas: [SEARCH], ...wanted }),
    });
    const resourcesOf = ({ Resources = [] }: List): readonly Resource[] => Resources;
    const idsOf = (one: List) => resourcesOf(one).map(({ id }) => id);
    const first = (): Resource => resourcesOf(all)[0] ?? { id: 'none' };

    it('lists what there is, and counts it', async () => {
      const answer = await read(list, {});
      expect(answer.totalResults).toBeGreaterThan(0);
      expect(answer).toMatchObject({ startIndex: 1, itemsPerPage: resourcesOf(answer).length });
      expect(new Set(idsOf(answer)).size).toBe(resourcesOf(answer).length);
    });

    it('gives one page from the place asked for', async () => {
      const page = await read(list, { query: { startIndex: '2', count: '1' } });
      expect(page).toMatchObject({ startIndex: 2, totalResults: all.totalResults });
      expect(idsOf(page)).toEqual(idsOf(all).slice(1, 2));
    });

    it('counts without listing where no resource is asked for', async () => {
      const page = await read(list, { query: { count: '0' } });
      expect(page.totalResults).toBe(all.totalResults);
      expect(resourcesOf(page)).toEqual([]);
    });

    it('takes a start before the first as the first, and a count below none as none', async () => {
      const page = await read(list, { query: { startIndex: '-3', count: '-1' } });
      expect(page).toMatchObject({ startIndex: 1, totalResults: all.totalResults });
      expect(resourcesOf(page)).toEqual([]);
    });

    it('sorts both ways', async () => {
      const up = await read(list, { query: { sortBy, sortOrder: 'ascending' } });
      const down = await read(list, { query: { sortBy, sortOrder: 'descending' } });
      expect([...idsOf(up)].sort()).toEqual([...idsOf(all)].sort());
      expect(resourcesOf(down).map(sortedBy)).toEqual(resourcesOf(up).map(sortedBy).reverse());
    });

    it('finds by a filter', async () => {
      const found = await read(list, { query: { filter: `id eq "${first().id}"` } });
      expect(idsOf(found)).toEqual([first().id]);
      expect(found.totalResults).toBe(1);
      const none = await read(list, { query: { filter: 'id eq "nobody"' } });
      expect(none.totalResults).toBe(0);
    });

    it('gives the attributes asked for, and leaves out those to be left out', async () => {
      const some = resourcesOf(await read(list, { query: { attributes: sortBy } }, true))[0];
      expect(some).toMatchObject({ id: first().id });
      expect(some).not.toHaveProperty('meta');
      expect(some && sortedBy(some)).toEqual(sortedBy(first()));
      const fewer = await read(list, { query: { excludedAttributes: 'meta' } }, true);
      const rest = Object.fromEntries(Object.entries(first()).filter(([name]) => name !== 'meta'));
      expect(resourcesOf(fewer)[0]).toEqual(rest);
    });

    it('answers a search as it answers a list', async () => {
      const wanted = { filter: 'id pr', sortBy, sortOrder: 'descending', startIndex: 1, count: 2 };
      const query = Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, String(value)]));
      expect(await read(search, searchFor(wanted))).toEqual(await read(list, { query }));
      const some = await read(search, searchFor({ attributes: ['id'] }), true);
      expect(idsOf(some)).toEqual(idsOf(all));
    });

    it('takes a search without a body for one without conditions', async () => {
      expect((await read(search, {})).totalResults).toBe(all.totalResults);
    });

    it('reads one by its id, as the list has it', async () => {
      expect(await read(single, { id: first().id })).toEqual(first());
    });

    it('answers 404 with an error for what is not there', async () => {
      expectError(single, await send(single, {}), 404);
    });

    it.each<[string, Record<string, string>, Record<string, unknown>, string]>([
      ['a filter that is none', { filter: 'id eq' }, { filter: 'id eq' }, 'invalidFilter'],
      ['an operator that is none', { filter: 'id like "x"' }, { filter: 'id like "x"' }, 'invalidFilter'],
      ['an order that is none', { sortOrder: 'sideways' }, { sortOrder: 'sideways' }, 'invalidValue'],
      ['a count that is no number', { count: 'many' }, { count: 'many' }, 'invalidValue'],
      ['a start that is no whole number', { startIndex: '1.5' }, { startIndex: 1.5 }, 'invalidValue'],
      [
        'attributes to give and to leave out at once',
        { attributes: 'id', excludedAttributes: 'meta' },
        { attributes: ['id'], excludedAttributes: ['meta'] },
        'invalidValue',
      ],
    ])(
      'answers 400 with an error to %s, in a query and in a search',
      async (_what, query, body, scimType) => {
        expectError(list, await send(list, { query }), 400, scimType);
        expectError(search, await send(search, searchFor(body)), 400, scimType);
      },
    );

    it.each<[string, DirectoryCall, number, string | undefined]>([
      ['is not JSON', { contentType: SCIM, body: '{' }, 400, 'invalidSyntax'],
      ['is not an object', { contentType: SCIM, body: '[]' }, 400, 'invalidSyntax'],
      ['is of another media type', { contentType: 'text/plain', body: '{}' }, 415, undefined],
    ])('answers with an error to a search whose body %s', async (_what, call, status, scimType) => {
      expectError(search, await send(search, call), status, scimType);
    });

    it('answers 406 with an error to a client that takes nothing of what there is', async () => {
      expectError(list, await send(list, { accept: 'text/html' }), 406);
      expectError(single, await send(single, { id: first().id, accept: 'text/html' }), 406);
    });

    it('answers 401 and 403 with an error too', async () => {
      expectError(list, await send(list, { authorization: undefined }), 401);
      if (type !== 'Participants')
        expectError(list, await send(list, { authorization: await client.bearer('TPPManage') }), 403);
    });
  },
);

it('finds the banks that have authorisation servers, as clients in use ask for them', async () => {
  const authorization = await client.bearer('ASPSPReadAccess');
  const operation = document.operation('GET /OBAccountPaymentServiceProviders');
  const filter = encodeURIComponent('(AuthorisationServers pr)');
  const answer = await client.call('GET', `${document.basePath}${operation.path}?filter=${filter}`, {
    accept: SCIM,
    authorization,
  });
  expectAnswer(operation, answer, 200);
  const { Resources } = JSON.parse(answer.text) as { Resources: { AuthorisationServers: unknown[] }[] };
  expect(Resources.length).toBeGreaterThan(0);
  for (const { AuthorisationServers } of Resources) expect(AuthorisationServers.length).toBeGreaterThan(0);
});

it('leaves no operation of the document out', () => {
  const names = document.operations().map(nameOf);
  process.stdout.write(`SCIM: ${walked.size} of ${names.length} operations walked\n`);
  expect(names.filter((name) => !walked.has(name))).toEqual([]);
});

it('departs from the document only where it is known to', () => {
  expect(departures.unused()).toEqual([]);
});
