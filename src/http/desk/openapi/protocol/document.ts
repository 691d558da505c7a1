import { directoryScopes } from '../../../../directory/clients.js';
import { jsonSchemaOf, type JsonSchema } from '../schemas.js';
import { problem } from '../answers.js';
import { queryParameters } from '../document.js';
import { protocolAnswers } from './answers.js';
import { possibleAnswers, protocolCalls, type ProtocolCall } from './calls.js';
import { protocolParametersOf } from './parameters.js';
import { protocolGroups } from './sentence.js';
import { oauthRefusal, refusalOf, refusalTypes, scimRefusalBody } from './refusals.js';

const about = `What the real Directory and its banks serve, at the same paths and with the same media types. A client shows its certificate on the TLS connection (mutual TLS), takes an access token with it at \`/as/token.oauth2\`, and calls with both. A token opens the records of its own organisation; SCIM shows everybody's. Every answer has an \`OB-Request-Id\`. The paths below \`/v2\` and \`/organisation\` are older names of those below \`/v2.1\`.`;

/**
 * The TLS side as OpenAPI describes it: the Directory's API, its tokens, SCIM, the keystore and registration at banks.
 * @param https where it is
 * @see OpenAPI 3.1.1
 */
export function protocolDocument(version: string, https: string) {
  return {
    openapi: '3.1.1',
    info: { title: 'Directory API of mock-ob-directory', version, description: about },
    servers: [{ url: https }],
    tags: Object.values(protocolGroups).map(({ title, detail }) => ({ name: title, description: detail })),
    paths: pathsOf(protocolCalls),
    components: {
      schemas: {
        ...Object.fromEntries(
          Object.entries(protocolAnswers).map(([name, schema]) => [name, jsonSchemaOf(schema, 'output')]),
        ),
        Problem: jsonSchemaOf(problem, 'output'),
        OAuthRefusal: jsonSchemaOf(oauthRefusal, 'output'),
        ScimRefusal: jsonSchemaOf(scimRefusalBody, 'output'),
      },
      headers: {
        RequestId: {
          description: 'Names the exchange in the log',
          schema: { type: 'string', format: 'uuid' },
        },
      },
      securitySchemes: {
        certificate: { type: 'mutualTLS', description: 'A certificate of the Directory, or a QWAC' },
        accessToken: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: `${https}/as/token.oauth2`,
              scopes: Object.fromEntries(directoryScopes.map((scope) => [scope, scopeNotes[scope]])),
            },
          },
        },
        bankToken: { type: 'http', scheme: 'bearer', description: 'A token of the bank' },
      },
    },
  };
}

/** What each scope opens. */
export const scopeNotes: Readonly<Record<(typeof directoryScopes)[number], string>> = {
  ASPSPReadAccess: "read one's own records; list ASPSPs",
  TPPReadAccess: "read one's own records; list TPPs",
  ASPSPManage: "change the records of one's own ASPSP",
  TPPManage: "change the records of one's own TPP",
  AuthoritiesReadAccess: 'list competent authorities',
  ASPSPReadAll: 'list ASPSPs',
  TPPReadAll: 'list TPPs',
  QTSPReadAccess: 'list qualified trust service providers',
};

function pathsOf(calls: readonly ProtocolCall[]) {
  return Object.fromEntries(
    [...new Set(calls.map(({ path }) => path))].map((path) => {
      const here = calls.filter((call) => call.path === path);
      const parameters = protocolParametersOf(path).map(({ name, note, schema }) => ({
        name,
        in: 'path',
        required: true,
        description: note,
        schema: jsonSchemaOf(schema, 'output'),
      }));
      return [
        path,
        {
          ...(parameters.length > 0 ? { parameters } : {}),
          ...Object.fromEntries(here.map((call) => [call.method, operationObject(call)])),
        },
      ];
    }),
  );
}

function operationObject(call: ProtocolCall) {
  const { id, group, summary, detail, path, newest } = call;
  const query = protocolQueryOf(call);
  return {
    operationId: id,
    tags: [protocolGroups[group].title],
    summary,
    ...(detail === undefined ? {} : { description: detail }),
    ...(path === newest ? {} : { deprecated: true }),
    security: securityOf(call),
    ...(query.length > 0 ? { parameters: query } : {}),
    ...bodyOf(call),
    responses: Object.fromEntries(
      possibleAnswers(call).map(({ status, when }) => [status, responseObject(call, status, when)]),
    ),
  };
}

/** Any one of the alternatives will do. */
function securityOf({ needs, scopes }: ProtocolCall) {
  switch (needs) {
    case 'nothing':
      return [];
    case 'certificate':
      return [{ certificate: [] }];
    case 'bank-token':
      return [{ certificate: [], bankToken: [] }];
    case 'token':
      return scopes.length === 0
        ? [{ certificate: [], accessToken: [] }]
        : scopes.map((scope) => ({ certificate: [], accessToken: [scope] }));
  }
}

/** The parameters of a call's query, all of which may be left out. A list of names is written with commas. */
export function protocolQueryOf(call: ProtocolCall) {
  return queryParameters(call).map((parameter) =>
    parameter.schema['type'] === 'array' ? { ...parameter, style: 'form', explode: false } : parameter,
  );
}

/** A body that is no JSON is text, also where the media type is not written as one: the real Directory's has no slash. */
function bodyOf({ takes, body, example }: ProtocolCall) {
  if (!takes) return {};
  const sent = example && (example.mediaType ?? takes[0]);
  const content = takes.map((mediaType) => [
    mediaType,
    {
      schema: body && isJson(mediaType) ? jsonSchemaOf(body, 'input') : { type: 'string' },
      ...(example && mediaType === sent ? { example: example.value } : {}),
    },
  ]);
  return { requestBody: { required: true, content: Object.fromEntries(content) as object } };
}

/** Whether a body of the type is JSON. */
export function isJson(mediaType: string): boolean {
  return /[/+]json$/.test(mediaType);
}

function responseObject(call: ProtocolCall, status: number, when: string) {
  const { gives, needs, answer } = call;
  const headers =
    needs === 'nothing' ? {} : { headers: { 'OB-Request-Id': { $ref: '#/components/headers/RequestId' } } };
  if (status >= 400) {
    const [mediaType, schema] = refusalTypes[refusalOf(call, status)];
    return { description: when, ...headers, content: { [mediaType]: { schema: reference(schema) } } };
  }
  if (gives === undefined || answer === undefined || status === 204) return { description: when, ...headers };
  return { description: when, ...headers, content: { [gives]: { schema: reference(answer) } } };
}

function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}
