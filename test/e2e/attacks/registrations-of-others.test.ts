import { beforeAll, describe, expect, it } from 'vitest';
import type { ReadyTpp } from '../../../src/testkit.js';
import {
  identityOfUnknownAuthority,
  numericDate,
  signRequest,
  transportIdentity,
} from '../../support/registration.js';
import { expectRefusal, setScene, Target, type Refusal } from '../../support/target.js';

const scene = setScene('reference');
let target: Target;
let sibling: ReadyTpp;

beforeAll(async () => {
  target = await Target.open(scene.sandbox, 'reference', scene.tpp);
  sibling = await scene.sibling();
});

const invalidToken = (rule: string, mentions = ''): Refusal => ({
  status: 401,
  error: 'invalid_token',
  rule,
  mentions,
});
const unknownToken = invalidToken('access-token-live', 'unknown, revoked or long expired');

describe('a registration in the name of another', () => {
  it('is refused to who has the SSA of one organisation and the certificate of another', async () => {
    const identity = transportIdentity(scene.other);
    await target.refuses(() => target.bank.register(target.bank.claims(), { identity }), {
      status: 401,
      error: 'invalid_client',
      rule: 'client-certificate-organisation',
      mentions: scene.other.organisation.id,
    });
  });

  it('does not use up the request of its owner, who may still send it', async () => {
    const request = signRequest(scene.tpp, target.bank.claims());
    const identity = transportIdentity(scene.other);
    await target.refuses(() => target.bank.register(request, { identity }), {
      status: 401,
      error: 'invalid_client',
      rule: 'client-certificate-organisation',
    });
    expect(await target.bank.register(request)).toMatchObject({ status: 201 });
  });

  it('is refused to who signs the SSA of another with keys of their own', async () => {
    const thief = scene.bank('reference', scene.other);
    const claims = target.bank.claims();
    await target.refuses(() => thief.register(claims), {
      status: 400,
      error: 'invalid_software_statement',
      rule: 'request-signature',
    });
  });

  it('is refused to a certificate with all the right names from another authority', async () => {
    const { organisation, softwareStatement } = scene.tpp;
    const holder = { organisation, softwareId: softwareStatement.id };
    const identity = await identityOfUnknownAuthority(holder, scene.sandbox.clock.now());
    await target.refuses(() => target.bank.register(target.bank.claims(), { identity }), {
      status: 401,
      error: 'invalid_client',
      rule: 'client-certificate-trusted',
    });
  });
});

describe('a replacement with another SSA is refused:', () => {
  const replaceAs = async (signer: ReadyTpp) => {
    const token = await target.bank.token(target.client);
    const claims = scene.bank('reference', signer).claims();
    return target.bank.replace(target.client.client_id, token, signRequest(signer, claims));
  };

  it('that of other software of the organisation', async () => {
    await target.refuses(() => replaceAs(sibling), {
      status: 400,
      error: 'invalid_software_statement',
      rule: 'replacement-same-software',
      mentions: sibling.softwareStatement.id,
    });
  });

  it('that of another organisation', async () => {
    await target.refuses(() => replaceAs(scene.other), {
      status: 401,
      error: 'invalid_client',
      rule: 'client-certificate-organisation',
    });
  });

  it('that of another organisation, in a request of the owner', async () => {
    const token = await target.bank.token(target.client);
    const claims = target.bank.claims({ software_statement: scene.other.ssa });
    await target.refuses(() => target.bank.replace(target.client.client_id, token, claims), {
      status: 400,
      error: 'invalid_software_statement',
      rule: 'request-signature',
    });
  });
});

const operations = ['GET', 'PUT', 'DELETE'] as const;

function manage(operation: (typeof operations)[number], token: string, by = target.bank, options = {}) {
  const { client_id: id } = target.client;
  if (operation === 'GET') return by.read(id, token, options);
  if (operation === 'DELETE') return by.remove(id, token, options);
  return by.replace(id, token, by.claims(), options);
}

describe.each(operations)('%s', (operation) => {
  it('with the token of a client of another organisation is refused, and revokes that token', async () => {
    const thief = scene.bank('reference', scene.other);
    const own = await thief.registered();
    const token = await thief.token(own);
    await target.refuses(
      () => manage(operation, token, thief),
      invalidToken('access-token-client', target.client.client_id),
    );
    expectRefusal(await thief.read(own.client_id, token), unknownToken);
    expect(await thief.read(own.client_id, await thief.token(own))).toMatchObject({ status: 200 });
  });

  it('with the token of another client of the same software is refused, and revokes that token', async () => {
    const own = await target.bank.registered();
    const token = await target.bank.token(own);
    await target.refuses(() => manage(operation, token), invalidToken('access-token-client'));
    expectRefusal(await target.bank.read(own.client_id, token), unknownToken);
  });

  it('with another certificate of the same organisation is refused, and leaves the token to its owner', async () => {
    const token = await target.bank.token(target.client);
    const identity = transportIdentity(sibling);
    await target.refuses(
      () => manage(operation, token, target.bank, { identity }),
      invalidToken('access-token-bound'),
    );
    expect(await target.bank.read(target.client.client_id, token)).toMatchObject({ status: 200 });
  });

  it('with a stolen token and no certificate is refused, and leaves the token to its owner', async () => {
    const token = await target.bank.token(target.client);
    await target.refuses(() => manage(operation, token, target.bank, { identity: undefined }), {
      status: 401,
      error: 'invalid_client',
      rule: 'client-certificate-presented',
    });
    expect(await target.bank.read(target.client.client_id, token)).toMatchObject({ status: 200 });
  });

  it('with a token of another bank is refused, and leaves it as it is there', async () => {
    const elsewhere = scene.bank('generic');
    const own = await elsewhere.registered();
    const token = await elsewhere.token(own);
    await target.refuses(() => manage(operation, token), unknownToken);
    expect(await elsewhere.read(own.client_id, token)).toMatchObject({ status: 200 });
  });

  it('with an expired token is refused', async () => {
    const token = await target.bank.token(target.client);
    const { token: settings } = target.bank.profile;
    const past = scene.sandbox.clock.now();
    scene.sandbox.clock.advance(settings.lifetimeSeconds * 1000);
    try {
      const answer = await manage(operation, token);
      expectRefusal(answer, invalidToken('access-token-live', 'a token that is valid at'));
    } finally {
      scene.sandbox.clock.set(past);
    }
    await target.expectUnharmed();
  });

  it.each<[string, Record<string, string>, string]>([
    ['no token', { authorization: '' }, 'access-token-presented'],
    ['a token in Basic', { authorization: 'Basic YTpi' }, 'access-token-presented'],
    ['two tokens', { authorization: 'Bearer a, Bearer b' }, 'access-token-presented'],
    ['a token beyond ASCII', { authorization: 'Bearer \u00e4' }, 'access-token-presented'],
    ['the name of the prototype', { authorization: 'Bearer __proto__' }, 'access-token-live'],
    ['10,000 characters', { authorization: `Bearer ${'t'.repeat(10_000)}` }, 'access-token-live'],
    [
      'the digest of a token',
      { authorization: 'Bearer 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU' },
      'access-token-live',
    ],
  ])('with %s is refused', async (_title, headers, rule) => {
    const answer = await target.refuses(
      () => manage(operation, 'replaced', target.bank, { headers }),
      invalidToken(rule),
    );
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });
});

describe('after DELETE', () => {
  it.each(operations)('%s with the token of the deleted client is refused', async (operation) => {
    const client = await target.bank.registered();
    const token = await target.bank.token(client);
    expect(await target.bank.remove(client.client_id, token)).toMatchObject({ status: 204, text: '' });
    const { client_id: id } = client;
    await target.refuses(() => {
      if (operation === 'GET') return target.bank.read(id, token);
      if (operation === 'DELETE') return target.bank.remove(id, token);
      return target.bank.replace(id, token, target.bank.claims());
    }, unknownToken);
  });

  it('the deleted client gets no new token', async () => {
    const client = await target.bank.registered();
    await target.bank.remove(client.client_id, await target.bank.token(client));
    await expect(target.bank.token(client)).rejects.toThrow('client-known');
  });
});

describe('a client id in the path that is none', () => {
  it.each([
    '__proto__',
    'constructor',
    '..%2f..%2freference',
    '%00',
    '%0d%0aSet-Cookie:%20a=b',
    "'%20OR%201=1",
    'x'.repeat(5_000),
  ])('%s is refused', async (id) => {
    const token = await target.bank.token(target.client);
    await target.refuses(
      () =>
        target.bank.call('GET', `/register/${id}`, undefined, {
          headers: { authorization: `Bearer ${token}` },
        }),
      invalidToken('access-token-client'),
    );
  });

  it.each([
    ['/register/%E0%A4%A', 400, 'invalid_request'],
    ['/register/%', 400, 'invalid_request'],
  ])('%s is refused before any bank judges it', async (path, status, error) => {
    await target.refuses(() => target.bank.call('GET', path, undefined), { status, error, rule: undefined });
  });
});

describe('a bank that is none', () => {
  it.each(['__proto__', 'constructor', '%0d%0aX:%20y', 'refer%65nce%00'])(
    '%s is not found',
    async (bankId) => {
      const nowhere = scene.bank('reference');
      const path = `/../${bankId}/register`;
      const url = new URL(nowhere.issuer + path).pathname.replace('/aspsp', '');
      const answer = await nowhere.call('POST', `/../..${url}`, 'x', { contentType: 'application/jwt' });
      expect(answer.status).toBe(404);
      await target.expectUnharmed();
    },
  );
});

describe('a request that comes again', () => {
  it('is refused the second time, and one of 20 at once succeeds', async () => {
    const before = target.clientCount;
    const request = signRequest(scene.tpp, target.bank.claims());
    const answers = await Promise.all(Array.from({ length: 20 }, () => target.bank.register(request)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(400)]);
    expect(target.clientCount).toBe(before + 1);
    await target.refuses(() => target.bank.register(request), {
      status: 400,
      error: 'invalid_software_statement',
      rule: 'request-not-replayed',
    });
  });

  it('is refused in another spelling of its jti', async () => {
    const claims = target.bank.claims();
    expect(await target.bank.register(claims)).toMatchObject({ status: 201 });
    const again = { ...claims, jti: String(claims['jti']).toUpperCase() };
    await target.refuses(() => target.bank.register(again), {
      status: 400,
      error: 'invalid_software_statement',
      rule: 'request-not-replayed',
    });
  });

  it('is refused as a replacement after it was a registration', async () => {
    const request = signRequest(scene.tpp, target.bank.claims());
    expect(await target.bank.register(request)).toMatchObject({ status: 201 });
    const token = await target.bank.token(target.client);
    await target.refuses(() => target.bank.replace(target.client.client_id, token, request), {
      status: 400,
      error: 'invalid_software_statement',
      rule: 'request-not-replayed',
    });
  });

  it('is refused at the end of its life and after it', async () => {
    const at = scene.sandbox.clock.now();
    const claims = target.bank.claims({ exp: numericDate(at) + 30 });
    expect(await target.bank.register(claims)).toMatchObject({ status: 201 });
    scene.sandbox.clock.advance(80_000);
    try {
      expectRefusal(await target.bank.register(claims), {
        status: 400,
        error: 'invalid_software_statement',
        rule: 'request-not-replayed',
        mentions: 'request-not-replayed',
      });
    } finally {
      scene.sandbox.clock.set(at);
    }
  });
});

describe('calls that race', () => {
  it('register one software statement once where a bank allows one, of 20 at once', async () => {
    const { services } = scene.sandbox;
    const once = scene.bank('generic', await services.createReadyTpp({ name: 'Once Limited' }));
    const present = structuredClone(once.profile);
    await services.changeBankProfile('generic', {
      ...present,
      ssa: { ...present.ssa, registrations: 'one' },
    });
    try {
      const answers = await Promise.all(Array.from({ length: 20 }, () => once.register()));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(400)]);
      const errors = answers
        .filter(({ status }) => status === 400)
        .map(({ text }) => (JSON.parse(text) as { error: string }).error);
      expect(new Set(errors)).toEqual(new Set(['unapproved_software_statement']));
    } finally {
      await services.changeBankProfile('generic', present);
    }
  });

  it('bring no client back that DELETE removed while PUT was under way, in 50 rounds', async () => {
    const before = target.clientCount;
    const seen = new Set<string>();
    for (let round = 0; round < 50; round += 1) {
      const { client_id: id, ...client } = await target.bank.registered();
      const token = await target.bank.token({ client_id: id, ...client });
      const request = signRequest(scene.tpp, target.bank.claims());
      const [removed, replaced] = await Promise.all([
        target.bank.remove(id, token),
        target.bank.replace(id, token, request),
      ]);
      seen.add(`${removed.status} ${replaced.status}`);
      expect(removed.status).toBe(204);
      if (replaced.status !== 200) expectRefusal(replaced, invalidToken(''));
      expect(target.clientCount).toBe(before);
    }
    expect([...seen].every((outcome) => ['204 200', '204 401'].includes(outcome))).toBe(true);
    await target.expectUnharmed();
  });
});
