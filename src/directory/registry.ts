import type { AuthorisationServer } from '../domain/authorisation-server.js';
import { DomainError, notFound, quote } from '../domain/errors.js';
import { newOrganisationId, newSoftwareId } from '../domain/identifiers.js';
import {
  authorisedRoles,
  changeOrganisation,
  createOrganisation,
  organisationIdentifier,
  type Contact,
  type NewOrganisation,
  type Organisation,
  type OrganisationChange,
  type OrganisationKind,
} from '../domain/organisation.js';
import type { OrganisationClient } from '../domain/organisation-client.js';
import { parseInput } from '../domain/parse.js';
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
  redirectUrisSchema,
  type NewSoftwareStatement,
  type SoftwareStatement,
  type SoftwareStatementChange,
} from '../domain/software-statement.js';
import { refuseOthersThanAspsps } from './authorisation-servers.js';
import { withHolds } from './key-records.js';

/** What the sandbox alone says of a new organisation. */
export interface OrganisationOrigin {
  /** When it came to be; now when absent. */
  readonly at?: Date;
  readonly authorisationServers?: readonly AuthorisationServer[];
}

/** Organisations, their contacts and clients, their software statements and those' redirect URIs. */
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

  countOfOrganisations(kind?: OrganisationKind): number {
    return this.organisations.countOf(kind);
  }

  /** The organisations of a kind that came last, the newest first. */
  latestOrganisations(kind: OrganisationKind, limit: number): Organisation[] {
    return this.latestRecords(kind, limit).map(({ organisation }) => organisation);
  }

  /** The same with all that they hold, the newest first. */
  latestRecords(kind: OrganisationKind, limit: number): OrganisationRecord[] {
    const start = Math.max(0, this.organisations.countOf(kind) - limit);
    return this.organisations.slice(kind, start, limit).reverse();
  }

  /** The organisation with the `organizationIdentifier` of its certificates; looks at all of them. */
  findByIdentifier(identifier: string): OrganisationRecord | undefined {
    return this.organisations
      .slice(undefined, 0, this.organisations.countOf())
      .find(({ organisation }) => organisationIdentifier(organisation) === identifier);
  }

  /** @throws DomainError `not_found` */
  getOrganisation(organisationId: string): Organisation {
    return this.getRecord(organisationId).organisation;
  }

  /**
   * @throws DomainError `conflict` when a given id exists already; `precondition_failed` when it gets authorisation
   *   servers and is no ASPSP
   */
  async createOrganisation(input: NewOrganisation, origin: OrganisationOrigin = {}): Promise<Organisation> {
    const { at = this.clock.now(), authorisationServers = [] } = origin;
    const id = input.id ?? newOrganisationId(this.random);
    const organisation = createOrganisation(input, id, at);
    if (authorisationServers.length > 0) refuseOthersThanAspsps(organisation);
    await this.organisations.create({ ...emptyRecord, organisation, authorisationServers });
    return organisation;
  }

  /**
   * Changes an organisation. While its status is not Active, its certificates and keys are on hold.
   * @throws DomainError `not_found`; `conflict` when an active software statement has a role that would no longer be
   *   authorised
   */
  async changeOrganisation(organisationId: string, change: OrganisationChange): Promise<Organisation> {
    const record = await this.organisations.update(organisationId, (current) => {
      const organisation = changeOrganisation(current.organisation, change);
      refuseRolesInUse(current, organisation);
      return withHolds({ ...current, organisation }, this.clock.now());
    });
    return record.organisation;
  }

  /**
   * Brings the holds of all keys in line with the states of their holders: neither a file of an earlier version nor one
   * that somebody wrote need have them so.
   * @throws DomainError `storage_failed`
   */
  async settleHolds(): Promise<void> {
    const at = this.clock.now();
    for (const { organisation } of this.organisations.slice(undefined, 0, this.organisations.countOf()))
      await this.organisations.update(organisation.id, (record) => withHolds(record, at));
  }

  /** All of them, the oldest first. @throws DomainError `not_found` */
  softwareStatementsOf(organisationId: string): readonly SoftwareStatement[] {
    return this.getRecord(organisationId).softwareStatements;
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

  /**
   * Changes a software statement. While it is not active, its certificates and keys are on hold.
   * @throws DomainError `not_found`, `invalid_input` for roles beyond the organisation's
   */
  async changeSoftwareStatement(
    softwareId: string,
    change: SoftwareStatementChange,
  ): Promise<SoftwareStatement> {
    const { statement } = findStatement(this.organisations, softwareId);
    await this.organisations.update(statement.organisationId, (record) => {
      const softwareStatements = record.softwareStatements.map((current) =>
        current.id === softwareId ? changeSoftwareStatement(current, change, record.organisation) : current,
      );
      return withHolds({ ...record, softwareStatements }, this.clock.now());
    });
    return this.getSoftwareStatement(softwareId);
  }

  /**
   * Adds redirect URIs to those that a statement has.
   * @throws DomainError `not_found`, `invalid_input`; `conflict` for one that it has already
   */
  async addRedirectUris(softwareId: string, added: readonly string[]): Promise<SoftwareStatement> {
    const { statement } = findStatement(this.organisations, softwareId);
    await this.organisations.update(statement.organisationId, (record) => ({
      ...record,
      softwareStatements: record.softwareStatements.map((current) =>
        current.id === softwareId ? withRedirectUris(current, added) : current,
      ),
    }));
    return this.getSoftwareStatement(softwareId);
  }

  /** Puts a contact in the place of the one of its type, or beside the others. @throws DomainError `not_found` */
  async putContact(organisationId: string, contact: Omit<Contact, 'name'>): Promise<Contact> {
    const record = await this.organisations.update(organisationId, (current) => {
      const { contacts } = current.organisation;
      const known = contacts.find(({ type }) => type === contact.type);
      const put = { name: known?.name ?? contact.type, ...contact };
      const changed = known ? contacts.map((other) => (other === known ? put : other)) : [...contacts, put];
      return { ...current, organisation: changeOrganisation(current.organisation, { contacts: changed }) };
    });
    return getContact(record.organisation, contact.type);
  }

  /** The client that the organisation itself is at the Directory. @throws DomainError `not_found` */
  clientOf(organisationId: string): OrganisationClient | null {
    return this.getRecord(organisationId).client;
  }

  /** @throws DomainError `not_found` */
  async putClient(organisationId: string, client: OrganisationClient): Promise<void> {
    await this.organisations.update(organisationId, (record) => ({ ...record, client }));
  }

  /** The organisation with everything that it holds. @throws DomainError `not_found` */
  getRecord(organisationId: string): OrganisationRecord {
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

/** @throws DomainError `not_found` */
export function getContact({ contacts }: Organisation, type: string): Contact {
  const contact = contacts.find((candidate) => candidate.type === type);
  if (!contact) throw notFound('contact of the type', type);
  return contact;
}

/** @throws DomainError `precondition_failed` */
export function refuseInactive({ id, status }: Organisation): void {
  if (status === 'Active') return;
  throw new DomainError('precondition_failed', `The organisation "${id}" is ${status}, not Active.`);
}

/** @throws DomainError `precondition_failed` */
export function refuseInactiveStatement({ id, active }: SoftwareStatement): void {
  if (active) return;
  throw new DomainError('precondition_failed', `The software statement "${id}" is not active.`);
}

function withRedirectUris(statement: SoftwareStatement, added: readonly string[]): SoftwareStatement {
  const known = added.find((uri) => statement.redirectUris.includes(uri));
  if (known !== undefined) {
    throw new DomainError('conflict', `The redirect URI ${quote(known)} is registered already.`);
  }
  const redirectUris = parseInput(redirectUrisSchema, [...statement.redirectUris, ...added]);
  return { ...statement, redirectUris };
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
