import { limits } from '../domain/limits.js';
import type { AccessTokenRecord } from '../domain/registration.js';

/** The access tokens of one bank, in memory, at most a fixed number of them. */
export class TokenStore {
  /** In the order in which they were issued. */
  private readonly tokens = new Map<string, AccessTokenRecord>();
  private readonly digestsOfClient = new Map<string, Set<string>>();

  save(token: AccessTokenRecord): void {
    this.makeRoom();
    this.tokens.set(token.digest, token);
    const digests = this.digestsOfClient.get(token.clientId) ?? new Set();
    this.digestsOfClient.set(token.clientId, digests.add(token.digest));
  }

  find(digest: string): AccessTokenRecord | undefined {
    return this.tokens.get(digest);
  }

  /** In the order in which they were issued. */
  all(): AccessTokenRecord[] {
    return [...this.tokens.values()];
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

  /** A full store gives up its oldest. Being expired is no reason to go: the clock may be moved back. */
  private makeRoom(): void {
    for (const digest of this.tokens.keys()) {
      if (this.tokens.size < limits.tokensPerBank) return;
      this.revoke(digest);
    }
  }
}
