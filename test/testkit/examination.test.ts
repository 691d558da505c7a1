import { createServer, type Server } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSandbox, startSandbox, type OwnBank, type Sandbox } from '../../src/testkit.js';
import { probes } from '../../src/testkit/probes.js';

vi.setConfig({ testTimeout: 120_000 });

/** What a bank that a test makes up answers to a request. */
type Judge = (claims: Readonly<Record<string, unknown>>) => readonly [status: number, body: object];

const registered = [201, { client_id: 'a-client' }] as const;
const refused = [400, { error: 'invalid_software_statement' }] as const;

let sandbox: Sandbox;
let server: Server;
let bank: OwnBank;
let judge: Judge;
/** How many requests came so far, from the beginning of the test. */
let count: number;

beforeAll(async () => {
  sandbox = await startSandbox();
  const { serverTls, organisation } = await sandbox.createAspsp();
  server = createServer(serverTls, (request, response) => {
    void textOf(request).then((token) => {
      count += 1;
      const [status, body] = judge(decodeJwt(token));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  bank = { registrationEndpoint: `https://localhost:${port}/register`, audience: organisation.id };
});
beforeEach(() => {
  count = 0;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await sandbox.close();
});

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Accepts the sound requests, the first and the last of all; the others are for the bank. */
function soundOnesAnd(others: Judge): Judge {
  return (claims) => (count === 1 || count === probes.length + 2 ? registered : others(claims));
}

describe('an examination', () => {
  it.each([
    ['over sockets', startSandbox],
    ['without sockets', createSandbox],
  ])('finds nothing at the reference bank, %s', async (_, make) => {
    await using own = await make();
    const examination = await own.examine(own.bank('reference'));
    expect(String(examination)).toMatch(/^https:\S+: 0 mistakes, 0 warnings, \d+ refused rightly$/);
    expect(examination.refused).toHaveLength(probes.length);
  });

  it('breaks at the reference bank the rules that it says', async () => {
    await using own = await createSandbox();
    const reference = own.bank('reference');
    await own.examine(reference);
    const [, ...attempts] = reference.attempts().reverse();
    const broken = probes.map(({ kind, name, rule }, index) => [
      `${kind} ${name}`,
      attempts[index]?.failures.some(({ id }) => id === rule),
    ]);
    expect(broken.filter(([, isBroken]) => isBroken !== true)).toEqual([]);
  });

  it('tells what a bank accepts to its harm from what is harmless, and from what it leaves out', async () => {
    const accepted = [
      'alg-none',
      'jku-header',
      'request-unsigned',
      'redirect-uri-added',
      'scope-beyond-roles',
    ];
    const registration = { client_id: 'a-client', scope: 'openid accounts', redirect_uris: [] };
    judge = soundOnesAnd(() =>
      accepted.includes(probes[count - 2]?.name ?? '') ? [201, registration] : refused,
    );
    const { findings } = await sandbox.examine(bank);
    expect(findings.filter(({ got }) => got === '201').map(({ name, outcome }) => [name, outcome])).toEqual([
      ['alg-none', 'mistake'],
      ['jku-header', 'warning'],
      ['request-unsigned', 'mistake'],
      ['redirect-uri-added', 'refused'],
      ['scope-beyond-roles', 'refused'],
    ]);
  });

  it('warns of another error, and calls it a mistake when a bank fails', async () => {
    judge = soundOnesAnd(({ aud }) => (aud === undefined ? [500, {}] : refused));
    const examination = await sandbox.examine(bank);
    expect(examination.mistakes).toMatchObject([{ name: 'request-without-aud', got: '500' }]);
    expect(examination.warnings).toContainEqual({
      name: 'redirect-uri-elsewhere',
      kind: 'request',
      title: 'A redirect URI is not in the SSA',
      spec: 'DCR 3.4, OBClientRegistrationRequest1, redirect_uris',
      rule: 'redirect-uris-in-ssa',
      outcome: 'warning',
      expected: 'invalid_redirect_uri',
      got: '400 invalid_software_statement',
    });
    const [summary, headings, mistake] = String(examination).split('\n');
    expect(summary).toMatch(/register: 1 mistakes, \d+ warnings, \d+ refused rightly$/);
    expect(headings).toMatch(/^ +KIND +DEFECT +EXPECTED +GOT +WHAT IS WRONG$/);
    expect(mistake).toMatch(
      /^✗ +request +request-without-aud +invalid_software_statement +500 +There is no aud \(DCR 3\.4, .*\)$/,
    );
  });

  it('says nothing of a bank that refuses a sound request, before or after', async () => {
    const endpoint = bank.registrationEndpoint;
    judge = () => refused;
    await expect(sandbox.examine(bank)).rejects.toThrow(
      `expected ${endpoint} to accept a sound request before any other, and it answered 400 {"error":"invalid_software_statement"}`,
    );
    count = 0;
    judge = () => (count === 1 ? registered : refused);
    await expect(sandbox.examine(bank)).rejects.toThrow(
      `expected ${endpoint} to accept a sound request after all others, and it answered 400`,
    );
  });
});

describe('a TPP with a broken transport certificate', () => {
  it('shows it, and is the same TPP otherwise', async () => {
    const tpp = await sandbox.createTpp();
    const expired = await tpp.withCertificate('expired');
    expect(expired.softwareStatement).toEqual(tpp.softwareStatement);
    expect(expired.signing.kid).toBe(tpp.signing.kid);
    expect(expired.transport.kid).not.toBe(tpp.transport.kid);
    const { status, verdict } = await expired.register(sandbox.bank('reference'));
    expect([status, verdict.failures[0]?.id]).toEqual([401, 'client-certificate-dates']);
    expect((await tpp.register(sandbox.bank('reference'))).status).toBe(201);
  });

  it('cannot have a defect of other certificates', async () => {
    const tpp = await sandbox.createTpp();
    await expect(tpp.withCertificate('bad-qc-statements')).rejects.toThrow(
      'defect: expected one that obtransport',
    );
  });
});
