import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandNames } from '../../src/cli/commands.js';

const dist = new URL('../../dist/', import.meta.url);

/** The modules of ours that come with one, without those that it loads late; as paths below the folder of the build. */
function loadedWith(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  const module = new URL(path, dist);
  const imports = readFileSync(module, 'utf8').matchAll(
    /^(?:import|export)\b[^;'"]*['"](\.[^'"]+\.js)['"];$/gm,
  );
  for (const [, specifier = ''] of imports)
    loadedWith(new URL(specifier, module).pathname.slice(dist.pathname.length), found);
  return found;
}

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
