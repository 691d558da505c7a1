import type { ApiCall } from '../curl.js';
import { operations, queryParameters } from './document.js';
import { groups, operationId, parametersOf, type Answer, type Group, type Operation } from './operation.js';
import { jsonSchemas, type JsonSchema, type SchemaName } from './schemas.js';

/** A member of a body as a table shows it. */
export interface MemberRow {
  /** `authority.id`, `contacts[].name`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly note: string | undefined;
}

/** The members of a body; some bodies have several forms. */
export interface BodyTable {
  readonly caption: string | undefined;
  readonly rows: readonly MemberRow[];
}

const DEEPEST = 4;

/** The groups with what can be called in each. */
export function groupsOfCalls() {
  return (Object.keys(groups) as Group[]).map((id) => ({
    id,
    ...groups[id],
    calls: operations.filter(({ group }) => group === id).map(callSummary),
  }));
}

function callSummary(operation: Operation) {
  const { method, path, summary } = operation;
  return { id: operationId(operation), method: method.toUpperCase(), path: `/sandbox${path}`, summary };
}

/** Everything that a page says of the calls of a group. @returns undefined for no group */
export function readGroup(id: string) {
  if (!Object.hasOwn(groups, id)) return undefined;
  const reader = new Reader();
  const calls = operations.filter(({ group }) => group === id).map((one) => reader.read(one));
  return { ...groups[id as Group], calls };
}

interface CallName {
  readonly id: string;
  readonly summary: string;
}

/** What a body is made of, or the call before that shows it already. */
interface Shape {
  readonly tables: readonly BodyTable[];
  readonly isAsIn?: CallName;
}

/** Reads the calls of one page, on which each schema is shown once. */
class Reader {
  private readonly schemas = jsonSchemas();
  private readonly shown = new Map<SchemaName, CallName>();

  read(operation: Operation) {
    const { path, detail, body, answer, method, isOfEveryDirectory = false } = operation;
    const summary = callSummary(operation);
    return {
      ...summary,
      detail,
      parameters: readParameters(operation),
      body: body && {
        ...this.shapeOf(body.schema, summary),
        example: body.example,
        isOptional: body.isOptional ?? false,
      },
      answer: this.readAnswer(answer, summary),
      curl: curlOf(operation),
      isOfEveryDirectory,
      /** Asked before it is sent. */
      isDestructive: method === 'delete' || path === '/reset' || path === '/state',
    };
  }

  private readAnswer({ outcome, schema, text }: Answer, call: CallName) {
    const isList = typeof schema === 'object';
    const name = isList ? schema.items : schema;
    const shape: Shape = name === undefined ? { tables: [] } : this.shapeOf(name, call);
    return { outcome, text, isList, isNothing: schema === undefined && text === undefined, ...shape };
  }

  private shapeOf(name: SchemaName, call: CallName): Shape {
    const known = this.shown.get(name);
    if (known) return { tables: [], isAsIn: known };
    this.shown.set(name, call);
    return { tables: tablesOf(this.schemas[name] ?? {}) };
  }
}

function readParameters(operation: Operation) {
  return [
    ...parametersOf(operation.path).map(({ name, note, example }) => ({
      name,
      note,
      example,
      isInPath: true,
    })),
    ...queryParameters(operation).map(({ name, description, schema }) => ({
      name,
      note: `${typeof description === 'string' ? `${description}: ` : ''}${typeOf(schema)}`,
      example: undefined,
      isInPath: false,
    })),
  ];
}

function curlOf({ method, path, body, answer, summary }: Operation): ApiCall {
  const filledIn = parametersOf(path).reduce(
    (text, { name, example = `…${name}…` }) => text.replace(`{${name}}`, example),
    path,
  );
  return {
    label: summary,
    method: method.toUpperCase(),
    path: `/sandbox${filledIn}`,
    ...(body?.example === undefined ? {} : { body: body.example }),
    ...(body && body.example === undefined ? { bodyFile: 'state.json' } : {}),
    ...(answer.text !== undefined && answer.schema !== undefined && body?.example === undefined
      ? { accept: answer.text }
      : {}),
  };
}

/** The members of what a schema describes. */
export function tablesOf(schema: JsonSchema): BodyTable[] {
  const variants = schema['anyOf'] as readonly JsonSchema[] | undefined;
  if (!variants) return [{ caption: undefined, rows: rowsOf(schema) }];
  return variants.flatMap((variant) => {
    const { kind } = propertiesOf(variant);
    const caption = kind ? `of the kind ${String(kind['const'])}` : undefined;
    return tablesOf(variant).map(({ rows }) => ({ caption, rows }));
  });
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
}

/** The members of an object, each followed by its own. */
function rowsOf(schema: JsonSchema, prefix = '', depth = 1): MemberRow[] {
  if (schema['type'] === 'array' && depth === 1) {
    const items = schema['items'] as JsonSchema;
    return [{ name: 'each item', type: typeOf(items), isRequired: true, note: undefined }];
  }
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries(propertiesOf(schema)).flatMap(([name, member]) => {
    const { inner, suffix } = innerOf(member);
    const row = {
      name: prefix + name,
      type: typeOf(member),
      isRequired: required.includes(name),
      note: member['description'] as string | undefined,
    };
    return depth < DEEPEST ? [row, ...rowsOf(inner, `${prefix}${name}${suffix}.`, depth + 1)] : [row];
  });
}

/** The object that a member is, may be, or is a list of. */
function innerOf(member: JsonSchema): { inner: JsonSchema; suffix: string } {
  const items = member['items'] as JsonSchema | undefined;
  if (items) return { inner: items, suffix: '[]' };
  const choices = (member['anyOf'] ?? member['oneOf']) as readonly JsonSchema[] | undefined;
  const object = choices?.find(({ type }) => type === 'object');
  return { inner: object ?? member, suffix: '' };
}

const ENUM_SHOWN = 12;

/** A schema in words: `one of tpp, aspsp`, `text of at most 40 characters`. */
export function typeOf(schema: JsonSchema): string {
  const { type, enum: values, const: value, items, format, default: otherwise } = schema;
  const suffix =
    otherwise === undefined || isLong(otherwise) ? '' : `; ${JSON.stringify(otherwise)} when absent`;
  if (Array.isArray(values)) return `${oneOf(values)}${suffix}`;
  if (value !== undefined) return JSON.stringify(value);
  const choices = (schema['anyOf'] ?? schema['oneOf']) as readonly JsonSchema[] | undefined;
  if (choices) return [...new Set(choices.map(typeOf))].join(' or ') + suffix;
  if (items) return `list: ${typeOf(items as JsonSchema)}${suffix}`;
  if (format === 'date-time') return `instant${suffix}`;
  const words: Readonly<Record<string, string>> = { string: 'text', object: 'object', null: 'null' };
  const word = typeof type === 'string' ? (words[type] ?? type) : 'anything';
  return `${word}${limitsOf(schema)}${suffix}`;
}

function isLong(value: unknown): boolean {
  return JSON.stringify(value).length > 40;
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.slice(0, ENUM_SHOWN).map(String).join(', ');
  return values.length > ENUM_SHOWN
    ? `one of ${values.length}: ${shown}, …`
    : `${values.length > 1 ? 'one of ' : ''}${shown}`;
}

function limitsOf({ maxLength, minimum, maximum }: JsonSchema): string {
  if (typeof maxLength === 'number') return ` of at most ${maxLength} characters`;
  if (typeof minimum === 'number' && typeof maximum === 'number') return ` from ${minimum} to ${maximum}`;
  return '';
}
