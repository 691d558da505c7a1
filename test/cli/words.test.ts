import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandNames, commands } from '../../src/cli/commands.js';
import { Desk } from '../../src/cli/desk.js';
import { Failure } from '../../src/cli/failures.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { CommandLine } from '../support/cli.js';
import { runCli } from '../support/server.js';

let sandbox: Sandbox;
const cli = new CommandLine(() => sandbox.urls.http);
beforeAll(async () => {
  sandbox = await startSandbox({ adminPassword: 'hüsh' });
});
afterAll(() => sandbox.close());

async function serving(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('help', () => {
  it('of the whole names every command', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const name of commandNames) expect(stdout).toContain(`  ${name} `);
  });

  it.each(commandNames)('of %s has a usage line and examples', async (name) => {
    const { help } = await commands[name].load();
    const run = await runCli([name, '--help']);
    expect(run).toEqual({ code: 0, stdout: help, stderr: '' });
    expect(help).toMatch(/^Usage: mock-ob-directory /m);
    expect(help).toContain('\nExamples:\n  mock-ob-directory');
    expect(help.endsWith('\n')).toBe(true);
  });

  it('comes by its own word, too', async () => {
    expect((await runCli(['help', 'ssa'])).stdout).toBe((await commands.ssa.load()).help);
  });
});

describe('wrong words end with one clear line and exit code 2:', () => {
  const usage: [
    what: string,
    words: string[],
    environment: Record<string, string>,
    message: string | RegExp,
  ][] = [
    [
      'a misspelt command',
      ['inspekt'],
      {},
      /^command: expected one of .*, got "inspekt"; did you mean "inspect"\?$/,
    ],
    ['a misspelt option', ['ssa', '--defekt', 'x'], {}, "Unknown option '--defekt'; did you mean --defect?"],
    ['an unknown option', ['ssa', '--colour'], {}, "Unknown option '--colour'; --help lists the options"],
    ['an option without its value', ['ssa', '--defect'], {}, "Option '--defect <value>' argument missing"],
    ['a word too many', ['banks', 'all'], {}, 'Unexpected argument "all": expected banks'],
    ['a claim without a name', ['ssa', '--claim', '=5'], {}, '--claim: expected NAME=VALUE, got "=5"'],
    ['a claim without a value', ['ssa', '--claim', 'iat'], {}, '--claim: expected NAME=VALUE, got "iat"'],
    [
      'a kind of defects that is none',
      ['defects', '--kind', 'sssa'],
      {},
      '--kind: expected one of ssa, certificate, jwks, http, got "sssa"; did you mean "ssa"?',
    ],
    [
      'a URL that is none',
      ['banks', '--url', 'here'],
      {},
      '--url: expected an http or https URL, got "here"',
    ],
    [
      'a variable that is none',
      ['banks'],
      { MOCK_OB_DIRECTORY_URL: 'ftp://x' },
      'MOCK_OB_DIRECTORY_URL (--url): expected an http or https URL, got "ftp://x"',
    ],
    [
      'a password in the URL',
      ['banks', '--url', 'http://admin:hush@localhost'],
      {},
      '--url: expected no password in the URL; --admin-password takes it',
    ],
    [
      'two sandboxes to act on',
      ['banks', '--in-memory', '--url', 'http://localhost'],
      {},
      '--in-memory: expected no --url beside it: it starts a sandbox of its own',
    ],
    [
      'a file that is not there',
      ['inspect', '/nowhere/x.jwt'],
      {},
      /^"\/nowhere\/x.jwt": ENOENT: no such file/,
    ],
  ];

  it.each(usage)('%s', async (_what, words, environment, message) => {
    const run = await runCli(words, environment);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    const [line = '', ...others] = run.stderr.split('\n');
    expect(others).toEqual(['']);
    const complaint = line.replace(/^mock-ob-directory: /, '');
    if (typeof message === 'string') expect(complaint).toBe(message);
    else expect(complaint).toMatch(message);
  });
});

describe('what stands in the way is told in one line, with exit code 1:', () => {
  it('no sandbox', async () => {
    expect(await runCli(['banks', '--url', 'http://127.0.0.1:1'])).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'mock-ob-directory: no sandbox answers at http://127.0.0.1:1 (ECONNREFUSED); "mock-ob-directory serve" starts one, --url names another\n',
    });
  });

  it('something else than a sandbox', async () => {
    const { server, url } = await serving((_request, response) => response.end('<h1>Hello</h1>'));
    const run = await runCli(['banks', '--url', url]);
    server.close();
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^mock-ob-directory: \S+ answers, but not as the desk of a sandbox does: .*\n$/,
    );
  });

  it('the protocol side of a sandbox in place of its desk', async () => {
    const run = await runCli(['banks', '--url', sandbox.urls.https]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/^mock-ob-directory: no sandbox answers at \S+ \([A-Z_]+\); .*\n$/);
  });

  it('an answer without an end', async () => {
    const { server, url } = await serving((_request, response) => {
      const more = () => void response.write(Buffer.alloc(1_000_000, ' '), () => setImmediate(more));
      more();
    });
    const run = await runCli(['banks', '--url', url]);
    server.closeAllConnections();
    server.close();
    expect(run).toEqual({
      code: 1,
      stdout: '',
      stderr: 'mock-ob-directory: an answer is longer than 16000000 bytes\n',
    });
  });

  it('an answer that breaks off', async () => {
    const { server, url } = await serving((_request, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('{', () => response.destroy());
    });
    const run = await runCli(['banks', '--url', url]);
    server.close();
    expect(run).toEqual({
      code: 1,
      stdout: '',
      stderr: 'mock-ob-directory: an answer breaks off (aborted)\n',
    });
  });

  it.each([
    ['no answer', () => undefined],
    ['half an answer', (_request, response) => void response.write('{')],
  ] satisfies [string, RequestListener][])('%s in time', async (_what, listener) => {
    const { server, url } = await serving(listener);
    const asking = new Desk(url).text({ path: '/', timeoutMilliseconds: 100 });
    await expect(asking).rejects.toThrow(new Failure(`${url} has not answered in 0.1 seconds`));
    server.closeAllConnections();
    server.close();
  });

  it('a refusal with an escape sequence in it, which the terminal does not see', async () => {
    const { server, url } = await serving((_request, response) => {
      response
        .writeHead(409)
        .end(JSON.stringify({ detail: 'red \u001b[31m\r\nmock-ob-directory: all is well' }));
    });
    const run = await runCli(['banks', '--url', url]);
    server.close();
    expect(run.stderr).toBe(
      'mock-ob-directory: red \\u001b[31m\\u000d\\u000amock-ob-directory: all is well\n',
    );
  });

  it('a password that is wanted', async () => {
    const { code, stderr } = await cli.run(['banks']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `mock-ob-directory: the sandbox at ${sandbox.urls.http} asks for its password: give --admin-password or the variable ADMIN_PASSWORD\n`,
    );
  });

  it('a wrong password, which is not shown', async () => {
    const { code, stderr } = await cli.run(['banks', '--admin-password', 'hash']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `mock-ob-directory: the sandbox at ${sandbox.urls.http} has another password than that of --admin-password or ADMIN_PASSWORD\n`,
    );
  });
});

describe('the password', () => {
  it.each([
    ['an option', ['--admin-password', 'hüsh'], {}],
    ['a variable', [], { ADMIN_PASSWORD: 'hüsh' }],
  ])('is taken from %s', async (_what, words, environment) => {
    expect(await cli.run(['banks', ...words], environment)).toMatchObject({ code: 0, stderr: '' });
  });
});

it('a word for the URL wins over its variable', async () => {
  const run = await cli.run(['banks', '--url', `${sandbox.urls.http}/`, '--admin-password', 'hüsh'], {
    MOCK_OB_DIRECTORY_URL: 'http://127.0.0.1:1',
  });
  expect(run.code).toBe(0);
});
