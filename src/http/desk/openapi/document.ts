import type { z } from 'zod';
import { statusOfOutcome } from '../../errors.js';
import { directoryOperations } from './directory-operations.js';
import { groups, operationId, parametersOf, type Answer, type Body, type Operation } from './operation.js';
import { sandboxOperations } from './sandbox-operations.js';
import { jsonSchemaOf, jsonSchemas, type JsonSchema, type SchemaName } from './schemas.js';

/** Every call of the control API. */
export const operations: readonly Operation[] = [...directoryOperations, ...sandboxOperations];

const JSON_TYPE = 'application/json';

const about = `What the desk's pages do, for programs. Members are camelCase, instants ISO 8601 in UTC. A list comes page by page: \`{"items": […], "next": "…"}\`, where \`next\` is null at the end and otherwise goes into \`?after=\`. Refusals are problem documents as RFC 9457 has them: 400 names every wrong field, 404 is for an unknown id, 409 for what the state does not allow, 413 for a body over the limit, 415 for another media type. With an admin password set, HTTP Basic with the user \`admin\` is asked for.`;

/**
 * The control API as OpenAPI describes it.
 * @param asksForPassword whether an admin password is set
 * @see OpenAPI 3.1.1
 */
export function openApiDocument(version: string, asksForPassword: boolean, anchorIds: readonly string[]) {
  return {
    openapi: '3.1.1',
    info: { title: 'Control API of mock-ob-directory', version, description: about },
    servers: [{ url: '/sandbox' }],
    tags: Object.values(groups).map(({ title, detail }) => ({ name: title, description: detail })),
    ...(asksForPassword ? { security: [{ adminPassword: [] }] } : {}),
    paths: pathsOf(operations, serversOfDirectories(anchorIds)),
    components: {
      schemas: jsonSchemas(),
      responses: {
        Refusal: {
          description: 'A problem document',
          content: { 'application/problem+json': { schema: reference('Problem') } },
        },
      },
      ...(asksForPassword ? { securitySchemes: { adminPassword: { type: 'http', scheme: 'basic' } } } : {}),
    },
  };
}

function serversOfDirectories(anchorIds: readonly string[]) {
  return [
    { url: '/sandbox', description: 'the Directory' },
    ...anchorIds.map((id) => ({
      url: `/sandbox/anchors/${id}`,
      description: `the trust anchor "${id}"`,
    })),
  ];
}

function pathsOf(all: readonly Operation[], serversOfDirectory: readonly object[]) {
  const paths = new Set(all.map(({ path }) => path));
  return Object.fromEntries(
    Array.from(paths, (path) => {
      const here = all.filter((operation) => operation.path === path);
      const parameters = parametersOf(path).map(({ name, note, example }) => ({
        name,
        in: 'path',
        required: true,
        description: note,
        schema: { type: 'string' },
        ...(example === undefined ? {} : { example }),
      }));
      return [
        path,
        {
          ...(here.some(({ isOfEveryDirectory }) => isOfEveryDirectory)
            ? { servers: serversOfDirectory }
            : {}),
          ...(parameters.length > 0 ? { parameters } : {}),
          ...Object.fromEntries(here.map((operation) => [operation.method, operationObject(operation)])),
        },
      ];
    }),
  );
}

function operationObject(operation: Operation) {
  const { group, summary, detail, body } = operation;
  const query = queryParameters(operation);
  return {
    operationId: operationId(operation),
    tags: [groups[group].title],
    summary,
    ...(detail === undefined ? {} : { description: detail }),
    ...(query.length > 0 ? { parameters: query } : {}),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isOptional !== true,
            content: { [JSON_TYPE]: { schema: reference(body.schema), ...exampleOf(body) } },
          },
        }),
    responses: {
      [statusOfOutcome[operation.answer.outcome]]: responseObject(operation.answer),
      '4XX': { $ref: '#/components/responses/Refusal' },
    },
  };
}

function exampleOf({ example }: Body) {
  return example === undefined ? {} : { example };
}

/** The parameters of an operation's query, all of which may be left out. */
export function queryParameters({ query }: { readonly query?: z.ZodObject }) {
  if (!query) return [];
  const { properties = {} } = jsonSchemaOf(query, 'output') as { properties?: Record<string, JsonSchema> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

const outcomes = {
  read: 'It is so.',
  created: 'It has been made; `Location` says where it is.',
  accepted: 'It has been taken.',
  nothing: 'It is done.',
} as const satisfies Readonly<Record<Answer['outcome'], string>>;

function responseObject({ outcome, schema, text }: Answer) {
  const content = {
    ...(schema === undefined ? {} : { [JSON_TYPE]: { schema: schemaOf(schema) } }),
    ...(text === undefined ? {} : { [text]: { schema: { type: 'string' } } }),
  };
  return { description: outcomes[outcome], ...(Object.keys(content).length > 0 ? { content } : {}) };
}

function schemaOf(schema: NonNullable<Answer['schema']>): JsonSchema {
  if (typeof schema === 'string') return reference(schema);
  return {
    type: 'object',
    properties: {
      items: { type: 'array', items: reference(schema.items) },
      next: { type: ['string', 'null'] },
    },
    required: ['items', 'next'],
    additionalProperties: false,
  };
}

function reference(name: SchemaName): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}
