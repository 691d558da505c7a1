import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { CommandLine } from '../support/cli.js';
import { Workshop } from '../support/openssl.js';
import { expectCertifiedKeys } from '../support/tpp-folder.js';

let sandbox: Sandbox;
let folder: string;
const workshop = new Workshop();
const cli = new CommandLine(() => sandbox.urls.http);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-cli-'));
  sandbox = await startSandbox();
});
afterAll(async () => {
  workshop.remove();
  rmSync(folder, { recursive: true, force: true });
  await sandbox.close();
});

const files = [
  'request.jwt',
  'root.pem',
  'signing.key',
  'signing.pem',
  'ssa.jwt',
  'tpp.json',
  'transport.key',
  'transport.pem',
];
const modeOf = (path: string) => statSync(path).mode & 0o777;
const payloadOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
const pastedLine = (text: string) => text.split('\n').find((line) => line.startsWith('curl ')) ?? '';

interface Description {
  readonly organisationId: string;
  readonly softwareId: string;
  readonly curl: string;
}

describe('tpp', () => {
  it('writes a folder for its owner alone, with private keys that nobody else can read', async () => {
    const out = join(folder, 'deep', 'down');
    const text = await cli.output(['tpp', '--out', out]);
    expect(readdirSync(out).sort()).toEqual(files);
    for (const made of [join(folder, 'deep'), out]) expect(modeOf(made)).toBe(0o700);
    for (const file of files) {
      const isKey = file.endsWith('.key');
      // The umask may take away more.
      expect(modeOf(join(out, file)) & ~(isKey ? 0o600 : 0o644), file).toBe(0);
      expect(readFileSync(join(out, file), 'utf8').includes('PRIVATE KEY'), file).toBe(isKey);
    }
    expect(text).not.toContain('PRIVATE KEY');
  });

  it('prints a curl call that registers at the bank as pasted, once', async () => {
    // A shell and curl each have characters of their own.
    const out = join(folder, "it's a:folder & more");
    const text = await cli.output(['tpp', '--out', out, '--roles', 'AISP, PISP']);
    const client = JSON.parse((await cli.paste(pastedLine(text))).stdout) as Record<string, unknown>;
    const { softwareId } = JSON.parse(readFileSync(join(out, 'tpp.json'), 'utf8')) as Description;
    expect(client).toMatchObject({ software_id: softwareId, scope: 'openid accounts payments' });
    const [attempt] = sandbox.services.getBank('reference').attempts({ limit: 1 }).items;
    expect(attempt?.response).toEqual({});
    expect((await cli.paste(pastedLine(text))).stdout).toContain('a jti that has not been used before');
  });

  it('gives certificates that OpenSSL finds good, for keys that are theirs', async () => {
    const out = join(folder, 'verified');
    await cli.output(['tpp', '--out', out]);
    expectCertifiedKeys(workshop, out);
  });

  it('follows its options, and tells everything but keys as JSON', async () => {
    const out = join(folder, 'described');
    const uris = ['https://app.example.com/callback', 'https://localhost:3000/callback'];
    const words = [
      '--name',
      'Described Ltd',
      '--roles',
      'CBPII',
      ...uris.flatMap((uri) => ['--redirect-uri', uri]),
    ];
    const printed = await cli.json<Description>(['tpp', '--out', out, ...words]);
    const { https, http } = sandbox.urls;
    expect(printed).toMatchObject({
      name: 'Described Ltd',
      roles: ['CBPII'],
      redirectUris: uris,
      desk: http,
      softwareJwks: `${https}/${printed.organisationId}/${printed.softwareId}.jwks`,
      bank: { id: 'reference', registration: `${https}/aspsp/reference/register` },
      folder: out,
    });
    expect(printed).toMatchObject(JSON.parse(readFileSync(join(out, 'tpp.json'), 'utf8')) as object);
    expect(JSON.stringify(printed)).not.toContain('PRIVATE');
    expect(payloadOf(readFileSync(join(out, 'ssa.jwt'), 'utf8'))).toMatchObject({
      org_name: 'Described Ltd',
    });
    // The Directory takes localhost, a bank does not.
    const request = readFileSync(join(out, 'request.jwt'), 'utf8');
    expect(payloadOf(request)).toMatchObject({
      redirect_uris: [uris[0]],
      scope: 'openid fundsconfirmations',
    });
    expect(JSON.parse((await cli.paste(printed.curl)).stdout)).toHaveProperty('client_id');
  });

  it('signs for the instant of the sandbox and the lifetime that the bank allows', async () => {
    const { services } = sandbox;
    const { profile } = services.getBank('reference');
    await services.changeBankProfile('reference', {
      ...profile,
      request: {
        ...profile.request,
        maxLifetimeSeconds: 300,
        issuer: 'organisation-id',
        audience: { rule: 'issuer-url' },
      },
    });
    sandbox.clock.advance(86_400_000);
    const printed = await cli.json<Description>(['tpp', '--out', join(folder, 'later')]);
    const claims = payloadOf(readFileSync(join(folder, 'later', 'request.jwt'), 'utf8'));
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(300);
    expect(JSON.parse((await cli.paste(printed.curl)).stdout)).toHaveProperty('client_id');
    await services.resetBankProfile('reference');
  });

  it('overwrites nothing, and makes nothing in vain, unless it is told to', async () => {
    const out = join(folder, 'kept');
    mkdirSync(out);
    writeFileSync(join(out, 'transport.key'), 'mine', { mode: 0o644 });
    const count = () => sandbox.services.registry.pageOfOrganisations({ limit: 1_000 }).items.length;
    const before = count();
    expect(await cli.run(['tpp', '--out', out])).toEqual({
      code: 1,
      stdout: '',
      stderr: `mock-ob-directory: ${join(out, 'transport.key')} is there already; --force overwrites it\n`,
    });
    expect(readdirSync(out)).toEqual(['transport.key']);
    expect(readFileSync(join(out, 'transport.key'), 'utf8')).toBe('mine');
    expect(count()).toBe(before);
    await cli.output(['tpp', '--out', out, '--force']);
    expect(readdirSync(out).sort()).toEqual(files);
    expect(readFileSync(join(out, 'transport.key'), 'utf8')).toContain('PRIVATE KEY');
    expect(modeOf(join(out, 'transport.key'))).toBe(0o600);
  });

  it.each(['/proc/mock-ob-directory', '/dev/null/tpp'])(
    'says that nothing can be written in %s',
    async (out) => {
      const run = await cli.run(['tpp', '--out', out]);
      expect(run).toMatchObject({ code: 1, stdout: '' });
      expect(run.stderr).toMatch(new RegExp(`^mock-ob-directory: ${out} cannot be written: [A-Z]+: .*\\n$`));
    },
  );

  it.each([
    [['--roles', 'AISP,FOO'], 'roles[1]: expected one of "AISP", "PISP", "CBPII", got "FOO"'],
    [['--redirect-uri', 'nowhere'], 'redirectUris[0]: expected '],
    [['--in-memory'], '--in-memory: a TPP is of use only while its Directory runs: '],
  ])('refuses %j as wrong words', async (words, message) => {
    const run = await cli.run(['tpp', '--out', join(folder, 'never'), ...words]);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`mock-ob-directory: ${message}`);
  });

  it('does without a bank, and leaves no request of an earlier TPP behind', async () => {
    const bare = await startSandbox({ demo: false });
    const out = join(folder, 'bare');
    mkdirSync(out);
    writeFileSync(join(out, 'request.jwt'), 'of an earlier TPP');
    const text = await cli.output(['tpp', '--url', bare.urls.http, '--out', out, '--force']);
    await bare.close();
    expect(text).toContain('This sandbox has no reference bank');
    expect(readdirSync(out).sort()).toEqual(files.filter((file) => file !== 'request.jwt'));
  });
});

describe('conformance-dcr', () => {
  it('prints the configuration of the tool for a bank and a version', async () => {
    const config = JSON.parse(
      await cli.output(['conformance-dcr', '--bank', 'post-only', '--spec', '3.2']),
    ) as object;
    expect(config).toMatchObject({
      spec_version: '3.2',
      wellknown_endpoint: `${sandbox.urls.http}/aspsp/post-only/.well-known/openid-configuration`,
      get_implemented: false,
      private_key: expect.stringContaining('PRIVATE KEY') as string,
    });
  });

  it('is for the statement that is named, in a file for its owner alone that is not overwritten', async () => {
    const { softwareStatement } = await sandbox.services.createReadyTpp({});
    const file = join(folder, 'config.json');
    const words = ['conformance-dcr', softwareStatement.id, '--out', file];
    expect(await cli.output(words)).toBe(`The configuration is in ${file}. It holds private keys.\n`);
    expect(modeOf(file)).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      spec_version: '3.3',
      issuer: softwareStatement.id,
    });
    expect(await cli.run(words)).toMatchObject({ code: 1, stdout: '' });
    expect(await cli.json([...words, '--force'])).toEqual({ written: file });
    expect(modeOf(file)).toBe(0o600);
  });

  it.each([
    [['--bank', 'nowhere'], 1, 'There is no bank "nowhere".'],
    [['--spec', '3.9'], 2, 'spec: expected one of "3.2", "3.3", "3.4", got "3.9"'],
    [['--out', '/nowhere/config.json'], 1, '/nowhere/config.json cannot be written: ENOENT: '],
    [['--in-memory'], 2, '--in-memory: the conformance tool needs a bank that goes on running'],
  ])('refuses %j', async (words, code, message) => {
    const run = await cli.run(['conformance-dcr', ...words]);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toContain(`mock-ob-directory: ${message}`);
  });
});

describe.skipIf(process.platform !== 'linux')('private keys are not shown to a terminal', () => {
  it.each([
    ['conformance-dcr', 'The configuration holds private keys: expected --out FILE, or - to see it here'],
    ['state export', 'A state holds private keys: expected a file, or - to see it here'],
  ])('by %s', async (words, message) => {
    const call = `script -qec '${cli.words(words.split(' '))}' /dev/null </dev/null || echo "exit code $?"`;
    const { stdout } = await cli.paste(call);
    expect(stdout.replaceAll('\r', '')).toBe(`mock-ob-directory: ${message}\nexit code 2\n`);
  });

  it('unless somebody asks for them', async () => {
    const call = `script -qec '${cli.words(['state', 'export', '-'])}' /dev/null </dev/null`;
    expect((await cli.paste(call)).stdout).toContain('PRIVATE KEY');
  });
});
