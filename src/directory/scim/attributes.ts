/**
 * An attribute of a resource. What programs write in filters and lists of attributes is resolved against these, so that no
 * name of theirs ever reaches a value.
 * @see RFC 7643 section 2.2
 */
export interface Attribute {
  /** As it is on the wire; that of an extension is its schema's URN. */
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'dateTime' | 'complex';
  /** Whether case tells values apart. */
  readonly caseExact: boolean;
  /** Of complex attributes. */
  readonly subAttributes: readonly Attribute[];
}

/** Attributes from the outermost in. */
export type AttributePath = readonly Attribute[];

/** Reads one member of an item, by the name of an attribute. */
export type Reader<Item> = (item: Item, member: string) => unknown;

const simple =
  (type: Attribute['type'], caseExact = false) =>
  (name: string): Attribute => ({ name, type, caseExact, subAttributes: [] });

export const text = simple('string');
/** Identifiers, and what is base64. */
export const exact = simple('string', true);
export const boolean = simple('boolean');
export const dateTime = simple('dateTime');

export function complex(name: string, ...subAttributes: readonly Attribute[]): Attribute {
  return { name, type: 'complex', caseExact: false, subAttributes };
}

export const texts = (...names: readonly string[]): Attribute[] => names.map(text);
export const exacts = (...names: readonly string[]): Attribute[] => names.map(exact);

/**
 * Every attribute that a written path can mean; none when the name is unknown. Names have no case. A name without its URN is
 * that of a core attribute; where there is none, that of every extension that has it.
 * @see RFC 7644 section 3.10: clients must qualify the attributes of extensions; this service does not insist
 */
export function resolvePath(written: string, attributes: readonly Attribute[]): AttributePath[] {
  const path = written.toLowerCase();
  const extensions = attributes.filter(({ name }) => name.startsWith('urn:'));
  for (const extension of extensions) {
    const urn = extension.name.toLowerCase();
    if (path === urn) return [[extension]];
    if (path.startsWith(`${urn}:`) || path.startsWith(`${urn}.`)) {
      return descend([extension], path.slice(urn.length + 1).split('.'));
    }
  }
  const names = path.split('.');
  const core = descend([], names, attributes);
  return core.length > 0 ? core : extensions.flatMap((extension) => descend([extension], names));
}

/** The path that names lead to from where one stands: one, or none. */
function descend(
  path: AttributePath,
  [name, ...rest]: readonly string[],
  attributes: readonly Attribute[] = path.at(-1)?.subAttributes ?? [],
): AttributePath[] {
  if (name === undefined) return [path];
  const attribute = attributes.find((one) => one.name.toLowerCase() === name);
  return attribute ? descend([...path, attribute], rest) : [];
}

/** A path as a client would write it in full. */
export function formatPath(path: AttributePath): string {
  const [first, ...rest] = path.map(({ name }) => name);
  if (first === undefined || rest.length === 0) return first ?? '';
  return `${first}${first.startsWith('urn:') ? ':' : '.'}${rest.join('.')}`;
}

/**
 * Whether any value at a path passes a test; those of every item of a list count. What is not there is tested once, as
 * undefined.
 */
export function someValue<Item>(
  item: Item,
  [first, ...rest]: AttributePath,
  read: Reader<Item>,
  test: (value: unknown) => boolean,
): boolean {
  return first !== undefined && someBelow(read(item, first.name), rest, 0, test);
}

function someBelow(
  value: unknown,
  path: AttributePath,
  position: number,
  test: (value: unknown) => boolean,
): boolean {
  if (Array.isArray(value)) {
    return value.length === 0 ? test(undefined) : value.some((one) => someBelow(one, path, position, test));
  }
  const attribute = path[position];
  if (attribute === undefined) return test(value);
  return someBelow(readMember(value, attribute.name), path, position + 1, test);
}

/** A member of a plain object. */
export const readMember: Reader<unknown> = (value, member) =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, member)
    ? (value as Readonly<Record<string, unknown>>)[member]
    : undefined;
