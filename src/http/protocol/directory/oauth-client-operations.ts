import type { Operation } from './operation.js';

/** The client that an organisation itself is. @see Directory API 2.2.0, OAuth Client v2.1 */
export const oauthClientOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '',
    access: 'read',
    gives: 'application/json',
    mayGiveNothing: true,
    run: ({ services, organisationId }) => services.organisationClients.get(organisationId),
  },
  {
    method: 'put',
    path: '',
    access: 'manage',
    // The document's media type has no slash; clients that mend it are understood as well.
    takes: ['x-pem-file', 'application/x-pem-file'],
    gives: 'application/json',
    run: ({ services, organisationId, text }) => services.organisationClients.put(organisationId, text),
  },
];
