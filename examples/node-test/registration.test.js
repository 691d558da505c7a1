import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { startSandbox } from 'mock-ob-directory/testkit';

describe('a TPP', () => {
  let sandbox;
  let bank;
  let tpp;

  before(async () => {
    sandbox = await startSandbox({ clock: '2027-01-31T09:00:00Z' });
    bank = sandbox.bank('reference');
  });
  beforeEach(async () => {
    await sandbox.reset();
    tpp = await sandbox.createTpp({ roles: ['AISP'] });
  });
  after(() => sandbox.close());

  it('registers and gets a token', async () => {
    const registered = await tpp.register(bank);
    assert.equal(registered.status, 201, String(registered.verdict));
    const { body } = await tpp.token(bank);
    assert.equal(typeof body.access_token, 'string');
  });

  it('is refused a redirect URI that is not in its SSA', async () => {
    const { status, body, verdict } = await tpp.register(bank, {
      claims: { redirect_uris: ['https://elsewhere.example/callback'] },
    });
    assert.equal(status, 400, String(verdict));
    assert.equal(body.error, 'invalid_redirect_uri', String(verdict));
  });

  it('cannot register with an SSA of last month', async () => {
    const ssa = await tpp.ssa();
    sandbox.clock.advance('P31D');
    const { body, verdict } = await tpp.register(bank, { ssa });
    assert.equal(body.error, 'invalid_software_statement', String(verdict));
    assert.deepEqual(
      verdict.failures.map(({ id }) => id),
      ['ssa-age'],
    );
  });

  it('cannot register once its certificate is revoked', async () => {
    await sandbox.revoke(tpp.transport, 'keyCompromise');
    const { status, body, verdict } = await tpp.register(bank);
    assert.deepEqual([status, body.error], [401, 'invalid_client'], String(verdict));
  });
});
