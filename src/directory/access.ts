import { DomainError, notFound } from '../domain/errors.js';
import type { SoftwareStatement } from '../domain/software-statement.js';
import type { Caller, DirectoryScope } from './authorisation-server.js';
import type { Registry } from './registry.js';

/**
 * Refuses a caller whose token has none of the scopes; an empty list is for everybody.
 * @throws DomainError `forbidden`
 */
export function requireScope({ scopes }: Caller, needed: readonly DirectoryScope[]): void {
  if (needed.length === 0 || needed.some((scope) => scopes.includes(scope))) return;
  throw new DomainError(
    'forbidden',
    `scope: expected a token with ${needed.join(' or ')}, got one with ${scopes.join(' ')}.`,
  );
}

/**
 * Refuses a caller that has none of the scopes, or asks for what belongs to another organisation.
 * @throws DomainError `forbidden`
 * @see Directory API 2.2.0, OAuth2SecurityReadOps: either scope will do
 */
function refuseOthers(caller: Caller, organisationId: string, needed: readonly DirectoryScope[]): void {
  requireScope(caller, needed);
  const { organisation } = caller;
  if (organisation.id !== organisationId) {
    throw new DomainError(
      'forbidden',
      `The organisation "${organisation.id}" may not act for "${organisationId}".`,
    );
  }
}

/**
 * A software statement of the caller's own organisation, to read.
 * @throws DomainError `forbidden`; `not_found` for one that the organisation does not have
 */
export function getOwnStatement(
  registry: Registry,
  caller: Caller,
  organisationId: string,
  softwareId: string,
): SoftwareStatement {
  refuseOthers(caller, organisationId, ['TPPReadAccess', 'ASPSPReadAccess']);
  const statement = registry.getSoftwareStatement(softwareId);
  if (statement.organisationId !== organisationId) throw notFound('software statement', softwareId);
  return statement;
}
