import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { quietEnvironment } from '../support/server.js';

const script = fileURLToPath(new URL('many.mjs', import.meta.url));

const home = mkdtempSync(join(tmpdir(), 'many-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const cache = join(home, 'keys');
const keyFile = /^[A-Za-z0-9_-]{27}\.pem$/;

/** What the script says at its end. */
interface Report {
  readonly statuses: readonly number[];
  readonly origins: readonly string[];
  readonly directoryKids: readonly string[];
  /** Bytes, halfway and at the end. */
  readonly heap: readonly number[];
  readonly before: readonly string[];
  readonly after: readonly string[];
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the package as it is built, with a folder of its own to leave something behind in, until it ends by itself. */
async function useSandboxes(count: number, folder: string): Promise<Ended> {
  const cwd = join(home, folder);
  await mkdir(cwd);
  const child = spawn(process.execPath, ['--expose-gc', '--trace-warnings', script, String(count)], {
    cwd,
    env: { ...quietEnvironment, TMPDIR: cwd, MOCK_OB_DIRECTORY_KEY_CACHE: cache },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...texts }));
  });
}

function reportOf({ code, stdout, stderr }: Ended): Report {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

/** What is left in a process's own folder, and in the cache beside whole keys. */
const leftIn = (folder: string) => [
  ...readdirSync(join(home, folder)),
  ...readdirSync(cache).filter((name) => !keyFile.test(name)),
];

// Where no key is cached yet, the first of all takes seconds to make them.
vi.setConfig({ testTimeout: 120_000 });

describe('eight processes at once, each with a sandbox', () => {
  it('share a key cache that is empty at first, but neither port nor key, and end by themselves with nothing left behind', async () => {
    const folders = Array.from({ length: 8 }, (_, index) => `process-${index + 1}`);
    const ended = await Promise.all(folders.map((folder) => useSandboxes(1, folder)));
    const reports = ended.map(reportOf);
    expect(reports.map(({ statuses }) => statuses)).toEqual(folders.map(() => [201]));
    expect(new Set(reports.flatMap(({ origins }) => origins)).size).toBe(2 * folders.length);
    expect(new Set(reports.flatMap(({ directoryKids }) => directoryKids)).size).toBe(folders.length);
    expect(folders.flatMap(leftIn)).toEqual([]);
    expect(readdirSync(cache).length).toBeGreaterThan(0);
  });
});

describe('fifty sandboxes of one process', () => {
  it('leave no handle, no memory, no file and no word behind, and the process ends by itself', async () => {
    const report = reportOf(await useSandboxes(50, 'fifty'));
    expect(report.statuses).toEqual(Array(50).fill(201));
    expect(report.after).toEqual(report.before);
    expect(leftIn('fifty')).toEqual([]);
    const [halfway = 0, end = 0] = report.heap;
    // A sandbox holds half of this: not two of the twenty-five in between are still there.
    expect(end - halfway).toBeLessThan(1_500_000);
  });
});
