import ts from 'typescript';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';

// The compiler reads everything that ours is made of.
vi.setConfig({ hookTimeout: 120_000, testTimeout: 120_000 });

const entries = ['index', 'testkit'].map((name) =>
  fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url)),
);

/** What a user may write, and the symbol that it stands for. */
interface Name {
  readonly name: string;
  readonly symbol: ts.Symbol;
}

let checker: ts.TypeChecker;
let exported: Name[];
beforeAll(() => {
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    strict: true,
    noEmit: true,
  });
  checker = program.getTypeChecker();
  exported = entries.flatMap((entry) => exportsOf(program.getSourceFile(entry)));
});

function exportsOf(source: ts.SourceFile | undefined): Name[] {
  const module = source && checker.getSymbolAtLocation(source);
  return (module ? checker.getExportsOfModule(module) : []).map((one) => ({
    name: one.name,
    symbol: one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one,
  }));
}

/** What is written in our sources and open to everybody: not what a type has from Node or from its base library. */
function membersOf({ name, symbol }: Name): Name[] {
  return checker
    .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
    .filter((member) => member.declarations?.some(isOursAndPublic))
    .map((member) => ({ name: `${name}.${member.name}`, symbol: member }));
}

function isOursAndPublic(declaration: ts.Declaration): boolean {
  const isOurs = !declaration.getSourceFile().fileName.includes('/node_modules/');
  return (
    isOurs &&
    (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.NonPublicAccessibilityModifier) === 0
  );
}

/** Exported because something leads there, without a promise that it stays: so its members explain themselves. */
function isInternal({ symbol }: Name): boolean {
  return symbol.getJsDocTags(checker).some(({ name }) => name === 'internal');
}

function undocumented(names: readonly Name[]): string[] {
  return names
    .filter(({ symbol }) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() === '')
    .map(({ name }) => name);
}

describe('the public API', () => {
  it('has a docstring for everything that either entry exports', () => {
    expect(exported.length).toBeGreaterThan(100);
    expect(undocumented(exported)).toEqual([]);
  });

  it('has a docstring for every member of what it exports', () => {
    const members = exported.filter((one) => !isInternal(one)).flatMap(membersOf);
    expect(members.length).toBeGreaterThan(400);
    expect(undocumented(members)).toEqual([]);
  });

  it('keeps to itself only what the services of a sandbox are made of', () => {
    const internal = new Set(exported.filter(isInternal).map(({ name }) => name));
    expect([...internal].sort()).toEqual([
      'Anchor',
      'DefectiveCertificates',
      'DirectoryServices',
      'IssuedQualifiedCertificate',
      'Services',
    ]);
  });
});
