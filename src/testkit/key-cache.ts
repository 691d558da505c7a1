import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { constants, readdirSync } from 'node:fs';
import { mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '../domain/limits.js';
import type { KeyPairPem, KeyPairSource } from '../domain/ports.js';
import { thumbprintKid } from '../jose/jwk.js';
import { generateRsaKeyPair } from '../pki/key-pairs.js';
import { KeyPool, KEYS_KEPT_READY } from '../sandbox/key-pool.js';

/** Named after its `kid`, so that processes cannot overwrite each other's. */
const keyFile = /^[A-Za-z0-9_-]{27}\.pem$/;

const caches = new Map<string, KeyCache>();

/** The one cache of a folder in this process. */
export function keyCacheIn(folder: string): KeyCache {
  const cache = caches.get(folder) ?? new KeyCache(folder);
  caches.set(folder, cache);
  return cache;
}

/**
 * RSA key pairs that tests used before, kept in a folder of the user's: to make new ones costs more than all the rest of
 * a start. Nothing depends on their secrecy. Two sandboxes of a process never have one at the same time.
 */
class KeyCache {
  private readonly unread: string[];
  /** Those that a sandbox gave back; they go to the next when nothing else is left. */
  private readonly returned: KeyPairPem[] = [];
  private readonly fresh = new KeyPool(0, () => this.make());
  private fileCount: number;
  private leaseCount = 0;
  private readonly writes = new Set<Promise<void>>();

  constructor(private readonly folder: string) {
    this.unread = list(folder);
    this.fileCount = this.unread.length;
  }

  /** Keys for one sandbox. */
  lease(): KeyLease {
    this.leaseCount += 1;
    this.keepReady();
    return new KeyLease(this);
  }

  async take(): Promise<KeyPairPem> {
    for (let name = this.unread.pop(); name !== undefined; name = this.unread.pop()) {
      const pair = await readKey(join(this.folder, name));
      if (pair) return pair;
    }
    const pair = this.returned.shift() ?? (await this.fresh.take());
    this.keepReady();
    return pair;
  }

  takeBack(pairs: readonly KeyPairPem[]): void {
    this.returned.push(...pairs);
  }

  /** @returns when nothing is on its way into the folder, where this was the last lease */
  async endLease(): Promise<void> {
    this.leaseCount -= 1;
    this.keepReady();
    if (this.leaseCount === 0) await Promise.all(this.writes);
  }

  /** For all sandboxes together, and as long as there is one. */
  private keepReady(): void {
    const stock = this.unread.length + this.returned.length;
    this.fresh.fill(this.leaseCount > 0 ? Math.max(0, KEYS_KEPT_READY - stock) : 0);
  }

  private async make(): Promise<KeyPairPem> {
    const pair = await generateRsaKeyPair();
    // Whoever closed the last sandbox may be about to remove the folder.
    if (this.leaseCount > 0) this.keep(pair);
    return pair;
  }

  private keep(pair: KeyPairPem): void {
    const write = this.write(pair).finally(() => this.writes.delete(write));
    this.writes.add(write);
  }

  /** A folder that cannot be written to any more is no reason to fail. */
  private async write({ privateKeyPem, publicKeyPem }: KeyPairPem): Promise<void> {
    if (this.fileCount >= limits.cachedKeys) return;
    this.fileCount += 1;
    const name = `${thumbprintKid(createPublicKey(publicKeyPem))}.pem`;
    try {
      await writeWhole(this.folder, name, privateKeyPem);
    } catch {
      this.fileCount -= 1;
    }
  }
}

/** The keys that one sandbox has of a cache: each of them once, and all of them until it gives them back. */
export class KeyLease implements KeyPairSource {
  private readonly taken: KeyPairPem[] = [];
  private isOver = false;

  constructor(private readonly cache: Pick<KeyCache, 'take' | 'takeBack' | 'endLease'>) {}

  readonly take = async (): Promise<KeyPairPem> => {
    const pair = await this.cache.take();
    if (this.isOver) this.cache.takeBack([pair]);
    else this.taken.push(pair);
    return pair;
  };

  /**
   * Gives all keys back, also those that are on their way.
   * @returns when the cache writes nothing more on account of this lease
   */
  async end(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    this.cache.takeBack(this.taken.splice(0));
    await this.cache.endLease();
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => keyFile.test(name));
  } catch {
    return [];
  }
}

/** Under its name there is either nothing or all of it. */
async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  const temporary = await mkdtemp(join(folder, 'new-'));
  try {
    await writeFile(join(temporary, name), text, { mode: 0o600, flag: 'wx' });
    await rename(join(temporary, name), join(folder, name));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The key pair of a file; undefined for anything but an RSA key that is the user's alone. */
async function readKey(path: string): Promise<KeyPairPem | undefined> {
  try {
    const privateKey = createPrivateKey(await readOwn(path));
    return isUsable(privateKey) ? pairOf(privateKey) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws Error for a link, a large file, and one that others may read or write */
async function readOwn(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const stats = await file.stat();
    const isForOwner =
      process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o077) === 0);
    if (!stats.isFile() || !isForOwner || stats.size > limits.certificateBytes)
      throw new Error('no key file of ours');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function isUsable({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyType === 'rsa' && asymmetricKeyDetails?.modulusLength === limits.rsaModulusMinimumBits;
}

function pairOf(privateKey: KeyObject): KeyPairPem {
  const pem = (key: KeyObject, type: 'pkcs8' | 'spki') => key.export({ format: 'pem', type }).toString();
  return {
    privateKeyPem: pem(privateKey, 'pkcs8'),
    publicKeyPem: pem(createPublicKey(privateKey), 'spki'),
  };
}
