import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Router } from 'express';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlApi } from '../../src/http/desk/api.js';
import { operations, type openApiDocument } from '../../src/http/desk/openapi/document.js';
import { operationId, type Operation } from '../../src/http/desk/openapi/operation.js';
import { stateApi } from '../../src/http/desk/state-api.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost } from '../support/registration.js';

type OpenApi = ReturnType<typeof openApiDocument>;
type Described = Readonly<Record<string, unknown>>;

let sandbox: Sandbox;
let document: OpenApi;
const DOCUMENT = 'https://desk.example/openapi.json';
const schemas = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(schemas);

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  const { text } = await request(sandbox.deskApp).get('/openapi.json').expect(200);
  document = JSON.parse(text) as OpenApi;
  schemas.addSchema({ $id: DOCUMENT, ...document });
});
afterAll(() => sandbox.close());

/** Where a value is not as the schema at a place of the document says. */
function problemsOf(pointer: string, value: unknown): string[] {
  const validate = schemas.getSchema(`${DOCUMENT}#${pointer}`) as ValidateFunction;
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath}: ${message}`);
}

const pointerPart = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** What the paths need: things that are there. */
async function idsOf({ services, protocolApp }: Sandbox): Promise<Record<string, string>> {
  const tpp = await services.createReadyTpp({});
  const bank = services.getBank('reference');
  await bank.register(anonymousPost('not.a.token'));
  await request(protocolApp).get('/keystore/openbanking.jwks');
  const fault = await services.faults.set({ kind: 'http', name: 'observe', path: '/somewhere' });
  return {
    orgId: tpp.organisation.id,
    softwareId: tpp.softwareStatement.id,
    kid: tpp.transport.kid,
    anchorId: 'second',
    bankId: 'reference',
    attemptId: bank.attempts({ limit: 1 }).items[0]?.id ?? '',
    faultId: fault.id,
    exchangeId: services.tape.list().at(-1)?.id ?? '',
  };
}

/** Made when they are first wanted, and again when something has taken them away. */
const ids = {
  made: undefined as Promise<Record<string, string>> | undefined,
  get() {
    return (this.made ??= idsOf(sandbox));
  },
  forget() {
    this.made = undefined;
  },
};

const filledIn = (path: string, ids: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'unknown');

function call(base: string, { method, path }: Operation, ids: Record<string, string>, body?: unknown) {
  const sent = request(sandbox.deskApp)[method](`${base}${filledIn(path, ids)}`);
  return body === undefined ? sent : sent.send(body as object);
}

describe('the description of the control API', () => {
  it('is OpenAPI 3.1, by the schema of its makers', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('gives each operation an id of its own, and refers to nothing that is not there', () => {
    const ids = operations.map(operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    const missing = references.filter(([, kind = '', name = '']) => {
      const components: Readonly<Record<string, object>> = document.components;
      return !(name in (components[kind] ?? {}));
    });
    expect(references.length).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });

  it('has every call that there is, and no other', () => {
    const { services } = sandbox;
    const state = { export: unused, replace: unused, reset: unused };
    const routed = [...routesOf(controlApi(services)), ...routesOf(stateApi(state))];
    const described = operations.map(({ method, path }) => `${method} ${path}`);
    expect(described.toSorted()).toEqual([...new Set(routed)].toSorted());
    expect(Object.keys(document.paths).toSorted()).toEqual(
      [...new Set(operations.map(({ path }) => path))].toSorted(),
    );
  });

  it('asks for the password only where one is set', async () => {
    expect(document).not.toHaveProperty('security');
    const guarded = await createSandbox({ keyPairs: testKeys, adminPassword: 'secret' });
    await request(guarded.deskApp).get('/openapi.json').expect(401);
    const { text } = await request(guarded.deskApp).get('/openapi.json').auth('admin', 'secret').expect(200);
    expect(JSON.parse(text)).toMatchObject({ security: [{ adminPassword: [] }] });
    await guarded.close();
  });
});

/** With the name that the document has for it. */
const named = operations.map((operation) => ({ ...operation, name: operationId(operation) }));

describe('a call as it is described', () => {
  it.each(named)('$name takes its example and answers what it says', async (operation) => {
    const { method, path, body } = operation;
    const sent =
      body?.schema === 'StateFile'
        ? (JSON.parse((await request(sandbox.deskApp).get('/sandbox/state')).text) as unknown)
        : body?.example;
    expectAsDescribed(operation, await call('/sandbox', operation, await ids.get(), sent));
    const takesAway = method === 'delete' || path === '/reset';
    if (takesAway) ids.forget();
    if (body?.isOptional) expectAsDescribed(operation, await call('/sandbox', operation, await ids.get()));
    if (takesAway) ids.forget();
    if (path === '/clock/advance') sandbox.clock.follow();
  });

  it.each(named.filter(({ path, query, body }) => path.includes('{') || (query ?? body) !== undefined))(
    '$name refuses in problem documents',
    async (operation) => {
      const { path, query, body } = operation;
      const wrong = query ? { ...operation, path: `${path}?limit=none&spec=none&kind=none` } : operation;
      const answer = await call('/sandbox', wrong, {}, body && { 'no such member': 1 });
      expect([400, 404]).toContain(answer.status);
      expect(answer.type).toBe('application/problem+json');
      expect(problemsOf('/components/schemas/Problem', JSON.parse(answer.text))).toEqual([]);
    },
  );
});

describe('a parameter that a call does not take', () => {
  it.each(named)('is refused by $name and named', async (operation) => {
    const wrong = { ...operation, path: `${operation.path}?colour=red` };
    const answer = await call('/sandbox', wrong, await ids.get(), operation.body?.example);
    expect(answer.status, answer.text).toBe(400);
    const { errors } = JSON.parse(answer.text) as { errors: object[] };
    expect(errors).toEqual([
      expect.objectContaining({
        field: 'colour',
        expected: expect.stringMatching(/^no (member|parameter)/) as string,
      }),
    ]);
  });
});

describe('the calls of another trust anchor', () => {
  it('are those of the Directory, below its own address', async () => {
    const [, server = ''] = document.paths['/tpps'] ? serversOf('/tpps') : [];
    expect(server).toBe('/sandbox/anchors/second');
    const example = operations.find(({ path }) => path === '/tpps');
    if (!example) throw new Error('There is no such call.');
    expectAsDescribed(example, await call(server, example, {}, example.body?.example));
    expect(serversOf('/clock')).toEqual([]);
  });
});

const unused = () => Promise.reject(new Error('Nobody asks.'));

function serversOf(path: string): string[] {
  const { servers = [] } = (document.paths[path] ?? {}) as { servers?: { url: string }[] };
  return servers.map(({ url }) => url);
}

/** The status, the media type and the body are among those described. */
function expectAsDescribed({ method, path }: Operation, answer: Response): void {
  const described = (document.paths[path] as Record<string, Described>)[method]?.['responses'] as Described;
  const name = `${method} ${path}: ${answer.text}`;
  expect(Object.keys(described), name).toContain(String(answer.status));
  const { content } = described[answer.status] as { content?: Described };
  if (!content) {
    expect(answer.text, name).toBe('');
    return;
  }
  expect(Object.keys(content), name).toContain(answer.type);
  if (answer.type !== 'application/json') return;
  const pointer = [
    'paths',
    path,
    method,
    'responses',
    String(answer.status),
    'content',
    answer.type,
    'schema',
  ];
  expect(problemsOf(`/${pointer.map(pointerPart).join('/')}`, answer.body), name).toEqual([]);
}

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: Partial<Router>;
  readonly slash: boolean;
  match(path: string): boolean;
}

/** Where routers hang below the control API. One that hangs elsewhere has to be named here. */
const mounts = ['/faults', '/tape'];

/** The routes of a router and of those below it, in the words of the document. */
function routesOf(router: Router, base = ''): string[] {
  return (router.stack as unknown as Layer[]).flatMap((layer) => {
    const { route, handle } = layer;
    if (route) {
      const path = `${base}${route.path === '/' ? '' : route.path}`.replace(/:(\w+)/g, '{$1}');
      return Object.keys(route.methods).map((method) => `${method} ${path}`);
    }
    if (!handle?.stack) return [];
    const mount = layer.slash ? '' : mounts.find((path) => layer.match(path));
    if (mount === undefined) throw new Error('A router hangs at a path that this test does not know.');
    return routesOf(handle as Router, base + mount);
  });
}
