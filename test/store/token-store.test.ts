import { describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import type { AccessTokenRecord } from '../../src/domain/registration.js';
import { TokenStore } from '../../src/store/token-store.js';

const at = new Date('2026-11-24T10:00:00Z');

function later(seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000);
}

function token(digest: string, lifetimeSeconds = 300, clientId = 'a-client'): AccessTokenRecord {
  return {
    digest,
    clientId,
    scope: 'openid',
    certificateThumbprintSha256: '',
    issuedAt: at,
    expiresAt: later(lifetimeSeconds),
  };
}

function found(store: TokenStore, ...digests: string[]): string[] {
  return digests.filter((digest) => store.find(digest));
}

describe('the token store', () => {
  it('finds nothing in the beginning, and revokes nothing', () => {
    const store = new TokenStore();
    store.revoke('a');
    store.revokeAllOf('a-client');
    expect(store.find('a')).toBeUndefined();
  });

  it('keeps a token at the very instant of its end, and not after it', () => {
    const store = new TokenStore();
    store.save(token('a', 60), at);
    store.save(token('b'), later(60));
    expect(found(store, 'a', 'b')).toEqual(['a', 'b']);
    store.save(token('c'), new Date(later(60).getTime() + 1));
    expect(found(store, 'a', 'b', 'c')).toEqual(['b', 'c']);
  });

  it('looks for expired tokens from the oldest on, and no further than the first that lives', () => {
    const store = new TokenStore();
    for (const [digest, seconds] of [
      ['a', 10],
      ['b', 10],
      ['c', 300],
      ['d', 10],
    ] as const) {
      store.save(token(digest, seconds), at);
    }
    store.save(token('e'), later(20));
    expect(found(store, 'a', 'b', 'c', 'd', 'e')).toEqual(['c', 'd', 'e']);
    store.save(token('f'), later(301));
    expect(found(store, 'c', 'd', 'e', 'f')).toEqual(['f']);
  });

  it('holds no more than its limit when none has expired: the oldest gives way', () => {
    const store = new TokenStore();
    const digests = Array.from({ length: limits.tokensPerBank + 3 }, (_, index) => String(index));
    for (const digest of digests) store.save(token(digest), at);
    expect(found(store, ...digests)).toEqual(digests.slice(3));
  });

  it('makes no room for one more token than it gave way to', () => {
    const store = new TokenStore();
    const digests = Array.from({ length: limits.tokensPerBank }, (_, index) => String(index));
    for (const digest of digests) store.save(token(digest), at);
    store.revoke('5');
    store.save(token('new'), at);
    expect(found(store, '0', '5', 'new')).toEqual(['0', 'new']);
  });

  it('revokes all tokens of a client, those issued after others were revoked too', () => {
    const store = new TokenStore();
    store.save(token('a', 300, 'one'), at);
    store.revoke('a');
    store.save(token('b', 300, 'one'), at);
    store.save(token('c', 300, 'other'), at);
    store.revokeAllOf('one');
    store.save(token('d', 300, 'one'), at);
    expect(found(store, 'a', 'b', 'c', 'd')).toEqual(['c', 'd']);
  });
});
