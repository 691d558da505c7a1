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

  it('keeps tokens that have expired: the clock may be moved back', () => {
    const store = new TokenStore();
    store.save(token('a', 10));
    store.save({ ...token('b'), issuedAt: later(1_000), expiresAt: later(1_300) });
    expect(found(store, 'a', 'b')).toEqual(['a', 'b']);
  });

  it('holds no more than its limit whatever their dates: the oldest gives way', () => {
    const store = new TokenStore();
    const digests = Array.from({ length: limits.tokensPerBank + 3 }, (_, index) => String(index));
    for (const digest of digests) store.save(token(digest));
    expect(found(store, ...digests)).toEqual(digests.slice(3));
  });

  it('makes no room for one more token than it gave way to', () => {
    const store = new TokenStore();
    const digests = Array.from({ length: limits.tokensPerBank }, (_, index) => String(index));
    for (const digest of digests) store.save(token(digest));
    store.revoke('5');
    store.save(token('new'));
    expect(found(store, '0', '5', 'new')).toEqual(['0', 'new']);
  });

  it('revokes all tokens of a client, those issued after others were revoked too', () => {
    const store = new TokenStore();
    store.save(token('a', 300, 'one'));
    store.revoke('a');
    store.save(token('b', 300, 'one'));
    store.save(token('c', 300, 'other'));
    store.revokeAllOf('one');
    store.save(token('d', 300, 'one'));
    expect(found(store, 'a', 'b', 'c', 'd')).toEqual(['c', 'd']);
  });
});
