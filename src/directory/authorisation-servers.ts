import { isDeepStrictEqual } from 'node:util';
import type { AuthorisationServer } from '../domain/authorisation-server.js';
import { DomainError, notFound } from '../domain/errors.js';
import { newAuthorisationServerId } from '../domain/identifiers.js';
import type { Organisation } from '../domain/organisation.js';
import type { OrganisationRepository, Random } from '../domain/ports.js';

/** The authorisation servers of ASPSPs, through which TPPs find where to register. */
export class AuthorisationServers {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly random: Random,
  ) {}

  /** In the order in which they were first put. @throws DomainError `not_found` */
  of(organisationId: string): readonly AuthorisationServer[] {
    const record = this.organisations.find(organisationId);
    if (!record) throw notFound('organisation', organisationId);
    return record.authorisationServers;
  }

  /** @throws DomainError `not_found` */
  get(organisationId: string, serverId: string): AuthorisationServer {
    const server = this.of(organisationId).find(({ id }) => id === serverId);
    if (!server) throw notFound('authorisation server', serverId);
    return server;
  }

  /** @throws DomainError `not_found`, `precondition_failed` when the organisation is no ASPSP */
  async create(
    organisationId: string,
    details: Omit<AuthorisationServer, 'id'>,
  ): Promise<AuthorisationServer> {
    const server = { id: newAuthorisationServerId(this.random), ...details };
    await this.put(organisationId, server);
    return server;
  }

  /**
   * Creates an authorisation server, or replaces the one with its id; nothing is written when nothing changes.
   * @throws DomainError `not_found`; `precondition_failed` when the organisation is no ASPSP
   */
  async put(organisationId: string, server: AuthorisationServer): Promise<void> {
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
  async replace(
    organisationId: string,
    serverId: string,
    details: Omit<AuthorisationServer, 'id'>,
  ): Promise<AuthorisationServer> {
    const server = { id: serverId, ...details };
    await this.change(organisationId, serverId, (servers) =>
      servers.map((known) => (known.id === serverId ? server : known)),
    );
    return server;
  }

  /** @throws DomainError `not_found` */
  async remove(organisationId: string, serverId: string): Promise<void> {
    await this.change(organisationId, serverId, (servers) => servers.filter(({ id }) => id !== serverId));
  }

  private async change(
    organisationId: string,
    serverId: string,
    change: (servers: readonly AuthorisationServer[]) => readonly AuthorisationServer[],
  ): Promise<void> {
    await this.organisations.update(organisationId, (record) => {
      if (!record.authorisationServers.some(({ id }) => id === serverId)) {
        throw notFound('authorisation server', serverId);
      }
      return { ...record, authorisationServers: change(record.authorisationServers) };
    });
  }
}

/** @throws DomainError `precondition_failed` */
export function refuseOthersThanAspsps({ id, kind }: Organisation): void {
  if (kind === 'aspsp') return;
  throw new DomainError(
    'precondition_failed',
    `The organisation "${id}" is a ${kind.toUpperCase()}; only an ASPSP has authorisation servers.`,
  );
}
