import { z } from 'zod';
import { parseInput } from '../../../domain/parse.js';
import { redirectUrisSchema, type SoftwareStatement } from '../../../domain/software-statement.js';
import {
  keyIdsOf,
  newStatementWireSchema,
  parseNewSoftwareStatement,
  softwareStatementToWire,
} from '../../../directory/wire/software-statement.js';
import type { Services } from '../../../sandbox/services.js';
import { jsonOf, SSA_TYPE, type Call, type Operation } from './operation.js';

const STATEMENT = 'application/vnd.openbanking.directory.softwarestatement-v2+json';
const STATEMENTS = 'application/vnd.openbanking.directory.softwarestatement-list-v2+json';
const ONE = '/software-statement/:softwareId';

const stateSchema = z.strictObject({ Active: z.boolean() });

/** Software statements, their redirect URIs and their SSAs. @see Directory API 2.2.0, Software Statements */
export const statementOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/software-statement',
    access: 'read',
    gives: STATEMENTS,
    run: async ({ services, organisationId }) => {
      const keys = await services.keyRegister.ofEachStatement(organisationId);
      return services.registry
        .softwareStatementsOf(organisationId)
        .map((one) => softwareStatementToWire(one, keyIdsOf(keys.get(one.id) ?? [])));
    },
  },
  {
    method: 'post',
    path: '/software-statement',
    access: 'manage',
    takes: [STATEMENT],
    body: newStatementWireSchema,
    gives: STATEMENT,
    outcome: 'created',
    run: async ({ services, organisationId, json }) => {
      const input = parseNewSoftwareStatement(json());
      return shown(services, await services.registry.createSoftwareStatement(organisationId, input));
    },
  },
  {
    method: 'get',
    path: ONE,
    access: 'read',
    gives: STATEMENT,
    run: ({ services, softwareId }) => shown(services, services.registry.getSoftwareStatement(softwareId)),
  },
  {
    method: 'put',
    path: ONE,
    access: 'manage',
    takes: ['application/json'],
    body: stateSchema,
    gives: STATEMENT,
    run: async ({ services, softwareId, json }) => {
      const { Active: active } = parseInput(stateSchema, json());
      return shown(services, await services.registry.changeSoftwareStatement(softwareId, { active }));
    },
  },
  {
    method: 'post',
    path: `${ONE}/redirect-uri`,
    access: 'manage',
    takes: ['text/plain', 'application/json'],
    gives: STATEMENT,
    run: async (call) => {
      const { services, softwareId } = call;
      return shown(services, await services.registry.addRedirectUris(softwareId, redirectUrisIn(call)));
    },
  },
  {
    method: 'get',
    path: `${ONE}/software-statement-assertion`,
    access: 'read',
    gives: SSA_TYPE,
    run: issueSsa,
  },
];

export async function issueSsa({ services, softwareId }: Call): Promise<string> {
  return (await services.ssaIssuer.issue(softwareId)).ssa;
}

async function shown(services: Services, statement: SoftwareStatement) {
  return softwareStatementToWire(
    statement,
    keyIdsOf(await services.keyRegister.ofSoftwareStatement(statement.id)),
  );
}

/**
 * The document wants `text/plain` with an array of URIs for its schema, and what goes over the wire is not known: a JSON
 * array will do, and so will a URI a line.
 * @throws DomainError `invalid_input`
 * @see formats.md section 4
 */
function redirectUrisIn({ mediaType, text }: Call): string[] {
  const isJson = mediaType !== 'text/plain' || /^\s*["[]/.test(text);
  const value = isJson ? jsonOf(text) : text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return parseInput(addedSchema, { RedirectUri: typeof value === 'string' ? [value] : value }).RedirectUri;
}

const addedSchema = z.strictObject({ RedirectUri: redirectUrisSchema.min(1) });
