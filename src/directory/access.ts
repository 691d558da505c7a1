import { DomainError } from '../domain/errors.js';
import type { Caller, DirectoryScope } from './authorisation-server.js';

/**
 * Refuses a caller that has none of the scopes, or asks for what belongs to another organisation.
 * @throws DomainError `forbidden`
 * @see Directory API 2.2.0, OAuth2SecurityReadOps: either scope will do
 */
export function refuseOthers(
  { organisation, scopes }: Caller,
  organisationId: string,
  needed: readonly DirectoryScope[],
): void {
  if (!needed.some((scope) => scopes.includes(scope))) {
    throw new DomainError(
      'forbidden',
      `scope: expected a token with ${needed.join(' or ')}, got one with ${scopes.join(' ')}.`,
    );
  }
  if (organisation.id !== organisationId) {
    throw new DomainError(
      'forbidden',
      `The organisation "${organisation.id}" may not act for "${organisationId}".`,
    );
  }
}
