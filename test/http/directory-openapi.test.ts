import { Validator } from '@seriousme/openapi-schema-validator';
import type { Router } from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolCalls, type ProtocolCall } from '../../src/http/desk/openapi/protocol/calls.js';
import type { protocolDocument } from '../../src/http/desk/openapi/protocol/document.js';
import { sentences } from '../../src/http/desk/openapi/protocol/sentences.js';
import { aspspRoutes } from '../../src/http/protocol/aspsp.js';
import { directoryRoutes } from '../../src/http/protocol/directory/routes.js';
import { scimRoutes } from '../../src/http/protocol/scim.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { nameOf, openContract, type Operation } from '../contract/document.js';
import { testKeys } from '../support/keys.js';

type OpenApi = ReturnType<typeof protocolDocument>;

interface Described {
  readonly parameters?: readonly { readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
  readonly security: readonly { readonly accessToken?: readonly string[] }[];
}

let sandbox: Sandbox;
let document: OpenApi;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  const { text } = await request(sandbox.deskApp).get('/openapi/directory.json').expect(200);
  document = JSON.parse(text) as OpenApi;
});
afterAll(() => sandbox.close());

describe('the description of the Directory API', () => {
  it('is OpenAPI 3.1, by the schema of its makers', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('names each call once, and refers to nothing that is not there', () => {
    const ids = protocolCalls.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    const components = document.components as unknown as Readonly<Record<string, object>>;
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter(([, kind = '', name = '']) => !(name in (components[kind] ?? {})))).toEqual([]);
  });

  it('says something of every call, and nothing of one that is not there', () => {
    const newest = protocolCalls.map((call) => `${call.method} ${call.newest}`);
    expect(Object.keys(sentences).toSorted()).toEqual([...new Set(newest)].toSorted());
  });

  it('has every call that is routed, and no other', () => {
    const { services } = sandbox;
    const nobody = () => undefined;
    const routed = [
      ...routesOf(directoryRoutes(services, nobody)),
      ...routesOf(scimRoutes(services, nobody)).map((route) => route.replace(' ', ' /scim/v2')),
      ...routesOf(aspspRoutes(services, nobody)),
    ];
    const described = protocolCalls
      .filter(({ needs }) => needs !== 'nothing')
      .map(({ method, path }) => `${method} ${path}`);
    expect(described.toSorted()).toEqual([...new Set(routed)].toSorted());
  });

  it('has the status of a stranger, and of another media type, for every call', async () => {
    const unexpected: string[] = [];
    for (const { method, path, responses } of described()) {
      const filledIn = path
        .replace('{bankId}', 'reference')
        .replace(/\{kind\}/, 'tpp')
        .replace(/\{\w+\}/g, 'x');
      const sent = request(sandbox.protocolApp)[method](filledIn).set('Accept', '*/*');
      const answer = await (method === 'post' || method === 'put' ? sent.type('text/html').send('x') : sent);
      const content = responses[answer.status]?.content;
      if (!responses[answer.status] || (content && !(answer.type in content))) {
        unexpected.push(`${method} ${path}: ${answer.status} ${answer.type}`);
      }
    }
    expect(unexpected).toEqual([]);
  });

  it('is where the Directory is', () => {
    expect(document.servers).toEqual([{ url: sandbox.urls.https }]);
  });
});

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: Partial<Router>;
}

/** Every operation of the document. */
function described(): { method: ProtocolCall['method']; path: string; responses: Described['responses'] }[] {
  const paths = document.paths as unknown as Readonly<Record<string, Record<string, Described>>>;
  return protocolCalls.map(({ method, path }) => ({
    method,
    path,
    responses: paths[path]?.[method]?.responses ?? {},
  }));
}

/** The routes of a router and of those that hang at its root, in the words of the document. */
function routesOf(router: Router): string[] {
  return (router.stack as unknown as Layer[]).flatMap(({ route, handle }) => {
    if (!route) return handle?.stack ? routesOf(handle as Router) : [];
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const methods = Object.keys(route.methods).filter((method) => method !== '_all');
    return methods.map((method) => `${method} ${path}`);
  });
}

/** Where ours is not as the real document has it, and why. */
const departures: readonly (readonly [what: RegExp, why: string])[] = [
  [/: 502$/, 'Nothing stands in front of this Directory.'],
  [/^(GET|POST) \/[^{]*: 404$/, 'A path without a name in it is there, whoever asks.'],
  [
    /^PUT \/v2\.1\/oauth\/\{OrganisationId\}: 204$/,
    'Once its certificate is named, there is a client to show.',
  ],
];

describe.each(['directory-api', 'scim'] as const)('held against the real document %s', (name) => {
  const contract = openContract(name);

  it('has all of its operations, with their media types and scopes', () => {
    const differences = contract.operations().flatMap((operation) => {
      const own = find(contract.basePath, operation);
      if (!own) return [`${nameOf(operation)}: not described`];
      const missing = [
        ...beyond(Object.keys(operation.body?.content ?? {}), Object.keys(own.requestBody?.content ?? {})),
        ...beyond(mediaTypesOf(operation.responses), mediaTypesOf(own.responses)),
        ...beyond(
          queryOf(operation),
          (own.parameters ?? []).map((one) => one.name),
        ),
      ];
      const scopes = scopesOf(own);
      return [...missing, ...(isMeant(operation, scopes) ? [] : [`scopes ${scopes.join(' ')}`])].map(
        (one) => `${nameOf(operation)}: ${one}`,
      );
    });
    expect(differences).toEqual([]);
  });

  it('has all of its statuses, but for those that cannot be here', () => {
    const missing = contract.operations().flatMap((operation) => {
      const own = Object.keys(find(contract.basePath, operation)?.responses ?? {});
      const declared = Object.keys(operation.responses).filter((status) => status !== 'default');
      return beyond(declared, own).map((status) => `${nameOf(operation)}: ${status}`);
    });
    expect(missing.filter((one) => !departures.some(([what]) => what.test(one)))).toEqual([]);
  });
});

const beyond = (wanted: readonly string[], there: readonly string[]) =>
  wanted.filter((one) => !there.includes(one));

const queryOf = ({ parameters }: Operation) =>
  parameters.filter((one) => one.in === 'query').map((one) => one.name);

/** Of what is answered when all goes well. */
function mediaTypesOf(
  responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>,
): string[] {
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  return good.flatMap(([, { content = {} }]) => Object.keys(content));
}

/** The same operation of ours: its parameters have other names, and enrolment is for one kind. */
function find(basePath: string, { method, path }: Operation): Described | undefined {
  const shape = (text: string) => text.replace(/\{\w+\}/g, '{}');
  const wanted = shape(basePath + path);
  const paths = document.paths as unknown as Readonly<Record<string, Record<string, Described>>>;
  const [, item] =
    Object.entries(paths).find(
      ([own, one]) =>
        one[method.toLowerCase()] && (shape(own) === wanted || own === wanted.replace('{}', 'tpp')),
    ) ?? [];
  return item?.[method.toLowerCase()];
}

const scopesOf = ({ security }: Described) =>
  security.flatMap(({ accessToken = [] }) => accessToken).toSorted();

/** The real document names the scopes that read beside the one that changes; here only the latter will do. */
function isMeant({ scopes = [] }: Operation, own: readonly string[]): boolean {
  const changing = scopes.filter((scope) => scope.endsWith('Manage'));
  if (changing.length > 0) return changing.every((scope) => own.includes(scope));
  return scopes.every((scope) => own.includes(scope));
}
