import { limits } from '../domain/limits.js';
import type { AccessTokenRecord } from '../domain/registration.js';

/** The access tokens of one bank, in memory, at most a fixed number of them. */
export class TokenStore {
  /** In the order in which they were issued. */
  private readonly tokens = new Map<string, AccessTokenRecord>();
  private readonly digestsOfClient = new Map<string, Set<string>>();

  save(token: AccessTokenRecord, at: Date): void {
    this.makeRoom(at);
    this.tokens.set(token.digest, token);
    const digests = this.digestsOfClient.get(token.clientId) ?? new Set();
    this.digestsOfClient.set(token.clientId, digests.add(token.digest));
  }

  find(digest: string): AccessTokenRecord | undefined {
    return this.tokens.get(digest);
  }

  revoke(digest: string): void {
    const token = this.tokens.get(digest);
    if (!token) return;
    this.tokens.delete(digest);
    const digests = this.digestsOfClient.get(token.clientId);
    digests?.delete(digest);
    if (digests?.size === 0) this.digestsOfClient.delete(token.clientId);
  }

  revokeAllOf(clientId: string): void {
    for (const digest of this.digestsOfClient.get(clientId) ?? []) this.revoke(digest);
  }

  /** Those that have expired go first, from the oldest on; a full store gives up its oldest. */
  private makeRoom(at: Date): void {
    for (const [digest, { expiresAt }] of this.tokens) {
      const isFull = this.tokens.size >= limits.tokensPerBank;
      if (!isFull && expiresAt.getTime() >= at.getTime()) return;
      this.revoke(digest);
    }
  }
}
