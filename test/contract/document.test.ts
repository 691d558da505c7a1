import { describe, expect, it } from 'vitest';
import { ContractDocument, openContract, type Answer, type Operation, type Schema } from './document.js';
import { reduce } from './reduce.js';

const headers = { 'content-type': 'application/json; charset=utf-8', 'ob-request-id': '1' };
const bank = {
  Name: 'Bank',
  Kind: 'aspsp',
  Uri: 'https://bank.example',
  Since: '2024-02-29T12:00:00Z',
  Size: 7,
  Parent: null,
};

const document = new ContractDocument(
  reduce({
    info: { title: 'Banks', version: '1.0', description: 'All of them.' },
    servers: [{ url: 'https://api.example/base/' }],
    paths: {
      '/bank/{Id}': {
        parameters: [{ $ref: '#/components/parameters/Id' }],
        get: {
          summary: 'A bank',
          parameters: [{ $ref: '#/components/parameters/Id' }],
          security: [{ OAuth: ['Read'] }],
          responses: {
            200: {
              description: 'OK',
              headers: { 'OB-Request-Id': { schema: { type: 'string' } } },
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Bank' } } },
            },
            404: { description: 'None' },
          },
        },
        put: {
          requestBody: { $ref: '#/components/requestBodies/Bank' },
          responses: {
            200: { content: { 'application/jwt': { schema: { $ref: '#/components/schemas/Signed' } } } },
            default: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
          },
        },
      },
    },
    components: {
      parameters: { Id: { name: 'Id', in: 'path', required: true, schema: { type: 'string' } } },
      requestBodies: {
        Bank: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Bank' } } },
        },
      },
      schemas: {
        Bank: {
          type: 'object',
          description: 'A bank',
          required: ['Name'],
          properties: {
            Name: { type: 'string', maxLength: 10, description: 'Its name', example: 'Bank' },
            Kind: { $ref: '#/components/schemas/Kind' },
            Uri: { type: 'string', format: 'uri' },
            Since: { type: 'string', format: 'date-time', readOnly: true },
            Size: { type: 'integer', format: 'int32' },
            Parent: { type: 'string', nullable: true },
            Urn: { type: 'string', format: 'urn' },
            title: { type: 'string', title: 'A member that is named like a word of no consequence' },
          },
        },
        Kind: { type: 'string', enum: ['aspsp', 'tpp'] },
        Signed: { type: 'string', maxLength: 20 },
        Error: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
      },
    },
  }),
);
const read = document.operation('GET /bank/{Id}');
const write = document.operation('PUT /bank/{Id}');

function answer(changes: Partial<Answer> & { readonly body?: unknown } = {}): Answer {
  const { body = bank, ...rest } = changes;
  return { status: 200, headers, text: JSON.stringify(body), ...rest };
}

describe('a reduced document', () => {
  it('keeps what constrains and leaves the words out', () => {
    expect(document.source).toEqual({ title: 'Banks', version: '1.0' });
    expect(document.basePath).toBe('/base');
    expect(read).toEqual({
      method: 'GET',
      path: '/bank/{Id}',
      parameters: [{ name: 'Id', in: 'path', required: true, schema: { type: 'string' } }],
      scopes: ['Read'],
      responses: {
        200: {
          headers: ['OB-Request-Id'],
          content: { 'application/json': { $ref: '#/schemas/Bank' } },
        },
        404: {},
      },
    });
    const { properties } = document.schema({ $ref: '#/schemas/Bank' }) as {
      properties: Record<string, Schema>;
    };
    expect(properties['Name']).toEqual({ type: 'string', maxLength: 10 });
    expect(properties['title']).toEqual({ type: 'string' });
  });
});

describe('an answer', () => {
  it('has no problems when it is what the document declares', () => {
    expect(document.responseProblems(read, answer())).toEqual([]);
    expect(document.responseProblems(read, answer({ body: { ...bank, Parent: 'Other' } }))).toEqual([]);
  });

  it.each<[string, Operation, Answer, string]>([
    ['a status that is not declared', read, answer({ status: 500 }), 'status: expected 200, 404, got 500'],
    [
      'another media type',
      read,
      answer({ headers: { ...headers, 'content-type': 'text/html' } }),
      'media type: expected application/json, got text/html',
    ],
    [
      'no media type',
      read,
      answer({ headers: { 'ob-request-id': '1' } }),
      'media type: expected application/json, got none',
    ],
    [
      'a header missing',
      read,
      answer({ headers: { 'content-type': 'application/json' } }),
      'header: expected OB-Request-Id, got none',
    ],
    ['text that is no JSON', read, answer({ text: '{' }), 'body: expected JSON'],
    [
      'a required member missing',
      read,
      answer({ body: { ...bank, Name: undefined } }),
      "body: must have required property 'Name'",
    ],
    ['a wrong type', read, answer({ body: { ...bank, Name: 1 } }), 'body/Name: must be string'],
    [
      'null where it may not be',
      read,
      answer({ body: { ...bank, Name: null } }),
      'body/Name: must be string',
    ],
    [
      'text that is too long',
      read,
      answer({ body: { ...bank, Name: 'A'.repeat(11) } }),
      'body/Name: must NOT have more than 10 characters',
    ],
    [
      'a value that is not in its list',
      read,
      answer({ body: { ...bank, Kind: 'bank' } }),
      'body/Kind: must be equal to one of the allowed values (aspsp, tpp)',
    ],
    ['no URI', read, answer({ body: { ...bank, Uri: 'bank' } }), 'body/Uri: must match format "uri"'],
    ['no URN', read, answer({ body: { ...bank, Urn: 'bank' } }), 'body/Urn: must match format "urn"'],
    [
      'no instant',
      read,
      answer({ body: { ...bank, Since: '2024-02-30T12:00:00Z' } }),
      'body/Since: must match format "date-time"',
    ],
    [
      'a number beyond 32 bits',
      read,
      answer({ body: { ...bank, Size: 2 ** 31 } }),
      'body/Size: must match format "int32"',
    ],
    [
      'an error that is not as the default has it',
      write,
      answer({ status: 400, body: {} }),
      "body: must have required property 'error'",
    ],
    [
      'a signed text that is too long',
      write,
      answer({ headers: { 'content-type': 'application/jwt' }, text: 'a'.repeat(21) }),
      'body: must NOT have more than 20 characters',
    ],
  ])('is found out with %s', (_what, operation, given, problem) => {
    expect(document.responseProblems(operation, given)).toEqual([problem]);
  });

  it('may have any body, and none, where the document declares none', () => {
    expect(document.responseProblems(read, { status: 404, headers: {}, text: '' })).toEqual([]);
    expect(document.responseProblems(read, { status: 404, headers, text: '?' })).toEqual([]);
  });

  it('is held against the default where its status is not declared', () => {
    expect(document.responseProblems(write, answer({ status: 418, body: { error: 'teapot' } }))).toEqual([]);
  });

  it('is the raw text where the schema is a string', () => {
    const signed = answer({ headers: { 'content-type': 'application/jwt' }, text: 'e30.e30.c2ln' });
    expect(document.responseProblems(write, signed)).toEqual([]);
  });
});

describe('a request', () => {
  it.each<[string, Operation, string | undefined, string | undefined, string[]]>([
    ['is good', write, 'application/json', JSON.stringify(bank), []],
    ['lacks its body', write, 'application/json', undefined, ['body: expected one, got none']],
    ['has a body that nobody asked for', read, 'application/json', '{}', ['body: expected none']],
    ['has no body where none is asked for', read, undefined, undefined, []],
    [
      'has another media type',
      write,
      'text/plain',
      '{}',
      ['media type: expected application/json, got text/plain'],
    ],
    ['lacks a member', write, 'application/json', '{}', ["body: must have required property 'Name'"]],
  ])('%s', (_what, operation, mediaType, body, problems) => {
    expect(document.requestProblems(operation, mediaType, body)).toEqual(problems);
  });
});

describe.each([
  ['directory-api', 'Open Banking Directory API', '2.2.0', 83, ''],
  ['scim', 'API Explorer', '2.2', 15, '/scim/v2'],
] as const)('the document %s', (name, title, version, count, basePath) => {
  const opened = openContract(name);

  it('names its source, and how many operations there are', () => {
    expect(opened.source).toEqual({ title, version });
    expect(opened.operations()).toHaveLength(count);
    expect(opened.basePath).toBe(basePath);
  });

  it('has only schemas that a validator can compile', () => {
    for (const operation of opened.operations()) {
      for (const [status, { content = {}, headers: names = [] }] of Object.entries(operation.responses)) {
        for (const mediaType of Object.keys(content)) {
          const given = {
            'content-type': mediaType,
            ...Object.fromEntries(names.map((one) => [one.toLowerCase(), '1'])),
          };
          expect(() =>
            opened.responseProblems(operation, {
              status: Number(status) || 599,
              headers: given,
              text: 'null',
            }),
          ).not.toThrow();
        }
      }
    }
  });
});
