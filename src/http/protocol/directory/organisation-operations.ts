import { getContact } from '../../../directory/registry.js';
import {
  contactToWire,
  contactWireSchema,
  parseContact,
  parseContactType,
} from '../../../directory/wire/contact.js';
import {
  authorisationServerToWire,
  authorisationServerWireSchema,
  parseAuthorisationServer,
} from '../../../directory/wire/authorisation-server.js';
import { SCIM_TYPE, type Operation } from './operation.js';

const CONTACT = 'application/vnd.openbanking.directory.orgcontacts-v2+json';
const AUTHORISATION_SERVER = 'application/vnd.openbanking.directory.authorisationserver-v2+json';
const AUTHORISATION_SERVERS = 'application/vnd.openbanking.directory.authorisationserver-list-v2+json';

/** The organisation itself, its contacts and authorisation servers. @see Directory API 2.2.0, Contacts and Authorisation Servers */
export const organisationOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '',
    access: 'read',
    gives: SCIM_TYPE,
    run: ({ services, organisationId }) => services.scim.organisation(organisationId),
  },
  {
    method: 'get',
    path: '/contact/:contactType',
    access: 'read',
    gives: CONTACT,
    run: ({ services, organisationId, param }) =>
      contactToWire(
        getContact(services.registry.getOrganisation(organisationId), parseContactType(param('contactType'))),
      ),
  },
  {
    method: 'put',
    path: '/contact/:contactType',
    access: 'manage',
    takes: [CONTACT],
    body: contactWireSchema,
    gives: CONTACT,
    run: async ({ services, organisationId, param, json }) => {
      const type = parseContactType(param('contactType'));
      return contactToWire(
        await services.registry.putContact(organisationId, { type, ...parseContact(json()) }),
      );
    },
  },
  {
    method: 'get',
    path: '/authorisation-server',
    access: 'read',
    gives: AUTHORISATION_SERVERS,
    run: ({ services, organisationId }) =>
      services.authorisationServers.of(organisationId).map(authorisationServerToWire),
  },
  {
    method: 'post',
    path: '/authorisation-server',
    access: 'manage',
    takes: [AUTHORISATION_SERVER],
    body: authorisationServerWireSchema,
    gives: AUTHORISATION_SERVER,
    outcome: 'created',
    run: async ({ services, organisationId, json }) =>
      authorisationServerToWire(
        await services.authorisationServers.create(organisationId, parseAuthorisationServer(json())),
      ),
  },
  {
    method: 'get',
    path: '/authorisation-server/:serverId',
    access: 'read',
    gives: AUTHORISATION_SERVER,
    run: ({ services, organisationId, param }) =>
      authorisationServerToWire(services.authorisationServers.get(organisationId, param('serverId'))),
  },
  {
    method: 'put',
    path: '/authorisation-server/:serverId',
    access: 'manage',
    takes: [AUTHORISATION_SERVER],
    body: authorisationServerWireSchema,
    gives: AUTHORISATION_SERVER,
    outcome: 'accepted',
    run: async ({ services, organisationId, param, json }) =>
      authorisationServerToWire(
        await services.authorisationServers.replace(
          organisationId,
          param('serverId'),
          parseAuthorisationServer(json()),
        ),
      ),
  },
  {
    method: 'delete',
    path: '/authorisation-server/:serverId',
    access: 'manage',
    run: async ({ services, organisationId, param }) => {
      await services.authorisationServers.remove(organisationId, param('serverId'));
    },
  },
];
