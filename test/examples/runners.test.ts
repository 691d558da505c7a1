import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Example } from '../support/example.js';

vi.setConfig({ hookTimeout: 300_000, testTimeout: 120_000 });

const runners = [
  { name: 'vitest', file: 'registration.test.ts', summary: /Tests +4 passed \(4\)/ },
  { name: 'jest', file: 'registration.test.js', summary: /Tests: +4 passed, 4 total/ },
  { name: 'node-test', file: 'registration.test.js', summary: /# pass 4\n# fail 0\n/ },
];

describe.each(runners)('the example for $name', ({ name, file, summary }) => {
  let example: Example;
  beforeAll(async () => {
    example = await Example.install(name);
  });
  afterAll(() => example.remove());

  it('passes by the command of its README, and ends by itself', async () => {
    const { succeeded, text } = await example.run(example.command);
    expect(succeeded, text).toBe(true);
    expect(text).toMatch(summary);
    expect(text).not.toMatch(/open handle|did not exit|did not close/i);
  });

  it('shows the verdict of the bank where an assertion fails', async () => {
    example.change(file, 'invalid_redirect_uri', 'invalid_client');
    const { succeeded, text } = await example.run(example.command);
    expect(succeeded, text).toBe(false);
    expect(text).toContain('expected: redirect_uris: some of ["https://tpp.example.com/callback"]');
    expect(text).toContain('got: "https://elsewhere.example/callback"');
  });
});
