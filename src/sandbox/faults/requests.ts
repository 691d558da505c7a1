import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import { faultKinds, listenerNames, type Fault, type FaultKind, type FaultParameters } from './fault.js';
import { httpFaults } from './http-faults.js';
import { jwksFaults } from './jwks-faults.js';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/**
 * A fault as it is asked for.
 * @useDeclaredType
 * @category Faults
 */
export type FaultRequest = FaultParameters &
  Pick<
    Fault,
    | 'kind'
    | 'name'
    | 'organisationId'
    | 'softwareId'
    | 'directory'
    | 'anchorId'
    | 'set'
    | 'method'
    | 'listener'
  > & {
    /** Of `http` faults: where it is met, or the beginning of that and `*`. */
    readonly path?: string | undefined;
  };

const id = z.string().max(limits.uriLength).optional();

const jwksTarget = {
  organisationId: id,
  softwareId: id,
  directory: z.literal(true).optional(),
  anchorId: id,
  set: z.enum(['active', 'revoked']).default('active'),
};

/** The control API is out of reach for every fault, so that each can be cleared. */
export function isOfControlApi(path: string): boolean {
  return /^\/sandbox(\/|\*|$)/i.test(path);
}

const httpTarget = {
  path: z
    .string()
    .max(limits.faultPathLength)
    .regex(
      /^\/[\x21-\x22\x24-\x29\x2b-\x3e\x40-\x7e]*\*?$/,
      'a path without host and query, or the beginning of one and "*"',
    )
    .refine((path) => !isOfControlApi(path), 'a path outside of /sandbox, where faults are cleared'),
  method: z.enum(methods).optional(),
  listener: z.enum(listenerNames).default('https'),
};

const tables = { jwks: jwksFaults, http: httpFaults };

/** Whether there is a fault of this name. */
export function isFaultName(kind: FaultKind, name: string): boolean {
  return Object.hasOwn(tables[kind], name);
}

/** What must or may be said of a fault of this kind and name. */
function schemaOf(kind: FaultKind, name: string): z.ZodType<FaultRequest> {
  const given = { name: z.literal(name), kind: z.literal(kind), ...tables[kind][name]?.parameters };
  if (kind === 'http') return z.strictObject({ ...given, ...httpTarget });
  return z
    .strictObject({ ...given, ...jwksTarget })
    .refine(
      ({ organisationId, softwareId, directory }) =>
        [organisationId, softwareId, directory].filter((holder) => holder !== undefined).length === 1,
      'one of organisationId, softwareId and directory: true',
    )
    .refine(({ directory, set }) => directory === undefined || set === 'active', {
      path: ['set'],
      error: '"active", since a directory has no revoked keys',
    });
}

/** The members that a fault of this kind and name takes beside its target. */
export function parametersOf(kind: FaultKind, name: string): readonly string[] {
  return Object.keys(tables[kind][name]?.parameters ?? {});
}

/** What can be said of a fault of a kind, whatever its name: no name takes all of it. */
export function describedFaultSchema(kind: FaultKind) {
  const rows = Object.values<{ readonly parameters: z.ZodRawShape }>(tables[kind]);
  const parameters = rows.reduce((all, row) => all.extend(row.parameters), z.strictObject({})).partial();
  return z.strictObject({
    kind: z.literal(kind),
    name: z.enum(Object.keys(tables[kind])),
    ...parameters.shape,
    ...(kind === 'http' ? httpTarget : jwksTarget),
  });
}

/** @throws DomainError `invalid_input` that names every wrong field */
export function parseFaultRequest(input: unknown): FaultRequest {
  const { kind } = parseInput(z.looseObject({ kind: z.enum(faultKinds) }), input);
  const names = Object.keys(tables[kind]) as [string, ...string[]];
  const { name } = parseInput(z.looseObject({ name: z.enum(names) }), input);
  return parseInput(schemaOf(kind, name), input);
}
