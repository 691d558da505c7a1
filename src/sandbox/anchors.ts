import type { PublicUrls } from '../directory/trust-anchor.js';
import type { Store } from '../domain/ports.js';
import { authorityNamesOf } from '../pki/profiles.js';
import type { AnchorDefinition } from './data-files.js';
import { openDirectory, type DirectoryServices, type DirectorySurroundings } from './directory-services.js';

/**
 * A trust anchor beside the Directory: an SSA issuer with keys, authorities and participants of its own.
 * @see DCR 3.4, "Software Statement": an ASPSP says whose SSAs it accepts
 * @internal
 */
export interface Anchor extends AnchorDefinition {
  /** The bases of its URLs: below them it has the paths that the Directory has at its top. */
  readonly urls: PublicUrls;
  /**
   * What it does. Its keys are made when it is first looked at, and once for all who look; a failure may be tried again.
   * @throws DomainError `storage_failed`, StoreError `unreadable_file`
   */
  open(): Promise<DirectoryServices>;
}

/** A trust anchor that costs nothing until someone looks at it. */
export function lazyAnchor(
  definition: AnchorDefinition,
  surroundings: DirectorySurroundings & { readonly store: Pick<Store, 'anchor'>; readonly urls: PublicUrls },
): Anchor {
  const { id, name, ssaIssuer } = definition;
  const urls = {
    http: `${surroundings.urls.http}/anchors/${id}`,
    https: `${surroundings.urls.https}/anchors/${id}`,
  };
  const open = async () =>
    openDirectory(surroundings, {
      store: await surroundings.store.anchor(id),
      names: authorityNamesOf(name, name),
      urls,
      ssaIssuer,
    });
  let opened: Promise<DirectoryServices> | undefined;
  return {
    ...definition,
    urls,
    open: () => {
      if (opened) return opened;
      const opening = open();
      opened = opening;
      opening.catch(() => (opened = undefined));
      return opening;
    },
  };
}
