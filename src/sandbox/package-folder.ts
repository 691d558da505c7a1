import { existsSync } from 'node:fs';

/** The folder of the package, where what ships beside the code lies: the build puts modules together in other places. */
export const packageFolder = folderOfManifest(new URL('.', import.meta.url));

function folderOfManifest(folder: URL): URL {
  return existsSync(new URL('package.json', folder)) ? folder : folderOfManifest(new URL('..', folder));
}
