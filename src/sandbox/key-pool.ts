import type { KeyPairPem, KeyPairSource } from '../domain/ports.js';
import { generateRsaKeyPair } from '../pki/key-pairs.js';

/** Root, issuing, signing and server key. */
export const KEYS_OF_A_FIRST_START = 4;
/** Two for the next ready TPP and two for the one after. */
export const KEYS_KEPT_READY = 4;

/** Making keys takes all cores for a moment; whoever just started or took a key has something better to do with them. */
const PAUSE_MILLISECONDS = 1_000;

/** Key pairs made ahead, so that a ready TPP need not wait for two RSA key generations. */
export class KeyPool implements KeyPairSource {
  private readonly ready: Promise<KeyPairPem>[];
  private size = 0;
  private timer: NodeJS.Timeout | undefined;

  /** Begins making this many keys at once; `fill` says how many to keep ready from then on. */
  constructor(
    first: number,
    private readonly make: () => Promise<KeyPairPem> = generateRsaKeyPair,
  ) {
    this.ready = Array.from({ length: first }, () => this.begin());
  }

  take(): Promise<KeyPairPem> {
    this.refillSoon();
    return this.ready.shift() ?? this.begin();
  }

  /** Keeps this many pairs ready from now on; 0 stops making them. */
  fill(size: number): void {
    this.size = size;
    this.refillSoon();
  }

  private refillSoon(): void {
    clearTimeout(this.timer);
    if (this.ready.length >= this.size) return;
    this.timer = setTimeout(() => this.makeNext(), PAUSE_MILLISECONDS);
    this.timer.unref();
  }

  /** One at a time, so that signing is not kept waiting. */
  private makeNext(): void {
    if (this.ready.length >= this.size) return;
    const pair = this.begin();
    this.ready.push(pair);
    const next = () => this.makeNext();
    pair.then(next, next);
  }

  /** A failure belongs to whoever takes the pair, not to the process. */
  private begin(): Promise<KeyPairPem> {
    const pair = this.make();
    pair.catch(() => undefined);
    return pair;
  }
}
