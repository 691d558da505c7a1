import { emptyBankState, type DirectoryState, type StoreState } from '../domain/state.js';
import { Collection } from './collection.js';
import { documentsOfBank, documentsOfDirectory, documentsOfJtis, documentsOfProvider } from './documents.js';
import type { Backing, DirectoryCollections } from './store.js';

const emptyDirectory: DirectoryState = { authority: null, organisations: [] };
const nothing = () => Promise.resolve();

/** Collections that live as long as the process, with a state to begin with. */
export function memoryBacking(state: StoreState): Backing {
  return {
    directory: directoryInMemory(state.directory),
    jtis: Collection.inMemory(documentsOfJtis(state.authorisation.jtis)),
    qualifiedTrustServiceProvider: Collection.inMemory(documentsOfProvider(state)),
    anchorCollections: (anchorId) =>
      Promise.resolve(directoryInMemory(state.anchors[anchorId] ?? emptyDirectory)),
    bankCollections: (bankId) => {
      const { clients, attempts, jtis, profile } = documentsOfBank(state.banks[bankId] ?? emptyBankState);
      return Promise.resolve({
        clients: Collection.inMemory(clients),
        attempts: Collection.inMemory(attempts),
        jtis: Collection.inMemory(jtis),
        profile: Collection.inMemory(profile),
      });
    },
    anchorIds: () => Promise.resolve(Object.keys(state.anchors)),
    bankIds: () => Promise.resolve(Object.keys(state.banks)),
    prepare: (next) => Promise.resolve({ backing: memoryBacking(next), commit: nothing }),
    clear: nothing,
    release: nothing,
  };
}

function directoryInMemory(state: DirectoryState): DirectoryCollections {
  const { organisations, authority } = documentsOfDirectory(state);
  return {
    organisations: Collection.inMemory(organisations),
    authority: Collection.inMemory(authority),
  };
}
