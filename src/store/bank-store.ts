import { limits } from '../domain/limits.js';
import type { BankRepository, Page, PageRequest } from '../domain/ports.js';
import type { Attempt, ConsumedJti, RegisteredClient } from '../domain/registration.js';
import type { BankState } from '../domain/state.js';
import { AuthorisationStore } from './authorisation-store.js';
import type { Collection } from './collection.js';
import type { KeyedQueue } from './keyed-queue.js';

/** What a bank remembers, a document each. */
export interface BankCollections {
  readonly clients: Collection<RegisteredClient>;
  readonly attempts: Collection<Attempt>;
  readonly jtis: Collection<ConsumedJti>;
  readonly profile: Collection<Readonly<Record<string, unknown>>>;
}

export const PROFILE_ID = 'profile';

export class BankStore extends AuthorisationStore implements BankRepository {
  /** Newest first. */
  private readonly attemptIds: string[];
  private readonly clientIdsOfSoftware = new Map<string, Set<string>>();

  constructor(
    bankId: string,
    private readonly collections: BankCollections,
    queue: KeyedQueue,
  ) {
    super(bankId, collections.jtis, queue);
    this.attemptIds = collections.attempts
      .values()
      .sort((one, other) => other.at.localeCompare(one.at))
      .map(({ id }) => id);
    collections.clients.values().forEach((client) => this.index(client));
  }

  findClient(clientId: string): RegisteredClient | undefined {
    return this.collections.clients.get(clientId);
  }

  countClientsOf(softwareId: string): number {
    return this.clientIdsOfSoftware.get(softwareId)?.size ?? 0;
  }

  clientsOf(softwareId: string, limit: number): RegisteredClient[] {
    const newest = [...(this.clientIdsOfSoftware.get(softwareId) ?? [])].slice(-limit).reverse();
    return newest.flatMap((clientId) => this.findClient(clientId) ?? []);
  }

  clientCount(): number {
    return this.collections.clients.size;
  }

  saveClient(client: RegisteredClient): Promise<void> {
    return this.inTurnOf(client.clientId, () => this.write(client));
  }

  replaceClient(client: RegisteredClient): Promise<boolean> {
    return this.inTurnOf(client.clientId, async () => {
      if (!this.findClient(client.clientId)) return false;
      await this.write(client);
      return true;
    });
  }

  removeClient(clientId: string): Promise<void> {
    return this.inTurnOf(clientId, async () => {
      const before = this.findClient(clientId);
      await this.collections.clients.remove(clientId);
      if (before) this.unindex(before);
    });
  }

  findProfile(): Readonly<Record<string, unknown>> | undefined {
    return this.collections.profile.get(PROFILE_ID);
  }

  saveProfile(profile: Readonly<Record<string, unknown>>): Promise<void> {
    return this.queue.run(`${this.owner} profile`, () => this.collections.profile.save(PROFILE_ID, profile));
  }

  forgetProfile(): Promise<void> {
    return this.queue.run(`${this.owner} profile`, () => this.collections.profile.remove(PROFILE_ID));
  }

  attempts({ limit, after }: PageRequest): Page<Attempt> {
    const start = after === undefined ? 0 : this.attemptIds.indexOf(after) + 1;
    const ids = this.attemptIds.slice(start, start + limit);
    const more = start + ids.length < this.attemptIds.length;
    return {
      items: ids.flatMap((id) => this.findAttempt(id) ?? []),
      next: more ? (ids.at(-1) ?? null) : null,
    };
  }

  findAttempt(id: string): Attempt | undefined {
    return this.collections.attempts.get(id);
  }

  saveAttempt(attempt: Attempt): Promise<void> {
    return this.queue.run(`${this.owner} attempts`, async () => {
      await this.collections.attempts.save(attempt.id, attempt);
      this.attemptIds.unshift(attempt.id);
      for (const id of this.attemptIds.splice(limits.attemptsPerBank))
        await this.collections.attempts.remove(id);
    });
  }

  override state(): BankState {
    return {
      ...super.state(),
      profile: this.findProfile() ?? null,
      clients: this.collections.clients.values(),
      attempts: this.attemptIds.flatMap((id) => this.findAttempt(id) ?? []),
    };
  }

  private inTurnOf<T>(clientId: string, change: () => Promise<T>): Promise<T> {
    return this.queue.run(`${this.owner} client ${clientId}`, change);
  }

  private async write(client: RegisteredClient): Promise<void> {
    const before = this.findClient(client.clientId);
    await this.collections.clients.save(client.clientId, client);
    if (before) this.unindex(before);
    this.index(client);
  }

  private index({ clientId, softwareId }: RegisteredClient): void {
    const clientIds = this.clientIdsOfSoftware.get(softwareId) ?? new Set();
    this.clientIdsOfSoftware.set(softwareId, clientIds.add(clientId));
  }

  private unindex({ clientId, softwareId }: RegisteredClient): void {
    const clientIds = this.clientIdsOfSoftware.get(softwareId);
    clientIds?.delete(clientId);
    if (clientIds?.size === 0) this.clientIdsOfSoftware.delete(softwareId);
  }
}
