import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Example } from '../support/example.js';

vi.setConfig({ hookTimeout: 300_000, testTimeout: 120_000 });

let example: Example;
beforeAll(async () => {
  example = await Example.install('python');
});
afterAll(() => example.remove());

/** Processes that run a program of the example's folder. */
async function orphans(): Promise<string[]> {
  const { text } = await example.run('ps -eo args');
  return text.split('\n').filter((line) => line.includes(`${example.folder}/node_modules`));
}

describe('the example for Python', () => {
  it('passes by the command of its README, and leaves no process behind', async () => {
    const { succeeded, text } = await example.run(example.command);
    expect(succeeded, text).toBe(true);
    expect(text).toMatch(/Ran 5 tests in .*\n\nOK\n/);
    expect(await orphans()).toEqual([]);
  });

  it('fails with what the bank said, and leaves no process behind then either', async () => {
    example.change('test_registration.py', '"invalid_redirect_uri"', '"invalid_client"');
    const { succeeded, text } = await example.run(example.command);
    expect(succeeded, text).toBe(false);
    expect(text).toContain('FAILED (failures=1)');
    expect(text).toContain('redirect-uris-in-ssa');
    expect(await orphans()).toEqual([]);
  });
});
