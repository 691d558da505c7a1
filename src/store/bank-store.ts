import { createHash } from 'node:crypto';
import { limits } from '../domain/limits.js';
import type { BankRepository, Page, PageRequest } from '../domain/ports.js';
import type { AccessTokenRecord, Attempt, ConsumedJti, RegisteredClient } from '../domain/registration.js';
import type { Collection } from './collection.js';
import type { KeyedQueue } from './keyed-queue.js';
import { TokenStore } from './token-store.js';

/** What a bank remembers, a document each. */
export interface BankCollections {
  readonly clients: Collection<RegisteredClient>;
  readonly attempts: Collection<Attempt>;
  readonly jtis: Collection<ConsumedJti>;
  readonly profile: Collection<Readonly<Record<string, unknown>>>;
}

const PROFILE_ID = 'profile';
/** Expired jtis are looked for when there are twice as many as survived last time, so that each costs the same. */
const FEWEST_JTIS_TO_SWEEP = 256;

export class BankStore implements BankRepository {
  /** Newest first. */
  private readonly attemptIds: string[];
  private readonly clientIdsOfSoftware = new Map<string, Set<string>>();
  private readonly tokens = new TokenStore();
  private sweepAtJtiCount = FEWEST_JTIS_TO_SWEEP;

  constructor(
    private readonly bankId: string,
    private readonly collections: BankCollections,
    private readonly queue: KeyedQueue,
  ) {
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

  clientCount(): number {
    return this.collections.clients.size;
  }

  saveClient(client: RegisteredClient): Promise<void> {
    return this.queue.run(`${this.bankId} client ${client.clientId}`, async () => {
      const before = this.findClient(client.clientId);
      await this.collections.clients.save(client.clientId, client);
      if (before) this.unindex(before);
      this.index(client);
    });
  }

  removeClient(clientId: string): Promise<void> {
    return this.queue.run(`${this.bankId} client ${clientId}`, async () => {
      const before = this.findClient(clientId);
      await this.collections.clients.remove(clientId);
      if (before) this.unindex(before);
    });
  }

  saveToken(token: AccessTokenRecord, at: Date): void {
    this.tokens.save(token, at);
  }

  findToken(digest: string): AccessTokenRecord | undefined {
    return this.tokens.find(digest);
  }

  revokeToken(digest: string): void {
    this.tokens.revoke(digest);
  }

  revokeTokensOf(clientId: string): void {
    this.tokens.revokeAllOf(clientId);
  }

  findProfile(): Readonly<Record<string, unknown>> | undefined {
    return this.collections.profile.get(PROFILE_ID);
  }

  saveProfile(profile: Readonly<Record<string, unknown>>): Promise<void> {
    return this.queue.run(`${this.bankId} profile`, () => this.collections.profile.save(PROFILE_ID, profile));
  }

  forgetProfile(): Promise<void> {
    return this.queue.run(`${this.bankId} profile`, () => this.collections.profile.remove(PROFILE_ID));
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
    return this.queue.run(`${this.bankId} attempts`, async () => {
      await this.collections.attempts.save(attempt.id, attempt);
      this.attemptIds.unshift(attempt.id);
      for (const id of this.attemptIds.splice(limits.attemptsPerBank))
        await this.collections.attempts.remove(id);
    });
  }

  consumeJti(jti: ConsumedJti, at: Date): Promise<boolean> {
    const id = createHash('sha256')
      .update(JSON.stringify([jti.issuer, jti.jti]))
      .digest('hex');
    return this.queue.run(`${this.bankId} jti ${id}`, async () => {
      const known = this.collections.jtis.get(id);
      if (known && new Date(known.expiresAt).getTime() >= at.getTime()) return false;
      await this.collections.jtis.save(id, jti);
      await this.sweepJtis(at);
      return true;
    });
  }

  private async sweepJtis(at: Date): Promise<void> {
    const { jtis } = this.collections;
    if (jtis.size < this.sweepAtJtiCount) return;
    // Set before the first removal, so that a jti of the same moment does not begin another sweep.
    this.sweepAtJtiCount = Number.POSITIVE_INFINITY;
    const expired = jtis.entries().filter(([, jti]) => new Date(jti.expiresAt).getTime() < at.getTime());
    for (const [id] of expired) await jtis.remove(id);
    this.sweepAtJtiCount = Math.max(FEWEST_JTIS_TO_SWEEP, jtis.size * 2);
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
