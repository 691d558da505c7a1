import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCli, type Instance } from '../support/server.js';

const KILLS = 20;
const WRITERS = 6;
const LONGEST_STREAM_MILLISECONDS = 400;

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mock-ob-directory-kill-'));
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** What the sandbox said it had stored, by the path under which it must be found again. */
const acknowledged = new Map<string, string>();

it(`finds every acknowledged record after ${KILLS} kills under a stream of writes`, async () => {
  for (let round = 0; round < KILLS; round += 1) {
    const instance = await startCli(['--data-dir', dataDir]);
    const streams = Array.from({ length: WRITERS }, (_, writer) =>
      write(instance, `round ${round} writer ${writer}`),
    );
    // Kills fall at another moment of the writes each time.
    const delay = 50 + ((round * 37) % LONGEST_STREAM_MILLISECONDS);
    await new Promise((resolve) => setTimeout(resolve, delay));
    await instance.end('SIGKILL');
    await Promise.all(streams);
  }
  const last = await startCli(['--data-dir', dataDir]);
  expect(acknowledged.size).toBeGreaterThan(KILLS);
  for (const [path, body] of acknowledged) {
    const response = await fetch(last.http + path);
    expect(response.status, path).toBe(200);
    expect(await response.text(), path).toBe(body);
  }
  expect((await last.end()).code).toBe(0);
  expectWholeFiles();
}, 180_000);

/** Creates organisations, and statements and redirect URIs in them, until the connection breaks. */
async function write(instance: Instance, name: string): Promise<void> {
  try {
    for (;;) {
      const organisation = await send(instance, 'POST', '/sandbox/organisations', { name });
      const orgPath = `/sandbox/organisations/${organisation.id}`;
      acknowledged.set(orgPath, organisation.text);
      for (let count = 0; count < 3; count += 1) {
        const statement = await send(instance, 'POST', `${orgPath}/software-statements`, {
          clientName: name,
        });
        acknowledged.set(`/sandbox/software-statements/${statement.id}`, statement.text);
      }
    }
  } catch (error) {
    // Only the kill may break the stream.
    if (!(error instanceof TypeError)) throw error;
  }
}

async function send(
  instance: Instance,
  method: string,
  path: string,
  body: unknown,
): Promise<{ id: string; text: string }> {
  const response = await fetch(instance.http + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`${path}: ${response.status} ${text}`);
  return { id: (JSON.parse(text) as { id: string }).id, text };
}

function expectWholeFiles(): void {
  const files = readdirSync(dataDir, { recursive: true })
    .map(String)
    .filter((name) => /\.(json|tmp)$/.test(name));
  expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  for (const name of files)
    expect(() => JSON.parse(readFileSync(join(dataDir, name), 'utf8')) as unknown, name).not.toThrow();
}
