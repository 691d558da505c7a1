import type { Store } from '../domain/ports.js';
import { createMemoryStore, openFileStore } from '../store/store.js';
import { StoreError } from '../store/store-error.js';
import { ConfigurationError, type Options } from './options.js';

/**
 * Opens the store that the options ask for.
 * @throws ConfigurationError when the data directory is in use, cannot be written, or holds a file that cannot be read
 */
export async function openStore(options: Pick<Options, 'inMemory' | 'dataDir'>): Promise<Store> {
  if (options.inMemory) return createMemoryStore();
  try {
    return await openFileStore(options.dataDir);
  } catch (error) {
    if (error instanceof StoreError)
      throw new ConfigurationError(`--data-dir: ${error.message}`, { cause: error });
    throw error;
  }
}
