/**
 * A TPP, from nothing to a registered client, in the steps that a real one takes. It uses what a real one would use: a
 * key pair of its own, a certificate signing request, jose, and mutual TLS. `npm run example` runs it.
 */
import { X509Certificate } from 'node:crypto';
import { startSandbox, type Sandbox } from '../testkit.js';
import { decodeJwt } from 'jose';
import { Desk } from './desk.js';
import { ApiDirectory, DirectoryApi } from './directory-api.js';
import { DeskDirectory, type Directory } from './directory.js';
import { parseVariation, usage, type Variation } from './options.js';
import {
  certify,
  mutualTls,
  ofNow,
  signed,
  unsigned,
  type TlsAnswer,
  type TlsCall,
  type CertifiedKey,
  type Claims,
  type Subject,
} from './tpp.js';
import { heading, say, show, text } from './words.js';

const DEFAULT_DESK = `http://localhost:${process.env['HTTP_PORT'] ?? '8080'}`;
const CALLBACK = 'https://app.example.com/callback';
const MERCHANT = 'https://shop.merchant.example/return';
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

async function main(): Promise<void> {
  const variation = parseVariation(process.argv.slice(2));
  if (variation === 'help') {
    say(usage);
    return;
  }
  const running = await findRunningDesk();
  const own = running === undefined ? await startSandbox({ logLevel: 'silent', keyCache: false }) : undefined;
  try {
    await walkThrough(running ?? urlOf(own), variation);
  } finally {
    await own?.close();
  }
}

/** Everything the TPP has once its software is enrolled. */
interface Tpp {
  readonly desk: Desk;
  readonly directory: Directory;
  readonly subject: Subject;
  readonly signing: CertifiedKey;
  readonly transport: CertifiedKey;
  readonly variation: Variation;
}

/** What the TPP knows of the bank, and how it calls it. */
interface BankAccess {
  readonly id: string;
  readonly audience: string;
  readonly discovery: Claims;
  readonly call: (call: TlsCall) => Promise<TlsAnswer>;
}

async function walkThrough(url: string, variation: Variation): Promise<void> {
  const desk = new Desk(url, variation.ssa === 'second' ? '/sandbox/anchors/second' : '/sandbox');
  heading('The Directory');
  say(
    `We talk to ${desk.url}. Everything it issues chains to its root certificate, which a bank and a TPP trust.`,
  );
  const rootPem = await desk.text('/ca/root.pem');
  say(`  root: ${new X509Certificate(rootPem).subject.replaceAll('\n', ', ')}`);
  const enrolled = await enrolAtDesk(desk, variation);
  const tpp = variation.usesDirectoryApi ? await enrolByApi(enrolled, rootPem) : enrolled;
  const ssa = await fetchSsa(tpp);
  const bank = await findBank(tpp, rootPem);
  const registration = await register(tpp, bank, {
    ...registrationClaims(tpp, bank, ssa),
    ...variation.claims,
  });
  if (registration.status !== 201) {
    await explain(tpp);
    if (variation.isUsual) {
      throw new Error(`the bank did not register us: ${JSON.stringify(registration.body)}`);
    }
    return;
  }
  if (variation.isExperiment) return;
  await manage(tpp, bank, registration.body);
  await registerBroken(tpp, bank, ssa);
}

async function enrolAtDesk(desk: Desk, variation: Variation): Promise<Tpp> {
  const subject = await enrol(desk);
  const keys = await certifyKeys(desk, subject);
  return { desk, directory: new DeskDirectory(desk, subject), subject, ...keys, variation };
}

/** From the first certificate on, nothing but the Directory's own API: another software statement with keys of its own. */
async function enrolByApi(
  { desk, subject, signing, transport, variation }: Tpp,
  rootPem: string,
): Promise<Tpp> {
  heading("The Directory's own API");
  const discovery = await desk.get('/.well-known/openid-configuration');
  const api = new DirectoryApi({ discovery, rootPem }, subject, signing, transport);
  const { scope, seconds } = await api.takeToken();
  say(`Our first certificates get us a token for ${seconds} seconds: ${scope}.`);
  say('It speaks for our whole organisation, so that we can make a second software statement with it.');
  const next = await api.createStatement(CALLBACK);
  say(`A new software statement: ${next.softwareId}.`);
  const keys = {
    signing: await api.certify('obsigning', next),
    transport: await api.certify('obtransport', next),
  };
  say(`  signing key    ${keys.signing.kid}`, `  transport key  ${keys.transport.kid}`);
  await api.addRedirectUri(next, 'https://app.example.com/other');
  say('One more redirect URI.');
  return { desk, directory: new ApiDirectory(api, next), subject: next, ...keys, variation };
}

async function enrol(desk: Desk): Promise<Subject> {
  heading('1. Our organisation and our software');
  const organisation = await desk.post(`${desk.directory}/organisations`, {
    name: 'Example Fintech Ltd',
    kind: 'tpp',
    authorisations: [{ memberState: 'GB', roles: ['AISP', 'PISP'] }],
  });
  const organisationId = text(organisation, 'id');
  say(`The Directory knows us as the organisation ${organisationId}.`);
  const statement = await desk.post(`${desk.directory}/organisations/${organisationId}/software-statements`, {
    clientName: 'Example Money App',
    roles: ['AISP'],
    redirectUris: [CALLBACK, 'https://app.example.com/other'],
  });
  const softwareId = text(statement, 'id');
  say(`Our software statement is ${softwareId}: the role AISP, two redirect URIs.`);
  return { organisationId, softwareId };
}

async function certifyKeys(desk: Desk, subject: Subject): Promise<Pick<Tpp, 'signing' | 'transport'>> {
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

async function fetchSsa(tpp: Tpp): Promise<string> {
  heading('3. The software statement assertion (SSA)');
  const ssa = await issueSsa(tpp);
  say(`Our software is vouched for in a token of ${ssa.length} characters:`);
  show(readable(ssa), [
    'iss',
    'software_id',
    'software_roles',
    'software_redirect_uris',
    'org_id',
    'org_status',
  ]);
  return ssa;
}

/** The claims of an SSA; none where it was asked for so broken that nobody can read it. */
function readable(ssa: string): Claims {
  try {
    return decodeJwt(ssa);
  } catch {
    return {};
  }
}

/** An SSA of this moment: the Directory's, or one that we issue ourselves. */
async function issueSsa({ directory, subject, signing, variation }: Tpp): Promise<string> {
  const { ssa: kind, ssaDefect } = variation;
  const issued = await directory.issueSsa(ssaDefect);
  if (kind === 'directory' || kind === 'second') return issued;
  const payload = { ...decodeJwt(issued), iss: subject.softwareId };
  return kind === 'unsigned' ? unsigned(payload) : signed(signing, payload);
}

async function findBank({ directory, transport, variation }: Tpp, rootPem: string): Promise<BankAccess> {
  heading('4. Registration at the bank');
  const { name, organisationId, discovery } = await directory.findBank(variation.bank);
  if (variation.usesDirectoryApi) say('SCIM lists the bank with the address of its discovery document.');
  say(`${name} takes registrations at ${text(discovery, 'registration_endpoint')}`);
  say(`and expects its own organisation id, ${organisationId}, as the audience.`);
  return {
    id: variation.bank,
    audience: organisationId,
    discovery,
    call: mutualTls(transport, rootPem),
  };
}

function registrationClaims(tpp: Tpp, bank: BankAccess, ssa: string): Claims {
  return {
    redirect_uris: [CALLBACK],
    ...authentication(tpp, bank),
    grant_types: ['client_credentials', 'authorization_code'],
    response_types: ['code id_token'],
    scope: 'openid accounts',
    application_type: 'web',
    id_token_signed_response_alg: 'PS256',
    request_object_signing_alg: 'PS256',
    software_statement: ssa,
  };
}

/** How we will authenticate: with our signing key where the bank offers that, with our certificate elsewhere. */
function authentication({ subject }: Tpp, { discovery }: BankAccess): Claims {
  const methods = discovery['token_endpoint_auth_methods_supported'] as readonly string[];
  if (methods.includes('private_key_jwt')) {
    return { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'PS256' };
  }
  return {
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: `CN=${subject.softwareId},OU=${subject.organisationId},O=OpenBanking,C=GB`,
  };
}

/** A registration request, signed; also that of a replacement. */
function signRequest({ subject, signing }: Tpp, { audience }: BankAccess, claims: Claims): Promise<string> {
  return signed(signing, ofNow({ iss: subject.softwareId, aud: audience, ...claims }));
}

async function register(tpp: Tpp, bank: BankAccess, claims: Claims): Promise<TlsAnswer> {
  const answer = await bank.call({
    method: 'POST',
    url: text(bank.discovery, 'registration_endpoint'),
    body: await signRequest(tpp, bank, claims),
    headers: { 'content-type': tpp.variation.contentType },
  });
  say(`The bank answers ${answer.status}:`);
  const { isExperiment } = tpp.variation;
  show(answer.body, [
    ...['client_id', 'scope', 'redirect_uris', 'token_endpoint_auth_method'],
    ...(isExperiment
      ? ['grant_types', 'response_types', 'application_type', 'id_token_signed_response_alg']
      : []),
    ...['error', 'error_description'],
  ]);
  return answer;
}

/** With a token of its own the client reads its registration, gives it a merchant's redirect URI, and removes it. */
async function manage(tpp: Tpp, bank: BankAccess, client: Claims): Promise<void> {
  heading('5. The registration, with a token of the client');
  const clientId = text(client, 'client_id');
  const bearer = { authorization: `Bearer ${await takeToken(tpp, bank, client)}` };
  const url = `${text(bank.discovery, 'registration_endpoint')}/${clientId}`;
  const read = await bank.call({ method: 'GET', url, headers: bearer });
  say(`GET: the bank answers ${read.status}.`);
  if (read.status === 405) {
    say('  It does not offer that: a registration here stays as it is.');
    return;
  }
  if (tpp.variation.movesState)
    await moveState(tpp.desk, () => bank.call({ method: 'GET', url, headers: bearer }));
  await tpp.directory.addRedirectUri(MERCHANT);
  say(`A merchant wants its customers back at ${MERCHANT}: the Directory has it now, the bank not yet.`);
  const ssa = await issueSsa(tpp);
  const claims = { ...registrationClaims(tpp, bank, ssa), redirect_uris: [CALLBACK, MERCHANT] };
  const body = await signRequest(tpp, bank, claims);
  const headers = { ...bearer, 'content-type': tpp.variation.contentType };
  const replaced = await bank.call({ method: 'PUT', url, body, headers });
  say(`PUT with a fresh SSA: the bank answers ${replaced.status}.`);
  show(replaced.body, ['redirect_uris', 'error', 'error_description']);
  const removed = await bank.call({ method: 'DELETE', url, headers: bearer });
  say(`DELETE: the bank answers ${removed.status}.`);
}

/** Whatever the sandbox knows goes into one document; from there it comes back, as if nothing had been. */
async function moveState(desk: Desk, readRegistration: () => Promise<TlsAnswer>): Promise<void> {
  const state = await desk.get('/sandbox/state');
  say(`The state of the sandbox is exported: ${JSON.stringify(state).length} characters.`);
  await desk.send('POST', '/sandbox/reset', { to: 'demo' });
  say(
    `It is wiped. GET: the bank answers ${(await readRegistration()).status}, it does not know us any more.`,
  );
  await desk.send('PUT', '/sandbox/state', state);
  say(
    `It is imported again. GET with the same client id and token: the bank answers ${(await readRegistration()).status}.`,
  );
}

async function takeToken({ signing }: Tpp, bank: BankAccess, client: Claims): Promise<string> {
  const clientId = text(client, 'client_id');
  const url = text(bank.discovery, 'token_endpoint');
  const assertion = { iss: clientId, sub: clientId, aud: url };
  const credentials: Record<string, string> =
    client['token_endpoint_auth_method'] === 'private_key_jwt'
      ? { client_assertion_type: JWT_BEARER, client_assertion: await signed(signing, ofNow(assertion)) }
      : { client_id: clientId };
  const { status, body } = await bank.call({
    method: 'POST',
    url,
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'openid',
      ...credentials,
    }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  say(
    `The token endpoint answers ${status}: a token for ${String(body['expires_in'])} seconds, bound to our certificate.`,
  );
  return text(body, 'access_token');
}

async function registerBroken(tpp: Tpp, bank: BankAccess, ssa: string): Promise<void> {
  heading('6. The same with one claim broken');
  say('Now we ask for a redirect URI that the SSA does not hold.');
  const claims = {
    ...registrationClaims(tpp, bank, ssa),
    redirect_uris: ['https://elsewhere.example.com/callback'],
  };
  const { status, body } = await register(tpp, bank, claims);
  if (status !== 400) {
    throw new Error(`the bank should have refused the broken request: ${JSON.stringify(body)}`);
  }
  await explain(tpp);
}

/** Shows the bank's verdict on the last attempt: a mock can tell what a real bank keeps to itself. */
async function explain({ desk, variation: { bank } }: Tpp): Promise<void> {
  const { items } = (await desk.get(`/sandbox/banks/${bank}/attempts?limit=1`)) as {
    items: {
      id: string;
      rules: { id: string; outcome: string; spec: string; expected?: string; actual?: string }[];
    }[];
  };
  const [{ id, rules } = { id: '', rules: [] }] = items;
  const count = (outcome: string) => rules.filter((rule) => rule.outcome === outcome).length;
  say(
    `Its verdict has ${rules.length} checks: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} not applicable.`,
  );
  for (const { id: rule, spec, expected, actual } of rules.filter(({ outcome }) => outcome === 'failed')) {
    say(
      `  x ${rule}`,
      `      expected  ${expected ?? ''}`,
      `      got       ${actual ?? ''}`,
      `      see       ${spec}`,
    );
  }
  say(`A sandbox that runs shows all of it at ${desk.url}/banks/${bank}/attempts/${id}`);
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

main().catch((error: unknown) => {
  process.stderr.write(`example: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
