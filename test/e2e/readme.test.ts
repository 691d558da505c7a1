import { X509Certificate } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faq } from '../support/faq.js';
import { startCli, type Instance } from '../support/server.js';

const top = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', top), 'utf8');
const blocks = Array.from(readme.matchAll(/```sh\n(.*?)```/gs), ([, block = '']) => block.trim());
const calls = blocks.filter((block) => /^(curl|openssl) /.test(block));

let instance: Instance;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-readme-'));
  symlinkSync(new URL('data', top), join(folder, 'data'));
  instance = await startCli(['--in-memory']);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await instance.end();
});

async function paste(block: string): Promise<string> {
  const here = block
    .replaceAll('localhost:8080', new URL(instance.http).host)
    .replaceAll('localhost:8443', new URL(instance.https).host);
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here], { cwd: folder });
  return stdout;
}

function callWith(part: string): string {
  const [call, ...others] = calls.filter((block) => block.includes(part));
  if (call === undefined || others.length > 0) throw new Error(`expected one command with "${part}"`);
  return call;
}

describe('the pictures of the README', () => {
  it('are three, each as wide as a page', () => {
    const paths = Array.from(readme.matchAll(/!\[[^\]]+\]\(([^)]+\.png)\)/g), ([, path = '']) => path);
    expect(paths).toHaveLength(3);
    // The width is the first number after the name of the first chunk. @see PNG section 11.2.1
    const widths = paths.map((path) => readFileSync(new URL(path, top)).readUInt32BE(16));
    expect(widths).toEqual([1280, 1280, 1280]);
  });
});

describe('the commands of the README', () => {
  it('are these 22, beside those that start things', () => {
    expect(calls).toHaveLength(22);
  });

  it('return a ready TPP', async () => {
    const tpp = JSON.parse(await paste(callWith('POST localhost:8080/sandbox/tpps'))) as object;
    expect(Object.keys(tpp)).toEqual(['organisation', 'softwareStatement', 'signing', 'transport', 'ssa']);
  });

  it('return a bare SSA', async () => {
    expect(await paste(callWith('accept: application/jwt'))).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('certify a key made with OpenSSL', async () => {
    const certificate = JSON.parse(await paste(callWith('openssl req'))) as object;
    expect(certificate).toMatchObject({
      type: 'obsigning',
      status: 'active',
      softwareId: 'AcmeBudgetPlanner00001',
    });
    expect(readFileSync(join(folder, 'signing.key'), 'utf8')).toContain('PRIVATE KEY');
  });

  it('issue a qualified certificate', async () => {
    const issued = JSON.parse(await paste(callWith('"Firm Ltd"'))) as {
      certificatePem: string;
    };
    const { subject } = new X509Certificate(issued.certificatePem);
    expect(subject).toBe('C=GB\nO=Firm Ltd\norganizationIdentifier=PSDGB-FCA-827001\nCN=Firm Ltd');
  });

  it('enrol a firm, take a token and find the banks over mutual TLS', async () => {
    const { totalResults, Resources } = JSON.parse(await paste(callWith('New Firm Ltd'))) as {
      totalResults: number;
      Resources: { AuthorisationServers: { OpenIDConfigEndPointUri: string }[] }[];
    };
    expect(totalResults).toBe(10);
    const uris = Resources.flatMap((one) =>
      one.AuthorisationServers.map((server) => server.OpenIDConfigEndPointUri),
    );
    expect(uris).toContain(`${instance.https}/aspsp/reference/.well-known/openid-configuration`);
  });

  it('list the attempts at the bank', async () => {
    expect(JSON.parse(await paste(callWith('/attempts')))).toEqual({ items: [], next: null });
  });

  it('return the discovery document of a bank', async () => {
    expect(JSON.parse(await paste(callWith('openid-configuration')))).toMatchObject({
      issuer: `${instance.https}/aspsp/reference`,
    });
  });

  it('change a bank and bring it back', async () => {
    const operationsOf = (text: string) => (JSON.parse(text) as { operations: string[] }).operations;
    await paste(callWith('> profile.json'));
    const file = join(folder, 'profile.json');
    const profile = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...profile, operations: ['POST'] }));
    expect(operationsOf(await paste(callWith('@profile.json')))).toEqual(['POST']);
    const asShipped = await paste(callWith('@data/banks/reference.json'));
    expect(JSON.parse(asShipped)).toEqual(profile);
  });

  it('replace redirect URIs', async () => {
    expect(JSON.parse(await paste(callWith('/redirect-uris')))).toEqual([
      'https://budget.acme.example/callback',
      'https://shop.merchant.example/return',
    ]);
  });

  it('return a ready TPP of the second trust anchor', async () => {
    const { ssa } = JSON.parse(await paste(callWith('/anchors/second/tpps'))) as { ssa: string };
    const claims = JSON.parse(Buffer.from(ssa.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ iss: 'Second Trust Anchor TEST ONLY' });
  });

  it('return an SSA that a TPP issued itself', async () => {
    expect(JSON.parse(await paste(callWith('selfSigned')))).toMatchObject({
      header: { alg: 'none' },
      payload: { iss: 'AcmeBudgetPlanner00001' },
    });
  });

  it('move the clock and let it go', async () => {
    const readings = (await paste(callWith('/sandbox/clock/advance'))).replaceAll('}{', '}\n{').split('\n');
    expect(readings.map((reading) => JSON.parse(reading) as object)).toMatchObject([
      { mode: 'frozen', at: '2027-01-31T09:00:00.000Z' },
      { mode: 'frozen', at: '2027-03-03T09:00:00.000Z' },
      { mode: 'real' },
    ]);
  });

  it('revoke a certificate, which OpenSSL finds revoked by OCSP', async () => {
    const answer = await paste(callWith('openssl ocsp'));
    expect(answer).toContain('transport.pem: revoked');
    expect(answer).toContain('Reason: keyCompromise');
  });

  it('list what can be asked for broken', async () => {
    const lines = (await paste(callWith('/sandbox/defects'))).trim().split('\n');
    expect(lines.length).toBeGreaterThan(60);
    for (const kind of ['ssa', 'certificate', 'jwks', 'http'])
      expect(
        lines.some((line) => line.startsWith(`${kind} `)),
        kind,
      ).toBe(true);
  });

  it('issue an SSA with a defect, and one with other claims', async () => {
    const { ssa: token } = JSON.parse(await paste(callWith('tampered-payload'))) as { ssa: string };
    const inspection = await fetch(`${instance.http}/sandbox/inspect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    expect(await inspection.json()).toMatchObject({ kind: 'ssa', signature: { valid: false } });
    const { payload } = JSON.parse(await paste(callWith('"override"'))) as { payload: object };
    expect(payload).toMatchObject({ software_roles: ['AISP'] });
    expect(payload).not.toHaveProperty('org_name');
  });

  it('issue a broken certificate', async () => {
    expect(JSON.parse(await paste(callWith('wrong-eku')))).toMatchObject({ defect: 'wrong-eku' });
  });

  it('set faults, list and clear them', async () => {
    const answers = (await paste(callWith('/sandbox/faults'))).replaceAll('}{', '}\n{').split('\n');
    expect(answers.map((answer) => JSON.parse(answer) as object)).toMatchObject([
      { name: 'unavailable', remaining: 2 },
      { name: 'observe', remaining: null },
      { items: [{ name: 'unavailable' }, { name: 'observe' }] },
    ]);
  });

  it('export the state, reset, and import it again', async () => {
    const organisations = async () =>
      (await fetch(`${instance.http}/sandbox/organisations?limit=1000`)).json();
    const before = await organisations();
    expect(await paste(callWith('/sandbox/state'))).toBe('');
    expect(await organisations()).toEqual(before);
  });

  it('write the configuration of the conformance tool', async () => {
    await paste(callWith('conformance-dcr.json'));
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject({
      spec_version: '3.3',
      brand: 'Reference Bank',
      private_key: expect.stringContaining('PRIVATE KEY') as string,
    });
  });

  it('work from a shell, command by command', async () => {
    const [block] = blocks.filter((candidate) => candidate.startsWith('node dist/cli.js tpp'));
    const commands = (block ?? '').split('\n').map((line) => line.split('#')[0] ?? '');
    expect(commands).toHaveLength(7);
    const program = `node ${fileURLToPath(new URL('dist/cli.js', top))}`;
    for (const command of commands) {
      const here = command.replaceAll('node dist/cli.js', program);
      const run = promisify(execFile)('bash', ['-c', here], {
        cwd: folder,
        env: { ...process.env, MOCK_OB_DIRECTORY_URL: instance.http },
      });
      // A token with a defect is what `inspect` ends with 1 for.
      if (command.includes('inspect')) await expect(run, command).rejects.toMatchObject({ code: 1 });
      else expect((await run).stderr, command).not.toContain('mock-ob-directory:');
    }
    for (const file of ['example/tpp.json', 'today.json', 'dcr.json'])
      expect(() => void JSON.parse(readFileSync(join(folder, file), 'utf8')), file).not.toThrow();
  }, 60_000);

  it('name options that exist, all of them', async () => {
    const help = (await promisify(execFile)(process.execPath, ['dist/cli.js', '--help'])).stdout;
    const named = (text: string) => [
      ...new Set(text.match(/^\W*--[a-z-]+/gm)?.map((word) => word.replace(/^\W*--/, ''))),
    ];
    const documented = named(readme.slice(readme.indexOf('## Options')));
    expect(documented.sort()).toEqual(
      named(help)
        .filter((name) => !['help', 'version'].includes(name))
        .sort(),
    );
  });
});

/** The cells of the table of a section, without its head. */
function rowsOf(section: string): string[][] {
  const [, text = ''] = readme.split(`## ${section}\n`);
  const lines = text.split('\n## ')[0]?.match(/^\|.*\|$/gm) ?? [];
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

interface Profile {
  readonly id: string;
  readonly answers: readonly string[];
}

describe('the tables of the README', () => {
  const folderOfBanks = new URL('data/banks/', top);
  const banks = readdirSync(folderOfBanks).map(
    (file) => JSON.parse(readFileSync(new URL(file, folderOfBanks), 'utf8')) as Profile,
  );

  it('name every bank, the reference bank first', () => {
    const others = banks.map(({ id }) => id).filter((id) => id !== 'reference');
    expect(rowsOf('Banks to register at').map(([bank]) => bank)).toEqual(
      ['reference', ...others.sort()].map((id) => `\`${id}\``),
    );
  });

  it('name the twelve questions, each with the banks that answer it', () => {
    const rows = rowsOf('Questions people ask');
    expect(rows).toHaveLength(12);
    expect(rows.map(([question, bank]) => [question, bank])).toEqual(
      faq.map(({ short, question }) => [
        short,
        banks
          .filter(({ answers }) => answers.includes(question))
          .map(({ id }) => `\`${id}\``)
          .sort()
          .join(', '),
      ]),
    );
  });
});
