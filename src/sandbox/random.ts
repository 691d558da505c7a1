import { randomBytes } from 'node:crypto';
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
