import type { z } from 'zod';
import type { bankProfileSchema } from '../aspsp/profile.js';
import { describeProblem } from '../domain/errors.js';
import { readAnchors, readBankProfiles, type ShippedProfile } from '../sandbox/data-files.js';
import { ConfigurationError } from '../sandbox/options.js';
import { profileProblems } from '../sandbox/state/integrity.js';

type Changes<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Member in keyof T]?: Changes<T[Member]> | undefined }
    : T;

/**
 * Members of a bank's profile to replace; a list is replaced as a whole.
 * @useDeclaredType
 * @category Start
 */
export type ProfileChanges = Changes<z.input<typeof bankProfileSchema>>;

/**
 * By the ids of banks. One that does not come with the sandbox begins as the reference bank, and shares its organisation.
 * @category Start
 */
export type Profiles = Readonly<Record<string, ProfileChanges>>;

/**
 * The profiles that the banks of a sandbox come with.
 * @throws ConfigurationError that names what is wrong with which
 */
export function profilesWith(changes: Profiles): ShippedProfile[] {
  const shipped = readBankProfiles();
  const reference = shipped.find(({ id }) => id === 'reference');
  const further = Object.keys(changes)
    .filter((id) => !shipped.some((bank) => bank.id === id))
    .map((id) => ({ ...reference, id, name: id }) as ShippedProfile);
  const profiles = [...shipped, ...further].map(
    (profile) => merged(profile, changes[profile.id] ?? {}) as ShippedProfile,
  );
  const anchorIds = readAnchors().map(({ id }) => id);
  const problems = Object.keys(changes).flatMap((id) => {
    const profile = profiles.find((one) => one.id === (changes[id]?.id ?? id));
    return profile ? profileProblems(`profiles.${id}`, id, profile, anchorIds) : [];
  });
  if (problems.length > 0) throw new ConfigurationError(problems.map(describeProblem).join('; '));
  return profiles;
}

function merged(base: unknown, change: unknown): unknown {
  if (change === undefined) return base;
  if (!isObject(base) || !isObject(change)) return change;
  const members = new Set([...Object.keys(base), ...Object.keys(change)]);
  return Object.fromEntries(Array.from(members, (name) => [name, merged(base[name], change[name])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
