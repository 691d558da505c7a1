import { DomainError, notFound } from '../domain/errors.js';
import type { SoftwareStatement } from '../domain/software-statement.js';
import type { Caller } from './authorisation-server.js';
import type { DirectoryScope } from './clients.js';
import type { Registry } from './registry.js';

/** What a call does to the records of an organisation. */
export type Access = 'read' | 'manage';

/**
 * Any one of the scopes will do: each kind of participant has its own.
 * @see Directory API 2.2.0, OAuth2SecurityReadOps and OAuth2SecurityReadWriteOps. The document lists the scopes that read
 *   beside `TPPManage` for what changes something; a token that may only read changes nothing here.
 */
export const scopesFor: Readonly<Record<Access, readonly DirectoryScope[]>> = {
  read: ['TPPReadAccess', 'ASPSPReadAccess'],
  manage: ['TPPManage', 'ASPSPManage'],
};

/** Needing none is for everybody. @throws DomainError `forbidden` for a caller with none of the scopes */
export function requireScope({ scopes }: Caller, needed: readonly DirectoryScope[]): void {
  if (needed.length === 0 || needed.some((scope) => scopes.includes(scope))) return;
  throw new DomainError(
    'forbidden',
    `scope: expected a token with ${needed.join(' or ')}, got one with ${scopes.join(' ')}.`,
  );
}

/** @throws DomainError `forbidden` for a caller whose token does not allow it */
export function requireAccess(caller: Caller, access: Access): void {
  requireScope(caller, scopesFor[access]);
}

/**
 * Refuses a caller whose token does not allow the access, or who asks for what belongs to another organisation.
 * @throws DomainError `forbidden`
 */
export function refuseOthers(caller: Caller, organisationId: string, access: Access): void {
  requireAccess(caller, access);
  if (caller.organisation.id !== organisationId) {
    throw new DomainError(
      'forbidden',
      `The organisation "${caller.organisation.id}" may not act for "${organisationId}".`,
    );
  }
}

/** A software statement inside the organisation. @throws DomainError `not_found` for one that it does not have */
export function getOwnStatement(
  registry: Registry,
  organisationId: string,
  softwareId: string,
): SoftwareStatement {
  const statement = registry.getSoftwareStatement(softwareId);
  if (statement.organisationId !== organisationId) throw notFound('software statement', softwareId);
  return statement;
}
