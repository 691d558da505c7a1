import type { KeySetKind } from '../../directory/keystore.js';
import { DomainError, notFound } from '../../domain/errors.js';
import type { JwkSet } from '../../domain/jwk.js';
import type { Anchor } from '../anchors.js';
import type { DirectoryServices } from '../directory-services.js';
import type { Fault } from './fault.js';

/** Whose keys a fault can spoil. */
export interface Keystores {
  readonly directory: Pick<DirectoryServices, 'keystore' | 'registry'>;
  /** @throws DomainError `not_found` */
  readonly getAnchor: (anchorId: string) => Anchor;
  /** Those that there are beside the Directory. */
  readonly anchorIds: readonly string[];
}

export type JwksTarget = Pick<Fault, 'organisationId' | 'softwareId' | 'directory' | 'anchorId' | 'set'>;

/** A set of keys: the path that it is read at, and the set as it is at each call. */
export interface KeySet {
  readonly path: string;
  readonly read: () => Promise<JwkSet>;
}

/** The set that a fault is about. @throws DomainError `not_found` */
export async function findKeySet(keystores: Keystores, target: JwksTarget): Promise<KeySet> {
  try {
    return await findIn(keystores, target);
  } catch (error) {
    throw target.anchorId === undefined ? pointingAtAnchors(error, keystores.anchorIds) : error;
  }
}

/** Whoever was not found in the Directory may be a participant of another trust anchor. */
function pointingAtAnchors(error: unknown, anchorIds: readonly string[]): unknown {
  if (!(error instanceof DomainError) || error.code !== 'not_found' || anchorIds.length === 0) return error;
  const hint = `With anchorId ${anchorIds.join(' or ')} it is looked for there.`;
  return new DomainError('not_found', `${error.message} ${hint}`, [], { cause: error });
}

async function findIn(keystores: Keystores, target: JwksTarget): Promise<KeySet> {
  const { organisationId, softwareId, anchorId, set = 'active' } = target;
  const base = anchorId === undefined ? '' : `/anchors/${anchorId}`;
  const { keystore, registry } =
    anchorId === undefined ? keystores.directory : await keystores.getAnchor(anchorId).open();
  if (softwareId !== undefined) {
    const owner = registry.getSoftwareStatement(softwareId).organisationId;
    const path = base + pathOf(owner, softwareId, set);
    return { path, read: () => keystore.softwareJwks(softwareId, set) };
  }
  if (organisationId !== undefined) {
    const path = base + pathOf(registry.getOrganisation(organisationId).id, organisationId, set);
    return { path, read: () => keystore.organisationJwks(organisationId, set) };
  }
  if (target.directory === undefined) throw notFound('holder of keys', 'nobody');
  return {
    path: `${base}/keystore/openbanking.jwks`,
    read: () => Promise.resolve(keystore.directoryJwks()),
  };
}

/** @see formats.md section 2 */
function pathOf(organisationId: string, holderId: string, set: KeySetKind): string {
  return `/${organisationId}/${set === 'revoked' ? 'revoked/' : ''}${holderId}.jwks`;
}
