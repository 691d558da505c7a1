import type { KeyObject, X509Certificate } from 'node:crypto';
import type { Agent } from 'node:https';
import type { JWK } from 'jose';
import { describe, expectTypeOf, it } from 'vitest';
import type * as api from '../../src/index.js';
import type { Sandbox, TestTpp } from '../../src/testkit.js';

describe('the types of the test kit', () => {
  it('let the three lines of the documentation compile, and name what comes of them', () => {
    expectTypeOf<typeof api.startSandbox>().parameter(0).extract<object>().toHaveProperty('clock');
    expectTypeOf<typeof api.startSandbox>().returns.resolves.toEqualTypeOf<Sandbox>();
    expectTypeOf<typeof api.createSandbox>().returns.resolves.toEqualTypeOf<Sandbox>();
    expectTypeOf<Sandbox>().toExtend<AsyncDisposable>();
    expectTypeOf<Sandbox['createTpp']>().returns.resolves.toEqualTypeOf<TestTpp>();
    expectTypeOf<TestTpp['register']>().returns.resolves.toEqualTypeOf<api.Reply>();
    expectTypeOf<api.Reply['status']>().toEqualTypeOf<number>();
    expectTypeOf<api.Reply['body']['client_id']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<api.Reply['verdict']['failures']>().toEqualTypeOf<readonly api.Failure[]>();
    expectTypeOf<TestTpp['token']>().returns.resolves.toEqualTypeOf<api.Reply<api.TokenBody>>();
  });

  it('know roles, banks, reasons and defects by their names', () => {
    type Roles = NonNullable<NonNullable<Parameters<Sandbox['createTpp']>[0]>['roles']>;
    expectTypeOf<Roles>().items.toEqualTypeOf<'AISP' | 'PISP' | 'CBPII'>();
    expectTypeOf<'tampered-payload'>().toExtend<api.SsaDefectName>();
    expectTypeOf<'tampered'>().not.toExtend<api.SsaDefectName>();
    expectTypeOf<NonNullable<api.SsaChanges['defect']>>().toEqualTypeOf<api.SsaDefectName>();
    expectTypeOf<Sandbox['revoke']>().parameter(1).extract<string>().not.toEqualTypeOf<string>();
    expectTypeOf<{ reference: { ssa: { maxAgeSeconds: 60 } } }>().toExtend<api.Profiles>();
    expectTypeOf<{ reference: { ssa: { maxAgeSeconds: '60' } } }>().not.toExtend<api.Profiles>();
    expectTypeOf<{ seconds: 5 } | 'P1D' | 5>().toExtend<api.Advance>();
  });

  it('have keys in the forms that libraries take', () => {
    expectTypeOf<TestTpp['signing']>().toEqualTypeOf<TestTpp['transport']>();
    expectTypeOf<TestTpp['signing']['key']>().toEqualTypeOf<KeyObject>();
    expectTypeOf<TestTpp['signing']['certificate']>().toEqualTypeOf<X509Certificate>();
    expectTypeOf<TestTpp['httpsAgent']>().toEqualTypeOf<Agent>();
    expectTypeOf<TestTpp['signing']['jwk']>().toExtend<JWK>();
    // Assignable to what every version of undici and of Node's types calls a dispatcher: these have no type in common.
    expectTypeOf<TestTpp['dispatcher']>().toBeNever();
  });
});
