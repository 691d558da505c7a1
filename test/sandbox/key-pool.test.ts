import { describe, expect, it } from 'vitest';
import type { KeyPairPem } from '../../src/domain/ports.js';
import { KeyPool } from '../../src/sandbox/key-pool.js';

/** Keys that are done when the test says so. */
function workshop() {
  const orders: { finish(): void; fail(): void }[] = [];
  const make = () =>
    new Promise<KeyPairPem>((resolve, reject) => {
      const name = `key ${orders.length + 1}`;
      orders.push({
        finish: () => resolve({ privateKeyPem: name, publicKeyPem: name }),
        fail: () => reject(new Error('no key')),
      });
    });
  return { orders, make };
}

describe('the first keys of a pool', () => {
  it('are made as many at once as it is told, the next when one is done', async () => {
    const { orders, make } = workshop();
    const pool = new KeyPool(4, make, 2);
    const keys = [pool.take(), pool.take(), pool.take(), pool.take()];
    expect(orders.length).toBe(2);
    orders[0]?.finish();
    await keys[0];
    await Promise.resolve();
    expect(orders.length).toBe(3);
    for (const index of [1, 2, 3]) {
      orders[index]?.finish();
      expect((await keys[index])?.privateKeyPem).toBe(`key ${index + 1}`);
    }
  });

  it('are made although one before them failed', async () => {
    const { orders, make } = workshop();
    const pool = new KeyPool(2, make, 1);
    const [failing, other] = [pool.take(), pool.take()];
    orders[0]?.fail();
    await expect(failing).rejects.toThrow('no key');
    orders[1]?.finish();
    expect((await other).privateKeyPem).toBe('key 2');
  });
});
