import { KeyPool } from '../../src/sandbox/key-pool.js';

/** Key pairs for one test file: made once, handed out as they are needed. */
export const testKeys = new KeyPool(4);
