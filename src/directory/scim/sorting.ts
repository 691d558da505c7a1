import { formatPath, resolvePath, type Attribute, type AttributePath, type Reader } from './attributes.js';
import { instantOf } from './comparison.js';
import { comparablePath } from './filter.js';
import { invalidValue } from './scim-error.js';

type SortKey = string | number | undefined;

/**
 * Items in the order of an attribute, those that are alike in the order they had. Those without a value come last, and first
 * where the order is descending; so all are alike for an attribute that the schemas do not have.
 * @throws ScimError `invalidValue` for a complex attribute, or a name that several extensions have
 * @see RFC 7644 section 3.4.2.3
 */
export function sorted<Item>(
  items: readonly Item[],
  { sortBy, descending }: { readonly sortBy: string; readonly descending: boolean },
  attributes: readonly Attribute[],
  read: Reader<Item>,
): readonly Item[] {
  const path = sortPath(sortBy, attributes);
  if (!path) return items;
  const direction = descending ? -1 : 1;
  return items
    .map((item) => ({ item, key: keyOf(item, path, read) }))
    .sort((one, other) => direction * compareKeys(one.key, other.key))
    .map(({ item }) => item);
}

function sortPath(sortBy: string, attributes: readonly Attribute[]): AttributePath | undefined {
  const [resolved, ...others] = resolvePath(sortBy, attributes);
  if (!resolved) return undefined;
  if (others.length > 0) {
    throw invalidValue('sortBy', [resolved, ...others].map(formatPath).join(' or '), sortBy);
  }
  const path = comparablePath(resolved);
  if (path.at(-1)?.type === 'complex') throw invalidValue('sortBy', 'one of its sub-attributes', sortBy);
  return path;
}

/** Of a list the first item counts, or the one that says it is primary. */
function keyOf<Item>(item: Item, [first, ...rest]: AttributePath, read: Reader<Item>): SortKey {
  if (first === undefined) return undefined;
  let value = representative(read(item, first.name));
  for (const { name } of rest)
    value = representative((value as Readonly<Record<string, unknown>> | undefined)?.[name]);
  return comparable(value, rest.at(-1) ?? first);
}

function representative(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const list: readonly unknown[] = value;
  return list.find((one) => (one as { readonly Primary?: unknown } | null)?.Primary === true) ?? list[0];
}

function comparable(value: unknown, { type, caseExact }: Attribute): SortKey {
  if (type === 'dateTime') return instantOf(value);
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || value === '') return undefined;
  return caseExact ? value : value.toLowerCase();
}

function compareKeys(one: SortKey, other: SortKey): number {
  if (one === other) return 0;
  if (one === undefined) return 1;
  if (other === undefined) return -1;
  return one < other ? -1 : 1;
}
