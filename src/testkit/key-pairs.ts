import { createPublicKey } from 'node:crypto';
import type { CertificateAuthorityRecord } from '../domain/key-record.js';
import type { KeyPairSource, Store } from '../domain/ports.js';
import type { StoreState } from '../domain/state.js';
import { thumbprintKid } from '../jose/jwk.js';
import { KeyPool, KEYS_KEPT_READY, KEYS_OF_A_FIRST_START } from '../sandbox/key-pool.js';
import type { Options } from '../sandbox/options.js';
import { cacheFolder } from './cache-folder.js';
import { keyCacheIn } from './key-cache.js';
import type { SandboxOptions } from './options.js';

/** The key pairs of one sandbox. */
export interface SandboxKeys {
  /** As services with this store are to have them. @throws StoreError `unreadable_file` */
  for(store: Store): Promise<KeyPairSource>;
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
  if (keyPairs)
    return {
      for: () => Promise.resolve(keyPairs),
      keepReady: () => undefined,
      close: () => Promise.resolve(),
    };
  const first = hasKeys ? 0 : KEYS_OF_A_FIRST_START;
  const folder = inMemory ? cacheFolder(keyCache) : undefined;
  if (folder === undefined) {
    const pool = new KeyPool(first);
    return {
      for: () => Promise.resolve(pool),
      keepReady: () => pool.fill(KEYS_KEPT_READY),
      close: () => {
        pool.fill(0);
        return Promise.resolve();
      },
    };
  }
  const lease = keyCacheIn(folder).lease();
  const pool = new KeyPool(first, lease.take);
  return {
    for: async (store) => newTo(kidsIn(await store.export()), pool),
    keepReady: () => undefined,
    close: () => lease.end(),
  };
}

/** Passes over keys that are in use already: a state may come from a sandbox that had them of the same cache. */
function newTo(used: ReadonlySet<string>, keyPairs: KeyPairSource): KeyPairSource {
  return {
    take: async () => {
      for (;;) {
        const pair = await keyPairs.take();
        if (!used.has(thumbprintKid(createPublicKey(pair.publicKeyPem)))) return pair;
      }
    },
  };
}

/** The names of all keys of a state: of participants and of authorities, at the Directory and at other trust anchors. */
function kidsIn({ directory, anchors, qualifiedTrustServiceProvider: provider }: StoreState): Set<string> {
  const directories = [directory, ...Object.values(anchors)];
  const certified = directories.flatMap(({ organisations }) =>
    organisations.flatMap(({ keys, publicKeys }) => [...keys, ...publicKeys].map(({ kid }) => kid)),
  );
  const authorities = [
    ...directories.flatMap(({ authority }) =>
      authority
        ? [...keysOf(authority), authority.directorySigning.privateKeyPem, authority.serverPrivateKeyPem]
        : [],
    ),
    ...(provider ? keysOf(provider) : []),
  ];
  return new Set([...certified, ...authorities.map((pem) => thumbprintKid(createPublicKey(pem)))]);
}

function keysOf({ root, issuing }: CertificateAuthorityRecord): string[] {
  return [root.privateKeyPem, issuing.privateKeyPem];
}
