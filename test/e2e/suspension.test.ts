import { afterAll, beforeEach, beforeAll, describe, expect, it } from 'vitest';
import type { DomainError } from '../../src/domain/errors.js';
import type { ReadyTpp } from '../../src/sandbox/ready-tpp.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { BankClient, failedRules } from '../support/bank-client.js';
import { DirectoryClient } from '../support/directory-client.js';
import { testKeys } from '../support/keys.js';
import { OcspClient } from '../support/ocsp.js';
import { Workshop } from '../support/openssl.js';

const workshop = new Workshop();
let sandbox: Sandbox;
let tpp: ReadyTpp;
let sibling: string;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
});
beforeEach(async () => {
  tpp = await sandbox.services.createReadyTpp({});
  const { id } = await sandbox.services.registry.createSoftwareStatement(tpp.organisation.id, {
    ...tpp.softwareStatement,
    id: undefined,
    clientName: 'Another',
  });
  sibling = (
    await sandbox.services.certificates.certifySoftwareStatement(id, { type: 'obtransport', generate: true })
  ).record.kid;
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

async function patch(path: string, body: object): Promise<void> {
  const answer = await fetch(`${sandbox.urls.http}/sandbox${path}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status, await answer.text()).toBe(200);
}
const setStatus = (status: string) => patch(`/organisations/${tpp.organisation.id}`, { status });
const setActive = (active: boolean) => patch(`/software-statements/${tpp.softwareStatement.id}`, { active });

async function fetched(path: string): Promise<string> {
  return (await fetch(sandbox.urls.http + path)).text();
}

async function kidsIn(part: '' | 'revoked/', holderId: string): Promise<string[]> {
  const { keys } = JSON.parse(await fetched(`/${tpp.organisation.id}/${part}${holderId}.jwks`)) as {
    keys: { kid: string }[];
  };
  return keys.map(({ kid }) => kid).sort();
}

/** What the revocation list says of the transport certificate, by OpenSSL. */
async function listed(): Promise<string> {
  const serialNumber = sandbox.services.certificates.get(tpp.transport.kid).record.serialNumber;
  workshop.write('list.crl', await fetched('/ca/issuing.crl.pem'));
  const text = workshop.openssl('crl', '-in', 'list.crl', '-noout', '-text');
  const entries = text.split('Serial Number: ').slice(1);
  const entry = entries.find((one) => one.toLowerCase().startsWith(serialNumber));
  return /CRL Reason Code: *\n *(.*)/.exec(entry ?? '')?.[1]?.trim() ?? (entry ? 'no reason' : 'none');
}

/** What the OCSP responder says of the transport certificate, by OpenSSL. */
async function answered(): Promise<string> {
  const client = await OcspClient.of(sandbox, workshop, '');
  const text = await client.post(tpp.transport.certificatePem);
  const [, status] = /leaf\.pem: (\w+)/.exec(text) ?? [];
  const [, reason] = /Reason: (\w+)/.exec(text) ?? [];
  return [status, reason].filter((part) => part !== undefined).join(' ');
}

/** Everybody who can be asked about the TPP's keys. */
async function everywhere() {
  const { organisation, softwareStatement, transport } = tpp;
  const own = [tpp.signing.kid, transport.kid].sort();
  const bank = new BankClient(sandbox, 'reference', tpp);
  const registration = await bank.register();
  const token = await new DirectoryClient(sandbox, tpp).requestToken();
  const ssa = await sandbox.services.ssaIssuer.issue(softwareStatement.id).then(
    () => 'issued',
    (error: unknown) => (error as DomainError).code,
  );
  return {
    own,
    active: await kidsIn('', softwareStatement.id),
    revoked: await kidsIn('revoked/', softwareStatement.id),
    activeOfOrganisation: await kidsIn('', organisation.id),
    crl: await listed(),
    ocsp: await answered(),
    status: sandbox.services.certificates.get(transport.kid).status,
    bank: registration.status,
    rules: registration.status === 201 ? [] : failedRules(bank.lastVerdict()),
    token: token.status,
    ssa,
  };
}

async function expectInForce(): Promise<void> {
  const { own, ...seen } = await everywhere();
  expect(seen).toMatchObject({
    active: own,
    revoked: [],
    crl: 'none',
    ocsp: 'good',
    status: 'active',
    bank: 201,
    token: 200,
    ssa: 'issued',
  });
  expect(seen.activeOfOrganisation).toEqual([...own, sibling].sort());
}

async function expectOnHold(): Promise<string[]> {
  const { own, activeOfOrganisation, rules, ...seen } = await everywhere();
  expect(seen).toEqual({
    active: [],
    revoked: own,
    crl: 'Certificate Hold',
    ocsp: 'revoked certificateHold',
    status: 'revoked',
    bank: expect.any(Number) as number,
    token: 401,
    ssa: 'precondition_failed',
  });
  expect(seen.bank).toBeGreaterThanOrEqual(400);
  expect(rules).toContain('client-certificate-not-revoked');
  return activeOfOrganisation;
}

describe('keys of a holder that is not active', () => {
  it('are on hold everywhere at once while the software statement is deactivated, and in force after it', async () => {
    await expectInForce();
    await setActive(false);
    expect(await expectOnHold()).toEqual([sibling]);
    expect(JSON.parse(await fetched(`/sandbox/certificates/${tpp.transport.kid}`))).toMatchObject({
      status: 'revoked',
      revocation: { reason: 'certificateHold', whileInactive: true },
    });
    await setActive(true);
    await expectInForce();
  });

  it.each(['Withdrawn', 'Revoked'])('are all on hold while the organisation is %s', async (status) => {
    await setStatus(status);
    expect(await expectOnHold()).toEqual([]);
    await setStatus('Active');
    await expectInForce();
  });

  it('stay on hold when one of two reasons is gone', async () => {
    await setActive(false);
    await setStatus('Withdrawn');
    await setStatus('Active');
    expect(await expectOnHold()).toEqual([sibling]);
    await setActive(true);
    await expectInForce();
  });

  it('stay revoked when somebody has revoked them, before it or meanwhile', async () => {
    const { certificates, keyRegister } = sandbox.services;
    await keyRegister.revoke(tpp.signing.kid, 'superseded');
    await setActive(false);
    await keyRegister.revoke(tpp.transport.kid, 'keyCompromise');
    await setActive(true);
    const reasons = [tpp.signing.kid, tpp.transport.kid].map(
      (kid) => certificates.get(kid).record.revocation?.reason,
    );
    expect(reasons).toEqual(['superseded', 'keyCompromise']);
    expect(await listed()).toBe('Key Compromise');
    expect(await answered()).toBe('revoked keyCompromise');
    await expect(keyRegister.revoke(tpp.transport.kid, 'superseded')).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('are not issued when it is deactivated while they are being made', async () => {
    const { certificates, registry } = sandbox.services;
    const { id } = tpp.softwareStatement;
    const [issued] = await Promise.allSettled([
      certificates.certifySoftwareStatement(id, { type: 'obsigning', generate: true }),
      registry.changeSoftwareStatement(id, { active: false }),
    ]);
    expect(issued).toMatchObject({ status: 'rejected', reason: { code: 'precondition_failed' } });
    expect(await kidsIn('', id)).toEqual([]);
  });

  it('are those of the organisation, too, where they serve the statement: it shows them when it is active', async () => {
    const { associations, certificates } = sandbox.services;
    const { organisation, softwareStatement } = tpp;
    const request = { type: 'obseal', generate: true } as const;
    const { record } = await certificates.certifyOrganisation(organisation.id, request);
    const association = { organisationId: organisation.id, softwareId: softwareStatement.id };
    await associations.associate({ ...association, kid: record.kid });
    expect(await kidsIn('', softwareStatement.id)).toContain(record.kid);
    await setActive(false);
    expect(await kidsIn('', softwareStatement.id)).toEqual([]);
    expect(await kidsIn('', organisation.id)).toContain(record.kid);
    await setActive(true);
    expect(await kidsIn('', softwareStatement.id)).toContain(record.kid);
  });

  it('leave a list whose number grew, also within a second', async () => {
    const at = sandbox.clock.now();
    sandbox.clock.freeze(at);
    try {
      const numbers: bigint[] = [];
      for (const active of [false, true, false]) {
        await setActive(active);
        await listed();
        const text = workshop.openssl('crl', '-in', 'list.crl', '-noout', '-crlnumber');
        numbers.push(BigInt(text.trim().replace('crlNumber=', '')));
        expect((await listed()) === 'none').toBe(active);
      }
      expect([...numbers].sort((one, other) => (one < other ? -1 : 1))).toEqual(numbers);
      expect(new Set(numbers).size).toBe(3);
    } finally {
      sandbox.clock.follow();
    }
  });
});
