import { startSandbox } from 'mock-ob-directory/testkit';

let sandbox;
let bank;
let tpp;

beforeAll(async () => {
  sandbox = await startSandbox({ clock: '2027-01-31T09:00:00Z' });
  bank = sandbox.bank('reference');
});
beforeEach(async () => {
  await sandbox.reset();
  tpp = await sandbox.createTpp({ roles: ['AISP'] });
});
afterAll(() => sandbox.close());

/** Jest's `expect` takes no message: this throws the bank's verdict where the answer is another. */
function expectAnswer({ status, body, verdict }, expected) {
  const answer = body.error === undefined ? `${status}` : `${status} ${body.error}`;
  if (answer !== expected) throw new Error(`expected ${expected}, and the bank says:\n${verdict}`);
}

test('a TPP registers and gets a token', async () => {
  expectAnswer(await tpp.register(bank), '201');
  const { body } = await tpp.token(bank);
  expect(body.access_token).toEqual(expect.any(String));
});

test('a TPP is refused a redirect URI that is not in its SSA', async () => {
  const reply = await tpp.register(bank, {
    claims: { redirect_uris: ['https://elsewhere.example/callback'] },
  });
  expectAnswer(reply, '400 invalid_redirect_uri');
});

test('a TPP cannot register with an SSA of last month', async () => {
  const ssa = await tpp.ssa();
  sandbox.clock.advance('P31D');
  const reply = await tpp.register(bank, { ssa });
  expectAnswer(reply, '400 invalid_software_statement');
  expect(reply.verdict.failures.map(({ id }) => id)).toEqual(['ssa-age']);
});

test('a TPP cannot register once its certificate is revoked', async () => {
  await sandbox.revoke(tpp.transport, 'keyCompromise');
  expectAnswer(await tpp.register(bank), '401 invalid_client');
});
