/**
 * Reduces an OpenAPI 3.0 document to the facts of its contract, without its words:
 * `npx tsx test/contract/reduce.ts <openapi.yaml>` writes JSON to the standard output.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';
import type { Contract, Operation, OperationResponse, Parameter, Schema } from './document.js';

type Node = Record<string, unknown>;

const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Keywords that constrain a value, or say in which direction a member travels. @see OpenAPI 3.0.0, Schema Object */
const plainKeywords = [
  ...['type', 'required', 'enum', 'format', 'pattern', 'nullable', 'readOnly', 'writeOnly', 'uniqueItems'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
];
const schemaKeywords = ['items', 'not', 'additionalProperties'];
const schemaListKeywords = ['allOf', 'anyOf', 'oneOf'];

export function reduce(document: Node): Contract {
  const { info, paths, components, servers } = document as {
    info: { title: string; version: string };
    paths: Record<string, Node>;
    components: { schemas: Record<string, Node> };
    servers: { url: string }[];
  };
  return {
    source: { title: info.title, version: info.version },
    basePath: new URL(servers[0]?.url ?? '').pathname.replace(/\/$/, ''),
    operations: Object.entries(paths).flatMap(([path, item]) =>
      methods.filter((method) => method in item).map((method) => operation(document, path, item, method)),
    ),
    schemas: mapValues(components.schemas, schema),
  };
}

function operation(document: Node, path: string, item: Node, method: (typeof methods)[number]): Operation {
  const resolve = (node: unknown) => resolveReference(document, node as Node);
  const definition = item[method] as Node;
  const parameters = [item, definition].flatMap(({ parameters: list = [] }) =>
    (list as unknown[]).map((one) => parameter(resolve(one))),
  );
  const body = definition['requestBody'] === undefined ? undefined : resolve(definition['requestBody']);
  const security = definition['security'] as Record<string, string[]>[] | undefined;
  return {
    method: method.toUpperCase(),
    path,
    // What is said of a path is said again of some of its operations.
    parameters: [...new Map(parameters.map((one) => [`${one.in} ${one.name}`, one])).values()],
    ...(body && { body: { required: body['required'] === true, content: content(body) } }),
    ...(security && { scopes: [...new Set(security.flatMap((one) => Object.values(one).flat()))] }),
    responses: mapValues(definition['responses'] as Record<string, Node>, (one) => response(resolve(one))),
  };
}

function parameter(node: Node): Parameter {
  const { name, in: place, schema: definition } = node as unknown as Parameter;
  return { name, in: place, required: node['required'] === true, schema: schema(definition) };
}

function response(node: Node): OperationResponse {
  const headers = Object.keys(node['headers'] ?? {});
  return { ...(headers.length > 0 && { headers }), ...('content' in node && { content: content(node) }) };
}

function content(node: Node): Record<string, Schema> {
  return mapValues(node['content'] as Record<string, { schema: Node }>, (one) => schema(one.schema));
}

function schema(node: Node): Schema {
  if (typeof node['$ref'] === 'string')
    return { $ref: node['$ref'].replace('#/components/schemas/', '#/schemas/') };
  const reduced: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (plainKeywords.includes(keyword)) reduced[keyword] = value;
    else if (keyword === 'properties') reduced[keyword] = mapValues(value as Record<string, Node>, schema);
    else if (schemaListKeywords.includes(keyword))
      // What held nothing but words is nothing now.
      reduced[keyword] = (value as Node[]).map(schema).filter((one) => Object.keys(one).length > 0);
    else if (schemaKeywords.includes(keyword))
      reduced[keyword] = typeof value === 'boolean' ? value : schema(value as Node);
  }
  return reduced;
}

function resolveReference(document: Node, node: Node): Node {
  const reference = node['$ref'];
  if (typeof reference !== 'string') return node;
  const steps = reference.replace(/^#\//, '').split('/');
  return steps.reduce((place, step) => place[step] as Node, document);
}

function mapValues<Value, Mapped>(of: Record<string, Value>, map: (value: Value) => Mapped) {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, map(value)]));
}

const [, program = '', file] = process.argv;
if (import.meta.url === pathToFileURL(program).href) {
  if (file === undefined) throw new Error('Expected the path of an OpenAPI document.');
  const contract = reduce(parse(readFileSync(file, 'utf8')) as Node);
  const style = await resolveConfig(import.meta.filename);
  process.stdout.write(await format(JSON.stringify(contract), { ...style, parser: 'json' }));
}
