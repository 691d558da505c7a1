import { resolvePath, type Attribute, type AttributePath, type Reader } from './attributes.js';
import type { Selection } from './query.js';

/** Returned whatever a client asks for or leaves out. */
const alwaysReturned: readonly string[] = ['schemas', 'id'];

/** Attributes by name, each whole or with those below it. */
type Tree = Map<string, Tree | 'whole'>;

/** Makes the JSON of a resource out of the attributes that a selection leaves. */
export type Projector<Item> = (item: Item) => Record<string, unknown>;

/**
 * Names that the schemas do not have are passed over, and a name that several extensions have stands for all of them.
 * @see RFC 7644 section 3.9
 */
export function projector<Item>(
  { attributes: wanted, excludedAttributes: unwanted = [] }: Selection,
  attributes: readonly Attribute[],
  read: Reader<Item>,
): Projector<Item> {
  const kept = wanted && treeOf([...wanted, ...alwaysReturned], attributes);
  const dropped = treeOf(unwanted, attributes);
  for (const name of alwaysReturned) dropped.delete(name);
  const names = attributes.map(({ name }) => name).filter((name) => !kept || kept.has(name));
  return (item) =>
    objectOf(names, (name) => without(only(read(item, name), kept?.get(name)), dropped.get(name)));
}

function treeOf(written: readonly string[], attributes: readonly Attribute[]): Tree {
  const tree: Tree = new Map();
  for (const path of written.flatMap((name) => resolvePath(name, attributes))) add(tree, path);
  return tree;
}

function add(tree: Tree, [first, ...rest]: AttributePath): void {
  if (first === undefined) return;
  const current = tree.get(first.name);
  if (rest.length === 0) tree.set(first.name, 'whole');
  else if (current !== 'whole') {
    const below: Tree = current ?? new Map<string, Tree | 'whole'>();
    tree.set(first.name, below);
    add(below, rest);
  }
}

/** What a tree names of a value. */
function only(value: unknown, tree: Tree | 'whole' | undefined): unknown {
  if (tree === undefined || tree === 'whole') return value;
  return eachObject(value, (object) =>
    objectOf([...tree.keys()], (name) =>
      Object.hasOwn(object, name) ? only(object[name], tree.get(name)) : undefined,
    ),
  );
}

/** A value short of what a tree names. */
function without(value: unknown, tree: Tree | 'whole' | undefined): unknown {
  if (tree === undefined) return value;
  if (tree === 'whole') return undefined;
  return eachObject(value, (object) =>
    objectOf(Object.keys(object), (name) => without(object[name], tree.get(name))),
  );
}

type JsonObject = Readonly<Record<string, unknown>>;

function eachObject(value: unknown, change: (object: JsonObject) => JsonObject): unknown {
  if (Array.isArray(value)) return value.map((one) => eachObject(one, change));
  return typeof value === 'object' && value !== null ? change(value as JsonObject) : value;
}

function objectOf(names: readonly string[], valueOf: (name: string) => unknown): Record<string, unknown> {
  const members = names.map((name) => [name, valueOf(name)] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}
