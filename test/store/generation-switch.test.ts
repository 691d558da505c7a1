import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type * as fileSystem from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyStoreState } from '../../src/domain/state.js';
import { openFileStore } from '../../src/store/store.js';

const disk = vi.hoisted(() => ({ cannotSyncDirectories: false }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof fileSystem>();
  const open: typeof real.open = (path, flags, mode) =>
    disk.cannotSyncDirectories && flags === 'r'
      ? Promise.reject(new Error('EIO'))
      : real.open(path, flags, mode);
  return { ...real, open };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-test-'));
});
afterEach(() => {
  disk.cannotSyncDirectories = false;
  rmSync(folder, { recursive: true });
});

const generations = () => readdirSync(folder).filter((name) => name.startsWith('generation-'));

describe('the switch from one generation to the next', () => {
  it('counts once its file is in place, though the disk cannot say that it is durable', async () => {
    const store = await openFileStore(folder);
    const prepared = await store.prepare(emptyStoreState);
    disk.cannotSyncDirectories = true;
    await prepared.commit();
    disk.cannotSyncDirectories = false;
    expect(generations()).toEqual(['generation-2']);
    await prepared.store.close();
    await (await openFileStore(folder)).close();
  });

  it('is never to one that is not there, which would lose those that are', async () => {
    await (await openFileStore(folder)).close();
    writeFileSync(join(folder, 'current.json'), '{"format":1,"generation":"generation-7"}');
    await expect(openFileStore(folder)).rejects.toMatchObject({
      code: 'unreadable_file',
      message: expect.stringContaining(
        'names generation-7, which is not there; there is generation-1',
      ) as string,
    });
    expect(generations()).toEqual(['generation-1']);
  });
});
