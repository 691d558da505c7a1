import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { installedVersion } from '../support/packed-package.js';
import { Consumer } from './consumer.js';

vi.setConfig({ hookTimeout: 300_000, testTimeout: 60_000 });

/** What is written in a module of either kind. */
const useKit = `
  const sandbox = await startSandbox({ clock: '2027-01-31T09:00:00Z' });
  try {
    const tpp = await sandbox.createTpp({ roles: ['AISP'] });
    const response = await tpp.register(sandbox.bank('reference'));
    console.log(response.status);
    const page = await fetch(sandbox.urls.http);
    console.log(page.status, page.headers.get('content-type'));
  } finally {
    await sandbox.close();
  }
`;
const printed = '201\n200 text/html; charset=utf-8\n';

const useDispatcher = `
  import { startSandbox } from 'mock-ob-directory/testkit';
  const sandbox = await startSandbox();
  try {
    const tpp = await sandbox.createTpp();
    const { dispatcher } = tpp;
    const { status } = await fetch(sandbox.urls.https + '/healthz', { dispatcher });
    console.log(status);
  } finally {
    await sandbox.close();
  }
`;

const consumer = new Consumer();
beforeAll(async () => {
  await consumer.install();
});
afterAll(() => consumer.remove());

describe('a program in plain JavaScript', () => {
  it('imports the test kit, whose pages and data are found where it is installed', async () => {
    consumer.write('program.mjs', `import { startSandbox } from 'mock-ob-directory/testkit';\n${useKit}`);
    const { stdout, stderr } = await consumer.node('program.mjs');
    expect({ stdout, stderr }).toEqual({ stdout: printed, stderr: '' });
  });

  it('may require it: there is no await at the top of any module', async () => {
    consumer.write(
      'program.cjs',
      `const { startSandbox } = require('mock-ob-directory/testkit');\n(async () => {${useKit}})();`,
    );
    const { stdout, stderr } = await consumer.node('program.cjs');
    expect(stdout).toBe(printed);
    // Node 20 warns of require() for modules, later ones do not.
    expect(stderr.replaceAll(/^\(node:\d+\) /gm, '')).toMatch(
      /^(ExperimentalWarning: CommonJS module .* is loading ES Module .* using require\(\)\.\n.*\n.*\n)?$/,
    );
  });

  it('gets the same from both entries, and its package.json', async () => {
    consumer.write(
      'entries.mjs',
      `import * as api from 'mock-ob-directory';
       import * as kit from 'mock-ob-directory/testkit';
       import manifest from 'mock-ob-directory/package.json' with { type: 'json' };
       console.log(Object.keys(api).join(), Object.keys(kit).join(), api.startSandbox === kit.startSandbox, manifest.name);`,
    );
    const { stdout } = await consumer.node('--no-warnings', 'entries.mjs');
    expect(stdout).toBe(
      'ConfigurationError,DomainError,createSandbox,startSandbox createSandbox,startSandbox true mock-ob-directory\n',
    );
  });

  it('cannot reach into the rooms behind the entries', async () => {
    consumer.write('inside.mjs', "import 'mock-ob-directory/dist/sandbox/services.js';");
    await expect(consumer.node('inside.mjs')).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

describe('the dispatcher of a TPP', () => {
  it('says what it needs where undici is not installed', async () => {
    consumer.write('dispatcher.mjs', useDispatcher);
    await expect(consumer.node('dispatcher.mjs')).rejects.toThrow(
      'tpp.dispatcher needs the package undici, version 6 or 7: npm install --save-dev undici@7. Without it, use tpp.fetch, tpp.httpsAgent or tpp.tls.',
    );
  });

  it('is taken by the fetch of Node where it is', async () => {
    await consumer.install({ dependencies: { undici: installedVersion('undici') } });
    const { stdout, stderr } = await consumer.node('dispatcher.mjs');
    expect({ stdout, stderr }).toEqual({ stdout: '200\n', stderr: '' });
  });
});
