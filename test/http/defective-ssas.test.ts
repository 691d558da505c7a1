import { createHash } from 'node:crypto';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ssaDefectNames } from '../../src/sandbox/defects/ssa-defects.js';
import { createSandbox, type ReadyTpp, type Sandbox, type DefectiveSsaRequest } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

let sandbox: Sandbox;
let tpp: ReadyTpp;
beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({});
});
afterAll(() => sandbox.close());

const ask = (body: object) =>
  supertest(sandbox.deskApp).post(`/sandbox/software-statements/${tpp.softwareStatement.id}/ssa`).send(body);

/** The wrong fields that a refusal names. */
async function problemsOf(body: object): Promise<{ field: string; expected: string; actual: string }[]> {
  const response = await ask(body).expect(400);
  return (response.body as { errors: { field: string; expected: string; actual: string }[] }).errors;
}

/** As many claims as asked for, with values of one character. */
const claims = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`claim_${index}`, 'x']));

/** Lists within lists. */
function nested(levels: number): unknown {
  return levels === 0 ? 'x' : [nested(levels - 1)];
}

describe('a request for a defective SSA', () => {
  it('is refused for an unknown defect, with the names of those that there are', async () => {
    expect(await problemsOf({ defect: 'no-such-defect' })).toEqual([
      {
        field: 'defect',
        expected: `one of ${ssaDefectNames.map((name) => `"${name}"`).join(', ')}`,
        actual: '"no-such-defect"',
      },
    ]);
  });

  it.each([null, '', true, ['alg-none'], 'toString', '__proto__'])('is refused for %j', async (defect) => {
    expect(await problemsOf({ defect })).toMatchObject([{ field: 'defect' }]);
  });

  it.each([
    [{ override: 'iss' }, 'override'],
    [{ override: null }, 'override'],
    [{ override: [] }, 'override'],
    [{ override: { replace: ['iss'] } }, 'override.replace'],
    [{ override: { replace: null } }, 'override.replace'],
    [{ override: { remove: 'iss' } }, 'override.remove'],
    [{ override: { remove: ['iss', 1] } }, 'override.remove[1]'],
    [{ override: { remove: ['x'.repeat(101)] } }, 'override.remove[0]'],
    [{ override: { add: {} } }, 'override.add'],
    [{ overrides: {} }, 'overrides'],
  ])('is refused for %j, which names %s', async (body, field) => {
    expect(await problemsOf(body)).toMatchObject([{ field }]);
  });

  it('is refused for a claim to remove that the SSA does not have, since that would change nothing', async () => {
    const [problem, ...others] = await problemsOf({
      override: { remove: ['iss', 'softwareId', 'toString'] },
    });
    expect(problem).toMatchObject({ field: 'override.remove[1]', actual: '"softwareId"' });
    expect(problem?.expected).toMatch(/^a claim of the SSA: iss, iat, jti, /);
    expect(others).toMatchObject([{ field: 'override.remove[2]' }]);
  });

  it('is refused for a claim to be both replaced and removed', async () => {
    expect(await problemsOf({ override: { replace: { iss: 'x' }, remove: ['jti', 'iss'] } })).toEqual([
      { field: 'override.remove[1]', expected: 'a claim that is not replaced too', actual: '"iss"' },
    ]);
  });

  it.each([{ defect: 'alg-none' }, { override: {} }, { defect: 'alg-none', override: {} }])(
    'is refused for a self-signed SSA with %j',
    async (departure) => {
      for (const selfSigned of ['signed', 'unsigned']) {
        expect(await problemsOf({ ...departure, selfSigned })).toEqual([
          {
            field: 'selfSigned',
            expected: 'nothing beside defect or override, which are for SSAs of the directory',
            actual: `"${selfSigned}"`,
          },
        ]);
      }
    },
  );

  it('is refused where the Directory would issue no SSA at all', async () => {
    const { services } = sandbox;
    const other = await services.createReadyTpp({});
    await services.registry.changeSoftwareStatement(other.softwareStatement.id, { active: false });
    const api = supertest(sandbox.deskApp);
    const path = (softwareId: string) => `/sandbox/software-statements/${softwareId}/ssa`;
    await api.post(path(other.softwareStatement.id)).send({ defect: 'no-jti' }).expect(409);
    await api.post(path('NoSuchSoftware00000000')).send({ defect: 'no-jti' }).expect(404);
  });

  it('is answered bare for who asks for application/jwt, whatever the token is', async () => {
    const bare = await ask({ defect: 'not-a-jwt' }).set('accept', 'application/jwt').expect(200).buffer();
    expect(bare.text).toBe('not-a-jwt');
    const decoded = await ask({ defect: 'not-a-jwt' }).expect(200);
    expect(decoded.body).toEqual({ ssa: 'not-a-jwt', header: null, payload: null });
  });
});

describe('an override', () => {
  it('has at most 50 claims, with names of at most 100 characters', async () => {
    await ask({ override: { replace: claims(50) } }).expect(200);
    expect(await problemsOf({ override: { replace: claims(51) } })).toMatchObject([
      { field: 'override.replace', expected: 'at most 50 claims' },
    ]);
    await ask({ override: { replace: { ['x'.repeat(100)]: 1 } } }).expect(200);
    expect(await problemsOf({ override: { replace: { ['x'.repeat(101)]: 1 } } })).toMatchObject([
      { field: 'override.replace', expected: 'claims with names of at most 100 characters' },
    ]);
    expect(await problemsOf({ override: { remove: Array(51).fill('iss') } })).toMatchObject([
      { field: 'override.remove', expected: 'at most 50 items' },
    ]);
  });

  it('has at most 32768 characters of JSON', async () => {
    const frame = JSON.stringify({ big: '' }).length;
    await ask({ override: { replace: { big: 'x'.repeat(32_768 - frame) } } }).expect(200);
    expect(await problemsOf({ override: { replace: { big: 'x'.repeat(32_769 - frame) } } })).toMatchObject([
      { field: 'override.replace', expected: 'at most 32768 characters of JSON' },
    ]);
  });

  it('that is as deep as a body may be makes an SSA that can be read', async () => {
    // The body, override and replace are levels too.
    const answer = await ask({ override: { replace: { deep: nested(29) } } }).expect(200);
    expect((answer.body as { payload: unknown }).payload).toMatchObject({ deep: nested(29) });
    await ask({ override: { replace: { deep: nested(30) } } }).expect(400);
  });

  it('may have a claim of any name', async () => {
    const override = JSON.parse('{"replace":{"__proto__":{"org_status":"Active"},"":0}}') as object;
    const { text } = await ask({ override }).expect(200);
    expect(text).toContain('"__proto__":{"org_status":"Active"},"":0}');
  });

  it('that is empty leaves an honest SSA', async () => {
    const honest = (await ask({}).expect(200)).body as { header: object; payload: object };
    const same = (await ask({ override: {} }).expect(200)).body as { header: object; payload: object };
    expect(same.header).toEqual(honest.header);
    expect(Object.keys(same.payload)).toEqual(Object.keys(honest.payload));
  });
});

describe('a program', () => {
  const issue = (request: DefectiveSsaRequest) =>
    sandbox.services.defectiveSsas.issue(tpp.softwareStatement.id, request);

  it('asks for defects and overrides by the same names, within the same limits', async () => {
    const { header, payload } = await issue({
      defect: 'no-kid',
      override: { replace: { software_version: 2 }, remove: ['software_logo_uri'] },
    });
    expect(header).toEqual({ alg: 'PS256', typ: 'JWT' });
    expect(payload).toMatchObject({ software_version: 2 });
    expect(payload).not.toHaveProperty('software_logo_uri');
    await expect(issue({ defect: 'no-such' } as unknown as DefectiveSsaRequest)).rejects.toMatchObject({
      code: 'invalid_input',
    });
    const deep = { override: { replace: { deep: nested(33) } } };
    await expect(issue(deep)).rejects.toThrow(/JSON of at most 32 levels/);
  });

  it('gets them under the certificate of the signing key that the clock brings into force', async () => {
    const { services, clock } = sandbox;
    clock.freeze(clock.now());
    const kidBefore = (await issue({ defect: 'no-jti' })).header?.['kid'];
    clock.freeze(new Date(clock.now().getTime() + 2 * 366 * 86_400_000));
    const { softwareStatement } = await services.createReadyTpp({});
    const honest = await services.ssaIssuer.issue(softwareStatement.id);
    const { header, payload } = await services.defectiveSsas.issue(softwareStatement.id, {
      defect: 'x5c-header',
    });
    clock.follow();
    expect(header).toMatchObject({ kid: honest.header.kid });
    expect(header?.['kid']).not.toBe(kidBefore);
    expect(payload).toHaveProperty('iat', honest.payload['iat']);
    const [der = ''] = header?.['x5c'] as string[];
    expect(`${createHash('sha256').update(Buffer.from(der, 'base64')).digest('base64url')}=`).toBe(
      header?.['kid'],
    );
  });

  it('gets a fresh jti and iat with each, and one unknown key for all', async () => {
    const [one, other] = [await issue({ defect: 'embedded-jwk' }), await issue({ defect: 'embedded-jwk' })];
    expect(one.payload?.['jti']).not.toBe(other.payload?.['jti']);
    expect(one.header?.['jwk']).toEqual(other.header?.['jwk']);
  });
});
