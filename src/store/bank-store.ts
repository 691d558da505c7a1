import { createHash } from 'node:crypto';
import { limits } from '../domain/limits.js';
import type { BankRepository, Page, PageRequest } from '../domain/ports.js';
import type { Attempt, ConsumedJti, RegisteredClient } from '../domain/registration.js';
import type { Collection } from './collection.js';
import type { KeyedQueue } from './keyed-queue.js';

/** What a bank remembers, a document each. */
export interface BankCollections {
  readonly clients: Collection<RegisteredClient>;
  readonly attempts: Collection<Attempt>;
  readonly jtis: Collection<ConsumedJti>;
}

export class BankStore implements BankRepository {
  /** Newest first. */
  private readonly attemptIds: string[];

  constructor(
    private readonly bankId: string,
    private readonly collections: BankCollections,
    private readonly queue: KeyedQueue,
  ) {
    this.attemptIds = collections.attempts
      .values()
      .sort((one, other) => other.at.localeCompare(one.at))
      .map(({ id }) => id);
  }

  findClient(clientId: string): RegisteredClient | undefined {
    return this.collections.clients.get(clientId);
  }

  clients(): readonly RegisteredClient[] {
    return this.collections.clients.values();
  }

  saveClient(client: RegisteredClient): Promise<void> {
    return this.queue.run(`${this.bankId} client ${client.clientId}`, () =>
      this.collections.clients.save(client.clientId, client),
    );
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
      await this.forgetExpiredJtis(at);
      if (this.collections.jtis.get(id)) return false;
      await this.collections.jtis.save(id, jti);
      return true;
    });
  }

  private async forgetExpiredJtis(at: Date): Promise<void> {
    const expired = this.collections.jtis
      .entries()
      .filter(([, jti]) => new Date(jti.expiresAt).getTime() < at.getTime());
    for (const [id] of expired) await this.collections.jtis.remove(id);
  }
}
