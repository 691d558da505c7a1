import { describe, expect, it, vi } from 'vitest';
import { BankStore, type BankCollections } from '../../src/store/bank-store.js';
import { Collection } from '../../src/store/collection.js';
import { KeyedQueue } from '../../src/store/keyed-queue.js';

const at = new Date('2026-11-24T10:00:00Z');

function later(seconds: number): Date {
  return new Date(at.getTime() + seconds * 1000);
}

function openBank() {
  const collections: BankCollections = {
    clients: Collection.inMemory(),
    attempts: Collection.inMemory(),
    jtis: Collection.inMemory(),
    profile: Collection.inMemory(),
  };
  return { jtis: collections.jtis, bank: new BankStore('reference', collections, new KeyedQueue()) };
}

/** A jti for each second, each with a life of its own. */
async function consumeEverySecond(bank: BankStore, count: number, lifetimeSeconds: number): Promise<void> {
  for (let second = 0; second < count; second += 1) {
    const jti = {
      issuer: 'a',
      jti: String(second),
      expiresAt: later(second + lifetimeSeconds).toISOString(),
    };
    await bank.consumeJti(jti, later(second));
  }
}

describe('the jtis of a bank', () => {
  it('do not pile up once they have expired', async () => {
    const { bank, jtis } = openBank();
    await consumeEverySecond(bank, 3_000, 60);
    expect(jtis.size).toBeLessThanOrEqual(256);
  });

  it('are gone through for expired ones seldom: a few times while thousands live', async () => {
    const { bank, jtis } = openBank();
    const sweeps = vi.spyOn(jtis, 'entries');
    await consumeEverySecond(bank, 3_000, 100_000);
    expect(jtis.size).toBe(3_000);
    // At 256, 512, 1024 and 2048.
    expect(sweeps).toHaveBeenCalledTimes(4);
  });

  it('are swept once by several that come in the same moment', async () => {
    const { bank, jtis } = openBank();
    await consumeEverySecond(bank, 255, 60);
    const sweeps = vi.spyOn(jtis, 'entries');
    const removals = vi.spyOn(jtis, 'remove');
    await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        bank.consumeJti(
          { issuer: 'b', jti: String(index), expiresAt: later(2_000).toISOString() },
          later(1_000),
        ),
      ),
    );
    expect(sweeps).toHaveBeenCalledTimes(1);
    expect(removals).toHaveBeenCalledTimes(255);
    expect(jtis.size).toBe(5);
  });
});
