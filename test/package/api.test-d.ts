/**
 * The public API as its users write it. Nobody runs it: it compiles, here and in the project of somebody who has
 * installed the package, or the API has changed.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Agent } from 'node:https';
import { expectTypeOf } from 'vitest';
import {
  ConfigurationError,
  createSandbox,
  DomainError,
  startSandbox,
  type ErrorCode,
  type Failure,
  type Organisation,
  type Reply,
  type Sandbox,
  type SandboxOptions,
  type ShownExchange,
  type SoftwareStatement,
  type SsaDefectName,
  type StateFile,
  type TestTpp,
  type TokenBody,
  type Verdict,
} from '../../src/index.js';

export async function register(): Promise<void> {
  await using sandbox = await startSandbox({ clock: '2027-01-31T09:00:00Z' });
  const tpp = await sandbox.createTpp({ roles: ['AISP'] });
  const response = await tpp.register(sandbox.bank('reference'));
  expectTypeOf(sandbox).toEqualTypeOf<Sandbox>();
  expectTypeOf(tpp).toEqualTypeOf<TestTpp>();
  expectTypeOf(response).toEqualTypeOf<Reply>();
  expectTypeOf(response.status).toBeNumber();
  expectTypeOf(response.body.client_id).toEqualTypeOf<string | undefined>();
  expectTypeOf(response.verdict.failures).toEqualTypeOf<readonly Failure[]>();
}

export async function registerWrongly(sandbox: Sandbox, tpp: TestTpp): Promise<void> {
  const bank = sandbox.bank('reference');
  await tpp.register(bank, { defect: 'tampered-payload' });
  await tpp.register(bank, { override: { remove: ['org_name'] }, claims: { jti: undefined } });
  await tpp.register(bank, { defect: 'tampered-payload' satisfies SsaDefectName });
  // @ts-expect-error: no such defect
  await tpp.register(bank, { defect: 'tampered' });
  // @ts-expect-error: a TPP is no bank
  await sandbox.createTpp({ roles: ['ASPSP'] });
  // @ts-expect-error: a bank, not its name
  await tpp.register('reference');
}

export async function manage(sandbox: Sandbox, tpp: TestTpp): Promise<void> {
  const bank = sandbox.bank('reference');
  expectTypeOf(await tpp.readRegistration(bank)).toEqualTypeOf<Reply>();
  expectTypeOf(await tpp.replaceRegistration(bank, { clientId: 'x', claims: {} })).toEqualTypeOf<Reply>();
  expectTypeOf(await tpp.deleteRegistration(bank, { token: 'x' })).toEqualTypeOf<Reply>();
  expectTypeOf(await tpp.token(bank, { scope: 'accounts' })).toEqualTypeOf<Reply<TokenBody>>();
  expectTypeOf(sandbox.attempts('reference')).toEqualTypeOf<Verdict[]>();
}

export async function testOwnBank(sandbox: Sandbox, tpp: TestTpp): Promise<void> {
  const bank = { registrationEndpoint: 'https://localhost:9443/register' };
  expectTypeOf(await tpp.ssa({ defect: 'no-iat' })).toBeString();
  expectTypeOf(await tpp.registrationRequest({ bank })).toBeString();
  expectTypeOf(await tpp.fetch(bank.registrationEndpoint, { method: 'POST' })).toEqualTypeOf<Response>();
  expectTypeOf(tpp.httpsAgent).toEqualTypeOf<Agent>();
  expectTypeOf(tpp.signing.key).toEqualTypeOf<KeyObject>();
  expectTypeOf(tpp.transport.certificate).toEqualTypeOf<X509Certificate>();
  expectTypeOf(tpp.signing.jwk.kty).toBeString();
  expectTypeOf(sandbox.trustAnchor.jwksUri).toBeString();
  // Assignable to what every version of undici and of Node's types calls a dispatcher: these have no type in common.
  expectTypeOf(tpp.dispatcher).toBeNever();
  const { serverTls } = await sandbox.createAspsp({ hostName: 'bank.test' });
  expectTypeOf(serverTls.requestCert).toEqualTypeOf<true>();
}

export async function direct(sandbox: Sandbox): Promise<void> {
  const organisation = await sandbox.createOrganisation({ name: 'Firm Ltd' });
  expectTypeOf(organisation).toEqualTypeOf<Organisation>();
  const statement = await sandbox.createSoftwareStatement(organisation.id, { clientName: 'App' });
  expectTypeOf(statement).toEqualTypeOf<SoftwareStatement>();
  sandbox.clock.set(new Date(0));
  sandbox.clock.advance('P31D');
  sandbox.clock.advance({ seconds: 5 });
  sandbox.clock.freeze();
  await sandbox.faults.set({ kind: 'jwks', name: 'unavailable', softwareId: statement.id, times: 2 });
  await sandbox.revoke('kid', 'keyCompromise');
  // @ts-expect-error: no reason of RFC 5280
  await sandbox.revoke('kid', 'because');
  const state = await sandbox.state.export();
  expectTypeOf(state).toEqualTypeOf<StateFile>();
  await sandbox.state.import(state);
  await sandbox.reset();
  await sandbox.observe('/ca/*');
  expectTypeOf(sandbox.requests('/ca/*')).toBeNumber();
  expectTypeOf(sandbox.tape()).toEqualTypeOf<ShownExchange[]>();
  const [exchange] = sandbox.tape({ tpp: statement.id, bank: 'reference', since: new Date(0) });
  expectTypeOf(exchange?.answer?.status).toEqualTypeOf<number | undefined>();
  // @ts-expect-error: no such filter
  sandbox.tape({ client: statement.id });
}

export const options: SandboxOptions[] = [
  {},
  { clock: new Date(0), seed: 1, keyCache: false },
  { clock: { mode: 'frozen' }, profiles: { reference: { ssa: { maxAgeSeconds: 60 } } } },
  // @ts-expect-error: no such option
  { klock: '2027-01-31T09:00:00Z' },
  // @ts-expect-error: seconds are a number
  { profiles: { reference: { ssa: { maxAgeSeconds: '60' } } } },
];

export async function withoutSockets(): Promise<void> {
  const sandbox = await createSandbox({ clientCertificateOf: () => undefined });
  expectTypeOf(sandbox).toExtend<AsyncDisposable>();
}

export function explain(error: unknown): ErrorCode | undefined {
  if (error instanceof ConfigurationError) expectTypeOf(error.message).toBeString();
  return error instanceof DomainError ? error.code : undefined;
}
