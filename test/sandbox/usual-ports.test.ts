import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { payloadOf } from '../corpus/kitchen.js';

describe('at the usual ports', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await createSandbox({ httpPort: 80, httpsPort: 443, publicHost: 'directory.test' });
  });
  afterAll(() => sandbox.close());

  it('URLs go without the port, as URL.origin writes them', async () => {
    expect(sandbox.urls).toEqual({ http: 'http://directory.test', https: 'https://directory.test' });
    const { ssa, organisation } = await sandbox.services.createReadyTpp({});
    expect(payloadOf(ssa)['org_jwks_endpoint']).toBe(
      `https://directory.test/${organisation.id}/${organisation.id}.jwks`,
    );
    const bank = sandbox.services.getBank('reference');
    expect(bank.discovery()).toMatchObject({ issuer: 'https://directory.test/aspsp/reference' });
    expect(bank.profile.ssa.issuers[0]?.jwksOrigins).toEqual(['https://directory.test']);
    expect((await sandbox.services.inspector.inspect(ssa)).signature.valid).toBe(true);
  });
});
