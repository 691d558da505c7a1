import { startSandbox, type MockBank, type Sandbox, type TestTpp } from 'mock-ob-directory/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let sandbox: Sandbox;
let bank: MockBank;
let tpp: TestTpp;

beforeAll(async () => {
  sandbox = await startSandbox({ clock: '2027-01-31T09:00:00Z' });
  bank = sandbox.bank('reference');
});
beforeEach(async () => {
  await sandbox.reset();
  tpp = await sandbox.createTpp({ roles: ['AISP'] });
});
afterAll(() => sandbox.close());

describe('a TPP', () => {
  it('registers and gets a token', async () => {
    const registered = await tpp.register(bank);
    expect(registered.status, String(registered.verdict)).toBe(201);
    const { body } = await tpp.token(bank);
    expect(body.access_token).toEqual(expect.any(String));
  });

  it('is refused a redirect URI that is not in its SSA', async () => {
    const { status, body, verdict } = await tpp.register(bank, {
      claims: { redirect_uris: ['https://elsewhere.example/callback'] },
    });
    expect(status, String(verdict)).toBe(400);
    expect(body.error, String(verdict)).toBe('invalid_redirect_uri');
  });

  it('cannot register with an SSA of last month', async () => {
    const ssa = await tpp.ssa();
    sandbox.clock.advance('P31D');
    const { body, verdict } = await tpp.register(bank, { ssa });
    expect(body.error, String(verdict)).toBe('invalid_software_statement');
    expect(verdict.failures.map(({ id }) => id)).toEqual(['ssa-age']);
  });

  it('cannot register once its certificate is revoked', async () => {
    await sandbox.revoke(tpp.transport, 'keyCompromise');
    const { status, body, verdict } = await tpp.register(bank);
    expect([status, body.error], String(verdict)).toEqual([401, 'invalid_client']);
  });
});
