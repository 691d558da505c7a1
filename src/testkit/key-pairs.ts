import { createPublicKey } from 'node:crypto';
import type { KeyPairPem, KeyPairSource, Store } from '../domain/ports.js';
import { thumbprintKid } from '../jose/jwk.js';
import { KeyPool, KEYS_KEPT_READY, KEYS_OF_A_FIRST_START } from '../sandbox/key-pool.js';
import type { Options } from '../sandbox/options.js';
import { cacheFolder } from './cache-folder.js';
import { keyCacheIn } from './key-cache.js';
import type { SandboxOptions } from './options.js';

/** The key pairs of one sandbox. */
export interface SandboxKeys {
  /** As services with this store are to have them. */
  for(store: Store): KeyPairSource;
  /** Makes some ahead from now on. */
  keepReady(): void;
  /** Stops making them, and lets go of the files of a cache. */
  close(): Promise<void>;
}

/**
 * Where a sandbox has its key pairs from: what a test hands in, or the cache, or new ones. A data directory has keys of
 * its own.
 * @throws ConfigurationError for a cache that cannot be used
 */
export function sandboxKeys(
  { keyPairs, keyCache }: Pick<SandboxOptions, 'keyPairs' | 'keyCache'>,
  { inMemory }: Pick<Options, 'inMemory'>,
  hasKeys: boolean,
): SandboxKeys {
  if (keyPairs) return { for: () => keyPairs, keepReady: () => undefined, close: () => Promise.resolve() };
  const first = hasKeys ? 0 : KEYS_OF_A_FIRST_START;
  const folder = inMemory ? cacheFolder(keyCache) : undefined;
  if (folder === undefined) {
    const pool = new KeyPool(first);
    return {
      for: () => pool,
      keepReady: () => pool.fill(KEYS_KEPT_READY),
      close: () => {
        pool.fill(0);
        return Promise.resolve();
      },
    };
  }
  const lease = keyCacheIn(folder).lease();
  const pool = new KeyPool(first, lease.take);
  return { for: (store) => newTo(store, pool), keepReady: () => undefined, close: () => lease.end() };
}

/** Passes over keys that are certified already: a state may come from a sandbox that had them of the same cache. */
function newTo(store: Store, keyPairs: KeyPairSource): KeyPairSource {
  const isKnown = ({ publicKeyPem }: KeyPairPem) =>
    store.organisations.findByKid(thumbprintKid(createPublicKey(publicKeyPem))) !== undefined;
  return {
    take: async () => {
      for (;;) {
        const pair = await keyPairs.take();
        if (!isKnown(pair)) return pair;
      }
    },
  };
}
