import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { installInto, packedPackage, runIn } from '../support/packed-package.js';

vi.setConfig({ hookTimeout: 300_000 });

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-package-'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "dependencies": {} }');
  await installInto(folder, { type: 'module' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed artefact', () => {
  it('is packed once, whoever asks', async () => {
    expect(await packedPackage()).toBe(await packedPackage());
  });

  it('is installed beside what a package.json says already', async () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;
    expect(manifest).toEqual({
      name: 'somebody',
      type: 'module',
      dependencies: { 'mock-ob-directory': `file:${await packedPackage()}` },
    });
  });

  it('says its version', async () => {
    const { version } = JSON.parse(
      readFileSync(join(folder, 'node_modules', 'mock-ob-directory', 'package.json'), 'utf8'),
    ) as { version: string };
    const { stdout } = await runIn(folder, 'npx', ['mock-ob-directory', '--version']);
    expect(stdout).toBe(`${version}\n`);
  });
});
