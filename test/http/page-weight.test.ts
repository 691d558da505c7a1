import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { createSandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

const FIRST_PAGE_BYTES = 60_000;

describe('the first page', () => {
  it('comes with everything that it loads in less than 60 kB, as it is sent: uncompressed', async () => {
    const sandbox = await createSandbox({ keyPairs: testKeys });
    const bytesOf = async (path: string) => {
      const answer = await request(sandbox.deskApp)
        .get(path)
        .set('Accept', 'text/html,*/*')
        .set('Accept-Encoding', 'gzip')
        .expect(200);
      const { headers, text } = answer;
      expect(headers).not.toHaveProperty('content-encoding');
      const bytes = text ? Buffer.byteLength(text) : (answer.body as Buffer).length;
      return { html: text, bytes };
    };
    const page = await bytesOf('/');
    const loaded = [...page.html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    const parts = await Promise.all(
      [...new Set(loaded)].map(async (path) => ({ path, ...(await bytesOf(path)) })),
    );
    expect(parts.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/assets/desk.css', '/assets/desk.js', '/assets/favicon.svg']),
    );
    for (const { path, bytes } of parts) expect(bytes, path).toBeGreaterThan(0);
    const total = parts.reduce((sum, { bytes }) => sum + bytes, page.bytes);
    expect(
      total,
      JSON.stringify({ page: page.bytes, parts: parts.map(({ path, bytes }) => [path, bytes]) }),
    ).toBeLessThan(FIRST_PAGE_BYTES);
    await sandbox.close();
  });
});
