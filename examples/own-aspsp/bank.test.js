import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { startSandbox } from 'mock-ob-directory/testkit';
import { createBank } from './bank.js';

describe('our bank', () => {
  let sandbox;
  let server;
  let bank;

  before(async () => {
    sandbox = await startSandbox();
    const { organisation, serverTls } = await sandbox.createAspsp();
    server = createBank({ audience: organisation.id, tls: serverTls, directory: sandbox.trustAnchor });
    await once(server.listen(0), 'listening');
    const registrationEndpoint = `https://localhost:${server.address().port}/register`;
    bank = { registrationEndpoint, audience: organisation.id };
  });
  after(async () => {
    server.close();
    await sandbox.close();
  });

  it('registers a TPP', async () => {
    const tpp = await sandbox.createTpp({ roles: ['AISP'] });
    const { status, text } = await tpp.register(bank);
    assert.equal(status, 201, text);
  });

  it('refuses everything that no bank may accept', async () => {
    const examination = await sandbox.examine(bank);
    console.log(String(examination));
    assert.deepEqual(
      examination.mistakes.map(({ name }) => name),
      [],
    );
  });
});
