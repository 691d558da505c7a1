import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defects } from '../../src/sandbox/defects/catalogue.js';
import type { Inspection } from '../../src/sandbox/inspection/inspector.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { CommandLine } from '../support/cli.js';
import { registrationClaims, signRequest } from '../support/registration.js';

let sandbox: Sandbox;
let folder: string;
const cli = new CommandLine(() => sandbox.urls.http);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-cli-'));
  sandbox = await startSandbox();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sandbox.close();
});

interface SsaAnswer {
  readonly ssa: string;
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
}

const payloadOf = (jws: string) =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('banks', () => {
  it('lists every bank with what it differs by and a discovery document that is there', async () => {
    const text = await cli.output(['banks']);
    const { banks } = sandbox.services;
    expect(text.trim().split('\n')).toHaveLength(banks.length + 1);
    for (const { profile, issuer } of banks) {
      const [row = ''] = text.split('\n').filter((line) => line.startsWith(`${profile.id} `));
      for (const cell of [profile.name, `${issuer}/.well-known/openid-configuration`, profile.purpose])
        expect(row).toContain(cell);
    }
  });

  it('lists them as JSON', async () => {
    const list = await cli.json<{ id: string; discovery: string }[]>(['banks']);
    expect(list.map(({ id }) => id)).toEqual(sandbox.services.banks.map(({ profile }) => profile.id));
    expect(list[0]).toMatchObject({
      id: 'reference',
      dcrVersion: '3.4',
      discovery: `${sandbox.urls.https}/aspsp/reference/.well-known/openid-configuration`,
    });
  });
});

describe('defects', () => {
  it('are a table with a row for each', async () => {
    const [heading, ...rows] = (await cli.output(['defects'])).trim().split('\n');
    expect(heading).toMatch(/^KIND +NAME +ERROR +WHAT IS WRONG$/);
    expect(rows.map((row) => row.split(/ +/)[1])).toEqual(defects.map(({ name }) => name));
  });

  it('are those of one kind, and JSON, when asked for so', async () => {
    const list = await cli.json(['defects', '--kind', 'certificate']);
    expect(list).toEqual(defects.filter(({ kind }) => kind === 'certificate'));
  });

  it('end quietly when nobody reads them', async () => {
    // The reader is gone before the first line comes.
    expect(await cli.paste('mock-ob-directory defects --json | true')).toEqual({ stdout: '', stderr: '' });
  });
});

describe('ssa', () => {
  it('prints a bare JWS for a statement of the demo data', async () => {
    const text = await cli.output(['ssa']);
    expect(text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(payloadOf(text)).toMatchObject({ software_id: 'AcmeBudgetPlanner00001' });
  });

  it('is for the statement that is named', async () => {
    const { softwareStatement } = await sandbox.services.createReadyTpp({ name: 'Named Ltd' });
    const { ssa, header, payload } = await cli.json<SsaAnswer>(['ssa', softwareStatement.id]);
    expect(payload).toEqual(payloadOf(ssa));
    expect(payload).toMatchObject({ software_id: softwareStatement.id, org_name: 'Named Ltd' });
    expect(header).toMatchObject({ alg: 'PS256', typ: 'JWT' });
  });

  it('replaces, adds and takes away claims, as JSON or as text', async () => {
    const words = [
      'software_roles=["PISP"]',
      'software_client_name=My App = yours',
      'added="5"',
      '__proto__=null',
    ];
    const { payload } = await cli.json<SsaAnswer>([
      'ssa',
      ...words.flatMap((word) => ['--claim', word]),
      ...['--remove', 'software_logo_uri', '--remove', 'jti'],
    ]);
    expect(payload).toMatchObject({
      software_roles: ['PISP'],
      software_client_name: 'My App = yours',
      added: '5',
    });
    expect(Object.getOwnPropertyDescriptor(payload, '__proto__')?.value).toBeNull();
    expect(payload).not.toHaveProperty('software_logo_uri');
    expect(payload).not.toHaveProperty('jti');
  });

  it('is broken in the way that was asked for', async () => {
    expect(payloadOf(await cli.output(['ssa', '--defect', 'no-iat']))).not.toHaveProperty('iat');
    expect(await cli.output(['ssa', '--defect', 'not-a-jwt'])).not.toContain('.eyJ');
  });

  it('suggests the defect that was meant', async () => {
    expect(await cli.run(['ssa', '--defect', 'no-iatt'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'mock-ob-directory: --defect: expected a defect of SSAs, got "no-iatt"; did you mean "no-iat"?\n',
    });
    // A certificate can have this one, an SSA cannot.
    const { stderr } = await cli.run(['ssa', '--defect', 'self-signed']);
    expect(stderr).toContain('got "self-signed"; "mock-ob-directory defects --kind ssa" lists them');
  });

  it('has nothing for a statement that is not there', async () => {
    expect(await cli.run(['ssa', 'NotThere'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'mock-ob-directory: There is no software statement "NotThere".\n',
    });
  });

  it('passes on what the sandbox says of wrong claims', async () => {
    const run = await cli.run(['ssa', '--remove', 'iatt']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(
      /^mock-ob-directory: override\.remove\[0\]: expected a claim of the SSA: iss, .*\n$/,
    );
  });

  it('is for a new TPP where there are no demo data', async () => {
    const bare = await startSandbox({ demo: false });
    const { payload } = await cli.json<SsaAnswer>(['ssa', '--url', bare.urls.http]);
    const found = bare.services.registry.getSoftwareStatement(String(payload['software_id']));
    await bare.close();
    expect(found.clientName).toBe('Test TPP');
  });

  it('does without a running sandbox', async () => {
    const run = await cli.run(['ssa', '--in-memory'], { MOCK_OB_DIRECTORY_URL: 'http://127.0.0.1:1' });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(payloadOf(run.stdout)).toMatchObject({ software_id: 'AcmeBudgetPlanner00001' });
  });
});

describe('inspect', () => {
  const ssaWith = (defect: string) => cli.output(['ssa', '--defect', defect]);

  it('finds nothing wrong with a good SSA on standard input', async () => {
    const run = await cli.run(['inspect', '-'], {}, await cli.output(['ssa']));
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^Software statement assertion \(SSA\)\n\{\n {2}"alg": "PS256"/);
    expect(run.stdout).toMatch(/\nsignature {2}valid, by OpenBanking Ltd with the key \S+\n/);
    expect(run.stdout).toMatch(/\nNothing is wrong with it\.\n$/);
  });

  it('finds nothing wrong with a good registration request in a file', async () => {
    const tpp = await sandbox.services.createReadyTpp({});
    const claims = registrationClaims(
      tpp,
      sandbox.services.getBank('reference').profile,
      sandbox.clock.now(),
    );
    const file = join(folder, 'request.jwt');
    writeFileSync(file, `\n${signRequest(tpp, claims)}\n`);
    const inspection = await cli.json<Inspection>(['inspect', file]);
    expect(inspection).toMatchObject({
      kind: 'registration-request',
      signature: { valid: true },
      findings: [],
    });
  });

  it('follows signature, chain and status step by step, and says what each step found', async () => {
    const { stdout } = await cli.run(['inspect'], {}, await cli.output(['ssa']));
    const inspection = await cli.json<Inspection>(['inspect'], await cli.output(['ssa']));
    const steps = stdout.split('\nSignature, chain and status\n')[1]?.split('\n\n')[0]?.split('\n') ?? [];
    expect(steps.filter((line) => /^\S/.test(line)).map((line) => line.slice(0, 9))).toEqual(
      inspection.steps.map(
        ({ outcome }) => ({ passed: '✓ passed ', failed: '✗ failed ', skipped: '– skipped' })[outcome],
      ),
    );
    expect(steps[0]).toBe(
      '✓ passed   The token can be read (read): three parts in base64url, with JSON in the first two',
    );
    expect(steps).toContain(`           JWKS: ${sandbox.urls.https}/keystore/openbanking.jwks`);
  });

  it('says where a step failed and what it goes by, and skips those that follow from it', async () => {
    const { stdout } = await cli.run(['inspect'], {}, await ssaWith('tampered-payload'));
    expect(stdout).toMatch(
      /\n✗ failed {3}The signature holds \(signature\): .+\n(?: {11}.*\n)* {11}see: RFC 7515/,
    );
    const unreadable = await cli.run(['inspect'], {}, 'hello');
    expect(unreadable.stdout).toMatch(/\n– skipped {2}The signature holds \(signature\): \S/);
    expect(unreadable.stdout).toContain(
      '\n✗ failed   The token can be read (read): expected a compact JWS, got 0 dots instead of 2\n',
    );
  });

  it('follows those of the SSA within a request by themselves', async () => {
    const tpp = await sandbox.createTpp();
    const request = await tpp.registrationRequest({ bank: sandbox.bank('reference') });
    const { stdout } = await cli.run(['inspect'], {}, request);
    expect(stdout).toMatch(/\nSignature, chain and status\n✓ passed/);
    expect(stdout).toMatch(/\nSignature, chain and status of the SSA within it\n✓ passed/);
    expect(stdout).toContain(`JWKS: ${sandbox.urls.https}/${tpp.organisation.id}/`);
  });

  it.each([
    ['no-iat', 'error      ssa-iat: expected iat: whole seconds since the epoch, got nothing'],
    ['tampered-payload', 'error      ssa-signature: expected '],
    ['roles-empty', 'error      ssa-claims: expected the claims of an SSA, got software_roles: '],
  ])('names what is wrong with the defect %s, with exit code 1', async (defect, line) => {
    const run = await cli.run(['inspect'], {}, await ssaWith(defect));
    expect(run).toMatchObject({ code: 1, stderr: '' });
    expect(run.stdout).toContain(`\n${line}`);
    expect(run.stdout).toMatch(/\n\d+ things? (is|are) wrong with it\.\n$/);
  });

  it('tells all of it as JSON, with the same exit code', async () => {
    const run = await cli.run(['inspect', '--json'], {}, await ssaWith('no-iat'));
    expect(run.code).toBe(1);
    const { kind, findings } = JSON.parse(run.stdout) as Inspection;
    expect(kind).toBe('ssa');
    expect(findings).toContainEqual(expect.objectContaining({ id: 'ssa-iat', severity: 'error' }));
  });

  it.each([
    ['a JWT that is neither', 'eyJhbGciOiJub25lIn0.eyJhIjoxfQ.', 'JWT\n'],
    ['what is no token at all', 'hello', 'Not a token\n'],
  ])('vouches for no %s', async (_what, token, title) => {
    const run = await cli.run(['inspect'], {}, token);
    expect(run.code).toBe(1);
    expect(run.stdout.startsWith(title)).toBe(true);
  });

  it.each([
    ['nothing', ' \n', 'standard input: expected a token, got nothing'],
    ['too much', 'x'.repeat(70_000), 'standard input: expected at most 65536 bytes, got more'],
  ])('refuses %s', async (_what, input, message) => {
    expect(await cli.run(['inspect'], {}, input)).toEqual({
      code: 1,
      stdout: '',
      stderr: `mock-ob-directory: ${message}\n`,
    });
  });

  it('does without a running sandbox, where no signature is right', async () => {
    const run = await cli.run(['inspect', '--in-memory'], {}, await ssaWith('no-iat'));
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('\nerror      ssa-iat: ');
    expect(run.stdout).toContain('\nsignature  not valid: ');
  });

  it('lets no claim act on the terminal', async () => {
    const claim = `software_client_name=${JSON.stringify('a\u001b[2Jb\u009bc\u202ed')}`;
    const run = await cli.run(['inspect'], {}, await cli.output(['ssa', '--claim', claim]));
    expect(run.stdout).toContain('"software_client_name": "a\\u001b[2Jb\\u009bc\\u202ed"');
  });
});

describe('colours', () => {
  const escape = '\u001b[';
  const coloured = async (environment: Record<string, string>) => {
    const { stdout, stderr } = await cli.run(['inspect'], environment, await cli.output(['ssa']));
    expect(stderr).toBe('');
    return stdout.includes(escape);
  };

  it('are for terminals, so a pipe gets none', async () => {
    expect(await coloured({})).toBe(false);
  });

  it('go to a pipe with FORCE_COLOR, but never with NO_COLOR', async () => {
    expect(await coloured({ FORCE_COLOR: '1' })).toBe(true);
    expect(await coloured({ FORCE_COLOR: '0' })).toBe(false);
    expect(await coloured({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await coloured({ FORCE_COLOR: '1', NO_COLOR: '' })).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')('are on a terminal, unless NO_COLOR is set', async () => {
    const shown = async (prefix: string) =>
      (await cli.paste(`${prefix} script -qec '${cli.words(['banks'])}' /dev/null`)).stdout.includes(escape);
    expect(await shown('')).toBe(true);
    expect(await shown('NO_COLOR=1')).toBe(false);
  });
});
