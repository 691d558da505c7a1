import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

export type Schema = Readonly<Record<string, unknown>>;
export type Content = Readonly<Record<string, Schema>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

export interface OperationResponse {
  /** Names of headers that the answer carries. */
  readonly headers?: readonly string[];
  readonly content?: Content;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly required: boolean; readonly content: Content };
  /** Scopes of access tokens that the document names; absent where it asks for no token. */
  readonly scopes?: readonly string[];
  readonly responses: Readonly<Record<string, OperationResponse>>;
}

/** What an OpenAPI document demands, as `reduce.ts` writes it. */
export interface Contract {
  readonly source: { readonly title: string; readonly version: string };
  readonly basePath: string;
  readonly operations: readonly Operation[];
  readonly schemas: Readonly<Record<string, Schema>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const CONTRACT = 'contract';

/** An OpenAPI document that requests and answers are held against. Ajv decides about bodies. */
export class ContractDocument {
  private readonly ajv: Ajv;
  private readonly validators = new Map<Schema, ValidateFunction>();

  constructor(private readonly contract: Contract) {
    this.ajv = new Ajv({ strict: false, allErrors: true });
    formats.default(this.ajv);
    this.ajv.addFormat('urn', /^urn:[a-z0-9][a-z0-9-]{0,31}:\S+$/i);
    this.ajv.addSchema({ schemas: contract.schemas }, CONTRACT);
  }

  get source(): Contract['source'] {
    return this.contract.source;
  }

  get basePath(): string {
    return this.contract.basePath;
  }

  operations(): readonly Operation[] {
    return this.contract.operations;
  }

  /** @param name the method and the path as the document has them: `GET /v2.1/organisation` */
  operation(name: string): Operation {
    const found = this.contract.operations.find((operation) => nameOf(operation) === name);
    if (!found) throw new Error(`The document has no operation "${name}".`);
    return found;
  }

  /** A component schema, with the schema that it refers to in place of a reference. */
  schema(schema: Schema): Schema {
    const name = /^#\/schemas\/(.+)$/.exec(typeof schema['$ref'] === 'string' ? schema['$ref'] : '')?.[1];
    return name === undefined ? schema : this.schema(this.contract.schemas[name] ?? {});
  }

  /** Where an answer is not what the document declares; the parameters of its Content-Type are not looked at. */
  responseProblems(operation: Operation, { status, headers, text }: Answer): string[] {
    const declared = operation.responses[status] ?? operation.responses['default'];
    if (!declared) return [`status: expected ${Object.keys(operation.responses).join(', ')}, got ${status}`];
    const missing = (declared.headers ?? [])
      .filter((name) => headers[name.toLowerCase()] === undefined)
      .map((name) => `header: expected ${name}, got none`);
    return [
      ...missing,
      ...(declared.content ? this.contentProblems(declared.content, headers['content-type'], text) : []),
    ];
  }

  /** Where a request is not what the document declares, so that a test knows its own requests to be good. */
  requestProblems({ body }: Operation, mediaType?: string, text?: string): string[] {
    if (!body) return text === undefined ? [] : ['body: expected none'];
    if (text === undefined) return body.required ? ['body: expected one, got none'] : [];
    return this.contentProblems(body.content, mediaType, text);
  }

  private contentProblems(content: Content, contentType: string | undefined, text: string): string[] {
    const mediaType = contentType?.split(';')[0]?.trim().toLowerCase() ?? 'none';
    const schema = content[mediaType];
    if (!schema) return [`media type: expected ${Object.keys(content).join(', ')}, got ${mediaType}`];
    const value = this.schema(schema)['type'] === 'string' ? text : parsed(text);
    if (value === undefined) return ['body: expected JSON'];
    const validate = this.validator(schema);
    return validate(value) ? [] : (validate.errors ?? []).map(problemOf);
  }

  private validator(schema: Schema): ValidateFunction {
    const known = this.validators.get(schema);
    if (known) return known;
    const validate = this.ajv.compile(anchored(schema) as Schema);
    this.validators.set(schema, validate);
    return validate;
  }
}

const openDocuments = {
  'directory-api': 'directory-api.json',
  scim: 'scim.json',
} as const;

/** One of the documents that the Directory keeps to. */
export function openContract(name: keyof typeof openDocuments): ContractDocument {
  const file = new URL(openDocuments[name], import.meta.url);
  return new ContractDocument(JSON.parse(readFileSync(file, 'utf8')) as Contract);
}

export function nameOf({ method, path }: Operation): string {
  return `${method} ${path}`;
}

/** References of a schema outside the components lead into them. */
function anchored(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(anchored);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === '$ref' ? [key, `${CONTRACT}${String(value)}`] : [key, anchored(value)],
    ),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function problemOf({ instancePath, message = 'is wrong', params }: ErrorObject): string {
  const allowed: unknown = params['allowedValues'];
  return `body${instancePath}: ${message}${Array.isArray(allowed) ? ` (${allowed.join(', ')})` : ''}`;
}
