import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../../src/testkit.js';

type Members = Readonly<Record<string, unknown>>;

const folder = fileURLToPath(new URL('../../data/banks/', import.meta.url));

/** The ids of the banks that come with the sandbox. */
export const shippedBanks: readonly string[] = readdirSync(folder)
  .sort()
  .map((name) => name.replace(/\.json$/, ''));

/** A bank's profile as it is written down: what follows from the version is not in it. */
export function shippedProfile(bankId: string): Members {
  return JSON.parse(readFileSync(`${folder}${bankId}.json`, 'utf8')) as Members;
}

/** Lets a bank behave differently for as long as something takes. */
export async function withProfile<T>(
  { services }: Sandbox,
  bankId: string,
  changes: Members | undefined,
  act: () => Promise<T>,
): Promise<T> {
  if (changes === undefined) return act();
  const shipped = shippedProfile(bankId);
  await services.changeBankProfile(bankId, merged(shipped, changes));
  try {
    return await act();
  } finally {
    await services.changeBankProfile(bankId, shipped);
  }
}

/** Objects are merged member by member; anything else, null and lists too, takes the place of what was there. */
function merged(base: unknown, changes: unknown): unknown {
  if (!isObject(base) || !isObject(changes)) return changes;
  const entries = Object.entries(changes).map(([member, value]) => [member, merged(base[member], value)]);
  return { ...base, ...Object.fromEntries(entries) } as Members;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The settings of a profile as paths, such as `request.audience.rule`; lists are settings, not their items. */
export function settingsOf(value: unknown, path = ''): string[] {
  if (!isObject(value)) return [path];
  return Object.entries(value).flatMap(([member, item]) =>
    settingsOf(item, path === '' ? member : `${path}.${member}`),
  );
}
