import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyTpp } from '../../src/sandbox/ready-tpp.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { BankClient, failedRules } from '../support/bank-client.js';
import { DirectoryClient } from '../support/directory-client.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

const DEMO_STATEMENT = 'AcmeBudgetPlanner00001';

const workshop = new Workshop();
let sandbox: Sandbox;
let tpp: ReadyTpp;
let bank: BankClient;
let directory: DirectoryClient;
let bankToken: string;
let bankClientId: string;
let directoryToken: string;
let firstKid: string;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({});
  bank = new BankClient(sandbox, 'reference', tpp);
  directory = new DirectoryClient(sandbox, tpp);
  const client = await bank.registered();
  bankClientId = client.client_id;
  bankToken = await bank.token(client);
  directoryToken = await directory.token();
  [firstKid = ''] = await directoryKids();
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

/** Moves the clock as a test in another process would. */
async function control(method: 'PUT' | 'POST', path: string, body: object): Promise<void> {
  const answer = await fetch(`${sandbox.urls.http}/sandbox/clock${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status, await answer.text()).toBe(200);
}
const advance = (by: string) => control('POST', '/advance', { by });
const backToRealTime = () => control('PUT', '', { mode: 'real' });

/** Over TLS that a client judges by real time, whatever the sandbox clock says. */
async function overTls(path: string): Promise<unknown> {
  const answer = await directory.call('GET', path, { identity: undefined });
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text);
}

async function directoryKids(): Promise<string[]> {
  const { keys } = (await overTls('/keystore/openbanking.jwks')) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}

function activeKids({ organisation, softwareStatement }: ReadyTpp): Promise<string[]> {
  return overTls(`/${organisation.id}/${softwareStatement.id}.jwks`).then((jwks) =>
    (jwks as { keys: { kid: string }[] }).keys.map(({ kid }) => kid),
  );
}

const readAtBank = () => bank.read(bankClientId, bankToken);
const readAtDirectory = () =>
  directory.call('GET', `/organisation/tpp/${tpp.organisation.id}`, {
    authorization: `Bearer ${directoryToken}`,
  });
const freshSsa = async () => (await sandbox.services.ssaIssuer.issue(tpp.softwareStatement.id)).ssa;

/** Everything that held when all began. */
async function expectAllWell(): Promise<void> {
  expect(await readAtBank()).toMatchObject({ status: 200 });
  expect(await readAtDirectory()).toMatchObject({ status: 200 });
  expect(await bank.register()).toMatchObject({ status: 201 });
  expect(await directoryKids()).toEqual([firstKid]);
  expect(new Set(await activeKids(tpp))).toEqual(new Set([tpp.signing.kid, tpp.transport.kid]));
}

describe('the clock of a running sandbox', () => {
  it('begins with everything well', expectAllWell);

  it('is advanced by 31 days: the SSA is too old and tokens are dead, certificates hold', async () => {
    await advance('P31D');
    expect(await bank.register()).toMatchObject({ status: 400 });
    expect(bank.lastVerdict().response.error).toBe('invalid_software_statement');
    expect(failedRules(bank.lastVerdict())).toEqual(['ssa-age']);
    expect(await readAtBank()).toMatchObject({ status: 401 });
    expect(failedRules(bank.lastVerdict())).toEqual(['access-token-live']);
    expect(await readAtDirectory()).toMatchObject({ status: 401 });

    expect(await bank.register(bank.claims({ software_statement: await freshSsa() }))).toMatchObject({
      status: 201,
    });
    await directory.token();
    expect(await directoryKids()).toEqual([firstKid]);
  });

  it('is advanced by 14 months: certificates have expired, the Directory has renewed its own', async () => {
    await advance('P14M');
    expect(await bank.register()).toMatchObject({ status: 401 });
    expect(failedRules(bank.lastVerdict())[0]).toBe('client-certificate-dates');
    expect(await directory.requestToken()).toMatchObject({ status: 401 });
    expect(await activeKids(tpp)).toEqual([]);
    await expect(freshSsa()).rejects.toMatchObject({ code: 'precondition_failed' });

    const [kid, ...others] = await directoryKids();
    expect(others).toEqual([]);
    expect(kid).not.toBe(firstKid);
    expectValidAtSandboxTime((await directory.call('GET', '/keystore/openbanking.pem')).text);

    const newcomer = await sandbox.services.createReadyTpp({});
    expect(await new BankClient(sandbox, 'reference', newcomer).register()).toMatchObject({ status: 201 });
    const demo = await sandbox.services.certificates.ofSoftwareStatement(DEMO_STATEMENT);
    expect(demo.map(({ status }) => status)).toEqual(['active', 'active']);
  });

  it('is taken back: all is well again, with the keys of the beginning', async () => {
    await backToRealTime();
    await expectAllWell();
  });

  it('is moved to the ends of its years and back: banks register there, too', async () => {
    const { notBefore, notAfter } = sandbox.services.trustAnchor.validity;
    for (const at of [new Date(notBefore.getTime() + 1_000), new Date(notAfter.getTime() - 86_400_000)]) {
      await control('PUT', '', { mode: 'frozen', at: at.toISOString() });
      const settler = await sandbox.services.createReadyTpp({});
      const answer = await new BankClient(sandbox, 'reference', settler).register();
      expect(answer, at.toISOString()).toMatchObject({ status: 201 });
      expectValidAtSandboxTime((await directory.call('GET', '/keystore/openbanking.pem')).text);
    }
    await backToRealTime();
    await expectAllWell();
  });

  it('makes no more than one signing certificate a year, however often it is moved', async () => {
    const kids = new Set<string>();
    for (let hours = 0; hours < 24 * 800; hours += 24 * 40) {
      await advance(`-PT${hours}H`);
      (await directoryKids()).forEach((kid) => kids.add(kid));
      await backToRealTime();
    }
    expect(kids.size).toBeLessThanOrEqual(4);
    expect(kids).toContain(firstKid);
  });
});

/** By OpenSSL: the whole chain, at the sandbox's instant, and not at the present if the leaf is not of it. */
function expectValidAtSandboxTime(chainPem: string): void {
  const leaf = new X509Certificate(chainPem);
  const at = sandbox.clock.now();
  expect(new Date(leaf.validFrom).getTime()).toBeLessThanOrEqual(at.getTime());
  expect(new Date(leaf.validTo).getTime()).toBeGreaterThanOrEqual(at.getTime());
  const root = workshop.write('root.pem', sandbox.services.trustAnchor.rootPem);
  const chain = workshop.write('chain.pem', chainPem);
  const seconds = String(Math.floor(at.getTime() / 1000));
  const shared = ['verify', '-CAfile', root, '-untrusted', chain, '-purpose', 'any'];
  expect(workshop.openssl(...shared, '-attime', seconds, chain)).toContain('OK');
}
