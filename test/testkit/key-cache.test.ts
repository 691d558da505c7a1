import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder } from '../../src/testkit/cache-folder.js';
import { keyCacheIn } from '../../src/testkit/key-cache.js';
import { createSandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { startCli } from '../support/server.js';

// Keys take their time, on a busy machine much of it.
vi.setConfig({ testTimeout: 120_000 });

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cache-'));
  folder = join(home, 'mock-ob-directory', 'keys');
});
afterEach(() => {
  vi.unstubAllEnvs();
  // Fails where something is still being written into it.
  rmSync(home, { recursive: true, force: true });
});

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const keyFiles = () => readdirSync(folder).filter((name) => name.endsWith('.pem'));

/** A key that an earlier process left. */
async function leaveKey(mode = 0o600): Promise<string> {
  const { privateKeyPem } = await testKeys.take();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, `${String(keyFiles().length).padStart(27, '0')}.pem`), privateKeyPem, { mode });
  return privateKeyPem;
}

describe('the folder of the key cache', () => {
  it('is the user’s cache folder, for its owner alone', () => {
    expect(cacheFolder(undefined, { XDG_CACHE_HOME: home })).toBe(folder);
    expect(modeOf(folder)).toBe('700');
  });

  it('is closed to others where it was open', () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
    cacheFolder(undefined, { XDG_CACHE_HOME: home });
    expect(modeOf(folder)).toBe('700');
  });

  it('is another one, or none, where an option or the variable says so', () => {
    const other = join(home, 'other');
    const variables = { XDG_CACHE_HOME: home, MOCK_OB_DIRECTORY_KEY_CACHE: other };
    expect(cacheFolder(undefined, variables)).toBe(other);
    expect(cacheFolder(false, variables)).toBeUndefined();
    expect(cacheFolder(join(home, 'third'), variables)).toBe(join(home, 'third'));
    expect(cacheFolder(undefined, { ...variables, MOCK_OB_DIRECTORY_KEY_CACHE: 'off' })).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });

  it('that cannot be used is refused when it was asked for, and else done without', () => {
    writeFileSync(join(home, 'file'), '');
    symlinkSync(tmpdir(), join(home, 'link'));
    expect(() => cacheFolder(join(home, 'file'))).toThrow(/^keyCache: .*file cannot be used/);
    expect(() => cacheFolder(join(home, 'link'))).toThrow('it is no folder');
    const variables = { MOCK_OB_DIRECTORY_KEY_CACHE: join(home, 'file') };
    expect(() => cacheFolder(undefined, variables)).toThrow('MOCK_OB_DIRECTORY_KEY_CACHE: ');
    expect(cacheFolder(undefined, { XDG_CACHE_HOME: join(home, 'file') })).toBeUndefined();
  });
});

describe('the key cache', () => {
  it('hands out what earlier processes left, each key once', async () => {
    const left = [await leaveKey(), await leaveKey()];
    const lease = keyCacheIn(folder).lease();
    const taken = [await lease.take(), await lease.take(), await lease.take()].map(
      (pair) => pair.privateKeyPem,
    );
    expect(new Set(taken).size).toBe(3);
    expect(taken.slice(0, 2).sort()).toEqual(left.sort());
    await lease.end();
  });

  it('keeps what it had to make for later processes, readable to its owner alone', async () => {
    mkdirSync(folder, { recursive: true });
    const lease = keyCacheIn(folder).lease();
    const { privateKeyPem } = await lease.take();
    await lease.end();
    expect(keyFiles().map((name) => readFileSync(join(folder, name), 'utf8'))).toContain(privateKeyPem);
    expect(new Set(keyFiles().map((name) => modeOf(join(folder, name))))).toEqual(new Set(['600']));
    expect(readdirSync(folder)).toEqual(keyFiles());
  });

  it('gives no key to two sandboxes at once, and those given back to the next', async () => {
    await leaveKey();
    const cache = keyCacheIn(folder);
    const [one, other] = [cache.lease(), cache.lease()];
    const first = await one.take();
    const second = await other.take();
    expect(second.privateKeyPem).not.toBe(first.privateKeyPem);
    await one.end();
    await one.end();
    expect((await other.take()).privateKeyPem).toBe(first.privateKeyPem);
    expect((await other.take()).privateKeyPem).not.toBe(first.privateKeyPem);
    await other.end();
  });

  it('gives the keys of a lease back once, however often it is ended', async () => {
    await leaveKey();
    const cache = keyCacheIn(folder);
    const lease = cache.lease();
    const { privateKeyPem } = await lease.take();
    await Promise.all([lease.end(), lease.end()]);
    const next = cache.lease();
    expect((await next.take()).privateKeyPem).toBe(privateKeyPem);
    const made = await next.take();
    expect(made.privateKeyPem).not.toBe(privateKeyPem);
    // Counted off twice, the lease before would leave none now, for which a key is kept.
    await next.end();
    expect(keyFiles().map((name) => readFileSync(join(folder, name), 'utf8'))).toContain(made.privateKeyPem);
  });

  it('takes back a key that was on its way when its lease ended', async () => {
    await leaveKey();
    const cache = keyCacheIn(folder);
    const lease = cache.lease();
    const late = lease.take();
    await lease.end();
    const { privateKeyPem } = await late;
    const next = cache.lease();
    expect((await next.take()).privateKeyPem).toBe(privateKeyPem);
    await next.end();
  });

  it('writes nothing any more once its last lease has ended', async () => {
    mkdirSync(folder, { recursive: true });
    const cache = keyCacheIn(folder);
    const lease = cache.lease();
    const late = lease.take();
    await lease.end();
    await late;
    // Whatever were on its way would have arrived at the end of another.
    await cache.lease().end();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['that others may read', () => leaveKey(0o644)],
    [
      'of another kind',
      () =>
        plant(
          generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
            format: 'pem',
            type: 'pkcs8',
          }),
        ),
    ],
    [
      'of another size',
      () =>
        plant(
          generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
            format: 'pem',
            type: 'pkcs8',
          }),
        ),
    ],
    ['that is none', () => plant('no key')],
    ['of any length', () => plant('x'.repeat(1_000_000))],
  ])('passes over a file %s', async (_what, leave) => {
    const left = await leave();
    const lease = keyCacheIn(folder).lease();
    expect((await lease.take()).privateKeyPem).not.toBe(left);
    await lease.end();
  });

  it('passes over a link', async () => {
    const left = await leaveKey();
    const [name = ''] = keyFiles();
    writeFileSync(join(home, 'elsewhere.pem'), left, { mode: 0o600 });
    rmSync(join(folder, name));
    symlinkSync(join(home, 'elsewhere.pem'), join(folder, name));
    const lease = keyCacheIn(folder).lease();
    expect((await lease.take()).privateKeyPem).not.toBe(left);
    await lease.end();
  });

  function plant(text: string | Buffer): string {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, `${'A'.repeat(27)}.pem`), text, { mode: 0o600 });
    return text.toString();
  }
});

describe('a sandbox with a key cache', () => {
  it('has certificates of its own for keys that others had', async () => {
    const facts = async () => {
      await using sandbox = await createSandbox({ keyCache: folder });
      const { services } = sandbox;
      return { key: services.trustAnchor.signing.privateKey, rootPem: services.trustAnchor.rootPem };
    };
    const [one, other] = [await facts(), await facts()];
    expect(other.rootPem).not.toBe(one.rootPem);
  });

  it.each([
    ['at the Directory', {}],
    ['at another trust anchor', { anchorId: 'second' }],
  ])(
    'takes over a state whose keys are in the cache, and uses none of them again %s',
    async (_where, anchor) => {
      const first = await createSandbox({ keyCache: folder });
      await first.createTpp(anchor);
      const state = await first.state.export();
      await first.close();
      const text = JSON.stringify(state);
      await using second = await createSandbox({ keyCache: folder, state });
      const { signing, transport } = await second.createTpp(anchor);
      for (const { kid, privateKeyPem } of [signing, transport]) {
        expect(text).not.toContain(kid);
        expect(text).not.toContain(JSON.stringify(privateKeyPem).slice(1, -1));
      }
    },
  );

  it('is none where serve begins', async () => {
    const variables = { XDG_CACHE_HOME: home, MOCK_OB_DIRECTORY_KEY_CACHE: folder };
    const instance = await startCli(['--in-memory'], variables);
    expect(await instance.end()).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(folder)).toBe(false);
  });
});
