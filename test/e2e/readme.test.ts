import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli, type Instance } from '../support/server.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = Array.from(readme.matchAll(/```sh\n(.*?)```/gs), ([, block = '']) => block.trim());
const calls = blocks.filter((block) => /^(curl|openssl) /.test(block));

let instance: Instance;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-readme-'));
  instance = await startCli(['--in-memory']);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await instance.end();
});

async function paste(block: string): Promise<string> {
  const here = block.replaceAll('localhost:8080', new URL(instance.http).host);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here], { cwd: folder });
  return stdout;
}

function callWith(part: string): string {
  const [call, ...others] = calls.filter((block) => block.includes(part));
  if (call === undefined || others.length > 0) throw new Error(`expected one command with "${part}"`);
  return call;
}

describe('the commands of the README', () => {
  it('are these four, beside those that start things', () => {
    expect(calls).toHaveLength(4);
  });

  it('return a ready TPP', async () => {
    const tpp = JSON.parse(await paste(callWith('/sandbox/tpps'))) as object;
    expect(Object.keys(tpp)).toEqual(['organisation', 'softwareStatement', 'signing', 'transport', 'ssa']);
  });

  it('return a bare SSA', async () => {
    expect(await paste(callWith('/ssa'))).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('certify a key made with OpenSSL', async () => {
    const certificate = JSON.parse(await paste(callWith('openssl req'))) as object;
    expect(certificate).toMatchObject({
      type: 'obsigning',
      status: 'active',
      softwareId: 'AcmeBudgetPlanner00001',
    });
    expect(readFileSync(join(folder, 'signing.key'), 'utf8')).toContain('PRIVATE KEY');
  });

  it('list the attempts at the bank', async () => {
    expect(JSON.parse(await paste(callWith('/attempts')))).toEqual({ items: [], next: null });
  });

  it('name options that exist, all of them', async () => {
    const help = (await promisify(execFile)(process.execPath, ['dist/cli.js', '--help'])).stdout;
    const named = (text: string) => [
      ...new Set(text.match(/^\W*--[a-z-]+/gm)?.map((word) => word.replace(/^\W*--/, ''))),
    ];
    const documented = named(readme.slice(readme.indexOf('## Options')));
    expect(documented.sort()).toEqual(
      named(help)
        .filter((name) => !['help', 'version'].includes(name))
        .sort(),
    );
  });
});
