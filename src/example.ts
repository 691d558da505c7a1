/**
 * A TPP, from nothing to a registered client, in the steps that a real one takes. It uses what a real one would use: a
 * key pair of its own, a certificate signing request, jose, and mutual TLS. `npm run example` runs it.
 */
import { generateKeyPair, randomUUID, X509Certificate, type KeyObject } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import forge from 'node-forge';
import { startSandbox, type Sandbox } from './testkit.js';

const DEFAULT_DESK = `http://localhost:${process.env['HTTP_PORT'] ?? '8080'}`;
const REQUEST_LIFETIME = '5 minutes';

/** A key of the TPP with the certificate that the Directory issued for it. */
interface CertifiedKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
  readonly chainPem: string;
}

/** What a bank answered. */
interface BankAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function main(): Promise<void> {
  const running = await findRunningDesk();
  const own = running === undefined ? await startSandbox({ logLevel: 'silent' }) : undefined;
  try {
    await walkThrough(new Desk(running ?? urlOf(own)));
  } finally {
    await own?.close();
  }
}

async function walkThrough(desk: Desk): Promise<void> {
  heading('The Directory');
  say(
    `We talk to ${desk.url}. Everything it issues chains to its root certificate, which a bank and a TPP trust.`,
  );
  const rootPem = await desk.text('/ca/root.pem');
  say(`  root: ${new X509Certificate(rootPem).subject.replaceAll('\n', ', ')}`);
  const subject = await enrol(desk);
  const keys = await certifyKeys(desk, subject);
  const ssa = await fetchSsa(desk, subject);
  const bank = await findBank(desk);
  const register = async (changed: Claims) => {
    const request = await signRequest(
      { ...registrationClaims(ssa), ...changed },
      subject,
      bank,
      keys.signing,
    );
    return postWithCertificate(bank.registrationEndpoint, request, keys.transport, rootPem);
  };
  await registerAsIs(register);
  await registerBroken(register, desk);
}

/** Which software of which organisation a key or a request belongs to. */
interface Subject {
  readonly organisationId: string;
  readonly softwareId: string;
}

interface BankAddress {
  readonly organisationId: string;
  readonly registrationEndpoint: string;
}

type Claims = Readonly<Record<string, unknown>>;
type Register = (changed: Claims) => Promise<BankAnswer>;

async function enrol(desk: Desk): Promise<Subject> {
  heading('1. Our organisation and our software');
  const organisation = await desk.post('/sandbox/organisations', {
    name: 'Example Fintech Ltd',
    kind: 'tpp',
    authorisations: [{ memberState: 'GB', roles: ['AISP', 'PISP'] }],
  });
  const organisationId = text(organisation, 'id');
  say(`The Directory knows us as the organisation ${organisationId}.`);
  const statement = await desk.post(`/sandbox/organisations/${organisationId}/software-statements`, {
    clientName: 'Example Money App',
    roles: ['AISP'],
    redirectUris: ['https://app.example.com/callback', 'https://app.example.com/other'],
  });
  const softwareId = text(statement, 'id');
  say(`Our software statement is ${softwareId}: the role AISP, two redirect URIs.`);
  return { organisationId, softwareId };
}

async function certifyKeys(
  desk: Desk,
  subject: Subject,
): Promise<{ signing: CertifiedKey; transport: CertifiedKey }> {
  heading('2. Keys and certificates');
  say(
    'We make two key pairs; the private keys stay with us. The Directory gets certificate signing requests.',
  );
  const signing = await certify(desk, 'obsigning', subject);
  say(`  signing key    ${signing.kid}  (signs requests)`);
  const transport = await certify(desk, 'obtransport', subject);
  say(`  transport key  ${transport.kid}  (shows who we are in TLS)`);
  return { signing, transport };
}

async function fetchSsa(desk: Desk, { softwareId }: Subject): Promise<string> {
  heading('3. The software statement assertion (SSA)');
  const { ssa, payload } = (await desk.post(`/sandbox/software-statements/${softwareId}/ssa`, {})) as {
    ssa: string;
    payload: Claims;
  };
  say(`The Directory vouches for our software in a signed token of ${ssa.length} characters:`);
  for (const claim of [
    'iss',
    'software_id',
    'software_roles',
    'software_redirect_uris',
    'org_id',
    'org_status',
  ]) {
    say(`  ${claim}: ${JSON.stringify(payload[claim])}`);
  }
  return ssa;
}

async function findBank(desk: Desk): Promise<BankAddress> {
  heading('4. Registration at the bank');
  const { name, organisationId } = (await desk.get('/sandbox/banks/reference')) as {
    name: string;
    organisationId: string;
  };
  const discovery = await desk.get('/aspsp/reference/.well-known/openid-configuration');
  const registrationEndpoint = text(discovery, 'registration_endpoint');
  say(`${name} takes registrations at ${registrationEndpoint}`);
  say(`and expects its own organisation id, ${organisationId}, as the audience.`);
  return { organisationId, registrationEndpoint };
}

function registrationClaims(ssa: string): Claims {
  return {
    redirect_uris: ['https://app.example.com/callback'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'PS256',
    grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
    response_types: ['code id_token'],
    scope: 'openid accounts',
    application_type: 'web',
    id_token_signed_response_alg: 'PS256',
    request_object_signing_alg: 'PS256',
    software_statement: ssa,
  };
}

function signRequest(
  claims: Claims,
  subject: Subject,
  bank: BankAddress,
  signing: CertifiedKey,
): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'PS256', kid: signing.kid, typ: 'JWT' })
    .setIssuer(subject.softwareId)
    .setAudience(bank.organisationId)
    .setIssuedAt()
    .setExpirationTime(REQUEST_LIFETIME)
    .setJti(randomUUID())
    .sign(signing.privateKey);
}

async function registerAsIs(register: Register): Promise<void> {
  const { status, body } = await register({});
  say(`The bank answers ${status}:`);
  if (status !== 201) throw new Error(`the bank did not register us: ${JSON.stringify(body)}`);
  for (const member of ['client_id', 'scope', 'redirect_uris', 'token_endpoint_auth_method']) {
    say(`  ${member}: ${JSON.stringify(body[member])}`);
  }
}

async function registerBroken(register: Register, desk: Desk): Promise<void> {
  heading('5. The same with one claim broken');
  say('Now we ask for a redirect URI that the SSA does not hold.');
  const { status, body } = await register({ redirect_uris: ['https://elsewhere.example.com/callback'] });
  say(`The bank answers ${status}:`);
  if (status !== 400)
    throw new Error(`the bank should have refused the broken request: ${JSON.stringify(body)}`);
  say(`  error: ${text(body, 'error')}`);
  say(`  error_description: ${text(body, 'error_description')}`);
  await explain(desk);
}

/** Shows the bank's verdict on the last attempt: a mock can tell what a real bank keeps to itself. */
async function explain(desk: Desk): Promise<void> {
  const { items } = (await desk.get('/sandbox/banks/reference/attempts?limit=1')) as {
    items: { rules: { id: string; outcome: string; spec: string; expected?: string; actual?: string }[] }[];
  };
  const rules = items[0]?.rules ?? [];
  const count = (outcome: string) => rules.filter((rule) => rule.outcome === outcome).length;
  say(
    `Its verdict has ${rules.length} checks: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} not applicable.`,
  );
  for (const { id, spec, expected, actual } of rules.filter((rule) => rule.outcome === 'failed')) {
    say(
      `  x ${id}`,
      `      expected  ${expected ?? ''}`,
      `      got       ${actual ?? ''}`,
      `      see       ${spec}`,
    );
  }
}

/** Makes a key pair, has the Directory certify it, and returns both. */
async function certify(
  desk: Desk,
  type: 'obsigning' | 'obtransport',
  subject: Subject,
): Promise<CertifiedKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const certificate = await desk.post(`/sandbox/software-statements/${subject.softwareId}/certificates`, {
    type,
    csrPem: signingRequest(publicKey, privateKey, subject),
  });
  return {
    kid: text(certificate, 'kid'),
    privateKey,
    certificatePem: text(certificate, 'certificatePem'),
    chainPem: text(certificate, 'chainPem'),
  };
}

/** What `openssl req -new` would make of the same subject. */
function signingRequest(
  publicKey: KeyObject,
  privateKey: KeyObject,
  { organisationId, softwareId }: Subject,
): string {
  const csr = forge.pki.createCertificationRequest();
  csr.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ format: 'pem', type: 'spki' }) as string);
  csr.setSubject([
    { shortName: 'C', value: 'GB' },
    { shortName: 'O', value: 'OpenBanking' },
    { shortName: 'OU', value: organisationId },
    { shortName: 'CN', value: softwareId },
  ]);
  csr.sign(
    forge.pki.privateKeyFromPem(privateKey.export({ format: 'pem', type: 'pkcs1' }) as string),
    forge.md.sha256.create(),
  );
  return forge.pki.certificationRequestToPem(csr);
}

/** Posts a registration request over mutual TLS. */
function postWithCertificate(
  url: string,
  jws: string,
  { privateKey, certificatePem, chainPem }: CertifiedKey,
  ca: string,
): Promise<BankAnswer> {
  return new Promise((resolve, reject) => {
    const call = httpsRequest(
      url,
      {
        method: 'POST',
        key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
        cert: certificatePem + chainPem,
        ca,
        headers: { 'content-type': 'application/jwt', accept: 'application/json' },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
          resolve({ status: response.statusCode ?? 0, body });
        });
        response.on('error', reject);
      },
    );
    call.on('error', reject);
    call.end(jws);
  });
}

/** The control API of a sandbox. */
class Desk {
  constructor(readonly url: string) {}

  async get(path: string): Promise<Record<string, unknown>> {
    return (await (await this.call('GET', path)).json()) as Record<string, unknown>;
  }

  async post(path: string, body: unknown): Promise<Record<string, unknown>> {
    return (await (await this.call('POST', path, JSON.stringify(body))).json()) as Record<string, unknown>;
  }

  async text(path: string): Promise<string> {
    return (await this.call('GET', path)).text();
  }

  private async call(method: string, path: string, body?: string): Promise<Response> {
    const response = await fetch(this.url + path, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...credentials() },
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}

function credentials(): Record<string, string> {
  const password = process.env['ADMIN_PASSWORD'];
  return password ? { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` } : {};
}

async function findRunningDesk(): Promise<string | undefined> {
  const ready = await fetch(`${DEFAULT_DESK}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
  say(ready ? `A sandbox runs at ${DEFAULT_DESK}.` : 'No sandbox runs, so we start one of our own.');
  return ready ? DEFAULT_DESK : undefined;
}

function urlOf(sandbox: Sandbox | undefined): string {
  if (!sandbox) throw new Error('There is no sandbox.');
  return sandbox.urls.http;
}

function text(object: Readonly<Record<string, unknown>>, member: string): string {
  const value = object[member];
  if (typeof value !== 'string')
    throw new Error(`Expected "${member}" in ${JSON.stringify(object).slice(0, 200)}`);
  return value;
}

function heading(title: string): void {
  say('', title, '-'.repeat(title.length));
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`example: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
