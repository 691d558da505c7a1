import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandNames } from '../../src/cli/commands.js';
import { program, quietEnvironment, runCli, startCli, type Instance } from '../support/server.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const free = ['--http-port', '0', '--https-port', '0'];

async function exportState({ http }: Instance, name: string): Promise<string> {
  const file = join(folder, name);
  writeFileSync(file, await (await fetch(`${http}/sandbox/state`)).text());
  return file;
}

function takePort(): Promise<{ server: Server; port: number }> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      resolve({ server, port: (server.address() as AddressInfo).port });
    });
  });
}

describe('a wrong option ends the start with one clear line and exit code 2:', () => {
  it.each<[string, string[], Record<string, string>, string]>([
    ['an unknown option', ['--colour'], {}, "Unknown option '--colour'; --help lists the options"],
    [
      'an unknown command',
      ['fly'],
      {},
      `command: expected one of ${commandNames.join(', ')}, got "fly"; --help shows the usage`,
    ],
    ['a word too many', ['serve', 'now'], {}, "Unexpected argument 'now'"],
    ['an option without its value', ['--http-port'], {}, "Option '--http-port <value>' argument missing"],
    [
      'a port that is none',
      ['--http-port', '80a'],
      {},
      '--http-port: expected a port from 0 to 65535, got "80a"',
    ],
    [
      'a port beyond the last',
      ['--https-port', '65536'],
      {},
      '--https-port: expected a port from 0 to 65535, got "65536"',
    ],
    [
      'one port for both',
      ['--http-port', '9', '--https-port', '9'],
      {},
      '--https-port: expected a port other than --http-port, got 9',
    ],
    [
      'a variable that is wrong',
      [],
      { HTTP_PORT: 'x' },
      'HTTP_PORT (--http-port): expected a port from 0 to 65535, got "x"',
    ],
    [
      'a switch that is neither',
      [],
      { IN_MEMORY: 'yes' },
      'IN_MEMORY (--in-memory): expected true or false, got "yes"',
    ],
    [
      'a log level that is none',
      ['--log-level', 'loud'],
      {},
      '--log-level: expected one of silent, fatal, error, warn, info, debug, trace, got "loud"',
    ],
    [
      'a public host with a scheme',
      ['--public-host', 'http://x'],
      {},
      '--public-host: expected a host name, got "http://x"',
    ],
    ['an alias that is none', ['--alias', 'a b'], {}, '--alias: expected a host name, got "a b"'],
    [
      'a host that is no address',
      ['--host', 'nowhere.example'],
      {},
      '--host: expected an IP address or localhost, got "nowhere.example"',
    ],
    [
      'an open door without a password',
      ['--host', '0.0.0.0'],
      {},
      '--admin-password: expected a password because --host 0.0.0.0 is not a loopback address, got none',
    ],
    [
      'an address of another machine',
      ['--host', '127.0.0.1', '--host', '192.0.2.1', '--admin-password', 'x', ...free],
      {},
      '--host: 192.0.2.1 is not an address of this machine',
    ],
  ])('%s', async (_what, words, environment, message) => {
    const run = await runCli(words, environment);
    expect(run).toEqual({ code: 2, stdout: '', stderr: `mock-ob-directory: ${message}\n` });
  });

  it.each(['--http-port', '--https-port'])('a taken %s', async (option) => {
    const { server, port } = await takePort();
    const other = option === '--http-port' ? '--https-port' : '--http-port';
    const run = await runCli([option, String(port), other, '0', '--in-memory']);
    server.close();
    expect(run.code).toBe(2);
    expect(run.stderr).toBe(`mock-ob-directory: ${option}: port ${port} is taken on 127.0.0.1\n`);
  });

  it('a data directory that cannot be written', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const run = await runCli([...free, '--data-dir', join(file, 'sandbox')]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(
      /^mock-ob-directory: --data-dir: Cannot write to .*a-file\/sandbox: ENOTDIR.*\n$/,
    );
  });

  it('a data directory that another instance runs on', async () => {
    const dataDir = join(folder, 'shared');
    const first = await startCli(['--data-dir', dataDir]);
    const second = await runCli([...free, '--data-dir', dataDir]);
    expect(second.code).toBe(2);
    expect(second.stderr).toBe(
      `mock-ob-directory: --data-dir: ${dataDir} is in use by another running instance\n`,
    );
    await first.end();
  });

  it.each<[string, string | undefined, string]>([
    ['is not there', undefined, 'cannot be read: ENOENT: no such file or directory'],
    ['is not JSON', '{"privateKeyPem": "hush', 'cannot be read: it is not JSON\n'],
    ['is of another kind', '{}', ': format: expected "mock-ob-directory-state", got nothing'],
    [
      'is of another version',
      '{"format": "mock-ob-directory-state", "version": 2}',
      ': version: expected 1, got 2\n',
    ],
  ])('a state to begin with that %s', async (what, content, message) => {
    const file = join(folder, `state that ${what}.json`);
    if (content !== undefined) writeFileSync(file, content);
    const run = await runCli([...free, '--in-memory', '--state', file]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`mock-ob-directory: --state: ${file}`);
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toContain('hush');
  });

  it('a state to begin with where there is one already, or that a sandbox without demo data cannot hold', async () => {
    const dataDir = join(folder, 'begun');
    const first = await startCli(['--data-dir', dataDir]);
    const file = await exportState(first, 'begun.json');
    await first.end();
    const onto = await runCli([...free, '--data-dir', dataDir, '--state', file]);
    expect(onto.code).toBe(2);
    expect(onto.stderr).toMatch(
      /--state: expected a --data-dir that is empty, or --in-memory, got \S+ with \d+ /,
    );
    const bare = await runCli([...free, '--in-memory', '--no-demo', '--state', file]);
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain('banks.adaptive: expected one of reference, got "adaptive"');
  });

  it('a password is never shown', async () => {
    const run = await runCli(['--admin-password', 'hush', '--http-port', 'x']);
    expect(run.stderr).not.toContain('hush');
  });
});

describe('a start', () => {
  it('prints one JSON line with --json, answers on both doors, and ends with 0 on SIGTERM', async () => {
    const instance = await startCli(['--in-memory']);
    for (const url of [instance.http, `${instance.http}/aspsp/reference/.well-known/openid-configuration`]) {
      expect((await fetch(url, { headers: { accept: 'text/html' } })).status).toBe(200);
    }
    expect(await (await fetch(`${instance.http}/healthz`)).json()).toEqual({ status: 'ready' });
    const run = await instance.end();
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual({
      http: instance.http,
      https: instance.https,
      pid: instance.child.pid,
    });
    expect(run.stderr).toBe('');
  });

  it('ends with 0 on Ctrl-C that arrives twice, as npm passes it on', async () => {
    const instance = await startCli(['--in-memory']);
    instance.child.kill('SIGINT');
    expect((await instance.end('SIGINT')).code).toBe(0);
  });

  it('takes variables, where an option wins and an empty variable counts for nothing', async () => {
    const environment = {
      SSA_ISSUER: 'Variable Ltd',
      IN_MEMORY: 'true',
      DATA_DIR: '',
      ALIAS: 'a.test, b.test',
    };
    const instance = await startCli(['--ssa-issuer', 'Option Ltd'], environment);
    const response = await fetch(`${instance.http}/sandbox/tpps`, { method: 'POST' });
    const { ssa } = (await response.json()) as { ssa: string };
    expect(Buffer.from(ssa.split('.')[1] ?? '', 'base64url').toString()).toContain('"iss":"Option Ltd"');
    await instance.end();
  });

  it('keeps keys, organisations and certificates over a restart, readable by their owner alone', async () => {
    const dataDir = join(folder, 'kept');
    const first = await startCli(['--data-dir', dataDir]);
    const created = await fetch(`${first.http}/sandbox/tpps`, { method: 'POST' });
    const { softwareStatement } = (await created.json()) as { softwareStatement: { id: string } };
    const root = await (await fetch(`${first.http}/ca/root.pem`)).text();
    await first.end();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    const second = await startCli(['--data-dir', dataDir]);
    expect(await (await fetch(`${second.http}/ca/root.pem`)).text()).toBe(root);
    const path = `/sandbox/software-statements/${softwareStatement.id}/ssa`;
    expect((await fetch(second.http + path, { method: 'POST' })).status).toBe(200);
    await second.end();
  });

  it('begins with an exported state, elsewhere and with the same keys', async () => {
    const first = await startCli(['--in-memory']);
    const created = await fetch(`${first.http}/sandbox/tpps`, { method: 'POST' });
    const { organisation } = (await created.json()) as { organisation: { id: string } };
    const root = await (await fetch(`${first.http}/ca/root.pem`)).text();
    const file = await exportState(first, 'moved.json');
    await first.end();
    const second = await startCli(['--data-dir', join(folder, 'moved'), '--state', file]);
    expect(await (await fetch(`${second.http}/sandbox/organisations/${organisation.id}`)).json()).toEqual(
      organisation,
    );
    const key = (pem: string) => new X509Certificate(pem).publicKey.export({ format: 'pem', type: 'spki' });
    expect(key(await (await fetch(`${second.http}/ca/root.pem`)).text())).toBe(key(root));
    await second.end();
  });

  it('tells people where its state is, and with what it began', async () => {
    const first = await startCli(['--in-memory']);
    const file = await exportState(first, 'told.json');
    await first.end();
    const words = [...free, '--in-memory', '--state', file];
    const child = spawn(process.execPath, [program, ...words], { env: quietEnvironment });
    let told = '';
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      told += chunk.toString();
      if (told.includes('Ctrl-C ends it.')) child.kill('SIGTERM');
    }
    expect(told).toMatch(/^ {2}State +in memory, gone at the end$/m);
    expect(told).toContain(`\n  Begun with            ${file}\n`);
  });

  it('does without demo organisations and banks when told so', async () => {
    const instance = await startCli(['--in-memory', '--no-demo']);
    for (const path of ['/sandbox/organisations', '/sandbox/banks']) {
      expect(await (await fetch(instance.http + path)).json()).toEqual({ items: [], next: null });
    }
    await instance.end();
  });

  it('logs requests with their ids, and no key or token', async () => {
    const instance = await startCli(['--in-memory', '--log-level', 'trace']);
    await fetch(`${instance.http}/ca/root.pem?token=in-a-query`);
    const response = await fetch(`${instance.http}/sandbox/tpps`, { method: 'POST' });
    const { ssa } = (await response.json()) as { ssa: string };
    await fetch(`${instance.http}/sandbox/inspect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Basic c2VjcmV0' },
      body: JSON.stringify({ token: ssa }),
    });
    const { stderr } = await instance.end();
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { req: { id: string; path: string } });
    expect(lines.map(({ req }) => req.path)).toEqual([
      '/ca/root.pem',
      '/sandbox/tpps',
      // The inspector judges as a bank does, which fetches the Directory's key.
      '/keystore/openbanking.jwks',
      '/sandbox/inspect',
    ]);
    expect(lines[1]?.req.id).toBe(response.headers.get('x-request-id'));
    for (const secret of ['PRIVATE KEY', 'eyJ', 'c2VjcmV0', 'in-a-query'])
      expect(stderr).not.toContain(secret);
  });

  it('answers --help and --version', async () => {
    const help = await runCli(['--help']);
    expect(help.code).toBe(0);
    for (const word of ['--public-host', '--admin-password', 'BIND_HOST', 'Examples:'])
      expect(help.stdout).toContain(word);
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
