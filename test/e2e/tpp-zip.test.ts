import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { CommandLine } from '../support/cli.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';
import { expectCertifiedKeys } from '../support/tpp-folder.js';

let sandbox: Sandbox;
let folder: string;
const workshop = new Workshop();
const shell = new CommandLine(() => sandbox.urls.http);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-zip-'));
  sandbox = await startSandbox({ keyPairs: testKeys });
});
afterAll(async () => {
  workshop.remove();
  rmSync(folder, { recursive: true, force: true });
  await sandbox.close();
});

async function download(softwareId: string): Promise<Uint8Array> {
  const answer = await fetch(`${sandbox.urls.http}/sandbox/software-statements/${softwareId}/tpp.zip`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/zip');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename=tpp.zip');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return new Uint8Array(await answer.arrayBuffer());
}

const textsIn = (zip: Uint8Array) =>
  Object.fromEntries(Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, strFromU8(bytes)]));

/** Unpacks with a tool of another maker. */
function unpack(zip: Uint8Array, name: string): string {
  const out = join(folder, name);
  const path = workshop.write(`${name}.zip`, zip);
  execFileSync('python3', ['-m', 'zipfile', '-e', join(workshop.path, path), out]);
  return join(out, 'tpp');
}

/** The modes that an unpacking tool which heeds them gives to the files. */
function modesIn(name: string): Record<string, string> {
  const program =
    'import json, sys, zipfile; print(json.dumps({i.filename: oct(i.external_attr >> 16) for i in zipfile.ZipFile(sys.argv[1]).infolist()}))';
  const printed = execFileSync('python3', ['-c', program, join(workshop.path, name)], { encoding: 'utf8' });
  return JSON.parse(printed) as Record<string, string>;
}

const everything = [
  'README.txt',
  'register.sh',
  'request.jwt',
  'root.pem',
  'signing.key',
  'signing.pem',
  'ssa.jwt',
  'tpp.json',
  'transport.key',
  'transport.pem',
];

describe('the zip of a TPP', () => {
  it('holds everything to register with, and the page of the SSA the command that does', async () => {
    const { softwareStatement } = await sandbox.createTpp({ name: 'Zipped Ltd' });
    const zip = await download(softwareStatement.id);
    const unpacked = unpack(zip, 'whole');
    expect(readdirSync(unpacked).sort()).toEqual(everything);
    expect(readFileSync(join(unpacked, 'README.txt'), 'utf8')).toContain(
      `What the bank made of it, check by check: ${sandbox.urls.http}/banks/reference`,
    );
    const page = await fetch(`${sandbox.urls.http}/software-statements/${softwareStatement.id}/ssa`, {
      headers: { accept: 'text/html' },
    });
    const [, command = ''] =
      /<textarea id="register-command"[^>]*>([^<]*)<\/textarea>/.exec(await page.text()) ?? [];
    const { stdout } = await shell.paste(command.replaceAll('&#39;', "'"), unpacked);
    expect(JSON.parse(stdout)).toMatchObject({ software_id: softwareStatement.id });
    const [attempt] = sandbox.services.getBank('reference').attempts({ limit: 1 }).items;
    expect(attempt?.response).toEqual({});
  });

  it('registers by its script from anywhere, once, and again from a fresh download', async () => {
    const { softwareStatement } = await sandbox.createTpp({});
    const script = join(unpack(await download(softwareStatement.id), 'script'), 'register.sh');
    const client = JSON.parse((await shell.paste(`sh '${script}'`)).stdout) as object;
    expect(client).toMatchObject({ software_id: softwareStatement.id });
    expect((await shell.paste(`sh '${script}'`)).stdout).toContain('a jti that has not been used before');
    const again = join(unpack(await download(softwareStatement.id), 'again'), 'register.sh');
    expect((await shell.paste(`sh '${again}'`)).stdout).not.toContain('jti');
  });

  it('has keys that belong to their certificates, readable by their owner alone', async () => {
    const { softwareStatement } = await sandbox.createTpp({});
    const zip = await download(softwareStatement.id);
    const unpacked = unpack(zip, 'modes');
    const modes = modesIn('modes.zip');
    for (const name of everything) {
      const isKey = name.endsWith('.key');
      expect(modes[`tpp/${name}`], name).toBe(isKey ? '0o600' : '0o644');
      expect(readFileSync(join(unpacked, name), 'utf8').includes('PRIVATE KEY'), name).toBe(isKey);
    }
    expectCertifiedKeys(workshop, unpacked);
  });

  it('says what is missing where keys are with their holder', async () => {
    const { softwareStatement, organisation } = await sandbox.services.createTppWithoutKeys({});
    const { id } = softwareStatement;
    const csrPem = workshop.csr(`/C=GB/O=OpenBanking/OU=${organisation.id}/CN=${id}`);
    const { record } = await sandbox.services.certificates.certifySoftwareStatement(id, {
      type: 'obsigning',
      csrPem,
    });
    const texts = textsIn(await download(id));
    expect(Object.keys(texts).sort()).toEqual(
      ['README.txt', 'root.pem', 'signing.pem', 'ssa.jwt', 'tpp.json'].map((name) => `tpp/${name}`),
    );
    expect(texts['tpp/README.txt']).toContain(
      `Missing: signing.key. The private key of ${record.kid} is with its holder; put it beside these files.`,
    );
    expect(texts['tpp/README.txt']).toContain('Missing: transport.pem and transport.key.');
    expect(texts['tpp/README.txt']).toContain('There is no request to register with.');
    expect(texts['tpp/README.txt']).not.toContain('check by check');
    expect(JSON.parse(texts['tpp/tpp.json'] ?? '')).toMatchObject({
      signingKid: record.kid,
      transportKid: null,
      bank: null,
    });
  });

  it('takes the newest key that is here and active', async () => {
    const { softwareStatement, signing } = await sandbox.createTpp({});
    const { certificates } = sandbox.services;
    const certify = () =>
      certificates.certifySoftwareStatement(softwareStatement.id, { type: 'obsigning', generate: true });
    const [newer, newest] = [await certify(), await certify()];
    await certificates.revoke(newest.record.kid, 'superseded');
    const { signingKid } = JSON.parse(
      textsIn(await download(softwareStatement.id))['tpp/tpp.json'] ?? '',
    ) as {
      signingKid: string;
    };
    expect(signingKid).toBe(newer.record.kid);
    expect(signingKid).not.toBe(signing.kid);
  });

  it('is refused where no SSA is issued, and not found where there is no statement', async () => {
    const { softwareStatement } = await sandbox.services.createTppWithoutKeys({});
    const path = `${sandbox.urls.http}/sandbox/software-statements`;
    const refused = await fetch(`${path}/${softwareStatement.id}/tpp.zip`);
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('certify a key first');
    expect((await fetch(`${path}/NoSuchSoftware00000000/tpp.zip`)).status).toBe(404);
  });
});
