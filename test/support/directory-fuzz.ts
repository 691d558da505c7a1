import fc from 'fast-check';
import type { ContractDocument, Operation, Schema } from '../contract/document.js';
import { limits } from '../../src/domain/limits.js';

/** One call as chance has it. */
export interface FuzzedCall {
  /** Raw segments in place of the values of path parameters; a parameter that is not here has its own. */
  readonly segments: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly accept: string;
  readonly contentType: string | undefined;
  readonly body: string | undefined;
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\r\nX: y',
    '${x}',
    '__proto__',
    'constructor',
    'toString',
    'null',
    '-1',
  ),
  fc.constantFrom('0', 'a'.repeat(256), 'ä'.repeat(300), '\ud83d\ude00', '\u202e', "' or ''='", '<script>'),
);

/** Header values that an HTTP client can send. */
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
});

const segment = fc.oneof(
  text.map(encodeURIComponent),
  fc.constantFrom(
    '%',
    '%zz',
    '%ff',
    '%00',
    '%2f',
    '%5c',
    '..%2f..',
    '%c3%28',
    '.',
    '..',
    ';a=b',
    'kid',
    'aspsp',
    'tpp',
  ),
  fc.constantFrom(
    'obwac',
    'obseal',
    'qwac',
    'qseal',
    'obtransport',
    'sigkey',
    '.search',
    'Technical',
    'a'.repeat(2_000),
  ),
);

const mediaType = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/jwt',
    'application/jose',
    'text/plain',
    'x-pem-file',
    '*/*',
    '*',
    '/',
  ),
  fc.constantFrom(
    'application/x-pem-file',
    'application/scim+json',
    'multipart/form-data',
    'application/json;charset=utf-16',
  ),
  fc.constantFrom('application/json; charset=', 'text/html;q=0', ',,;q=x', 'application/json;q=2'),
  headerText,
);

const number = fc.oneof(
  fc.constantFrom('1e999', '-1e999', '-0', '9007199254740993', `1${'0'.repeat(400)}`, '0.1e-400'),
  fc.double().map(String),
);

/** JSON text of any value, well-formed or nearly so. */
const jsonText = fc.oneof(
  fc.json(),
  number,
  text.map((value) => JSON.stringify(value)),
  fc.integer({ min: 1, max: 5_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.integer({ min: 1, max: 2_000 }).map((depth) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)),
  fc.constantFrom('{', '[', '{"a":1,"a":2}', '{"__proto__":{"a":1}}', '\ufeff{}', '[,]', '{"\\ud800":1}'),
);

const base64url = (value: string) => Buffer.from(value).toString('base64url');
const jws = fc.oneof(
  fc.constantFrom('..', 'a.b.c', 'e30.e30.', 'e30.e30.e30.e30.e30'),
  fc
    .tuple(
      fc.oneof(
        jsonText,
        fc.constantFrom(
          '{"alg":"none"}',
          '{"alg":"PS256","kid":"x"}',
          '{"alg":"PS256","x5c":[]}',
          '{"alg":"PS256","x5c":["AA"]}',
        ),
        fc.constantFrom(
          '{"alg":"PS256","kid":1,"crit":["x"]}',
          '{"alg":"HS256","x5c":"AA"}',
          '{"alg":"PS256","x5c":[1,null]}',
        ),
      ),
      fc.oneof(
        jsonText,
        fc.constantFrom('{"csr":1}', '{"csr":"AA"}', '{"x5c":[]}', '{"x5c":["AA","AA","AA"]}'),
      ),
      fc.string(),
    )
    .map((parts) => parts.map(base64url).join('.')),
);

/** A text that was good until something happened to it. */
function damaged(good: string): fc.Arbitrary<string> {
  const place = fc.nat({ max: Math.max(good.length - 1, 0) });
  return fc.oneof(
    place.map((at) => good.slice(0, at)),
    place.map((at) => good.slice(at)),
    fc.tuple(place, fc.string()).map(([at, put]) => good.slice(0, at) + put + good.slice(at + put.length)),
    fc.constantFrom(good + good, `\n \n${good}`, good.toLowerCase(), good.replace(/-----END.*/s, '')),
  );
}

const pem = fc
  .tuple(
    fc.constantFrom('CERTIFICATE', 'CERTIFICATE REQUEST', 'PUBLIC KEY', 'RSA PUBLIC KEY', 'PRIVATE KEY', ''),
    fc.oneof(
      fc.base64String(),
      fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    ),
  )
  .map(([label, content]) => `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`);

/** Objects with the members of the schema, each of them right, wrong or absent. */
function aroundSchema(document: ContractDocument, schema: Schema, good: string): fc.Arbitrary<string> {
  const names = membersOf(document, schema);
  if (names.length === 0) return jsonText;
  const given = good.startsWith('{') ? (JSON.parse(good) as Record<string, unknown>) : {};
  const member = fc.tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.string() }),
    jsonText,
  );
  return fc.tuple(fc.array(member, { maxLength: 4 }), fc.subarray(names)).map(([changed, left]) => {
    const kept = left
      .filter((name) => given[name] !== undefined)
      .map((name) => [name, JSON.stringify(given[name])] as const);
    return `{${[...kept, ...changed].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
  });
}

const attribute = fc.constantFrom(
  ...[
    'id',
    'schemas',
    'meta.resourceType',
    'AuthorisationServers',
    'AuthorisationServers.CustomerFriendlyName',
  ],
  ...[
    'urn:openbanking:organisation:1.0:OrganisationCommonName',
    'urn:openbanking:organisation:1.0',
    'ID',
    '$',
    '__proto__',
  ],
  ...[
    'urn:openbanking:softwarestatement:1.0:SoftwareStatements.Roles',
    'constructor',
    'a.b.c.d',
    'urn:',
    ':',
    'ServiceName',
  ],
);
const comparison = fc.oneof(
  fc
    .tuple(
      attribute,
      fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'EQ', 'like', '=='),
      fc.oneof(
        jsonText,
        fc.constantFrom('true', 'null', '"OBGBR"', '2011-05-13T04:42:34Z', '"(((a+)+)+)$"', '"*"'),
      ),
    )
    .map((words) => words.join(' ')),
  attribute.map((name) => `${name} pr`),
  fc.constant('AuthorisationServers[AutoRegistrationSupported eq true and CustomerFriendlyName pr]'),
);
const filter: fc.Arbitrary<string> = fc.oneof(
  comparison,
  text,
  fc
    .tuple(
      fc.array(comparison, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(' and ', ' or ', ' and not ', ' '),
    )
    .map(([list, word]) => list.map((one) => `(${one})`).join(word)),
  fc.integer({ min: 1, max: 1_500 }).map((depth) => `${'('.repeat(depth)}id pr${')'.repeat(depth)}`),
  fc.integer({ min: 1, max: 500 }).map((depth) => `${'not ('.repeat(depth)}id pr${')'.repeat(depth)}`),
  fc.integer({ min: 1, max: 500 }).map((count) => Array.from({ length: count }, () => 'id pr').join(' or ')),
);

const queryValue = (name: string): fc.Arbitrary<string> => {
  if (name === 'filter') return filter;
  if (name === 'count' || name === 'startIndex') return fc.oneof(number, text, fc.integer().map(String));
  if (name === 'sortOrder') return fc.oneof(fc.constantFrom('ascending', 'descending'), text);
  return fc.oneof(
    attribute,
    fc.array(attribute).map((list) => list.join(',')),
    text,
  );
};

function query({ parameters }: Operation): fc.Arbitrary<FuzzedCall['query']> {
  const names = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  const known = names.map((name) => fc.tuple(fc.constant(name), queryValue(name)));
  return fc.array(fc.oneof(...known, fc.tuple(text, text)), { maxLength: 3 });
}

function body(document: ContractDocument, operation: Operation, good: string): fc.Arbitrary<string> {
  const schemas = Object.values(operation.body?.content ?? {});
  return fc.oneof(
    { weight: 4, arbitrary: fc.oneof(...schemas.map((schema) => aroundSchema(document, schema, good))) },
    { weight: 3, arbitrary: damaged(good) },
    { weight: 1, arbitrary: fc.oneof(pem, jws, jsonText, text) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(good, 'a'.repeat(limits.bodyBytes + 1), `["${'a'.repeat(90_000)}"]`),
    },
  );
}

function segments({ path }: Operation): fc.Arbitrary<FuzzedCall['segments']> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  // Only behind the organisation's own id is there something to be found out.
  const behind = names.filter((name) => !['OrganisationId', 'OrganisationType'].includes(name));
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: strange(behind) },
    { weight: 1, arbitrary: strange(names) },
  );
}

/** Some of the names, each with a segment that is none of its values, or one of another's. */
function strange(names: readonly string[]): fc.Arbitrary<FuzzedCall['segments']> {
  if (names.length === 0) return fc.constant({});
  return fc
    .array(fc.tuple(fc.constantFrom(...names), segment), { maxLength: names.length })
    .map((pairs) => Object.fromEntries(pairs));
}

const DEPTHS = [3_000, 45_000];

/** JSON bodies that are nested beyond every sense: the whole of it, and each member of an otherwise good one. */
export function deepBodies(document: ContractDocument, operation: Operation, good: string): string[] {
  const nested = DEPTHS.flatMap((depth) => [
    '['.repeat(depth) + ']'.repeat(depth),
    '{"a":'.repeat(depth / 3) + '1' + '}'.repeat(depth / 3),
  ]);
  const names = Object.values(operation.body?.content ?? {}).flatMap((schema) => membersOf(document, schema));
  const given = good.startsWith('{') ? (JSON.parse(good) as object) : {};
  const withMember = (name: string, value: string) => {
    const rest = Object.entries(given).filter(([other]) => other !== name);
    return `{${[...rest.map(([other, one]) => `"${other}":${JSON.stringify(one)}`), `"${name}":${value}`].join(',')}}`;
  };
  return [...nested, ...names.flatMap((name) => nested.map((value) => withMember(name, value)))];
}

function membersOf(document: ContractDocument, schema: Schema): string[] {
  const { properties } = document.schema(schema) as { properties?: Record<string, Schema> };
  return Object.keys(properties ?? {});
}

/** Calls of an operation around one that would succeed. */
export function fuzzedCall(
  document: ContractDocument,
  operation: Operation,
  good: { readonly contentType?: string; readonly body?: string },
): fc.Arbitrary<FuzzedCall> {
  const declared = Object.keys(operation.body?.content ?? {});
  const offered = Object.values(operation.responses).flatMap(({ content = {} }) => Object.keys(content));
  return fc.record({
    segments: segments(operation),
    query: query(operation),
    accept: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('*/*', ...offered) }, mediaType),
    contentType:
      declared.length === 0
        ? fc.constant(undefined)
        : fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...declared) }, mediaType, fc.constant(undefined)),
    body: good.body === undefined ? fc.constant(undefined) : body(document, operation, good.body),
  });
}
