import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Example } from '../support/example.js';

vi.setConfig({ hookTimeout: 300_000, testTimeout: 120_000 });

let example: Example;
beforeAll(async () => {
  example = await Example.install('own-tpp');
});
afterAll(() => example.remove());

describe('the example of one’s own TPP', () => {
  it('passes by the command of its README', async () => {
    const { succeeded, text } = await example.run(example.command);
    expect(succeeded, text).toBe(true);
    expect(text).toMatch(/# pass 5\n# fail 0\n/);
  });

  it('fails when the TPP asks only once and looks at no key', async () => {
    example.change('tpp.js', 'const ATTEMPTS = 3;', 'const ATTEMPTS = 1;');
    example.change('tpp.js', '    await this.refuseRevokedKey();\n', '');
    const { succeeded, text } = await example.run(example.command);
    expect(succeeded, text).toBe(false);
    expect(text).toMatch(/not ok \d - asks again when the keystore is down for a moment/);
    expect(text).toMatch(/not ok \d - does not use a revoked key/);
    expect(text).toMatch(/ok \d - registers once at a bank/);
  });
});
