import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startSandbox } from 'mock-ob-directory/testkit';
import { Tpp } from './tpp.js';

const REGISTER = '/aspsp/reference/register';

describe('our TPP', () => {
  let sandbox;
  let bank;
  let enrolled;
  let jwksPath;
  let tpp;

  before(async () => {
    sandbox = await startSandbox();
    const { issuer, profile } = sandbox.bank('reference');
    bank = { issuer, audience: profile.organisationId };
  });
  beforeEach(async () => {
    await sandbox.reset();
    enrolled = await sandbox.createTpp({ roles: ['AISP'] });
    const { organisation, softwareStatement, signing, tls } = enrolled;
    jwksPath = `/${organisation.id}/${softwareStatement.id}.jwks`;
    const software = { ...softwareStatement, jwksUri: sandbox.urls.https + jwksPath };
    tpp = new Tpp({ software, signing, tls, getSsa: () => enrolled.ssa() });
    await sandbox.observe(REGISTER);
  });
  afterEach(() => tpp.close());
  after(() => sandbox.close());

  it('registers once at a bank', async () => {
    const clientId = await tpp.clientIdAt(bank);
    assert.match(clientId, /./);
    assert.equal(await tpp.clientIdAt(bank), clientId);
    assert.equal(sandbox.requests(REGISTER), 1);
  });

  it('asks again when the keystore is down for a moment', async () => {
    const { id } = await sandbox.faults.set({ kind: 'http', name: 'down', path: jwksPath, times: 1 });
    await tpp.clientIdAt(bank);
    const { hits } = sandbox.faults.list().find((fault) => fault.id === id);
    assert.equal(hits, 1);
    assert.equal(sandbox.requests(REGISTER), 1);
  });

  it('gives up when the bank stays down, and registers when it is back', async () => {
    const path = '/aspsp/reference/.well-known/openid-configuration';
    await sandbox.faults.set({ kind: 'http', name: 'down', path, times: 3 });
    await assert.rejects(tpp.clientIdAt(bank), /openid-configuration: 503/);
    assert.equal(sandbox.requests(REGISTER), 0);
    await tpp.clientIdAt(bank);
    assert.equal(sandbox.requests(REGISTER), 1);
  });

  it('does not use a revoked key', async () => {
    await sandbox.revoke(enrolled.signing, 'keyCompromise');
    await assert.rejects(tpp.clientIdAt(bank), /The keystore does not list our key/);
    assert.equal(sandbox.requests(REGISTER), 0);
  });

  it('says what the bank says when it is refused', async () => {
    await sandbox.revoke(enrolled.transport, 'keyCompromise');
    await assert.rejects(tpp.clientIdAt(bank), /invalid_client: .*a revoked certificate/);
  });
});
