import { createHash } from 'node:crypto';
import type { AuthorisationRepository } from '../domain/ports.js';
import type { AccessTokenRecord, ConsumedJti } from '../domain/registration.js';
import type { AuthorisationState } from '../domain/state.js';
import type { Collection } from './collection.js';
import type { KeyedQueue } from './keyed-queue.js';
import { TokenStore } from './token-store.js';

/** Expired jtis are looked for when there are twice as many as survived last time, so that each costs the same. */
const FEWEST_JTIS_TO_SWEEP = 256;

/** What the document of a used-up `jti` is called. */
export function jtiId({ issuer, jti }: Pick<ConsumedJti, 'issuer' | 'jti'>): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, jti]))
    .digest('hex');
}

/** Tokens in memory, used-up jtis a document each. */
export class AuthorisationStore implements AuthorisationRepository {
  private readonly tokens = new TokenStore();
  private sweepAtJtiCount = FEWEST_JTIS_TO_SWEEP;

  constructor(
    protected readonly owner: string,
    private readonly jtis: Collection<ConsumedJti>,
    protected readonly queue: KeyedQueue,
  ) {}

  saveToken(token: AccessTokenRecord): void {
    this.tokens.save(token);
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

  consumeJti(jti: ConsumedJti, at: Date): Promise<boolean> {
    const id = jtiId(jti);
    return this.queue.run(`${this.owner} jti ${id}`, async () => {
      const known = this.jtis.get(id);
      if (known && new Date(known.expiresAt).getTime() >= at.getTime()) return false;
      await this.jtis.save(id, jti);
      await this.sweepJtis(at);
      return true;
    });
  }

  state(): AuthorisationState {
    return { jtis: this.jtis.values(), tokens: this.tokens.all() };
  }

  private async sweepJtis(at: Date): Promise<void> {
    const { jtis } = this;
    if (jtis.size < this.sweepAtJtiCount) return;
    // Set before the first removal, so that a jti of the same moment does not begin another sweep.
    this.sweepAtJtiCount = Number.POSITIVE_INFINITY;
    const expired = jtis.entries().filter(([, jti]) => new Date(jti.expiresAt).getTime() < at.getTime());
    for (const [id] of expired) await jtis.remove(id);
    this.sweepAtJtiCount = Math.max(FEWEST_JTIS_TO_SWEEP, jtis.size * 2);
  }
}
