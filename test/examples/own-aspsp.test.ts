import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Example } from '../support/example.js';

vi.setConfig({ hookTimeout: 300_000, testTimeout: 120_000 });

let example: Example;
beforeAll(async () => {
  example = await Example.install('own-aspsp');
});
afterAll(() => example.remove());

/** The rows of the printed table that begin so: the defects and how the bank took them. */
function rowsOf(text: string, mark: '✗' | '!'): string[] {
  return text.split('\n').flatMap((line) => new RegExp(`${mark} +\\w+ +([\\w-]+) .*`).exec(line)?.[1] ?? []);
}

describe('the example of one’s own bank', () => {
  it('is a bank of at most sixty lines', () => {
    expect(example.read('bank.js').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  });

  it('fails, and names the three mistakes of the bank, and no other', async () => {
    const { succeeded, text } = await example.run(example.command);
    expect(succeeded, text).toBe(false);
    expect(text).toMatch(/# pass 1\n# fail 1\n/);
    expect(rowsOf(text, '✗')).toEqual(['expired-age', 'redirect-uri-longer', 'revoked']);
  });

  it('passes once the bank is changed as the README says', async () => {
    const [, diff = ''] = /```diff\n(.*?)\n```/s.exec(example.read('README.md')) ?? [];
    const changes = diff.split('\n\n').map((change) => change.split('\n'));
    expect(changes).toHaveLength(4);
    for (const lines of changes) {
      const side = (other: string) =>
        lines
          .filter((line) => !line.startsWith(other))
          .map((line) => line.slice(1))
          .join('\n');
      example.change('bank.js', side('+'), side('-'));
    }
    const { succeeded, text } = await example.run(example.command);
    expect(succeeded, text).toBe(true);
    expect(text).toMatch(/# pass 2\n# fail 0\n/);
    expect(rowsOf(text, '✗')).toEqual([]);
    expect(rowsOf(text, '!')).toContain('mode-live');
  });
});
