import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import {
  ConformanceTool,
  responseSchema,
  toolConfigSchema,
  type ToolClient,
  type ToolConfig,
} from '../support/conformance-tool.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';
import { callOverTls, numericDate, type Claims, type TlsAnswer } from '../support/registration.js';

const HOUR_SECONDS = 3_600;
/** What the client credentials grant answers. @see RFC 6749 section 5.1 */
const tokenResponse = {
  access_token: expect.stringMatching(/^[\w-]{43}$/) as string,
  token_type: 'Bearer',
  expires_in: 300,
  scope: 'openid',
};

const workshop = new Workshop();
let sandbox: Sandbox;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Conformance TPP' });
});

afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const everything = ['GET', 'PUT', 'DELETE'] as const;
type Implemented = readonly (typeof everything)[number][];

interface Scenario {
  readonly title: string;
  /** What the bank must have implemented beside POST; the tool leaves out the rest. */
  readonly needs: Implemented;
  readonly run: (tool: ConformanceTool) => Promise<void>;
}

/**
 * The scenarios of the official tool, whose numbers skip 006.
 * @see OpenBankingUK/conformance-dcr, pkg/compliant/dcr32.go and dcr33.go
 */
const scenarios: readonly Scenario[] = [
  {
    title: 'DCR-001 finds an https registration endpoint in the discovery document',
    needs: [],
    run: ({ discovery }) => {
      expect(new URL(discovery.registration_endpoint).protocol).toBe('https:');
      return Promise.resolve();
    },
  },
  {
    title: 'DCR-002 registers a client, takes a token and deletes the client where that is implemented',
    needs: [],
    run: async (tool) => {
      const client = await registeredWithToken(tool);
      if (tool.config.delete_implemented) await expectRemoved(tool, client);
    },
  },
  {
    title: 'DCR-003 cannot read a deleted client with its old token',
    needs: ['GET', 'DELETE'],
    run: async (tool) => {
      const client = await registeredWithToken(tool);
      await expectRemoved(tool, client);
      expectInvalidToken(await tool.retrieve(client));
    },
  },
  ...(
    [
      ['exp an hour ago', 'request-exp', () => ({ exp: numericDate(new Date()) - HOUR_SECONDS })],
      ['an iss that is no software_id', 'request-iss', () => ({ iss: 'foo.is/invalid' })],
      ['an empty iss', 'request-iss', () => ({ iss: '' })],
      ['an iss of 30 characters', 'request-iss', () => ({ iss: '123456789012345678901234567890' })],
    ] as const
  ).map(([fault, rule, overrides]) => ({
    title: `DCR-004 is refused with ${fault}`,
    needs: [],
    run: async (tool: ConformanceTool) => {
      const answer = await tool.register(tool.sign(tool.claims(overrides())));
      expectRefusal(answer, 'invalid_software_statement', rule);
    },
  })),
  {
    title: 'DCR-004 is refused when signed with RS256',
    needs: [],
    run: async (tool) => {
      const claims = tool.claims({
        token_endpoint_auth_signing_alg: 'RS256',
        id_token_signed_response_alg: 'RS256',
        request_object_signing_alg: 'RS256',
      });
      expectRefusal(
        await tool.register(tool.sign(claims, 'RS256')),
        'invalid_software_statement',
        'request-alg',
      );
    },
  },
  {
    title: 'DCR-005 reads a client that has the form of the specification',
    needs: ['GET', 'DELETE'],
    run: async (tool) => {
      const registration = await register(tool);
      const client = await withToken(tool, registration);
      const answer = await tool.retrieve(client);
      expect(answer.status, answer.text).toBe(200);
      expect(problemsOf(answer, tool.config)).toEqual([]);
      expect(jsonOf(answer)).toEqual(registration);
      await expectRemoved(tool, client);
    },
  },
  {
    title: 'DCR-007 cannot read a client with an invalid token',
    needs: ['GET', 'DELETE'],
    run: async (tool) => {
      const registration = await register(tool);
      expectInvalidToken(await tool.retrieve({ clientId: registration.client_id, token: 'foobar' }));
      await expectRemoved(tool, await withToken(tool, registration));
    },
  },
  ...['application/jwt', 'application/jose'].map((contentType) => ({
    title: `DCR-008 updates a client with ${contentType}`,
    needs: ['PUT', 'DELETE'] as const,
    run: async (tool: ConformanceTool) => {
      const registration = await register(tool);
      const client = await withToken(tool, registration);
      const answer = await tool.update(client, tool.sign(tool.claims()), contentType);
      expect(answer.status, answer.text).toBe(200);
      expect(problemsOf(answer, tool.config)).toEqual([]);
      expect(jsonOf(answer)).toEqual(registration);
      await expectRemoved(tool, client);
    },
  })),
  {
    title: 'DCR-009 cannot update a deleted client',
    needs: ['PUT', 'DELETE'],
    run: async (tool) => {
      const client = await registeredWithToken(tool);
      await expectRemoved(tool, client);
      expectInvalidToken(await tool.update(client, tool.sign(tool.claims()), 'application/jwt'));
    },
  },
  {
    title: 'DCR-010 cannot read a client that is no more',
    needs: ['GET', 'DELETE'],
    run: async (tool) => {
      const deleted = await registeredWithToken(tool);
      const other = await registeredWithToken(tool);
      await expectRemoved(tool, deleted);
      expectInvalidToken(await tool.retrieve(deleted));
      expectInvalidToken(await tool.retrieve({ ...deleted, token: other.token }));
      // A token that was tried on a client that is not its own is revoked, so the other client needs a new one.
      await expectRemoved(tool, await withToken(tool, { client_id: other.clientId }));
    },
  },
  {
    title: 'DCR-011 is refused with response types that the specification does not have',
    needs: [],
    run: async (tool) => {
      const answer = await tool.register(tool.sign(tool.claims({ response_types: ['id_token', 'token'] })));
      expectRefusal(answer, 'invalid_client_metadata', 'response-types');
    },
  },
];

const bothMethods = ['tls_client_auth', 'private_key_jwt'] as const;
type Methods = readonly (typeof bothMethods)[number][];

/** The tool is left to choose the first of the methods, and made to take the other. */
const runs = [
  { bank: 'reference', spec: '3.2', implemented: everything, methods: bothMethods },
  { bank: 'reference', spec: '3.3', implemented: everything, methods: bothMethods },
  { bank: 'reference', spec: '3.4', implemented: everything, methods: bothMethods },
  { bank: 'legacy', spec: '3.2', implemented: everything, methods: bothMethods },
  { bank: 'legacy', spec: '3.3', implemented: everything, methods: bothMethods },
  { bank: 'post-only', spec: '3.3', implemented: [] as Implemented, methods: bothMethods },
  { bank: 'mtls-only', spec: '3.3', implemented: everything, methods: ['tls_client_auth'] as Methods },
].flatMap(({ methods, ...run }) =>
  methods.map((method) => {
    const title = `the conformance tool for DCR ${run.spec} at ${run.bank} with ${method}`;
    return [title, { ...run, method, forced: method === 'private_key_jwt' ? method : undefined }] as const;
  }),
);

describe.each(runs)('%s', (_title, { bank, spec, forced, method, implemented }) => {
  let tool: ConformanceTool;
  beforeAll(async () => {
    tool = await ConformanceTool.open(await configuration({ bank, spec }), forced);
  });

  it('is told to do what the scenarios below do', () => {
    expect(tool.config.spec_version).toBe(spec);
    expect(tool.authMethod).toBe(method);
    const { get_implemented: get, put_implemented: put, delete_implemented: remove } = tool.config;
    expect({ GET: get, PUT: put, DELETE: remove }).toEqual(
      Object.fromEntries(everything.map((operation) => [operation, implemented.includes(operation)])),
    );
  });

  const offered = scenarios.filter(({ needs }) =>
    needs.every((operation) => implemented.includes(operation)),
  );
  it.each(offered.map(({ title, run }) => [title, run] as const))('%s', (_title, run) => run(tool));
});

describe('the scenarios', () => {
  it('are all of the tool, from DCR-001 to DCR-011 without 006', () => {
    const ids = scenarios.map(({ title }) => title.slice(0, 7));
    const numbers = ['001', '002', '003', '004', '005', '007', '008', '009', '010', '011'];
    expect([...new Set(ids)]).toEqual(numbers.map((number) => `DCR-${number}`));
  });
});

describe('the configuration of the conformance tool', () => {
  it('has every field that the tool knows, and no other', async () => {
    const { body } = await fetchConfiguration(tpp.softwareStatement.id, { bank: 'legacy', spec: '3.2' });
    const { organisation, softwareStatement } = tpp;
    expect(body).toEqual({
      spec_version: '3.2',
      wellknown_endpoint: `${sandbox.urls.http}/aspsp/legacy/.well-known/openid-configuration`,
      ssa: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
      kid: tpp.signing.kid,
      aud: '0015800000LEGCYAA5',
      redirect_uris: ['https://tpp.example.com/callback'],
      issuer: softwareStatement.id,
      private_key: tpp.signing.privateKeyPem,
      transport_root_cas: [sandbox.services.trustAnchor.rootPem, sandbox.services.trustAnchor.issuingPem],
      transport_cert: tpp.transport.certificatePem,
      transport_key: tpp.transport.privateKeyPem,
      transport_cert_subject_dn: `CN=${softwareStatement.id},OU=${organisation.id},O=OpenBanking,C=GB`,
      get_implemented: true,
      put_implemented: true,
      delete_implemented: true,
      environment: 'sandbox',
      brand: 'Legacy Bank',
    });
    expect(toolConfigSchema.safeParse(body).error).toBeUndefined();
  });

  it('has keys that fit their certificates, which OpenSSL traces to the roots', async () => {
    const config = await configuration();
    const published = await fetch(`${sandbox.urls.http}/${tpp.organisation.id}/${config.kid}.pem`);
    const signing = new X509Certificate(await published.text());
    expect(signing.checkPrivateKey(createPrivateKey(config.private_key))).toBe(true);
    const transport = new X509Certificate(config.transport_cert);
    expect(transport.checkPrivateKey(createPrivateKey(config.transport_key))).toBe(true);

    const [root = '', issuing = ''] = config.transport_root_cas;
    workshop.write('root.pem', root);
    workshop.write('issuing.pem', issuing);
    workshop.write('transport.pem', config.transport_cert);
    const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem'];
    expect(workshop.openssl('verify', '-purpose', 'sslclient', ...chain, 'transport.pem')).toBe(
      'transport.pem: OK\n',
    );
    expect(
      workshop.openssl('x509', '-in', 'transport.pem', '-noout', '-subject', '-nameopt', 'RFC2253'),
    ).toBe(`subject=${config.transport_cert_subject_dn}\n`);
  });

  it('is for the reference bank and DCR 3.3 unless told otherwise', async () => {
    const { body } = await fetchConfiguration(tpp.softwareStatement.id, {});
    expect(body).toMatchObject({ spec_version: '3.3', aud: '0015800000REFBKAA5', brand: 'Reference Bank' });
  });

  it('has the audience and the issuer that the bank wants', async () => {
    const bank = sandbox.services.getBank('short-lived');
    const { profile, issuer } = bank;
    const request = { ...profile.request, audience: { rule: 'issuer-url' }, issuer: 'organisation-id' };
    await sandbox.services.changeBankProfile('short-lived', { ...profile, request });
    try {
      const config = await configuration({ bank: 'short-lived' });
      expect(config).toMatchObject({ aud: issuer, issuer: tpp.organisation.id });
    } finally {
      await sandbox.services.changeBankProfile('short-lived', profile);
    }
  });

  it('leaves out redirect URIs that banks or the tool refuse', async () => {
    const { softwareStatement } = await sandbox.services.createReadyTpp({
      redirectUris: [
        'https://localhost/callback',
        'https://localhost:3000/callback',
        'https://127.0.0.1/callback',
        'https://app.localhost/callback',
        'https://localhost./callback',
        'https://tpp.example.com/one',
        'https://localhost.example.com/two',
      ],
    });
    const { body } = await fetchConfiguration(softwareStatement.id, {});
    expect(body).toMatchObject({
      redirect_uris: ['https://tpp.example.com/one', 'https://localhost.example.com/two'],
    });
  });

  it('is refused when no redirect URI is left', async () => {
    const { softwareStatement } = await sandbox.services.createReadyTpp({
      redirectUris: ['https://localhost/callback'],
    });
    const { status, body } = await fetchConfiguration(softwareStatement.id, {});
    expect(status).toBe(409);
    expect(body).toEqual(
      preconditionFailed(
        `The conformance tool needs a redirect URI that banks take: expected one of "${softwareStatement.id}" with a host other than localhost and 127.0.0.1, got none.`,
      ),
    );
  });

  it('says that get, put and delete are not implemented where the bank has POST alone', async () => {
    expect(await configuration({ bank: 'post-only' })).toMatchObject({
      get_implemented: false,
      put_implemented: false,
      delete_implemented: false,
    });
  });

  it('follows the operations of the bank one by one', async () => {
    const { profile } = sandbox.services.getBank('post-only');
    await sandbox.services.changeBankProfile('post-only', { ...profile, operations: ['POST', 'PUT'] });
    try {
      expect(await configuration({ bank: 'post-only' })).toMatchObject({
        get_implemented: false,
        put_implemented: true,
        delete_implemented: false,
      });
    } finally {
      await sandbox.services.changeBankProfile('post-only', profile);
    }
  });

  it('is never kept, because it holds private keys', async () => {
    const { headers } = await fetchConfiguration(tpp.softwareStatement.id, {});
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/json(;|$)/);
  });

  it('names an unknown bank', async () => {
    const { status, body } = await fetchConfiguration(tpp.softwareStatement.id, { bank: 'nowhere' });
    expect(status).toBe(404);
    expect(body).toEqual(problem(404, 'Not Found', 'not_found', 'There is no bank "nowhere".'));
  });

  it('names an unknown software statement', async () => {
    const { status, body } = await fetchConfiguration('AAAAAAAAAAAAAAAAAAAAAA', {});
    expect(status).toBe(404);
    expect(body).toEqual(
      problem(404, 'Not Found', 'not_found', 'There is no software statement "AAAAAAAAAAAAAAAAAAAAAA".'),
    );
  });

  it.each([
    [{ spec: '3.1' }, 'spec', /3\.2.*3\.3.*3\.4/, '"3.1"'],
    [{ spec: '' }, 'spec', /3\.2.*3\.3.*3\.4/, '""'],
    [{ version: '3.3' }, 'version', /^no member of this name \(there are bank, spec\)$/, '"3.3"'],
  ] as const)('refuses %o and names the field', async (query, field, expected, actual) => {
    const { status, body } = await fetchConfiguration(tpp.softwareStatement.id, query);
    expect(status).toBe(400);
    const refusal = problem(400, 'Bad Request', 'invalid_input', expect.stringContaining(field) as string);
    expect(body).toEqual({
      ...refusal,
      errors: [{ field, expected: expect.stringMatching(expected) as string, actual }],
    });
  });

  it('is refused for keys that came with signing requests, and says what to do', async () => {
    const { services } = sandbox;
    const { certificates } = services;
    const { organisation, softwareStatement, signing, transport } = await services.createReadyTpp({});
    const { id: softwareId } = softwareStatement;
    for (const { kid } of [signing, transport]) await certificates.revoke(kid, 'superseded');
    const subject = `/C=GB/O=OpenBanking/OU=${organisation.id}/CN=${softwareId}`;
    for (const type of ['obsigning', 'obtransport'] as const) {
      const csrPem = workshop.csr(subject);
      await certificates.certifySoftwareStatement(softwareId, { type, csrPem });
    }
    await expectKeyWanted(softwareId, 'obsigning');
    await certificates.certifySoftwareStatement(softwareId, { type: 'obsigning', generate: true });
    await expectKeyWanted(softwareId, 'obtransport');
    await certificates.certifySoftwareStatement(softwareId, { type: 'obtransport', generate: true });
    expect((await fetchConfiguration(softwareId, {})).status).toBe(200);
  });

  it('has the newest key that is not revoked', async () => {
    const { services } = sandbox;
    const { softwareStatement, signing } = await services.createReadyTpp({});
    const { id } = softwareStatement;
    const kid = async () => ((await fetchConfiguration(id, {})).body as ToolConfig).kid;
    const { record } = await services.certificates.certifySoftwareStatement(id, {
      type: 'obsigning',
      generate: true,
    });
    expect(await kid()).toBe(record.kid);
    await services.certificates.revoke(record.kid, 'keyCompromise');
    expect(await kid()).toBe(signing.kid);
    await services.certificates.revoke(signing.kid, 'keyCompromise');
    await expectKeyWanted(id, 'obsigning');
  });

  it.each(['reference', 'legacy', 'post-only', 'generic'])(
    'points to a discovery document over HTTP that is that of HTTPS, byte for byte, for %s',
    async (bank) => {
      const { wellknown_endpoint: url } = await configuration({ bank });
      const plain = await fetch(url);
      const secure = await callOverTls(url.replace(sandbox.urls.http, sandbox.urls.https), {
        method: 'GET',
        ca: sandbox.services.trustAnchor.rootPem,
      });
      expect(plain.status).toBe(200);
      expect(secure.status).toBe(200);
      expect(await plain.text()).toBe(secure.text);
      expect(plain.headers.get('content-type')).toBe(secure.headers['content-type']);
    },
  );
});

async function configuration(query: Record<string, string> = {}): Promise<ToolConfig> {
  const { status, body } = await fetchConfiguration(tpp.softwareStatement.id, query);
  expect(status).toBe(200);
  return toolConfigSchema.parse(body);
}

async function fetchConfiguration(softwareId: string, query: Record<string, string>) {
  const url = new URL(
    `/sandbox/software-statements/${softwareId}/conformance-dcr.json?${new URLSearchParams(query).toString()}`,
    sandbox.urls.http,
  );
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function register(tool: ConformanceTool): Promise<Claims & { client_id: string }> {
  const answer = await tool.register(tool.sign(tool.claims()));
  expect(answer.status, answer.text).toBe(201);
  return jsonOf(answer) as Claims & { client_id: string };
}

async function withToken(
  tool: ConformanceTool,
  { client_id: clientId }: { client_id: string },
): Promise<ToolClient> {
  const answer = await tool.requestToken(clientId);
  expect(answer.status, answer.text).toBe(200);
  expect(jsonOf(answer)).toEqual(tokenResponse);
  return { clientId, token: (jsonOf(answer) as { access_token: string }).access_token };
}

async function registeredWithToken(tool: ConformanceTool): Promise<ToolClient> {
  return withToken(tool, await register(tool));
}

async function expectRemoved(tool: ConformanceTool, client: ToolClient): Promise<void> {
  const answer = await tool.remove(client);
  expect(answer.status, answer.text).toBe(204);
  expect(answer.text).toBe('');
}

/** The rule that decided, what it expected and what it got, and under which id the verdict is kept. */
function descriptionOf(rule: string): string {
  return expect.stringMatching(new RegExp(`^${rule}: expected .+, got .+; verdict [0-9a-f-]{36}$`)) as string;
}

function expectRefusal(answer: TlsAnswer, error: string, rule: string): void {
  expect(jsonOf(answer)).toEqual({ error, error_description: descriptionOf(rule) });
  expect(answer.status).toBe(400);
}

function expectInvalidToken(answer: TlsAnswer): void {
  expect(jsonOf(answer)).toEqual({
    error: 'invalid_token',
    error_description: descriptionOf('access-token-(live|client)'),
  });
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
}

function problemsOf(answer: TlsAnswer, { spec_version: version }: ToolConfig): readonly unknown[] {
  return responseSchema(version).safeParse(jsonOf(answer)).error?.issues ?? [];
}

function jsonOf({ text }: TlsAnswer): unknown {
  return JSON.parse(text);
}

function problem(status: number, title: string, code: string, detail: string) {
  return { type: `urn:mock-ob-directory:problem:${code}`, title, status, detail };
}

function preconditionFailed(detail: string) {
  return problem(409, 'Conflict', 'precondition_failed', detail);
}

async function expectKeyWanted(softwareId: string, type: string): Promise<void> {
  const { status, body } = await fetchConfiguration(softwareId, {});
  expect(status).toBe(409);
  expect(body).toEqual(
    preconditionFailed(
      `The conformance tool needs a private key: expected an active ${type} certificate of "${softwareId}" whose key the sandbox made, got none. Certify one with {"type":"${type}","generate":true}.`,
    ),
  );
}
