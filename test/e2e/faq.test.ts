import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authMethods, CIBA_GRANT_TYPE, dcrVersions } from '../../src/aspsp/dcr-version.js';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { BankClient, failedRules } from '../support/bank-client.js';
import { faq, type Question } from '../support/faq.js';
import {
  numericDate,
  signCompact,
  signRequest,
  type Claims,
  type TlsAnswer,
} from '../support/registration.js';

const MINUTE_MILLISECONDS = 60_000;

let sandbox: Sandbox;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await startSandbox();
  tpp = await sandbox.services.createReadyTpp({ name: 'Curious' });
});
afterAll(() => sandbox.close());

const at = (bankId: string, who = tpp) => new BankClient(sandbox, bankId, who);
const bodyOf = ({ text }: TlsAnswer) => JSON.parse(text) as Claims;

/** A call of the control API, as `curl` makes it. */
async function desk(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(sandbox.urls.http + path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function deskPage(path: string): Promise<string> {
  const response = await fetch(sandbox.urls.http + path, { headers: { accept: 'text/html' } });
  return response.text();
}

async function freshSsa(softwareId: string, request?: object): Promise<string> {
  const issued = await desk('POST', `/sandbox/software-statements/${softwareId}/ssa`, request);
  return (issued as { ssa: string }).ssa;
}

async function discoveryOf(bank: BankClient): Promise<Claims> {
  const path = '/.well-known/openid-configuration';
  return bodyOf(await bank.call('GET', path, undefined, { identity: undefined }));
}

/** Has the reference bank follow another version of DCR for a while. */
async function withVersion(dcrVersion: string, work: () => Promise<void>): Promise<void> {
  const before = at('reference').profile;
  const { id, name, purpose, organisationId, ssa } = before;
  await desk('PUT', '/sandbox/banks/reference', { id, name, purpose, organisationId, ssa, dcrVersion });
  try {
    await work();
  } finally {
    await desk('PUT', '/sandbox/banks/reference', before);
  }
}

async function withClockMoved(milliseconds: number, work: () => Promise<void>): Promise<void> {
  sandbox.clock.advance(milliseconds);
  try {
    await work();
  } finally {
    sandbox.clock.advance(-milliseconds);
  }
}

/** Registers, and says which rules spoke against it: none when it is registered. */
async function refusalsOf(
  bank: BankClient,
  request: Claims | string,
  options?: Parameters<BankClient['register']>[1],
): Promise<string[]> {
  const { status } = await bank.register(request, options);
  const refusals = failedRules(bank.lastVerdict());
  expect(status === 201, `${bank.bankId}: ${status}`).toBe(refusals.length === 0);
  return refusals;
}

/** Claims of a client that authenticates in a certain way. */
function claimsFor(bank: BankClient, method: string): Claims {
  if (method === 'tls_client_auth') return bank.mtlsClaims();
  const algorithm = method === 'client_secret_jwt' ? 'HS256' : 'PS256';
  return bank.claims({
    token_endpoint_auth_method: method,
    token_endpoint_auth_signing_alg: algorithm,
  });
}

const cibaClaims = {
  grant_types: ['client_credentials', CIBA_GRANT_TYPE],
  backchannel_token_delivery_mode: 'poll',
  backchannel_authentication_request_signing_alg: 'PS256',
};

const answered: string[] = [];
/** An answer in deeds. */
function answer(question: Question, show: () => Promise<void>): void {
  answered.push(question);
  it(question, show);
}

describe('the DCR FAQ', () => {
  answer('Where can I find the latest version of the Dynamic Client Registration?', async () => {
    for (const [bankId, version] of [
      ['reference', '3.4'],
      ['legacy', '3.2'],
    ] as const) {
      const bank = at(bankId);
      const page = await deskPage(`/banks/${bankId}`);
      expect(page).toContain(
        `<a href="https://openbankinguk.github.io/dcr-docs-pub/v${version}/dynamic-client-registration.html">`,
      );
      expect(await desk('GET', `/sandbox/banks/${bankId}`)).toMatchObject({ dcrVersion: version });
      await bank.registered();
      const specs = bank.lastVerdict().rules.map(({ spec }) => spec);
      expect(specs).toContain(`DCR ${version}, OBClientRegistrationRequest1, iss`);
    }

    // The same requests, by each version.
    const bank = at('reference');
    const requests: Record<string, Claims> = {
      web: {},
      native: { application_type: 'native' },
      mobile: { application_type: 'mobile' },
      'scope as a list': { scope: ['openid', 'accounts'] },
      ciba: cibaClaims,
    };
    const verdicts: Record<string, Record<string, string[]>> = {};
    for (const version of dcrVersions) {
      await withVersion(version, async () => {
        verdicts[version] = {};
        for (const [name, claims] of Object.entries(requests))
          verdicts[version][name] = await refusalsOf(bank, bank.claims(claims));
      });
    }
    expect(verdicts).toEqual({
      '3.1': {
        web: ['scope'],
        native: ['scope', 'application-type'],
        mobile: ['scope'],
        'scope as a list': [],
        ciba: ['grant-types', 'scope'],
      },
      '3.2': {
        web: [],
        native: ['application-type'],
        mobile: [],
        'scope as a list': ['scope'],
        ciba: ['grant-types'],
      },
      '3.3': { web: [], native: ['application-type'], mobile: [], 'scope as a list': ['scope'], ciba: [] },
      '3.4': { web: [], native: [], mobile: ['application-type'], 'scope as a list': ['scope'], ciba: [] },
    });
  });

  answer('What is Dynamic Client Registration?', async () => {
    const newcomer = (await desk('POST', '/sandbox/tpps', { name: 'From nothing' })) as ReadyTpp;
    const bank = at('reference', newcomer);
    const discovery = await discoveryOf(bank);
    expect(discovery['registration_endpoint']).toBe(`${bank.issuer}/register`);
    const client = await bank.registered();
    expect(client).toMatchObject({
      client_id: expect.stringMatching(/^[\w-]{1,36}$/) as string,
      software_id: newcomer.softwareStatement.id,
      org_id: newcomer.organisation.id,
      redirect_uris: newcomer.softwareStatement.redirectUris,
    });
    const token = await bank.token(client, 'accounts');
    expect(bodyOf(await bank.read(client.client_id, token))).toEqual(client);
  });

  answer(
    'Is it mandatory for an ASPSP to implement all the operations (POST, PUT, GET, DELETE) specified in DCR?',
    async () => {
      const outcomes: Record<string, unknown> = {};
      for (const bankId of ['post-only', 'reference']) {
        const bank = at(bankId);
        const client = await bank.registered();
        const token = await bank.token(client);
        const others = [
          await bank.read(client.client_id, token),
          await bank.replace(client.client_id, token, bank.claims()),
          await bank.remove(client.client_id, token),
        ];
        outcomes[bankId] = others.map(({ status, headers }) => [status, headers.allow]);
      }
      expect(outcomes).toEqual({
        // Allow names what the resource offers, and a registration here offers nothing. RFC 9110 section 10.2.1
        'post-only': [
          [405, ''],
          [405, ''],
          [405, ''],
        ],
        reference: [
          [200, undefined],
          [200, undefined],
          [204, undefined],
        ],
      });
      const get = await at('post-only').call('GET', '/register', undefined);
      expect([get.status, get.headers.allow]).toEqual([405, 'POST']);
    },
  );

  answer('Does the DCR specification support ASPSPs who do not accept OBIE issued SSAs?', async () => {
    const foreign = (await desk('POST', '/sandbox/anchors/second/tpps', { name: 'Foreign' })) as ReadyTpp;
    const client = await at('open-trust', foreign).registered();
    await at('open-trust', foreign).token(client);

    const { id } = tpp.softwareStatement;
    const selfSigned = {
      signed: await freshSsa(id, { selfSigned: 'signed' }),
      unsigned: await freshSsa(id, { selfSigned: 'unsigned' }),
    };
    for (const ssa of [tpp.ssa, selfSigned.signed, selfSigned.unsigned]) {
      const openTrust = at('open-trust');
      await openTrust.token(await openTrust.registered(openTrust.claims({ software_statement: ssa })));
    }

    // Each with a certificate of the Directory, so that nothing but the SSA is in question.
    const reference = at('reference');
    for (const ssa of [foreign.ssa, selfSigned.signed, selfSigned.unsigned]) {
      const refused = await reference.register(reference.claims({ software_statement: ssa }));
      expect(refused.status).toBe(400);
      expect(bodyOf(refused)).toMatchObject({
        error: 'unapproved_software_statement',
        error_description: expect.stringContaining("expected iss 'OpenBanking Ltd', got") as string,
      });
    }
    const unsigned = reference.claims({ software_statement: selfSigned.unsigned });
    expect(await refusalsOf(reference, unsigned)).toEqual(['ssa-issuer', 'ssa-alg', 'ssa-kid']);
    const withItsOwn = await at('reference', foreign).register();
    expect([withItsOwn.status, bodyOf(withItsOwn)['error']]).toEqual([401, 'invalid_client']);
    expect(failedRules(reference.lastVerdict())).toEqual(['client-certificate-trusted', 'ssa-issuer']);
  });

  answer('Can an ASPSP register a TPP client using different parameters than specified?', async () => {
    const planner = await sandbox.services.createReadyTpp({ roles: ['AISP'] });
    const wishes = {
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic',
      token_endpoint_auth_signing_alg: 'RS256',
      id_token_signed_response_alg: 'RS256',
      scope: 'openid accounts payments',
    };
    const adaptive = at('adaptive', planner);
    const client = await adaptive.registered(adaptive.claims(wishes));
    expect(client).toMatchObject({
      grant_types: ['client_credentials', 'authorization_code'],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      id_token_signed_response_alg: 'PS256',
      scope: 'openid accounts',
    });
    expect(client).not.toHaveProperty('client_secret');
    await adaptive.token(client);

    const reference = at('reference', planner);
    expect(await refusalsOf(reference, reference.claims(wishes))).toEqual([
      'token-endpoint-auth-method',
      'scope-within-roles',
      'id-token-signed-response-alg',
    ]);
  });

  answer(
    'How does a TPP identify the authentication methods, grant types and algorithms that an ASPSP supports?',
    async () => {
      const methods: Record<string, unknown> = {};
      for (const bankId of ['reference', 'generic', 'mtls-only']) {
        const bank = at(bankId);
        const discovery = await discoveryOf(bank);
        const supported = discovery['token_endpoint_auth_methods_supported'] as string[];
        methods[bankId] = supported;
        for (const method of authMethods) {
          const refusals = await refusalsOf(bank, claimsFor(bank, method));
          expect(refusals, `${bankId}: ${method}`).toEqual(
            supported.includes(method) ? [] : ['token-endpoint-auth-method'],
          );
        }
        const algorithms = discovery['id_token_signing_alg_values_supported'] as string[];
        for (const algorithm of ['PS256', 'ES256', 'RS256']) {
          const claims = claimsFor(bank, supported[0] ?? '');
          const refusals = await refusalsOf(bank, { ...claims, id_token_signed_response_alg: algorithm });
          expect(refusals, `${bankId}: ${algorithm}`).toEqual(
            algorithms.includes(algorithm) ? [] : ['id-token-signed-response-alg'],
          );
        }
      }
      expect(methods).toEqual({
        reference: ['private_key_jwt', 'tls_client_auth'],
        generic: [
          'private_key_jwt',
          'tls_client_auth',
          'client_secret_basic',
          'client_secret_post',
          'client_secret_jwt',
        ],
        'mtls-only': ['tls_client_auth'],
      });
      for (const [bankId, refusals] of Object.entries({ reference: [], legacy: ['grant-types'] })) {
        const bank = at(bankId);
        const { grant_types_supported: grantTypes } = await discoveryOf(bank);
        expect((grantTypes as string[]).includes(CIBA_GRANT_TYPE)).toBe(refusals.length === 0);
        expect(await refusalsOf(bank, bank.claims(cibaClaims))).toEqual(refusals);
      }
    },
  );

  answer('For DCR, is there an expiry on the SSA request made by the TPP?', async () => {
    const now = numericDate(sandbox.clock.now());
    for (const bankId of ['reference', 'short-lived']) {
      const bank = at(bankId);
      expect(await refusalsOf(bank, bank.claims({ iat: now - 300, exp: now - 120 }))).toEqual([
        'request-exp',
      ]);
      expect((await refusalsOf(bank, bank.claims({ exp: undefined })))[0]).toBe('request-exp');
      const signed = signRequest(tpp, bank.claims());
      await withClockMoved(10 * MINUTE_MILLISECONDS, async () => {
        expect(await refusalsOf(bank, signed)).toEqual(['request-exp']);
      });
    }

    const [reference, shortLived] = [at('reference'), at('short-lived')];
    const lasting = (seconds: number) => ({ iat: now, exp: now + seconds });
    expect(await refusalsOf(shortLived, shortLived.claims(lasting(300)))).toEqual([]);
    expect(await refusalsOf(shortLived, shortLived.claims(lasting(301)))).toEqual(['request-lifetime']);
    expect(await refusalsOf(reference, reference.claims(lasting(86_400)))).toEqual([]);

    const ssa = await freshSsa(tpp.softwareStatement.id);
    await withClockMoved(31 * MINUTE_MILLISECONDS, async () => {
      const request = (bank: BankClient, software_statement: string) => bank.claims({ software_statement });
      expect(await refusalsOf(shortLived, request(shortLived, ssa))).toEqual(['ssa-age']);
      expect(await refusalsOf(reference, request(reference, ssa))).toEqual([]);
      const fresh = await freshSsa(tpp.softwareStatement.id);
      expect(await refusalsOf(shortLived, request(shortLived, fresh))).toEqual([]);
    });
  });

  answer(
    'Should TPPs accept only the FAPI compliant claim values in the client registration request for DCR?',
    async () => {
      const notFapi = {
        token_endpoint_auth_method: 'client_secret_basic',
        token_endpoint_auth_signing_alg: 'RS256',
        id_token_signed_response_alg: 'RS256',
        request_object_signing_alg: 'RS256',
      };
      const signRs256 = (claims: Claims) => {
        const { kid, privateKeyPem } = tpp.signing;
        return signCompact({ alg: 'RS256', kid, typ: 'JWT' }, claims, 'RS256', privateKeyPem);
      };
      const generic = at('generic');
      const registered = await generic.register(signRs256(generic.claims(notFapi)));
      expect(registered.status).toBe(201);
      const client = bodyOf(registered);
      expect(client).toMatchObject({ ...notFapi, client_secret: expect.any(String) as string });
      const secret = `${String(client['client_id'])}:${String(client['client_secret'])}`;
      const authorization = `Basic ${Buffer.from(secret).toString('base64')}`;
      const token = await generic.requestToken({}, { headers: { authorization } });
      expect(token.status).toBe(200);

      const reference = at('reference');
      expect(await refusalsOf(reference, signRs256(reference.claims()))).toEqual(['request-alg']);
      expect(await refusalsOf(reference, reference.claims(notFapi))).toEqual([
        'token-endpoint-auth-method',
        'id-token-signed-response-alg',
        'request-object-signing-alg',
      ]);

      // Nor need a bank support all of FAPI's.
      const mtlsOnly = at('mtls-only');
      expect(await refusalsOf(mtlsOnly, mtlsOnly.claims())).toEqual(['token-endpoint-auth-method']);
      await mtlsOnly.token(await mtlsOnly.registered(mtlsOnly.mtlsClaims()));
    },
  );

  answer('What is the expected content-type for a Dynamic Client Registration request?', async () => {
    const statuses: Record<string, number[]> = {};
    for (const bankId of ['jose-only', 'jwt-only', 'reference']) {
      const bank = at(bankId);
      statuses[bankId] = [];
      for (const contentType of ['application/jose', 'application/jwt', 'application/json']) {
        const { status } = await bank.register(bank.claims(), { contentType });
        statuses[bankId].push(status);
      }
    }
    expect(statuses).toEqual({
      'jose-only': [201, 415, 415],
      'jwt-only': [415, 201, 415],
      reference: [201, 201, 415],
    });
  });

  answer('Why is the aud field of a different length from the other fields with a UUIDv4?', async () => {
    const { items } = (await desk('GET', '/sandbox/banks')) as {
      items: { id: string; organisationId: string }[];
    };
    expect(items).toHaveLength(10);
    for (const { id, organisationId } of items) {
      expect(organisationId).toMatch(/^[0-9A-Za-z]{18}$/);
      const organisation = `/sandbox/organisations/${organisationId}`;
      expect(await desk('GET', organisation)).toMatchObject({ id: organisationId, kind: 'aspsp' });
      const servers = await desk('GET', `${organisation}/authorisation-servers`);
      expect(servers).toMatchObject({ items: [{ baseApiDnsUri: at(id).issuer }] });
    }
    const bank = at('reference');
    const { aud, jti } = bank.claims();
    expect([aud, String(jti).length]).toEqual([bank.profile.organisationId, 36]);
    expect(await refusalsOf(bank, bank.claims())).toEqual([]);
    for (const wrong of [bank.issuer, jti, at('generic').profile.organisationId, undefined]) {
      expect(await refusalsOf(bank, bank.claims({ aud: wrong }))).toEqual(['request-aud']);
    }
  });

  answer(
    'In DCR v3.3, is it mandatory to send iss, iat, exp, aud and jti claims as part of the DCR "response"?',
    async () => {
      const requestOnly = ['iss', 'iat', 'exp', 'aud', 'jti'];
      await withVersion('3.3', async () => {
        const bank = at('reference');
        const client = await bank.registered();
        const token = await bank.token(client);
        const read = await bank.read(client.client_id, token);
        const replaced = await bank.replace(client.client_id, token, bank.claims());
        for (const response of [client, bodyOf(read), bodyOf(replaced)]) {
          expect(response).toHaveProperty('software_id');
          expect(Object.keys(response).filter((claim) => requestOnly.includes(claim))).toEqual([]);
        }
        for (const claim of requestOnly) {
          const [refusal] = await refusalsOf(bank, bank.claims({ [claim]: undefined }));
          expect(refusal).toBe(`request-${claim}`);
        }
      });
    },
  );

  answer(
    'Does a TPP have to register all their redirect URIs with each bank? How should a TPP handle redirect URIs to direct to a merchant website instead of their website?',
    async () => {
      const own = 'https://checkout.example/return';
      const merchants = 'https://shop.merchant.example/return';
      const checkout = await sandbox.services.createReadyTpp({ redirectUris: [own] });
      const { id: softwareId } = checkout.softwareStatement;
      const [bank, other] = [at('reference', checkout), at('jwt-only', checkout)];
      const [client, elsewhere] = [await bank.registered(), await other.registered()];
      const [token, tokenElsewhere] = [await bank.token(client), await other.token(elsewhere)];
      const withMerchant = (claims: Claims = {}) =>
        bank.claims({ redirect_uris: [own, merchants], ...claims });
      const registeredAt = async (where: BankClient, clientId: string, bearer: string) => {
        const { status, text } = await where.read(clientId, bearer);
        return [status, (JSON.parse(text) as Claims)['redirect_uris']];
      };

      const tooEarly = await bank.replace(client.client_id, token, withMerchant());
      expect([tooEarly.status, bodyOf(tooEarly)['error']]).toEqual([400, 'invalid_redirect_uri']);

      const path = `/sandbox/software-statements/${softwareId}/redirect-uris`;
      expect(await desk('PUT', path, [own, merchants])).toEqual([own, merchants]);
      const withOldSsa = await bank.replace(client.client_id, token, withMerchant());
      expect([withOldSsa.status, bodyOf(withOldSsa)['error']]).toEqual([400, 'invalid_redirect_uri']);
      expect(await registeredAt(bank, client.client_id, token)).toEqual([200, [own]]);

      const software_statement = await freshSsa(softwareId);
      const replaced = await bank.replace(client.client_id, token, withMerchant({ software_statement }));
      expect(replaced.status).toBe(200);
      expect(await registeredAt(bank, client.client_id, token)).toEqual([200, [own, merchants]]);

      expect(await registeredAt(other, elsewhere.client_id, tokenElsewhere)).toEqual([200, [own]]);
      const claims = other.claims({ redirect_uris: [own, merchants], software_statement });
      await other.replace(elsewhere.client_id, tokenElsewhere, claims);
      expect(await registeredAt(other, elsewhere.client_id, tokenElsewhere)).toEqual([200, [own, merchants]]);
    },
  );
});

describe('the questions', () => {
  const questions = faq.map(({ question }) => question);

  it('are twelve, each answered above', () => {
    expect(questions).toHaveLength(12);
    expect(answered).toEqual(questions);
  });

  it('are those that the profiles of the banks name', () => {
    const named = new Set(sandbox.services.banks.flatMap(({ profile }) => profile.answers));
    expect([...named].sort()).toEqual([...questions].sort());
  });
});
