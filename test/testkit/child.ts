/**
 * A test process: a sandbox, a registration, and whatever else its arguments name; then it has nothing more to do, and
 * says so.
 */
import { request } from 'node:http';
import { createSandbox, startSandbox } from '../../src/testkit.js';

async function main(): Promise<void> {
  const makeSandbox = process.argv.includes('socketless') ? createSandbox : startSandbox;
  await using sandbox = await makeSandbox({ clock: '2027-01-31T09:00:00Z' });
  const tpp = await sandbox.createTpp({ roles: ['AISP'] });
  const { status } = await tpp.register(sandbox.bank('reference'));
  const { organisation } = tpp;
  const path = `/${organisation.id}/${organisation.id}.jwks`;
  if (process.argv.includes('never-ending')) {
    await sandbox.services.faults.set({
      kind: 'jwks',
      name: 'never-ending',
      organisationId: organisation.id,
    });
    await new Promise((resolve) =>
      request(sandbox.urls.http + path, (response) => {
        response.on('error', () => undefined).once('data', resolve);
      }).end(),
    );
  }
  if (process.argv.includes('keep-alive')) await (await fetch(sandbox.urls.http + path)).text();
  process.stdout.write(`${JSON.stringify({ status })}\n`);
}

await main();
process.stdout.write('closed\n');
