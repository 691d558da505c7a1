import { beforeAll, describe, expect, it } from 'vitest';
import { payloadOf } from '../../corpus/kitchen.js';
import { signCompact, signRequest, type Claims } from '../../support/registration.js';
import { expectRefusal, ONE_LINE, setScene, Target } from '../../support/target.js';

const scene = setScene('reference');
let target: Target;

beforeAll(async () => {
  target = await Target.open(scene.sandbox, 'reference', scene.tpp);
});

/** An SSA over any text, as only the Directory could sign it. */
function ssaOver(payload: string): string {
  const { kid, privateKey } = scene.sandbox.services.trustAnchor.signing;
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return signCompact({ alg: 'PS256', kid, typ: 'JWT' }, payload, 'PS256', key);
}
const ssaWith = (claims: Claims) => ssaOver(JSON.stringify({ ...payloadOf(scene.tpp.ssa), ...claims }));

const hostile: [string, string][] = [
  ['a header', 'x\r\nSet-Cookie: a=b'],
  ['a line feed', 'x\ny'],
  ['quotation marks', 'x", error="none'],
  ['backslashes', 'x\\"y'],
  ['letters beyond ASCII', 'ñ密😀'],
  ['a terminal sequence', '\u001b[2J\u0007'],
  ['text from right to left', '\u202eevil'],
  ['a zero byte', 'x\u0000y'],
  ['half a surrogate pair', '\ud800'],
  ['10,000 characters', 'x'.repeat(10_000)],
];

describe.each(hostile)('%s in a value that comes back', (_title, text) => {
  it.each<[string, string, string]>([
    ['aud', 'invalid_software_statement', 'request-aud'],
    ['jti', 'invalid_software_statement', 'request-jti'],
    ['scope', 'invalid_client_metadata', 'scope'],
    ['token_endpoint_auth_method', 'invalid_client_metadata', 'token-endpoint-auth-method'],
    ['software_id', 'invalid_client_metadata', 'software-id'],
  ])('comes back as one line of printable ASCII from %s', async (claim, error, rule) => {
    const claims = target.bank.claims({ [claim]: text });
    await target.refuses(() => target.bank.register(claims), { status: 400, error, rule });
  });

  it('comes back as one line of printable ASCII from a path, a parameter and an SSA', async () => {
    const path = `/register/${encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'))}`;
    expectRefusal(await target.bank.call('GET', path, undefined), {
      status: 401,
      error: 'invalid_token',
      rule: undefined,
    });
    expectRefusal(await target.bank.requestToken({ client_id: text }), {
      status: 401,
      error: 'invalid_client',
      rule: undefined,
    });
    const claims = target.bank.claims({ software_statement: ssaWith({ iss: text }) });
    expectRefusal(await target.bank.register(claims), {
      status: 400,
      error: 'unapproved_software_statement',
      rule: undefined,
    });
  });
});

describe('an SSA', () => {
  const overruling = {
    client_id: 'chosen',
    client_secret: 'chosen',
    client_secret_expires_at: 1,
    client_id_issued_at: 1,
    registration_access_token: 'chosen',
    registration_client_uri: 'https://evil.example/',
    redirect_uris: ['https://evil.example/'],
    grant_types: ['implicit'],
    scope: 'everything',
    token_endpoint_auth_method: 'none',
    tls_client_auth_subject_dn: 'CN=evil',
    tls_client_auth_dn: 'CN=evil',
    backchannel_client_notification_endpoint: 'https://evil.example/',
    software_statement: 'chosen',
    exp: 9_999_999_999,
  };

  it('cannot overrule what the bank answers, nor fill in for what it leaves out', async () => {
    const ssa = ssaWith(overruling);
    const expected = target.client;
    const client = await target.bank.registered(target.bank.claims({ software_statement: ssa }));
    const { client_id: id, client_id_issued_at: issuedAt, ...rest } = client;
    const {
      client_id: expectedId,
      client_id_issued_at: expectedIssuedAt,
      software_statement: before,
      ...expectedRest
    } = expected;
    expect(before).toBe(scene.tpp.ssa);
    expect(rest).toEqual({ ...expectedRest, software_statement: ssa });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(id).not.toBe(expectedId);
    expect(Number(issuedAt)).toBeGreaterThanOrEqual(Number(expectedIssuedAt));
    const read = await target.bank.read(id, await target.bank.token(client));
    expect(JSON.parse(read.text)).toEqual(client);
  });

  it('cannot choose the client by claims of the request either', async () => {
    const client = await target.bank.registered(
      target.bank.claims({ client_id: target.client.client_id, client_secret: 'chosen' }),
    );
    expect(client.client_id).not.toBe(target.client.client_id);
    expect(client).not.toHaveProperty('client_secret');
    await target.expectUnharmed();
  });
});

describe('names of prototypes', () => {
  const pollution =
    '"__proto__":{"polluted":true,"org_status":"Active"},"constructor":{"prototype":{"polluted":true}},';
  const polluted = (claims: Claims) => `{${pollution}${JSON.stringify(claims).slice(1)}`;
  const expectClean = () => {
    expect(({} as Claims)['polluted']).toBeUndefined();
    expect(([] as unknown as Claims)['polluted']).toBeUndefined();
  };

  it('pollute nothing as claims of a request and an SSA', async () => {
    const ssa = ssaOver(polluted(payloadOf(scene.tpp.ssa)));
    const claims = polluted(target.bank.claims({ software_statement: ssa }));
    const { kid, privateKeyPem } = scene.tpp.signing;
    const token = signCompact({ alg: 'PS256', kid }, claims, 'PS256', privateKeyPem);
    expect(await target.bank.register(token)).toMatchObject({ status: 201 });
    expectClean();
    await target.expectUnharmed();
  });

  it('do not stand in for claims that are absent', async () => {
    const { ...claims } = payloadOf(scene.tpp.ssa);
    Reflect.deleteProperty(claims, 'org_status');
    const ssa = ssaOver(polluted(claims));
    await target.refuses(() => target.bank.register(target.bank.claims({ software_statement: ssa })), {
      status: 400,
      error: 'invalid_software_statement',
      rule: 'ssa-claims',
      mentions: 'org_status: ',
    });
  });

  it.each(['token_endpoint_auth_method', 'application_type', 'scope', 'subject_type'])(
    'are no values of %s',
    async (claim) => {
      for (const name of ['__proto__', 'constructor', 'toString']) {
        const request = signRequest(scene.tpp, target.bank.claims({ [claim]: name }));
        await target.refuses(() => target.bank.register(request), {
          status: 400,
          error: 'invalid_client_metadata',
          rule: claim.replaceAll('_', '-'),
        });
      }
    },
  );

  it('pollute nothing in a bank profile', async () => {
    const { services } = scene.sandbox;
    const before = structuredClone(target.bank.profile);
    const profile = JSON.parse(polluted({ ...before })) as unknown;
    await expect(services.changeBankProfile('reference', profile)).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expectClean();
    const nested = JSON.parse(polluted({ ...before.jwks })) as unknown;
    await expect(services.changeBankProfile('reference', { ...before, jwks: nested })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    for (const authority of ['__proto__', 'constructor']) {
      const clientCertificate = { ...before.clientCertificate, authorities: [authority] };
      await expect(
        services.changeBankProfile('reference', { ...before, clientCertificate }),
      ).rejects.toMatchObject({ code: 'invalid_input' });
    }
    expectClean();
    expect(target.bank.profile).toEqual(before);
    await target.expectUnharmed();
  });

  it('are no placeholders in a bank profile', async () => {
    const { services } = scene.sandbox;
    const before = structuredClone(target.bank.profile);
    const name = 'Bank {constructor} {__proto__} {toString}';
    try {
      expect((await services.changeBankProfile('reference', { ...before, name })).name).toBe(name);
      expect(name).toMatch(ONE_LINE);
    } finally {
      await services.changeBankProfile('reference', before);
    }
  });
});
