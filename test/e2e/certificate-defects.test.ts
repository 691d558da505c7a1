import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateTypeSchema, softwareCertificateTypes } from '../../src/domain/key-record.js';
import type { CertificateType } from '../../src/domain/key-record.js';
import { readDemoData } from '../../src/sandbox/data-files.js';
import { defects } from '../../src/sandbox/defects/catalogue.js';
import {
  startSandbox,
  type CertificateDefectName,
  type Defect,
  type ReadyTpp,
  type Sandbox,
} from '../../src/testkit.js';
import { BankClient, failedRules } from '../support/bank-client.js';
import { differences, statementsOf } from '../support/certificate-text.js';
import { Workshop } from '../support/openssl.js';
import { ANY_SECURITY_LEVEL, numericDate, signRequest, type TlsIdentity } from '../support/registration.js';

const DAY = 86_400_000;
const STATEMENTS_ALONE = ['bad-qc-statements', 'missing-organization-identifier'];

/** What shows of each defect: to OpenSSL at its strictest, in what a certificate says, and to the bank beside the one rule. */
const visible: Readonly<
  Record<CertificateDefectName, { openssl: RegExp; differs: string[]; furtherRules?: string[] }>
> = {
  expired: {
    openssl: /certificate has expired/,
    differs: ['Not Before', 'Not After'],
    // The keystore shows no expired keys.
    furtherRules: ['client-certificate-not-revoked'],
  },
  'not-yet-valid': { openssl: /certificate is not yet valid/, differs: ['Not Before', 'Not After'] },
  revoked: { openssl: /certificate revoked/, differs: [] },
  'wrong-ca': { openssl: /unable to get local issuer certificate/, differs: ['Authority Key Identifier'] },
  'bad-signature': { openssl: /certificate signature failure/, differs: [] },
  'self-signed': {
    openssl: /self-signed certificate/,
    differs: ['Issuer', 'Authority Key Identifier'],
  },
  'wrong-eku': { openssl: /unsuitable certificate purpose/, differs: ['Extended Key Usage'] },
  'wrong-key-usage': { openssl: /unsuitable certificate purpose/, differs: ['Key Usage'] },
  'weak-key': { openssl: /EE certificate key too weak/, differs: ['Public-Key'] },
  sha1: { openssl: /signature digest algorithm too weak/, differs: ['Signature Algorithm'] },
  'unknown-critical-extension': {
    openssl: /unhandled critical extension/,
    differs: ['1.3.6.1.4.1.32473.1'],
  },
  // What follows OpenSSL does not judge: to it a key usage may be absent, an authority may be a TLS client by the purpose
  // alone, and of QCStatements and names it knows nothing.
  'no-key-usage': { openssl: /leaf\.pem: OK/, differs: ['Key Usage'] },
  'is-a-ca': { openssl: /leaf\.pem: OK/, differs: ['Basic Constraints'] },
  'bad-qc-statements': { openssl: /leaf\.pem: OK/, differs: ['qcStatements'] },
  'missing-organization-identifier': { openssl: /leaf\.pem: OK/, differs: ['Subject'] },
  'subject-of-another-organisation': { openssl: /leaf\.pem: OK/, differs: ['Subject'] },
};

const rows = defects.filter(({ kind }) => kind === 'certificate');
const names = rows.map(({ name }) => name) as CertificateDefectName[];
const types = certificateTypeSchema.options;

interface Certificate {
  readonly kid: string;
  readonly status: string;
  readonly defect?: string;
  readonly certificatePem: string;
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

const workshop = new Workshop();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
  // So that an honest certificate and a broken one have the same dates.
  sandbox.clock.freeze(new Date(numericDate(sandbox.clock.now()) * 1000));
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${sandbox.urls.http}/sandbox${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function made<T>(path: string, body: unknown = {}): Promise<T> {
  const response = await post(path, body);
  expect(response.status, await response.clone().text()).toBe(201);
  return (await response.json()) as T;
}

const newTpp = () => made<ReadyTpp>('/tpps');

function pathOf({ organisation, softwareStatement }: ReadyTpp, type: CertificateType): string {
  return softwareCertificateTypes.some((one) => one === type)
    ? `/software-statements/${softwareStatement.id}/certificates`
    : `/organisations/${organisation.id}/certificates`;
}

function certified(tpp: ReadyTpp, type: CertificateType, defect?: string): Promise<Certificate> {
  return made(pathOf(tpp, type), { type, generate: true, ...(defect === undefined ? {} : { defect }) });
}

function typesWith(name: string): CertificateType[] {
  return types.filter((type) => !STATEMENTS_ALONE.includes(name) || /^(ob|q)(wac|seal)$/.test(type));
}

function transportTypeWith(name: string): CertificateType {
  return typesWith(name).includes('obtransport') ? 'obtransport' : 'obwac';
}

function identityOf({ privateKeyPem: key, certificatePem: cert }: Certificate): TlsIdentity {
  return { key, cert, ciphers: ANY_SECURITY_LEVEL };
}

/** Registers with an otherwise good request, and returns the answer and the newest verdict. */
async function registered(tpp: ReadyTpp, identity: TlsIdentity) {
  const bank = new BankClient(sandbox, 'reference', tpp);
  const answer = await bank.register(bank.claims(), { identity });
  const [attempt] = sandbox.services.getBank('reference').attempts({ limit: 1 }).items;
  if (!attempt) throw new Error('There is no verdict.');
  return { answer, attempt, body: JSON.parse(answer.text) as { error?: string; error_description?: string } };
}

/** What OpenSSL says of a client certificate by its strictest rules, with the lists of the Directory. */
async function verified({ certificatePem }: Certificate, ...more: string[]): Promise<string> {
  for (const file of ['root.pem', 'issuing.pem', 'root.crl.pem', 'issuing.crl.pem'])
    workshop.write(file, await (await fetch(`${sandbox.urls.http}/ca/${file}`)).text());
  workshop.write('leaf.pem', certificatePem);
  const strict = ['-x509_strict', '-purpose', 'sslclient', '-auth_level', '2', '-crl_check_all'];
  const lists = ['root.crl.pem', 'issuing.crl.pem'].flatMap((file) => ['-CRLfile', file]);
  const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem', 'leaf.pem'];
  try {
    return workshop.openssl('verify', ...strict, ...more, ...lists, ...chain);
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
}

describe('the catalogue of defects', () => {
  it('has a row for each certificate defect, with the rule and the error that it earns', async () => {
    const response = await fetch(`${sandbox.urls.http}/sandbox/defects?kind=certificate`);
    expect(await response.json()).toEqual({ items: rows, next: null });
    expect([...names].sort()).toEqual(Object.keys(visible).sort());
    for (const row of rows) {
      expect(row).toMatchObject<Partial<Defect>>({ error: 'invalid_client', answeredByReferenceBank: true });
    }
  });
});

describe('the reference bank', () => {
  it.each(typesWith('sha1').filter((type) => /^(obtransport|obwac)$/.test(type)))(
    'registers a TPP that shows an honest %s',
    async (type) => {
      const tpp = await newTpp();
      const { answer } = await registered(tpp, identityOf(await certified(tpp, type)));
      expect(answer.status, answer.text).toBe(201);
    },
  );

  it.each(rows.map(({ name, rule, error }) => ({ name: name as CertificateDefectName, rule, error })))(
    'refuses a certificate that is $name, by $rule and for nothing else',
    async ({ name, rule, error }) => {
      const tpp = await newTpp();
      const certificate = await certified(tpp, transportTypeWith(name), name);
      const { answer, attempt, body } = await registered(tpp, identityOf(certificate));
      expect(answer.status, answer.text).toBe(401);
      expect(body.error).toBe(error);
      expect(body.error_description).toContain(`${rule}: expected `);
      expect(attempt.certificate?.thumbprintSha256).toBe(thumbprintOf(certificate));
      expect(failedRules(attempt)).toEqual([rule, ...(visible[name].furtherRules ?? [])]);
    },
  );

  it('refuses a request that a key of RSA 1024 signed', async () => {
    const tpp = await newTpp();
    const { kid, privateKeyPem, certificatePem, chainPem } = await certified(tpp, 'obsigning', 'weak-key');
    const weak = { ...tpp, signing: { kid, privateKeyPem, certificatePem, chainPem } };
    const bank = new BankClient(sandbox, 'reference', tpp);
    const answer = await bank.register(signRequest(weak, bank.claims()));
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('request-signature');
  });
});

function thumbprintOf({ certificatePem }: Certificate): string {
  return new X509Certificate(certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
}

describe('to OpenSSL', () => {
  let tpp: ReadyTpp;
  beforeAll(async () => {
    tpp = await newTpp();
  });

  it.each(['obtransport', 'obwac'] as const)('an honest %s is good by the strictest rules', async (type) => {
    expect(await verified(await certified(tpp, type))).toContain('leaf.pem: OK');
  });

  it.each(names)('a certificate that is %s is what the table says', async (name) => {
    const said = await verified(await certified(tpp, transportTypeWith(name), name));
    expect(said).toMatch(visible[name].openssl);
    // One error and no further one, but that whoever issues for himself has no revocation list.
    const errors = [...said.matchAll(/^error \d+ at \d depth lookup: (.*)$/gm)].map(([, words]) => words);
    expect(errors.slice(1).filter((words) => words !== 'unable to get certificate CRL')).toEqual([]);
  });

  it.each([
    ['expired', -100],
    ['not-yet-valid', 60],
  ] as const)('a certificate that is %s is good within its dates', async (name, days) => {
    const certificate = await certified(tpp, 'obtransport', name);
    const at = numericDate(new Date(sandbox.clock.now().getTime() + days * DAY));
    // The lists are as of now, so they are left out.
    workshop.write('leaf.pem', certificate.certificatePem);
    const chain = ['-CAfile', 'root.pem', '-untrusted', 'issuing.pem', 'leaf.pem'];
    const said = workshop.openssl('verify', '-x509_strict', '-attime', String(at), ...chain);
    expect(said).toContain('leaf.pem: OK');
  });
});

describe.each(types)('an %s', (type) => {
  let tpp: ReadyTpp;
  let honest: Map<string, string>;
  const possible = names.filter((name) => typesWith(name).includes(type));
  const impossible = names.filter((name) => !possible.includes(name));

  beforeAll(async () => {
    tpp = await newTpp();
    honest = statementsOf(workshop, (await certified(tpp, type)).certificatePem);
  });

  it.each(possible)('that is %s differs from an honest one in that alone', async (name) => {
    const { certificatePem, defect } = await certified(tpp, type, name);
    expect(defect).toBe(name);
    expect(differences(honest, statementsOf(workshop, certificatePem))).toEqual(visible[name].differs);
  });

  it('that is self-signed has the same name twice, down to the type of its strings', async () => {
    const { certificatePem } = await certified(tpp, type, 'self-signed');
    const said = statementsOf(workshop, certificatePem);
    expect(said.get('Issuer')).toBe(said.get('Subject'));
    expect(said.get('Subject')).toBe(honest.get('Subject'));
  });

  it.each(impossible)('that is %s cannot be, which is a refusal with those that can', async (name) => {
    const response = await post(pathOf(tpp, type), { type, generate: true, defect: name });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [
        {
          field: 'defect',
          expected: `one that ${type} can have: ${possible.join(', ')}`,
          actual: `"${name}"`,
        },
      ],
    });
  });
});

describe('asking for a broken certificate', () => {
  let tpp: ReadyTpp;
  beforeAll(async () => {
    tpp = await newTpp();
  });

  const refusal = async (body: Record<string, unknown>) => {
    const response = await post(pathOf(tpp, 'obtransport'), { type: 'obtransport', ...body });
    expect(response.status).toBe(400);
    return ((await response.json()) as { errors: unknown[] }).errors;
  };
  const signingRequest = () =>
    workshop.csr(`/C=GB/O=OpenBanking/OU=${tpp.organisation.id}/CN=${tpp.softwareStatement.id}`);

  it('by a name that there is not is refused with those that there are', async () => {
    expect(await refusal({ generate: true, defect: 'haunted' })).toEqual([
      {
        field: 'defect',
        expected: `one of ${names.map((name) => `"${name}"`).join(', ')}`,
        actual: '"haunted"',
      },
    ]);
  });

  it.each(['weak-key', 'self-signed'])('that is %s is refused for a key of one’s own', async (defect) => {
    expect(await refusal({ csrPem: signingRequest(), defect })).toEqual([
      expect.objectContaining({ field: 'csrPem', actual: 'a signing request' }),
    ]);
  });

  it.each(['expired', 'not-yet-valid'])('that is %s is refused with another beginning', async (defect) => {
    const notBefore = '2026-01-01T00:00:00Z';
    expect(await refusal({ generate: true, defect, notBefore })).toEqual([
      expect.objectContaining({ field: 'notBefore', actual: '"2026-01-01T00:00:00.000Z"' }),
    ]);
  });

  it('works for a key of one’s own, whose private key stays away', async () => {
    const body = { type: 'obtransport', csrPem: signingRequest(), defect: 'wrong-eku' };
    const certificate = await made<Certificate>(pathOf(tpp, 'obtransport'), body);
    expect(certificate).not.toHaveProperty('privateKeyPem');
    expect(await verified(certificate)).toMatch(/unsuitable certificate purpose/);
    expect((await post(pathOf(tpp, 'obtransport'), body)).status).toBe(409);
  });

  it('lists it in the keystore as any other, and the revoked one among the revoked', async () => {
    const kidsAt = async (path: string) => {
      const url = `${sandbox.urls.http}/${tpp.organisation.id}${path}/${tpp.softwareStatement.id}.jwks`;
      return ((await (await fetch(url)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    };
    const [broken, revoked] = [
      await certified(tpp, 'obtransport', 'wrong-ca'),
      await certified(tpp, 'obtransport', 'revoked'),
    ];
    expect([broken.status, revoked.status]).toEqual(['active', 'revoked']);
    expect(await kidsAt('')).toContain(broken.kid);
    expect(await kidsAt('')).not.toContain(revoked.kid);
    expect(await kidsAt('/revoked')).toContain(revoked.kid);
  });

  it('serves the organisations of a trust anchor too', async () => {
    const other = await made<ReadyTpp>('/anchors/second/tpps');
    const path = `/anchors/second${pathOf(other, 'obtransport')}`;
    const broken = await made<Certificate>(path, {
      type: 'obtransport',
      generate: true,
      defect: 'wrong-eku',
    });
    workshop.write('second.pem', broken.chainPem);
    workshop.write('leaf.pem', broken.certificatePem);
    const chain = ['-CAfile', 'second.pem', 'leaf.pem'];
    expect(workshop.openssl('verify', '-x509_strict', ...chain)).toContain('leaf.pem: OK');
    expect(() => workshop.openssl('verify', '-purpose', 'sslclient', ...chain)).toThrow(/purpose/);
  });

  it('leaves the certificates of demo software to be made', async () => {
    const [demo] = readDemoData().organisations.flatMap(({ softwareStatements }) => softwareStatements);
    if (!demo) throw new Error('There is no demo software.');
    const { certificates, defectiveCertificates } = sandbox.services;
    const request = { type: 'obtransport', generate: true } as const;
    await defectiveCertificates.with('no-key-usage').certifySoftwareStatement(demo.id, request);
    const all = await certificates.ofSoftwareStatement(demo.id);
    expect(all.map(({ record }) => record.type).sort()).toEqual(['obsigning', 'obtransport', 'obtransport']);
  });
});
