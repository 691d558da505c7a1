import { certificateOperations } from './certificate-operations.js';
import { oauthClientOperations } from './oauth-client-operations.js';
import { SSA_TYPE, type Operation } from './operation.js';
import { organisationOperations } from './organisation-operations.js';
import { issueSsa, statementOperations } from './statement-operations.js';

/** Operations on the records of an organisation, and below which paths they are; the newest comes first. */
export interface OwnedOperations {
  readonly bases: readonly string[];
  readonly operations: readonly Operation[];
}

const olderSsa: Operation = { method: 'get', path: '', access: 'read', gives: SSA_TYPE, run: issueSsa };

/** Everything that the Directory's API does for the organisation that a path names. @see formats.md section 4, Hosts */
export const ownedOperations: readonly OwnedOperations[] = [
  {
    // The three generations of paths; the oldest names the kind of participant.
    bases: ['/v2.1/organisation/:orgId', '/v2/organisation/:orgId', '/organisation/:kind/:orgId'],
    operations: [...organisationOperations, ...statementOperations, ...certificateOperations],
  },
  { bases: ['/v2.1/oauth/:orgId'], operations: oauthClientOperations },
  {
    // Observed: clients use both versions of the older service.
    bases: ['/api/v2/:kind/:orgId/ssa/:softwareId', '/api/v1rc2/:kind/:orgId/ssa/:softwareId'],
    operations: [olderSsa],
  },
];
