import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { packedPackage } from '../support/packed-package.js';
import { findUnwanted, unpack, type PackedFile } from './contents.js';

vi.setConfig({ hookTimeout: 300_000 });

let files: PackedFile[];
beforeAll(async () => {
  files = unpack(await packedPackage());
});

describe('the packed artefact', () => {
  it('has nothing of tests, of a sandbox, of the build, and no key', () => {
    expect(findUnwanted(files)).toEqual([]);
  });

  it('has what the program needs beside its code, and what a reader looks for first', () => {
    const { bin, exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      bin: Record<string, string>;
      exports: Record<string, string | Record<string, string>>;
    };
    const entries = [...Object.values(bin), ...Object.values(exports).flatMap((one) => Object.values(one))]
      .filter((path) => path.length > 1)
      .map((path) => path.replace(/^\.\//, ''));
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        ...entries,
        'LICENSE',
        'README.md',
        'data/anchors.json',
        'data/banks/reference.json',
        'data/demo.json',
        'views/public/desk.css',
        'views/start.ejs',
      ]),
    );
  });

  it('does nothing when a module of it is imported, as "sideEffects": false says', () => {
    const modules = files.filter(({ path }) => path.endsWith('.js') && path.startsWith('dist/'));
    expect(modules.flatMap(({ path, text }) => statementsOf(path, text)).length).toBeGreaterThan(2_000);
    const effects = modules.flatMap(({ path, text }) => effectsOf(path, text));
    expect(effects.filter((effect) => !effect.startsWith('dist/cli.js: '))).toEqual([]);
    expect(effects).toContainEqual(expect.stringContaining('dist/cli.js: main('));
  });
});

/** What a module does beside declaring: a bundler would drop it with a module that nobody takes anything of. */
function effectsOf(path: string, text: string): string[] {
  return statementsOf(path, text)
    .filter(hasEffect)
    .map((statement) => `${path}: ${statement.getText().split('\n')[0] ?? ''}`);
}

function statementsOf(path: string, text: string): readonly ts.Statement[] {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true).statements;
}

function hasEffect(statement: ts.Statement): boolean {
  if (ts.isImportDeclaration(statement)) return statement.importClause === undefined && !isOfOurs(statement);
  return !(
    ts.isVariableStatement(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isExportDeclaration(statement) ||
    ts.isExportAssignment(statement)
  );
}

/** A module of ours does no more when it is imported than is found in itself. */
function isOfOurs({ moduleSpecifier }: ts.ImportDeclaration): boolean {
  return ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text.startsWith('./');
}

describe('the look through an artefact', () => {
  it.each<[what: string, path: string, text: string]>([
    ['a test', 'test/kit.js', ''],
    ['a test', 'dist/kit.test.js', ''],
    ['the state of a sandbox', 'data/sandbox/current.json', '{}'],
    ['a remnant of the build', 'dist/.built', ''],
    ['a remnant of the build', 'dist/.tsbuildinfo', ''],
    ['a source, or a map to sources that are not there', 'src/index.ts', ''],
    ['a source, or a map to sources that are not there', 'dist/index.js.map', ''],
    ['a reference to a map', 'dist/index.js', 'export {};\n//# sourceMappingURL=index.js.map'],
    ['a key or a certificate by its name', 'data/root.crt', ''],
    ['PEM', 'data/demo.json', `{"key":"-----BEGIN PRIVATE KEY-----\\nMIIEvgIBADANBgkqhkiG"}`],
    ['PEM', 'data/root.txt', '-----BEGIN CERTIFICATE-----\r\nMIIEvgIBADANBgkqhkiG'],
    ['a private JWK', 'data/jwk.json', '{"kty":"RSA","d": "c2VjcmV0c2VjcmV0c2VjcmV0"}'],
    ['a path of the machine that built it', 'dist/a.js', process.cwd() + '/src'],
  ])('finds %s: %s', (what, path, text) => {
    expect(findUnwanted([{ path, text }])).toEqual([`${path}: ${what}`]);
  });

  it.each([
    ['declarations', 'dist/index.d.ts', 'export declare const a = 1;'],
    [
      'code that deals with PEM',
      'dist/pki/pem.js',
      'if (text.startsWith("-----BEGIN CERTIFICATE-----")) return;',
    ],
    ['a public JWK', 'data/jwk.json', '{"kty":"RSA","n":"c2VjcmV0c2VjcmV0c2VjcmV0"}'],
  ])('lets %s pass', (_what, path, text) => {
    expect(findUnwanted([{ path, text }])).toEqual([]);
  });
});
