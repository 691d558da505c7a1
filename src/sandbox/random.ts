import { createHmac, randomBytes } from 'node:crypto';
import type { Random } from '../domain/ports.js';

/** Asking the system costs the same for few bytes as for many, and every request needs a few for its id. */
const STOCK_BYTES = 4_096;

/** The machine's own randomness, fetched in stocks; no byte is handed out twice. */
function createSystemRandom(): Random {
  let stock = Buffer.alloc(0);
  return {
    bytes: (count) => {
      if (count > STOCK_BYTES) return randomBytes(count);
      if (stock.length < count) stock = randomBytes(STOCK_BYTES);
      const taken = Uint8Array.from(stock.subarray(0, count));
      stock = stock.subarray(count);
      return taken;
    },
  };
}

export const systemRandom: Random = createSystemRandom();

/** Every identifier takes less at once, and every secret no less. */
const SECRET_BYTES = 24;

/**
 * The same identifiers again for the same seed, asked for in the same order; those of one length do not depend on how many
 * of another there were. Secrets, and keys, are as chance has them.
 */
export function seededRandom(seed: string): Random {
  const counts = new Map<number, number>();
  return {
    bytes: (count) => {
      if (count >= SECRET_BYTES) return systemRandom.bytes(count);
      const index = counts.get(count) ?? 0;
      counts.set(count, index + 1);
      const digest = createHmac('sha256', seed).update(`${count} bytes, ${index}`).digest();
      return Uint8Array.from(digest.subarray(0, count));
    },
  };
}
