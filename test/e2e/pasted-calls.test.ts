import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { CommandLine } from '../support/cli.js';
import { testKeys } from '../support/keys.js';

let sandbox: Sandbox;
let folder: string;
const shell = new CommandLine(() => sandbox.urls.http);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-calls-'));
  sandbox = await startSandbox({ keyPairs: testKeys });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sandbox.close();
});

/** The commands that a page shows under "The same from a program", each with what it says that it does. */
async function callsOn(path: string): Promise<{ label: string; command: string }[]> {
  const answer = await fetch(sandbox.urls.http + path, { headers: { accept: 'text/html' } });
  expect(answer.status, path).toBe(200);
  const html = await answer.text();
  const calls = html.matchAll(
    /<label for="([\w-]+-call-\d+)">([^<]*)<\/label>[^]*?<textarea id="\1"[^>]*>([^<]*)<\/textarea>/g,
  );
  return [...calls].map(([, , label = '', command = '']) => ({
    label: unescaped(label),
    command: unescaped(command),
  }));
}

function unescaped(html: string): string {
  return html
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

describe('the calls that pages show', () => {
  it.each([
    ['the start page', () => '/'],
    ['the list of organisations', () => '/organisations'],
    ['a search', () => `/organisations?q=${encodeURIComponent("it's & 100 %")}&kind=tpp`],
    ['an organisation', (ids: Ids) => `/organisations/${ids.organisation}`],
    ['the form for an organisation', (ids: Ids) => `/organisations/${ids.organisation}/edit`],
    ['a software statement', (ids: Ids) => `/software-statements/${ids.statement}`],
    ['the form for a software statement', (ids: Ids) => `/software-statements/${ids.statement}/edit`],
    ['an SSA', (ids: Ids) => `/software-statements/${ids.statement}/ssa`],
    ['a certificate', (ids: Ids) => `/certificates/${ids.kid}`],
  ])('work as they are pasted from the page of %s', async (_name, pathOf) => {
    const name = `O'Neill & "Söhne" $HOME \`id\``;
    const tpp = await sandbox.createTpp({ name, clientName: name.slice(0, 40) });
    const ids = {
      organisation: tpp.organisation.id,
      statement: tpp.softwareStatement.id,
      kid: tpp.signing.kid,
    };
    const calls = await callsOn(pathOf(ids));
    expect(calls.length).toBeGreaterThan(0);
    for (const { label, command } of calls) {
      const { stdout } = await shell.paste(`${command} -w '\\n%{http_code}'`, folder);
      expect(Number(stdout.split('\n').at(-1)), `${label}: ${command}\n${stdout}`).toBeLessThan(300);
    }
    // A name that a shell would take apart has come through where a call has it.
    expect(sandbox.services.registry.getOrganisation(ids.organisation).name).toBe(name);
  });
});

interface Ids {
  readonly organisation: string;
  readonly statement: string;
  readonly kid: string;
}
