import type { KeyPairPem, KeyPairSource } from '../domain/ports.js';
import { generateRsaKeyPair } from '../pki/key-pairs.js';

/** Key pairs made ahead, so that a ready TPP need not wait for two RSA key generations. */
export class KeyPool implements KeyPairSource {
  private readonly ready: Promise<KeyPairPem>[] = [];
  private size = 0;

  /** Begins making keys at once; `fill` says how many to keep ready from then on. */
  constructor(first: number) {
    this.makeUpTo(first);
  }

  take(): Promise<KeyPairPem> {
    const pair = this.ready.shift() ?? generateRsaKeyPair();
    // Not before this one is there: makers ahead of need must not slow down the one that is needed.
    pair.then(
      () => this.makeUpTo(this.size),
      () => undefined,
    );
    return pair;
  }

  /** Keeps this many pairs ready from now on; 0 stops making them. */
  fill(size: number): void {
    this.size = size;
    this.makeUpTo(size);
  }

  private makeUpTo(count: number): void {
    while (this.ready.length < count) {
      const pair = generateRsaKeyPair();
      // A failure belongs to whoever takes the pair, not to the process.
      pair.catch(() => undefined);
      this.ready.push(pair);
    }
  }
}
