import { createPublicKey, randomUUID } from 'node:crypto';
import { beforeAll, describe, it } from 'vitest';
import type { BankClient } from '../../support/bank-client.js';
import { payloadOf } from '../../corpus/kitchen.js';
import {
  newRsaKeyPem,
  numericDate,
  signCompact,
  type Claims,
  type SignatureAlgorithm,
  type TlsAnswer,
} from '../../support/registration.js';
import { setScene, Target, type Refusal } from '../../support/target.js';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const bankIds = ['reference', 'generic'] as const;
const scene = setScene(...bankIds);
const attackerKey = newRsaKeyPem();
const targets = new Map<string, Target>();

beforeAll(async () => {
  for (const bankId of bankIds) targets.set(bankId, await Target.open(scene.sandbox, bankId, scene.tpp));
});

function targetAt(bankId: string): Target {
  const target = targets.get(bankId);
  if (!target) throw new Error(`No target at ${bankId}.`);
  return target;
}

/** What goes into a token, and how it is signed. */
interface Ingredients<Part = Claims | string> {
  readonly header: Part;
  readonly payload: Part;
  readonly algorithm: SignatureAlgorithm;
  readonly key: string;
}

type Honest = Ingredients<Claims>;

/** A token that a bank is given: what an honest one is made of, how it is sent, and how a refusal of it looks. */
interface Place {
  readonly name: 'the request' | 'the SSA' | 'the client assertion';
  honest(target: Target): Honest;
  send(target: Target, token: string): Promise<TlsAnswer>;
  refusal(part: string): Refusal;
}

const softwareStatementRefused = { status: 400, error: 'invalid_software_statement' } as const;

const request: Place = {
  name: 'the request',
  honest: ({ bank }) => ({
    header: { typ: 'JWT', alg: 'PS256', kid: bank.tpp.signing.kid },
    payload: bank.claims(),
    algorithm: 'PS256',
    key: bank.tpp.signing.privateKeyPem,
  }),
  send: ({ bank }, token) => bank.register(token),
  refusal: (part) => ({ ...softwareStatementRefused, rule: `request-${part}` }),
};

const ssa: Place = {
  name: 'the SSA',
  honest: ({ bank }) => {
    const { kid, privateKey } = scene.sandbox.services.trustAnchor.signing;
    return {
      header: { alg: 'PS256', kid, typ: 'JWT' },
      payload: payloadOf(bank.tpp.ssa),
      algorithm: 'PS256',
      key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    };
  },
  send: ({ bank }, token) => bank.register(bank.claims({ software_statement: token })),
  refusal: (part) => ({ ...softwareStatementRefused, rule: `ssa-${part}` }),
};

const assertion: Place = {
  name: 'the client assertion',
  honest: ({ bank, client }) => {
    const now = numericDate(scene.sandbox.clock.now());
    const names = { iss: client.client_id, sub: client.client_id, aud: `${bank.issuer}/token` };
    return {
      header: { typ: 'JWT', alg: 'PS256', kid: bank.tpp.signing.kid },
      payload: { ...names, iat: now, exp: now + 60, jti: randomUUID() },
      algorithm: 'PS256',
      key: bank.tpp.signing.privateKeyPem,
    };
  },
  send: ({ bank, client }, token) =>
    bank.requestToken({
      client_id: client.client_id,
      client_assertion_type: JWT_BEARER,
      client_assertion: token,
    }),
  refusal: (part) => ({
    status: 401,
    error: 'invalid_client',
    rule: part === 'jws' ? 'client-assertion' : `client-assertion-${part}`,
  }),
};

/** One way to forge a token, and the part of it that gives it away. */
interface Forgery {
  readonly title: string;
  readonly part: string;
  readonly mentions?: string;
  forge(honest: Honest): Ingredients;
}

const withHeader =
  (members: Claims, changes: Partial<Pick<Ingredients, 'algorithm' | 'key'>> = {}) =>
  (honest: Honest): Ingredients => ({ ...honest, header: { ...honest.header, ...members }, ...changes });

const publicJwk: Claims = { ...createPublicKey(attackerKey).export({ format: 'jwk' }) };
const byAttacker = { key: attackerKey } as const;

const embeddedKeys: Forgery[] = [
  ['jwk', { ...publicJwk, use: 'sig' }] as const,
  ['jku', 'https://evil.example/keys.jwks'] as const,
  ['x5c', ['MIIB']] as const,
  ['x5u', 'https://evil.example/key.pem'] as const,
].map(([member, value]) => ({
  title: `brings its own key in ${member}`,
  part: 'header-members',
  mentions: member,
  forge: withHeader({ [member]: value }, byAttacker),
}));

const unencodedPayloads: Forgery[] = [
  {
    title: 'says b64: false and lists it in crit',
    part: 'header-members',
    mentions: 'crit, b64',
    forge: withHeader({ b64: false, crit: ['b64'] }),
  },
  {
    title: 'says b64: false without crit',
    part: 'header-members',
    mentions: 'got b64',
    forge: withHeader({ b64: false }),
  },
];

const kidsThatAreNone: Forgery[] = (
  [
    ['a path', '../../../../etc/passwd'],
    ['a path with a zero byte', '/dev/null\u0000'],
    ['a URL', 'https://evil.example/keys.jwks#1'],
    ['SQL', "' UNION SELECT 'secret' --"],
    ['10,000 characters', 'k'.repeat(10_000)],
    ['the name of the prototype', '__proto__'],
    ['the name of a member of every object', 'constructor'],
  ] as const
).map(([title, kid]) => ({
  title: `has ${title} as kid`,
  part: 'signature',
  forge: withHeader({ kid }, byAttacker),
}));

const kidsOfAnotherType = (part: string): Forgery[] =>
  (
    [
      ['a number', 7],
      ['an array', ['a']],
      ['an object', { kid: 'a' }],
      ['null', null],
    ] as const
  ).map(([title, kid]) => ({
    title: `has ${title} as kid`,
    part,
    mentions: 'kid',
    forge: withHeader({ kid }),
  }));

/** The text of a JSON object with a member more in front. */
const withFirst = (member: string, object: Claims) => `{${member},${JSON.stringify(object).slice(1)}`;

const duplicates: Forgery[] = [
  {
    title: 'has a claim twice',
    forge: (honest: Honest) => ({ ...honest, payload: withFirst('"iss":"another"', honest.payload) }),
    mentions: "a payload with the member 'iss' twice",
  },
  {
    title: 'has a claim twice in two spellings',
    forge: (honest: Honest) => ({ ...honest, payload: withFirst('"\\u0069ss":"another"', honest.payload) }),
    mentions: "a payload with the member 'iss' twice",
  },
  {
    title: 'has a member twice deep inside a claim',
    forge: (honest: Honest) => ({
      ...honest,
      payload: withFirst('"x":[{"y":{"a":1,"b":[{}],"a":2}}]', honest.payload),
    }),
    mentions: "a payload with the member 'a' twice",
  },
  {
    title: 'has __proto__ twice',
    forge: (honest: Honest) => ({
      ...honest,
      payload: withFirst('"__proto__":{},"__proto__":{}', honest.payload),
    }),
    mentions: "a payload with the member '__proto__' twice",
  },
  {
    title: 'has alg twice in its header',
    forge: (honest: Honest) => ({ ...honest, header: withFirst('"alg":"none"', honest.header) }),
    mentions: "a header with the member 'alg' twice",
  },
  {
    title: 'has kid twice in its header, in two spellings',
    forge: (honest: Honest) => ({ ...honest, header: withFirst('"k\\u0069d":"x"', honest.header) }),
    mentions: "a header with the member 'kid' twice",
  },
].map((forgery) => ({ ...forgery, part: 'jws' }));

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

const deepNesting: Forgery[] = [
  {
    title: 'nests 8,000 arrays in its header',
    forge: (honest: Honest) => ({ ...honest, header: withFirst(`"x":${nested(8_000)}`, honest.header) }),
  },
  {
    title: 'nests 8,000 arrays in a claim',
    forge: (honest: Honest) => ({ ...honest, payload: withFirst(`"x":${nested(8_000)}`, honest.payload) }),
  },
  {
    title: 'nests 2,000 objects in a claim',
    forge: (honest: Honest) => ({
      ...honest,
      payload: withFirst(`"x":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`, honest.payload),
    }),
  },
].map((forgery) => ({ ...forgery, part: 'jws', mentions: 'JSON nested deeper than 32 levels' }));

const signedOtherwise: Forgery[] = [
  {
    title: 'says PS256 and is signed with RS256',
    part: 'signature',
    mentions: 'a signature that does not verify',
    forge: withHeader({}, { algorithm: 'RS256' }),
  },
  {
    title: 'is signed with the key of nobody',
    part: 'signature',
    mentions: 'a signature that does not verify',
    forge: withHeader({}, byAttacker),
  },
  {
    title: 'says PS256 and has the HMAC of its public key',
    part: 'signature',
    mentions: 'a signature that does not verify',
    forge: withHeader({}, { algorithm: 'HS256' }),
  },
];

const confusedAlgorithms: Forgery[] = [
  {
    title: 'is an HMAC with the public key as its secret',
    part: 'alg',
    mentions: "got 'HS256'",
    forge: withHeader({ alg: 'HS256' }, { algorithm: 'HS256' }),
  },
  ...['none', 'None', 'nOnE'].map((alg) => ({
    title: `says alg ${alg} and has no signature`,
    part: 'alg',
    mentions: `got '${alg}'`,
    forge: withHeader({ alg }, { algorithm: 'none' }),
  })),
  {
    title: 'says alg none and has a good signature',
    part: 'alg',
    forge: withHeader({ alg: 'none' }),
  },
  {
    title: 'has a list of algorithms',
    part: 'alg',
    forge: withHeader({ alg: ['PS256'] }),
  },
];

const rs256: Forgery = {
  title: 'is signed with RS256',
  part: 'alg',
  mentions: "got 'RS256'",
  forge: withHeader({ alg: 'RS256' }, { algorithm: 'RS256' }),
};

const common = [
  ...confusedAlgorithms,
  ...signedOtherwise,
  ...embeddedKeys,
  ...unencodedPayloads,
  ...kidsThatAreNone,
  ...duplicates,
  ...deepNesting,
];

const casesOf = new Map<Place, Forgery[]>([
  [request, [...common, rs256, ...kidsOfAnotherType('kid')]],
  [ssa, [...common, rs256, ...kidsOfAnotherType('kid')]],
  [assertion, [...common, rs256, ...kidsOfAnotherType('signature')]],
]);

describe.each(bankIds)('the %s bank refuses it when', (bankId) => {
  describe.each([...casesOf])('$name', (place, forgeries) => {
    // Algorithms are a matter of profiles; the rest is the same everywhere.
    const atGeneric = [...confusedAlgorithms, ...signedOtherwise, ...(place === request ? [] : [rs256])];
    const all = bankId === 'reference' ? forgeries : atGeneric;
    it.each(all.map((forgery) => [forgery.title, forgery] as const))('%s', async (_title, forgery) => {
      await expectForgeryRefused(targetAt(bankId), place, forgery);
    });
  });
});

async function expectForgeryRefused(target: Target, place: Place, forgery: Forgery): Promise<void> {
  const { header, payload, algorithm, key } = forgery.forge(place.honest(target));
  const token = signCompact(header, payload, algorithm, key);
  await target.refuses(() => place.send(target, token), refusalOf(place, forgery, header));
}

/** An assertion with an HMAC is another authentication method, which the client did not register. */
function refusalOf(place: Place, { part, mentions = '' }: Forgery, header: Claims | string): Refusal {
  const isHmac = typeof header === 'object' && header['alg'] === 'HS256';
  if (place !== assertion || !isHmac) return { ...place.refusal(part), mentions };
  return { ...place.refusal(part), rule: 'client-auth-method', mentions: "got 'client_secret_jwt'" };
}

describe('the generic bank, which takes RS256, refuses', () => {
  it.each<[string, string, SignatureAlgorithm]>([
    ['a request that says RS256 and is signed with PS256', 'RS256', 'PS256'],
    ['a request that says RS256 and has the HMAC of its public key', 'RS256', 'HS256'],
    ['a request that says ES256 and is signed with RSA', 'ES256', 'PS256'],
  ])('%s', async (title, alg, algorithm) => {
    await expectForgeryRefused(targetAt('generic'), request, {
      title,
      part: 'signature',
      mentions: 'a signature that does not verify',
      forge: withHeader({ alg }, { algorithm }),
    });
  });
});

describe('what an attacker may try with honest parts:', () => {
  const honestRequest = (bank: BankClient) => signCompactOf(request.honest(targetOf(bank)));
  const targetOf = (bank: BankClient) => targetAt(bank.bankId);
  const signCompactOf = ({ header, payload, algorithm, key }: Ingredients) =>
    signCompact(header, payload, algorithm, key);

  it.each<[string, (token: string) => string, string]>([
    ['a signature cut short', (token) => token.slice(0, -20), 'request-signature'],
    ['no signature', (token) => token.replace(/[^.]*$/, ''), 'request-signature'],
    [
      'the payload of another request',
      (token) => swapPayload(token, scene.bank('reference').claims()),
      'request-signature',
    ],
    ['a second token in front', (token) => `${token}.${token}`, 'request-jws'],
    ['JSON serialisation', (token) => JSON.stringify({ payload: token.split('.')[1] }), 'request-jws'],
    ['padding in base64url', (token) => token.replaceAll('.', '=.'), 'request-jws'],
  ])('a request with %s is refused', async (_title, change, rule) => {
    const target = targetAt('reference');
    const token = change(honestRequest(target.bank));
    await target.refuses(() => target.bank.register(token), { ...softwareStatementRefused, rule });
  });
});

function swapPayload(token: string, claims: Claims): string {
  const [header = '', , signature = ''] = token.split('.');
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}
