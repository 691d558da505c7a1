import { isDeepStrictEqual } from 'node:util';
import type { AuthorisationServer } from '../domain/authorisation-server.js';
import { DomainError, notFound } from '../domain/errors.js';
import { newOrganisationId, newSoftwareId } from '../domain/identifiers.js';
import {
  changeOrganisation,
  createOrganisation,
  type NewOrganisation,
  type Organisation,
  type OrganisationChange,
} from '../domain/organisation.js';
import {
  emptyRecord,
  type Clock,
  type OrganisationRecord,
  type OrganisationRepository,
  type Page,
  type PageRequest,
  type Random,
} from '../domain/ports.js';
import {
  changeSoftwareStatement,
  createSoftwareStatement,
  type NewSoftwareStatement,
  type SoftwareStatement,
  type SoftwareStatementChange,
} from '../domain/software-statement.js';
import { authorisedRoles } from '../domain/organisation.js';

/** What the sandbox alone says of a new organisation. */
export interface OrganisationOrigin {
  /** When it came to be; now when absent. */
  readonly at?: Date;
  readonly authorisationServers?: readonly AuthorisationServer[];
}

/** Organisations with their authorisation servers, software statements and their redirect URIs. */
export class Registry {
  /** Ids of software statements being stored right now; the repository does not know them yet. */
  private readonly underWay = new Set<string>();

  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  pageOfOrganisations(request: PageRequest): Page<Organisation> {
    const { items, next } = this.organisations.page(request);
    return { items: items.map(({ organisation }) => organisation), next };
  }

  /** @throws DomainError `not_found` */
  getOrganisation(organisationId: string): Organisation {
    return this.getRecord(organisationId).organisation;
  }

  /** @throws DomainError `conflict` when a given id exists already; as `putAuthorisationServer` for those given */
  async createOrganisation(input: NewOrganisation, origin: OrganisationOrigin = {}): Promise<Organisation> {
    const { at = this.clock.now(), authorisationServers = [] } = origin;
    const id = input.id ?? newOrganisationId(this.random);
    const organisation = createOrganisation(input, id, at);
    if (authorisationServers.length > 0) refuseOthersThanAspsps(organisation);
    await this.organisations.create({ ...emptyRecord, organisation, authorisationServers });
    return organisation;
  }

  /**
   * Changes an organisation.
   * @throws DomainError `not_found`; `conflict` when an active software statement has a role that would no longer be
   *   authorised
   */
  async changeOrganisation(organisationId: string, change: OrganisationChange): Promise<Organisation> {
    const record = await this.organisations.update(organisationId, (current) => {
      const organisation = changeOrganisation(current.organisation, change);
      refuseRolesInUse(current, organisation);
      return { ...current, organisation };
    });
    return record.organisation;
  }

  /** Authorisation servers of an ASPSP, in the order in which they were first put. @throws DomainError `not_found` */
  authorisationServersOf(organisationId: string): readonly AuthorisationServer[] {
    return this.getRecord(organisationId).authorisationServers;
  }

  /**
   * Creates an authorisation server, or replaces the one with its id; nothing is written when nothing changes.
   * @throws DomainError `not_found`; `precondition_failed` when the organisation is no ASPSP
   */
  async putAuthorisationServer(organisationId: string, server: AuthorisationServer): Promise<void> {
    await this.organisations.update(organisationId, (record) => {
      refuseOthersThanAspsps(record.organisation);
      const current = record.authorisationServers.find(({ id }) => id === server.id);
      if (isDeepStrictEqual(current, server)) return record;
      const authorisationServers = current
        ? record.authorisationServers.map((known) => (known === current ? server : known))
        : [...record.authorisationServers, server];
      return { ...record, authorisationServers };
    });
  }

  /** @throws DomainError `not_found` */
  pageOfSoftwareStatements(organisationId: string, request: PageRequest): Page<SoftwareStatement> {
    const statements = this.getRecord(organisationId).softwareStatements;
    const start =
      request.after === undefined ? 0 : statements.findIndex(({ id }) => id === request.after) + 1;
    const items = statements.slice(start, start + request.limit);
    const more = start + items.length < statements.length;
    return { items, next: more ? (items.at(-1)?.id ?? null) : null };
  }

  /** @throws DomainError `not_found` */
  getSoftwareStatement(softwareId: string): SoftwareStatement {
    return findStatement(this.organisations, softwareId).statement;
  }

  /** @throws DomainError `not_found`, `invalid_input` for roles beyond the organisation's, `conflict` for a known id */
  async createSoftwareStatement(
    organisationId: string,
    input: NewSoftwareStatement,
  ): Promise<SoftwareStatement> {
    const id = input.id ?? newSoftwareId(this.random);
    if (this.underWay.has(id) || this.organisations.findBySoftwareId(id)) {
      throw new DomainError('conflict', `There is a software statement "${id}" already.`);
    }
    const at = this.clock.now();
    this.underWay.add(id);
    try {
      await this.organisations.update(organisationId, (record) => ({
        ...record,
        softwareStatements: [
          ...record.softwareStatements,
          createSoftwareStatement(input, record.organisation, id, at),
        ],
      }));
    } finally {
      this.underWay.delete(id);
    }
    return this.getSoftwareStatement(id);
  }

  /** @throws DomainError `not_found`, `invalid_input` for roles beyond the organisation's */
  async changeSoftwareStatement(
    softwareId: string,
    change: SoftwareStatementChange,
  ): Promise<SoftwareStatement> {
    const { statement } = findStatement(this.organisations, softwareId);
    await this.organisations.update(statement.organisationId, (record) => ({
      ...record,
      softwareStatements: record.softwareStatements.map((current) =>
        current.id === softwareId ? changeSoftwareStatement(current, change, record.organisation) : current,
      ),
    }));
    return this.getSoftwareStatement(softwareId);
  }

  /** @throws DomainError `not_found` */
  private getRecord(organisationId: string): OrganisationRecord {
    const record = this.organisations.find(organisationId);
    if (!record) throw notFound('organisation', organisationId);
    return record;
  }
}

/** A statement with the record of its organisation. @throws DomainError `not_found` */
export function findStatement(
  organisations: OrganisationRepository,
  softwareId: string,
): { statement: SoftwareStatement; record: OrganisationRecord } {
  const record = organisations.findBySoftwareId(softwareId);
  const statement = record?.softwareStatements.find(({ id }) => id === softwareId);
  if (!record || !statement) throw notFound('software statement', softwareId);
  return { statement, record };
}

function refuseOthersThanAspsps({ id, kind }: Organisation): void {
  if (kind === 'aspsp') return;
  throw new DomainError(
    'precondition_failed',
    `The organisation "${id}" is a ${kind.toUpperCase()}; only an ASPSP has authorisation servers.`,
  );
}

function refuseRolesInUse(current: OrganisationRecord, changed: Organisation): void {
  const authorised = authorisedRoles(changed);
  const inTheWay = current.softwareStatements.find(
    (statement) => statement.active && statement.roles.some((role) => !authorised.includes(role)),
  );
  if (inTheWay) {
    throw new DomainError(
      'conflict',
      `authorisations: the active software statement "${inTheWay.id}" has the roles ${inTheWay.roles.join(', ')}; ` +
        `expected authorisations that cover them, got ${authorised.join(', ')}.`,
    );
  }
}
