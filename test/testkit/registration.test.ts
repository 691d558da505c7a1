import { describe, expect, it } from 'vitest';
import { createSandbox, startSandbox } from '../../src/testkit.js';

describe.each([
  ['a sandbox that listens', startSandbox],
  ['a sandbox without sockets', createSandbox],
])('%s', (_name, makeSandbox) => {
  it('registers a TPP in three lines', async () => {
    await using sandbox = await makeSandbox({ clock: '2027-01-31T09:00:00Z' });
    const tpp = await sandbox.createTpp({ roles: ['AISP'] });
    const response = await tpp.register(sandbox.bank('reference'));

    expect(response.status, response.text).toBe(201);
    expect(response.body).toMatchObject({
      client_id: expect.any(String) as string,
      software_id: tpp.softwareStatement.id,
      scope: 'openid accounts',
    });
    expect(response.verdict.failures).toEqual([]);
    expect(response.verdict.attempt).toMatchObject({ operation: 'create', bankId: 'reference' });
    expect(sandbox.clock.now().toISOString()).toMatch(/^2027-01-31T09:00:/);
  });

  it('takes a TPP through the life of a registration at every bank', async () => {
    await using sandbox = await makeSandbox();
    const tpp = await sandbox.createTpp();
    for (const { profile } of sandbox.services.banks) {
      const bank = sandbox.bank(profile.id);
      const registered = await tpp.register(bank);
      expect(registered.status, `${profile.id}: ${registered.text}`).toBe(201);
      const token = await tpp.token(bank);
      expect(token.status, `${profile.id}: ${token.text}`).toBe(200);
      if (!profile.operations.includes('PUT')) continue;
      const read = await tpp.readRegistration(bank);
      const replaced = await tpp.replaceRegistration(bank);
      const deleted = await tpp.deleteRegistration(bank);
      expect([profile.id, read.status, replaced.status, deleted.status]).toEqual([profile.id, 200, 200, 204]);
      expect(read.body.client_id).toBe(registered.body.client_id);
      expect(replaced.verdict.attempt?.operation).toBe('replace');
    }
  });

  it('says in words of a verdict what was wrong', async () => {
    await using sandbox = await makeSandbox();
    const tpp = await sandbox.createTpp();
    const refused = await tpp.register(sandbox.bank('reference'), { defect: 'tampered-signature' });
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_software_statement']);
    const [failure] = refused.verdict.failures;
    expect(failure).toEqual({
      id: 'ssa-signature',
      title: expect.any(String) as string,
      spec: expect.any(String) as string,
      expected: expect.any(String) as string,
      got: expect.any(String) as string,
    });
    const text = refused.verdict.toString();
    for (const part of ['400 invalid_software_statement', failure?.title, failure?.expected, failure?.spec])
      expect(text).toContain(part);
  });
});
