import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox, type StateFile } from '../../src/testkit.js';
import { CommandLine } from '../support/cli.js';

let sandbox: Sandbox;
let folder: string;
const cli = new CommandLine(() => sandbox.urls.http);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-cli-'));
  sandbox = await startSandbox();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sandbox.close();
});

const create = async (name: string) =>
  (await sandbox.services.registry.createOrganisation({ name, kind: 'tpp' })).id;
const names = () =>
  sandbox.services.registry.pageOfOrganisations({ limit: 1_000 }).items.map(({ name }) => name);

describe('state', () => {
  it('is exported into a file for its owner alone, and comes back from there', async () => {
    const file = join(folder, 'state.json');
    await create('Before Ltd');
    expect(await cli.output(['state', 'export', file])).toBe(
      `The state is in ${file}. It holds private keys.\n`,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await create('After Ltd');
    expect(await cli.output(['state', 'import', file])).toBe(`The state of "${file}" is in force.\n`);
    expect(names()).toContain('Before Ltd');
    expect(names()).not.toContain('After Ltd');
  });

  it('goes through pipes', async () => {
    await create('Piped Ltd');
    await cli.paste('mock-ob-directory state export > piped.json', folder);
    await cli.output(['state', 'reset']);
    expect(names()).not.toContain('Piped Ltd');
    await cli.paste('cat piped.json | mock-ob-directory state import -', folder);
    expect(names()).toContain('Piped Ltd');
  });

  it('is exported over another file only with --force', async () => {
    const file = join(folder, 'mine.json');
    writeFileSync(file, 'mine', { mode: 0o644 });
    expect(await cli.run(['state', 'export', file])).toEqual({
      code: 1,
      stdout: '',
      stderr: `mock-ob-directory: ${file} is there already; --force overwrites it\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await cli.json(['state', 'export', file, '--force'])).toEqual({ exported: file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((JSON.parse(readFileSync(file, 'utf8')) as StateFile).format).toBe('mock-ob-directory-state');
  });

  it('leaves no file behind where nothing comes', async () => {
    const file = join(folder, 'nothing.json');
    const run = await cli.run(['state', 'export', file, '--url', 'http://127.0.0.1:1']);
    expect(run.code).toBe(1);
    expect(() => statSync(file)).toThrow('ENOENT');
  });

  it('of a new sandbox can be exported, to begin with', async () => {
    const file = join(folder, 'new.json');
    await cli.output(['state', 'export', '--in-memory', file]);
    const other = await startSandbox({ state: file });
    const issued = await other.services.ssaIssuer.issue('AcmeBudgetPlanner00001');
    await other.close();
    expect(issued.ssa).toMatch(/^eyJ/);
  });

  it('is taken back to the start, or to the demo data alone', async () => {
    await create('Gone Ltd');
    expect(await cli.output(['state', 'reset', '--to', 'demo'])).toBe('The demo data alone are in force.\n');
    expect(names()).not.toContain('Gone Ltd');
    expect(await cli.json(['state', 'reset'])).toEqual({ reset: 'start-up' });
  });

  it.each<[what: string, words: string[], input: string, code: number, message: string]>([
    ['JSON that is no state', ['import', '-'], '{}', 1, 'standard input: format: expected '],
    ['what is no JSON', ['import', '-'], 'hello', 1, 'standard input: body: expected JSON, got '],
    ['a file that is not there', ['import', '/nowhere/state.json'], '', 2, '"/nowhere/state.json": ENOENT: '],
    ['a folder', ['import', '/'], '', 1, '"/": expected a file of at most 400000000 bytes, got '],
    [
      'a folder that is not there',
      ['export', '/nowhere/state.json'],
      '',
      1,
      '/nowhere/state.json cannot be written',
    ],
    [
      'an import of nothing',
      ['import'],
      '',
      2,
      'state import: expected a file, or - for standard input, got nothing',
    ],
    ['no action', [], '', 2, 'state: expected one of export, import, reset, got nothing'],
    [
      'a misspelt action',
      ['exprot'],
      '',
      2,
      'state: expected one of export, import, reset, got "exprot"; did you mean "export"?',
    ],
    [
      'a misspelt target',
      ['reset', '--to', 'dem'],
      '',
      2,
      '--to: expected one of start-up, demo, got "dem"; did you mean "demo"?',
    ],
    ['a target of an export', ['export', '-', '--to', 'demo'], '', 2, '--to: it is for reset alone'],
    ['a file to reset', ['reset', 'state.json'], '', 2, 'state reset: expected no file, got "state.json"'],
    [
      'a sandbox of its own to reset',
      ['reset', '--in-memory'],
      '',
      2,
      '--in-memory: import and reset change a sandbox that goes on running',
    ],
  ])('refuses %s', async (_what, words, input, code, message) => {
    const before = names();
    const run = await cli.run(['state', ...words], {}, input);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr.startsWith(`mock-ob-directory: ${message}`), run.stderr).toBe(true);
    expect(run.stderr.trim()).not.toContain('\n');
    expect(names()).toEqual(before);
  });
});
