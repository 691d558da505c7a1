import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandNames } from '../../src/cli/commands.js';

/** What the build made: each file with the modules in it and the files that it loads. */
interface Build {
  readonly outputs: Readonly<Record<string, Output>>;
}

interface Output {
  readonly entryPoint?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: true }[];
}

const { outputs } = JSON.parse(
  readFileSync(new URL('../../dist/.modules.json', import.meta.url), 'utf8'),
) as Build;

/** The modules of ours that come with one, without those that it loads late; as paths below the folder of the sources. */
function loadedWith(path: string): Set<string> {
  const entry = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === sourceOf(path));
  if (!entry) throw new Error(`${path} is no entry of the build`);
  const files = filesWith(entry[0]);
  return new Set(Array.from(files, (file) => modulesIn(file)).flat());
}

function filesWith(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const { path, kind, external } of outputs[file]?.imports ?? []) {
    if (!external && kind === 'import-statement') filesWith(path, found);
  }
  return found;
}

const sourceOf = (path: string) => `src/${path.replace(/\.js$/, '.ts')}`;
const modulesIn = (file: string) =>
  Object.keys(outputs[file]?.inputs ?? {}).map((path) => path.replace(/^src\/(.*)\.ts$/, '$1.js'));

const partsOf = (path: string) => [...loadedWith(path)];
const others = commandNames.filter((name) => name !== 'serve');

describe('who calls one command does not wait for another:', () => {
  it('the entry loads none', () => {
    const parts = partsOf('cli.js');
    expect(parts).toContain('cli/commands.js');
    for (const name of commandNames) expect(parts).not.toContain(`cli/${name}.js`);
  });

  it('serve loads no other', () => {
    const parts = [...partsOf('cli/serve.js'), ...partsOf('testkit.js')];
    for (const name of others) expect(parts).not.toContain(`cli/${name}.js`);
  });

  it('serve begins its keys before it loads a Directory', () => {
    const parts = partsOf('cli/serve.js');
    expect(parts).toContain('sandbox/key-pool.js');
    expect(parts.filter((part) => /^(testkit\.js$|directory\/|http\/|store\/)/.test(part))).toEqual([]);
  });

  it.each(others)('%s loads neither serve nor a Directory', (name) => {
    const parts = partsOf(`cli/${name}.js`);
    expect(parts).toContain('cli/desk.js');
    expect(parts.filter((part) => /^(testkit|cli\/serve)\.js$|^(directory|http|store)\//.test(part))).toEqual(
      [],
    );
  });
});
