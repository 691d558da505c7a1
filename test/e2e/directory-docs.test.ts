import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolCalls, type ProtocolCall } from '../../src/http/desk/openapi/protocol/calls.js';
import { isSendable } from '../../src/http/desk/openapi/protocol/reading.js';
import { startSandbox, type Sandbox, type TestTpp } from '../../src/testkit.js';
import { CommandLine } from '../support/cli.js';
import { unescaped } from '../support/forms.js';
import { testKeys } from '../support/keys.js';
import { startCli } from '../support/server.js';

let sandbox: Sandbox;
let tpp: TestTpp;
let folder: string;
const shell = new CommandLine(() => sandbox.urls.http);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-docs-'));
  sandbox = await startSandbox({ keyPairs: testKeys });
  tpp = await sandbox.createTpp({ name: 'Shell Ltd' });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sandbox.close();
});

async function pageOf(group: string): Promise<string> {
  const path = `/docs/directory/${group}?statement=${tpp.softwareStatement.id}`;
  const answer = await fetch(sandbox.urls.http + path, { headers: { accept: 'text/html' } });
  expect(answer.status, path).toBe(200);
  return answer.text();
}

function textArea(html: string, id: string): string {
  return unescaped(new RegExp(`<textarea id="${id}"[^>]*>([^<]*)</textarea>`).exec(html)?.[1] ?? '').trim();
}

/** Those that are whole as they stand: no file, and no name that somebody has to fill in. */
const ready = (command: string, { file }: ProtocolCall) =>
  !command.includes('…') && (file === undefined || file.name === 'transport.pem');

describe('the lines for a shell', () => {
  it('work as they are pasted: keys, certificates and a token first, and then every call', async () => {
    const shown = protocolCalls.filter((call) => call.path === call.newest && isSendable(call));
    const pages = new Map<string, string>();
    for (const { group } of shown) if (!pages.has(group)) pages.set(group, await pageOf(group));
    const preparing = textArea(pages.get('tokens') ?? '', 'preparing');
    const commands = shown
      .map((call) => ({ call, command: textArea(pages.get(call.group) ?? '', `${call.id}-curl`) }))
      .filter(({ call, command }) => ready(command, call));
    expect(commands.length).toBeGreaterThan(35);
    const lines = commands.map(
      ({ call, command }) =>
        `printf '%s ' '${call.id}' >> statuses; ${command} -o out -w '%{http_code}\\n' >> statuses`,
    );
    await shell.paste([preparing, ...lines].join('\n'), folder);
    const statuses = readFileSync(join(folder, 'statuses'), 'utf8').trim().split('\n');
    expect(statuses).toHaveLength(commands.length);
    // A TPP has no authorisation servers to add.
    const refused = statuses.filter((line) => !/ 20\d$/.test(line));
    expect(refused).toEqual(['post-v2-1-organisation-orgId-authorisation-server 409']);
  });
});

describe('a call that the desk makes', () => {
  it('goes over mutual TLS, and leaves neither token nor key nor assertion in the log', async () => {
    const instance = await startCli(['--in-memory', '--log-level', 'trace']);
    const post = async (path: string, body: object, headers = {}) => {
      const isForm = body instanceof URLSearchParams;
      const answer = await fetch(instance.http + path, {
        method: 'POST',
        headers: isForm ? { accept: 'text/html' } : { 'content-type': 'application/json', ...headers },
        body: isForm ? body : JSON.stringify(body),
      });
      return { status: answer.status, text: await answer.text() };
    };
    const made = JSON.parse((await post('/sandbox/tpps', {})).text) as {
      softwareStatement: { id: string };
      organisation: { id: string };
      signing: { privateKeyPem: string };
    };
    const { id: statement } = made.softwareStatement;
    const ssa = protocolCalls.find(({ summary }) => summary === 'Get an SSA');
    const answer = await post(
      `/docs/directory/software-statements/${ssa?.id ?? ''}`,
      new URLSearchParams({ statement, orgId: made.organisation.id, softwareId: statement }),
    );
    expect(answer.text).toContain('200 OK');
    const body =
      `grant_type=client_credentials&client_id=${statement}&client_assertion={client_assertion}` +
      '&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const granted = await post(
      '/docs/directory/tokens/post-as-token-oauth2',
      new URLSearchParams({ statement, body }),
    );
    const [, token = ''] = /&#34;access_token&#34;: &#34;([\w-]{43})&#34;/.exec(granted.text) ?? [];
    expect(token).not.toBe('');
    const { stderr } = await instance.end();
    expect(stderr).toContain('software-statement-assertion');
    expect(stderr).not.toContain(token);
    expect(stderr).not.toMatch(/eyJ[\w-]{10,}\.[\w-]+\.[\w-]+/);
    expect(stderr).not.toContain('PRIVATE KEY');
    expect(stderr).not.toMatch(/Bearer \S/);
  });
});
