import { notFound } from '../../domain/errors.js';
import type { OrganisationKind } from '../../domain/organisation.js';
import type { OrganisationRecord, OrganisationRepository } from '../../domain/ports.js';
import { requireScope } from '../access.js';
import type { Caller } from '../authorisation-server.js';
import type { DirectoryScope } from '../clients.js';
import {
  organisationMember,
  organisationToWire,
  type OrganisationWireSettings,
} from '../wire/organisation.js';
import { readMember, type Attribute } from './attributes.js';
import { authorityResources } from './authorities.js';
import { listResponse, wholeList, type ListResponse, type ResourceCollection } from './collection.js';
import type { Query, Selection } from './query.js';
import { authorityAttributes, participantAttributes, trustServiceAttributes } from './resource-attributes.js';
import { projector } from './selection.js';
import { trustServiceResource, type TrustServiceList } from './trust-services.js';

/** Observed: clients also write `participants`. @see SCIM 2.2, paths */
export const scimResourceNames = [
  'OBAccountPaymentServiceProviders',
  'OBThirdPartyProviders',
  'Participants',
  'participants',
  'OBAuthorities',
  'OBQualifiedTrustServiceProviders',
] as const;
export type ScimResourceName = (typeof scimResourceNames)[number];

/** @see SCIM 2.2, securitySchemes: either scope will do, and participants need none */
export const scimScopes: Readonly<Record<ScimResourceName, readonly DirectoryScope[]>> = {
  OBAccountPaymentServiceProviders: ['ASPSPReadAccess', 'ASPSPReadAll'],
  OBThirdPartyProviders: ['TPPReadAccess', 'TPPReadAll'],
  Participants: [],
  participants: [],
  OBAuthorities: ['AuthoritiesReadAccess'],
  OBQualifiedTrustServiceProviders: ['QTSPReadAccess'],
};

export interface ScimSettings {
  /** `https://{public host}:{port}/scim/v2`. */
  readonly scimBaseUrl: string;
  /** When the Directory came to be, and with it the authorities that it knows. */
  readonly createdAt: Date;
}

/** Finds participants, authorities and trust service providers, whoever's they are. @see SCIM 2.2, RFC 7644 section 3.4 */
export class Scim {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly trustServices: TrustServiceList,
    private readonly settings: ScimSettings,
  ) {}

  /** @throws DomainError `forbidden`; ScimError `invalidFilter`, `invalidValue` */
  async list(caller: Caller, name: ScimResourceName, query: Query): Promise<ListResponse> {
    requireScope(caller, scimScopes[name]);
    return (await this.collection(name)).answer(query);
  }

  /** @throws DomainError `forbidden`, `not_found` */
  async get(
    caller: Caller,
    name: ScimResourceName,
    id: string,
    selection: Selection,
  ): Promise<Record<string, unknown>> {
    requireScope(caller, scimScopes[name]);
    const resource = (await this.collection(name)).get(id, selection);
    if (!resource) throw notFound(`resource of ${name} with the id`, id);
    return resource;
  }

  /**
   * An organisation as the Directory's own API shows it.
   * @throws DomainError `not_found`
   * @see Directory API 2.2.0, OrganisationGetFromSCIM200OKResponseSchema
   */
  organisation(organisationId: string): Record<string, unknown> {
    const record = this.organisations.find(organisationId);
    if (!record) throw notFound('organisation', organisationId);
    const { scimBaseUrl } = this.settings;
    return organisationToWire(record, { scimBaseUrl, document: 'directory-api' });
  }

  /** The same of several, in one list. @throws DomainError `not_found` */
  listOfOrganisations(organisationIds: readonly string[]): ListResponse {
    return wholeList(organisationIds.map((id) => this.organisation(id)));
  }

  private async collection(name: ScimResourceName): Promise<OpenCollection> {
    const { settings } = this;
    switch (name) {
      case 'OBAccountPaymentServiceProviders':
        return open(this.participants('aspsp'));
      case 'OBThirdPartyProviders':
        return open(this.participants('tpp'));
      case 'Participants':
      case 'participants':
        return open(this.participants(undefined));
      case 'OBAuthorities':
        return open(
          listed(authorityResources(this.organisations.authorityIds(), settings), authorityAttributes),
        );
      case 'OBQualifiedTrustServiceProviders': {
        const services = await this.trustServices.listed();
        const resources = services.map((service) => trustServiceResource(service, settings.scimBaseUrl));
        return open(listed(resources, trustServiceAttributes));
      }
    }
  }

  private participants(kind: OrganisationKind | undefined): ResourceCollection<OrganisationRecord> {
    const { organisations } = this;
    const settings: OrganisationWireSettings = {
      scimBaseUrl: this.settings.scimBaseUrl,
      document: 'scim',
    };
    return {
      attributes: participantAttributes,
      read: (record, member) => organisationMember(record, member, settings),
      total: organisations.countOf(kind),
      slice: (offset, limit) => organisations.slice(kind, offset, limit),
      find: (id) => {
        const record = organisations.find(id);
        return kind === undefined || record?.organisation.kind === kind ? record : undefined;
      },
    };
  }
}

/** A collection whose kind of item nobody need know any more. */
interface OpenCollection {
  answer(query: Query): ListResponse;
  get(id: string, selection: Selection): Record<string, unknown> | undefined;
}

function open<Item>(collection: ResourceCollection<Item>): OpenCollection {
  return {
    answer: (query) => listResponse(collection, query),
    get: (id, selection) => {
      const item = collection.find(id);
      return item && projector(selection, collection.attributes, collection.read)(item);
    },
  };
}

/** A short list that is there as a whole. */
function listed<Resource extends { readonly id: string }>(
  resources: readonly Resource[],
  attributes: readonly Attribute[],
): ResourceCollection<Resource> {
  return {
    attributes,
    read: readMember,
    total: resources.length,
    slice: (offset, limit) => resources.slice(offset, offset + limit),
    find: (wanted) => resources.find(({ id }) => id === wanted),
  };
}
