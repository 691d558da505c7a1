import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { installedVersion } from '../support/packed-package.js';
import { Consumer } from './consumer.js';

// npm may have to fetch the compiler first.
vi.setConfig({ hookTimeout: 300_000, testTimeout: 300_000 });

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
const threeLines = `await using sandbox = await startSandbox({ clock: '2027-01-31T09:00:00Z' });
const tpp = await sandbox.createTpp({ roles: ['AISP'] });
const response = await tpp.register(sandbox.bank('reference'));
`;

const strict = {
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
  // The types of Node, which ours mention, are found although nobody names them.
  types: [],
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  outDir: 'built',
};

/** The calls of users, as our own lint has them, in the project of somebody who has only what is installed. */
const calls = readFileSync(new URL('api.test-d.ts', import.meta.url), 'utf8')
  .replace('../../src/index.js', 'mock-ob-directory')
  .replace("from 'vitest'", "from 'expect-type'");
const common = `
  import kit = require('mock-ob-directory/testkit');
  export const start = (): Promise<kit.Sandbox> => kit.startSandbox({ seed: 1 });
`;

const consumer = new Consumer();
beforeAll(async () => {
  await consumer.install({
    type: 'module',
    dependencies: {
      typescript: installedVersion('typescript'),
      '@types/node': installedVersion('@types/node'),
      'expect-type': installedVersion('expect-type'),
    },
  });
  consumer.write('example.ts', example);
  consumer.write('calls.ts', calls);
  consumer.write('common.cts', common);
});
afterAll(() => consumer.remove());

/** What the compiler finds wrong in a project. */
async function compile(name: string, compilerOptions: object, files: string[]): Promise<string> {
  const project = consumer.write(`tsconfig.${name}.json`, { compilerOptions, files });
  const { stdout } = await consumer.run('npx', '--no-install', 'tsc', '-p', project);
  return stdout;
}

describe('a strict TypeScript project without skipLibCheck', () => {
  it('compiles against the package under nodenext, in modules of both kinds', async () => {
    const options = { ...strict, module: 'nodenext' };
    expect(await compile('nodenext', options, ['example.ts', 'calls.ts', 'common.cts'])).toBe('');
  });

  it('compiles against the package as for a bundler', async () => {
    const options = { ...strict, module: 'esnext', moduleResolution: 'bundler', noEmit: true };
    expect(await compile('bundler', options, ['example.ts', 'calls.ts'])).toBe('');
  });
});

describe('the example of the documentation', () => {
  it('is three lines long', () => {
    expect(example).toContain(threeLines);
  });

  it('registers a TPP once it is compiled, and ends by itself', async () => {
    const { stdout, stderr } = await consumer.node('built/example.js');
    expect({ stdout, stderr }).toEqual({ stdout: '201 create at reference: 201\n', stderr: '' });
  });
});
