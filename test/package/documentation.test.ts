import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runIn } from '../support/packed-package.js';

vi.setConfig({ hookTimeout: 300_000 });

const top = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-docs-'));
let said: string;
beforeAll(async () => {
  const { stdout, stderr } = await runIn(top, 'npm', ['run', '--silent', 'docs', '--', '--out', folder]);
  said = stdout + stderr;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The words of a page. */
function textOf(page: string): string {
  return readFileSync(join(folder, page), 'utf8')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe('the API documentation', () => {
  it('is made without a warning: no type is mentioned that is not exported, and no link leads nowhere', () => {
    expect(said).not.toMatch(/warning|error/i);
  });

  it('begins with how to start', () => {
    expect(textOf('index.html')).toContain('await using sandbox = await startSandbox');
  });

  it('says of everything what it belongs to', () => {
    const page = textOf('modules.html');
    expect(page).toMatch(/Start createSandbox .* TPP .* Banks .* Directory .* Clock .* Faults .* State /);
    expect(page).not.toContain(' Other ');
  });

  it('names the members of what is read from JSON', () => {
    expect(textOf('types/SoftwareStatementRequest.html')).toContain('redirectUris');
    expect(textOf('types/SsaDefectName.html')).toContain('tampered-payload');
  });
});
