import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/sandbox/options.js';
import { createSandbox, startSandbox, type Sandbox, type StateFile } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

const folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-test-'));
let state: StateFile;

beforeAll(async () => {
  const sandbox = await createSandbox({ keyPairs: testKeys });
  await sandbox.services.registry.createOrganisation({ name: 'Given', kind: 'tpp' });
  state = await sandbox.state.export();
  await sandbox.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const inFolder = (name: string) => ({ keyPairs: testKeys, inMemory: false, dataDir: join(folder, name) });

async function refusalOf(start: Promise<Sandbox>): Promise<string> {
  const error: unknown = await start.then(
    (sandbox) => sandbox.close(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  return (error as ConfigurationError).message;
}

describe('a state to begin with', () => {
  it('is kept in the data directory, and is what a reset leads back to', async () => {
    const first = await createSandbox({ ...inFolder('kept'), state });
    await first.state.reset();
    await first.close();
    const second = await createSandbox(inFolder('kept'));
    const { items } = second.services.registry.pageOfOrganisations({ limit: 100 });
    expect(items.map(({ name }) => name)).toContain('Given');
    expect(second.services.trustAnchor.rootPem).toBe(state.directory.authority?.root.certificatePem);
    await second.close();
  });

  it.each([
    ['without sockets', createSandbox],
    ['that listens', startSandbox],
  ])(
    'of a time beyond its authorities is refused by a sandbox %s, and holds on to nothing',
    async (_, start) => {
      const late = { ...state, clock: { mode: 'frozen', at: '2099-01-01T00:00:00Z' } } as const;
      const settings = inFolder(start.name);
      expect(await refusalOf(start({ ...settings, state: late }))).toMatch(
        /^--state: clock\.at: expected an/,
      );
      const sandbox = await createSandbox({ ...settings, state });
      await sandbox.close();
    },
  );

  it('is refused where there is another, with nothing changed, and when its file cannot be read', async () => {
    const settings = inFolder('taken');
    await (await createSandbox({ ...settings, demo: false })).close();
    expect(await refusalOf(createSandbox({ ...settings, state }))).toContain('--data-dir that is empty');
    await (await createSandbox({ ...settings, demo: false })).close();
    const file = join(folder, 'state.json');
    writeFileSync(file, '{"format"');
    expect(await refusalOf(createSandbox({ keyPairs: testKeys, state: file }))).toContain(file);
    expect(await refusalOf(createSandbox({ keyPairs: testKeys, state: `${file}.none` }))).toContain('ENOENT');
  });
});
