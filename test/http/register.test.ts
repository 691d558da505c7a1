import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { citationsOf } from '../../src/http/desk/specifications.js';
import { placesOfRule } from '../../src/http/desk/rule-places.js';
import { registrationRules } from '../../src/aspsp/rules/index.js';
import type { Attempt } from '../../src/domain/registration.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { failedRules } from '../support/bank-client.js';
import { fieldsOf, unescaped } from '../support/forms.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, signRequest, verdictOf } from '../support/registration.js';
import { Workshop } from '../support/openssl.js';

const MARKUP = '<img src=x onerror=alert(1)>"\'&</textarea><script>alert(1)</script>';

type Fields = Record<string, string | string[]>;

let sandbox: Sandbox;
let tpp: ReadyTpp;
let page: string;
const workshop = new Workshop();

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({
    name: 'Registering TPP',
    redirectUris: ['https://tpp.example.com/one', 'https://tpp.example.com/two'],
  });
  page = `/software-statements/${tpp.softwareStatement.id}/register`;
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const getPage = (path: string) => request(sandbox.deskApp).get(path).set('Accept', 'text/html');
const postForm = (path: string, fields: Fields) =>
  request(sandbox.deskApp).post(path).set('Accept', 'text/html').type('form').send(fields);

/** The form as the page offers it, with changes. */
async function offered(query: string, changes: Fields = {}): Promise<Fields> {
  const { text } = await getPage(`${page}?${query}`).expect(200);
  return { ...fieldsOf(text, 'compose'), send: 'form', ...changes };
}

/** Sends a form and gives the attempt that the answer leads to. */
async function attempted(fields: Fields, path = page): Promise<Attempt> {
  const { headers } = await postForm(path, fields).expect(303);
  const [, bank = '', id = ''] =
    /^\/banks\/([\w-]+)\/attempts\/([\w-]+)$/.exec(headers['location'] ?? '') ?? [];
  return sandbox.services.getBank(bank).getAttempt(id);
}

function textArea(html: string, id: string): string {
  return unescaped(new RegExp(`<textarea id="${id}"[^>]*>([^<]*)</textarea>`).exec(html)?.[1] ?? '').trim();
}

/** What the list of errors says, with the controls that it leads to. */
function errorsOf(html: string): [control: string, message: string][] {
  const [list = ''] = /<div class="errors"[^]*?<\/div>/.exec(html) ?? [];
  return [...list.matchAll(/<a href="#([^"]*)">([^<]*)<\/a>/g)].map(([, control = '', message = '']) => [
    control,
    unescaped(message),
  ]);
}

describe('the form for a registration request', () => {
  it('is led to from the software statement, with every bank to choose from', async () => {
    const { text } = await getPage(`/software-statements/${tpp.softwareStatement.id}`).expect(200);
    expect(text).toContain(`<form class="row-form" method="get" action="${page}">`);
    for (const { profile } of sandbox.services.banks)
      expect(text).toContain(`<option value="${profile.id}">`);
  });

  it.each(
    ['reference', 'legacy', 'generic', 'adaptive', 'short-lived', 'jwt-only', 'post-only'].map((bank) => ({
      bank,
    })),
  )('offers what the bank $bank accepts, as a form and as JSON', async ({ bank }) => {
    const form = await attempted(await offered(`bank=${bank}`));
    expect(failedRules(form)).toEqual([]);
    expect(form.clientId).toBeDefined();
    const json = await attempted(await offered(`bank=${bank}`, { send: 'json' }));
    expect(failedRules(json)).toEqual([]);
    expect(Object.keys(json.request?.payload ?? {})).toEqual(Object.keys(form.request?.payload ?? {}));
  });

  it('sends what was chosen', async () => {
    const { request: sent } = await attempted(
      await offered('bank=reference', {
        aud: 'somebody else',
        redirectUris: 'https://tpp.example.com/two',
        otherRedirectUris: 'https://elsewhere.example/a\r\n\r\nhttps://elsewhere.example/b',
        authMethod: 'tls_client_auth',
        authSigningAlg: '',
        subjectDn: 'CN=me',
        scope: ['openid', 'payments'],
        subjectType: 'pairwise',
        lifetimeSeconds: '90',
        alg: 'RS256',
        typ: '',
        kid: 'my own name for it',
      }),
    );
    expect(sent?.header).toEqual({ alg: 'RS256', kid: 'my own name for it' });
    expect(sent?.payload).toMatchObject({
      aud: 'somebody else',
      redirect_uris: [
        'https://tpp.example.com/two',
        'https://elsewhere.example/a',
        'https://elsewhere.example/b',
      ],
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=me',
      scope: 'openid payments',
      subject_type: 'pairwise',
    });
    expect(sent?.payload).not.toHaveProperty('token_endpoint_auth_signing_alg');
    expect(Number(sent?.payload['exp']) - Number(sent?.payload['iat'])).toBe(90);
  });

  it.each<{ what: string; changes: Fields; rule: string }>([
    {
      what: 'an SSA with a defect',
      changes: { ssa: 'defective', defect: 'wrong-issuer' },
      rule: 'ssa-issuer',
    },
    { what: 'a pasted SSA', changes: { ssa: 'pasted', pastedSsa: 'e30.e30.AAAA' }, rule: 'ssa-issuer' },
    { what: 'a self-signed SSA', changes: { ssa: 'self-signed' }, rule: 'ssa-issuer' },
    { what: 'an unsigned SSA', changes: { ssa: 'unsigned' }, rule: 'ssa-issuer' },
    { what: 'no signature', changes: { signingKey: 'none' }, rule: 'request-alg' },
    { what: 'no client certificate', changes: { certificate: 'none' }, rule: 'client-certificate-presented' },
    { what: 'another media type', changes: { mediaType: 'application/json' }, rule: 'request-media-type' },
    { what: 'a request that has expired', changes: { lifetimeSeconds: '-3600' }, rule: 'request-exp' },
  ])('lets a bank refuse $what', async ({ changes, rule }) => {
    const attempt = await attempted(await offered('bank=reference', changes));
    expect(failedRules(attempt)).toContain(rule);
  });

  it("shows another TPP's certificate to the bank where that is asked for", async () => {
    const other = await sandbox.services.createReadyTpp({ name: 'Lender of its certificate' });
    const attempt = await attempted(await offered('bank=reference', { certificate: 'another-tpp' }));
    expect(attempt.certificate?.subject).toContain(`CN=${other.softwareStatement.id}`);
    expect(failedRules(attempt)).toContain('client-certificate-organisation');
  });

  it('signs with any key of the TPP, also with one that must not sign', async () => {
    const attempt = await attempted(await offered('bank=reference', { signingKey: tpp.transport.kid }));
    expect(attempt.request?.header['kid']).toBe(tpp.transport.kid);
    expect(failedRules(attempt)).toEqual(['request-signature']);
  });

  it('sends JSON as it was written, with its placeholders filled in', async () => {
    const claims = { iat: '{iat}', jti: '{jti}', nested: { iat: '{iat}' }, extra: MARKUP };
    const attempt = await attempted(
      await offered('bank=reference', {
        send: 'json',
        claims: JSON.stringify(claims),
        header: '{"alg":"PS256","kid":"{kid}","x":1}',
      }),
    );
    expect(attempt.request?.header).toEqual({ alg: 'PS256', kid: tpp.signing.kid, x: 1 });
    const { iat, jti, ...others } = attempt.request?.payload ?? {};
    expect(iat).toBe(Math.floor(new Date(attempt.at).getTime() / 1_000));
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(others).toEqual({ nested: { iat: '{iat}' }, extra: MARKUP });
  });

  it('writes the form as JSON, sends nothing and keeps the form', async () => {
    const before = sandbox.services.getBank('reference').attempts({ limit: 1 }).items[0]?.id;
    const fields = await offered('bank=reference', { send: 'fill', aud: 'changed', scope: 'openid' });
    const { text } = await postForm(page, fields).expect(200);
    expect(JSON.parse(textArea(text, 'compose-claims'))).toMatchObject({ aud: 'changed', scope: 'openid' });
    expect(fieldsOf(text, 'compose')).toMatchObject({ aud: 'changed', scope: 'openid' });
    expect(sandbox.services.getBank('reference').attempts({ limit: 1 }).items[0]?.id).toBe(before);
    const { text: json } = await request(sandbox.deskApp)
      .post(`${page}/claims`)
      .type('form')
      .send(fields)
      .expect(200);
    expect(JSON.parse((JSON.parse(json) as { claims: string }).claims)).toMatchObject({
      aud: 'changed',
      scope: 'openid',
    });
  });

  it('marks what the bank does not support, and shows what its discovery says', async () => {
    const { text } = await getPage(`${page}?bank=reference`).expect(200);
    expect(text).toMatch(/<option value="client_secret_basic">client_secret_basic \(not at this bank\)</);
    expect(text).toMatch(/<option value="private_key_jwt" selected>private_key_jwt</);
    const { token_endpoint_auth_methods_supported: methods } = sandbox.services
      .getBank('reference')
      .discovery();
    for (const method of methods as string[]) {
      expect(text).toContain(`<code class="supported-value">${method}</code>`);
    }
  });
});

describe('the form for a registration request, when it is refused,', () => {
  it.each<{ what: string; changes: Fields; control: string; message: RegExp }>([
    {
      what: 'JSON that is none',
      changes: { send: 'json', claims: '{\n  "iss": "a",\n}' },
      control: 'compose-claims',
      message: /^Claims, line 3, column 1: expected a member name in double quotes/,
    },
    {
      what: 'a member twice',
      changes: { send: 'json', claims: '{"iss":"a","iss":"b"}' },
      control: 'compose-claims',
      message: /expected each member once, got "iss" again$/,
    },
    {
      what: 'a list in place of claims',
      changes: { send: 'json', claims: '[]' },
      control: 'compose-claims',
      message: /^Claims: expected a JSON object, got a list$/,
    },
    {
      what: 'a header that no key can sign with',
      changes: { send: 'json', header: '{"alg":"ES256"}' },
      control: 'compose-header',
      message: /^Header: expected a JOSE header that an RSA key can sign with/,
    },
    {
      what: 'claims beyond their limit',
      changes: { send: 'json', claims: JSON.stringify({ a: 'x'.repeat(65_536) }) },
      control: 'compose-claims',
      message: /^Claims: expected at most 65536 characters/,
    },
    {
      what: 'a lifetime that is no number',
      changes: { lifetimeSeconds: 'long' },
      control: 'compose-lifetimeSeconds',
      message: /^Lifetime: expected whole seconds, got "long"$/,
    },
    {
      what: 'no lifetime',
      changes: { lifetimeSeconds: '' },
      control: 'compose-lifetimeSeconds',
      message: /^Lifetime: expected whole seconds, got ""$/,
    },
    {
      what: 'an unknown signing key',
      changes: { signingKey: 'unknown' },
      control: 'compose-signingKey',
      message: /^Signing key: expected a key of this TPP/,
    },
    {
      what: "another statement's certificate",
      changes: { certificate: 'unknown' },
      control: 'compose-certificate',
      message: /^Client certificate: expected a key of this TPP/,
    },
    {
      what: 'an unknown source of the SSA',
      changes: { ssa: 'made-up' },
      control: 'compose-ssa',
      message: /^SSA: expected one of "fresh"/,
    },
    {
      what: 'a defect below the choice of a good SSA',
      changes: { ssa: 'fresh', defect: 'no-iat' },
      control: 'compose-ssa',
      message: /^SSA: expected "a fresh one with a defect", or no defect, got a defect/,
    },
    {
      what: 'a pasted SSA below the choice of a fresh one',
      changes: { ssa: 'fresh', pastedSsa: 'a.b.c' },
      control: 'compose-ssa',
      message: /^SSA: expected "the pasted one", or nothing pasted, got a pasted SSA/,
    },
    {
      what: 'an unknown defect',
      changes: { ssa: 'defective', defect: 'none' },
      control: 'compose-defect',
      message: /^Defect: expected one of/,
    },
    {
      what: 'no pasted SSA',
      changes: { ssa: 'pasted', pastedSsa: ' ' },
      control: 'compose-pastedSsa',
      message: /^Pasted SSA: expected an SSA, got nothing$/,
    },
    {
      what: "somebody else's client",
      changes: { replaces: 'unknown' },
      control: 'compose-replaces',
      message: /^What to do: expected a client of this software statement/,
    },
    {
      what: 'a media type that breaks the header',
      changes: { mediaType: 'application/jwt\r\nX: y' },
      control: 'compose-mediaType',
      message: /^Media type: expected a media type/,
    },
  ])('names $what beside its control and keeps the rest', async ({ changes, control, message }) => {
    const fields = await offered('bank=reference', { aud: MARKUP, ...changes });
    const { text } = await postForm(page, fields).expect(400);
    expect(errorsOf(text)).toContainEqual([control, expect.stringMatching(message)]);
    expect(text).toContain(`id="${control}"`);
    expect(fieldsOf(text, 'compose')).toMatchObject({ aud: MARKUP });
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('<img src=x');
  });

  it.each(['', 'unknown'])('knows no bank %j', async (bank) => {
    const fields = await offered('bank=reference', { bank });
    await postForm(page, fields).expect(404);
    await getPage(`${page}?bank=unknown`).expect(404);
    await getPage('/software-statements/NoSuchSoftware00000000/register?bank=reference').expect(404);
    await getPage(`${page}?bank=reference&attempt=unknown`).expect(404);
  });

  it('says so when the bank is down, and lets the same be sent again', async () => {
    const fields = await offered('bank=generic', { aud: 'kept' });
    await sandbox.faults.set({ kind: 'http', name: 'down', path: '/aspsp/generic/register' });
    const { text } = await postForm(page, fields).expect(502);
    const [[control, message] = []] = errorsOf(text);
    expect(control).toBe('compose');
    expect(message).toMatch(
      /answered with status 503 and left no verdict\. Its answer says "Asked for by fault 'down' \([\w-]+\)\."\.$/,
    );
    expect(fieldsOf(text, 'compose')).toMatchObject({ aud: 'kept' });
    await attempted({ ...fieldsOf(text, 'compose'), send: 'form' });
  });

  it('says so when the connection breaks', async () => {
    await sandbox.faults.set({ kind: 'http', name: 'connection-reset', path: '/aspsp/generic/register' });
    const { text } = await postForm(page, await offered('bank=generic')).expect(502);
    expect(errorsOf(text)[0]?.[1]).toMatch(
      /gave no answer to POST https:\/\/\S+\/register: .*(closed|reset|hang)/,
    );
  });
});

describe('an attempt that is tried again', () => {
  async function refusedOnce(changes: Fields): Promise<Attempt> {
    return attempted(await offered('bank=reference', changes));
  }

  it('comes with its own claims, and with what was of its moment made anew', async () => {
    const first = await refusedOnce({
      aud: 'wrong',
      redirectUris: 'https://tpp.example.com/two',
      typ: 'JOSE',
    });
    const { text } = await getPage(`/banks/reference/attempts/${first.id}`).expect(200);
    const path = `${page}?bank=reference&amp;attempt=${first.id}`;
    expect(text).toContain(`<a class="button primary" href="${path}">Try again with changes</a>`);
    const fields = await offered(`bank=reference&attempt=${first.id}`);
    expect(fields).toMatchObject({
      aud: 'wrong',
      redirectUris: 'https://tpp.example.com/two',
      typ: 'JOSE',
      ssa: 'fresh',
      signingKey: tpp.signing.kid,
    });
    const second = await attempted(fields);
    expect(second.request?.payload['aud']).toBe('wrong');
    expect(second.request?.payload['jti']).not.toBe(first.request?.payload['jti']);
    expect(failedRules(await attempted({ ...fields, aud: '0015800000REFBKAA5' }))).toEqual([]);
  });

  it('keeps what was wrong with it: the SSA, the times, the key, the certificate', async () => {
    const bad = await refusedOnce({
      ssa: 'defective',
      defect: 'wrong-issuer',
      signingKey: 'none',
      certificate: 'none',
      lifetimeSeconds: '-60',
    });
    const again = await offered(`bank=reference&attempt=${bad.id}`);
    expect(again).toMatchObject({
      ssa: 'pasted',
      pastedSsa: bad.request?.payload['software_statement'],
      signingKey: 'none',
      certificate: 'none',
      lifetimeSeconds: '-60',
    });
    expect(failedRules(await attempted(again))).toEqual(failedRules(bad));
  });

  it('says that the JSON has to be sent where the form cannot hold it', async () => {
    const odd = await refusedOnce({ send: 'json', claims: '{"redirect_uris":"none","own":[1]}' });
    const { text } = await getPage(`${page}?bank=reference&attempt=${odd.id}`).expect(200);
    expect(text).toContain('<strong>Send the JSON:</strong>');
    expect(JSON.parse(textArea(text, 'compose-claims'))).toEqual({ redirect_uris: 'none', own: [1] });
    const plain = await getPage(`${page}?bank=reference`).expect(200);
    expect(plain.text).not.toContain('Send the JSON:');
  });
});

describe('the clients of a software statement at a bank', () => {
  it('are read, replaced and removed with the token that the page gets', async () => {
    const { clientId = '' } = await attempted(await offered('bank=reference'));
    const client = `${page}/clients/${clientId}`;
    const list = await getPage(`${page}?bank=reference`).expect(200);
    expect(list.text).toContain(`action="${client}/reading"`);

    const read = await postForm(`${client}/reading`, { bank: 'reference' }).expect(200);
    expect(read.text).toContain(`&#34;client_id&#34;: &#34;${clientId}&#34;`);

    const fields = await offered(`bank=reference&replaces=${clientId}`, { scope: 'openid' });
    expect(fields).toMatchObject({ replaces: clientId });
    const replacement = await attempted(fields);
    expect(replacement).toMatchObject({ operation: 'replace', clientId, response: {} });
    expect(sandbox.services.getBank('reference').findClient(clientId)?.metadata.scope).toBe('openid');

    await postForm(`${client}/removal`, { bank: 'reference' })
      .expect(303)
      .expect('Location', `${page}?notice=client-removed&bank=reference`);
    expect(sandbox.services.getBank('reference').findClient(clientId)).toBeUndefined();
    await postForm(`${client}/reading`, { bank: 'reference' }).expect(404);
  });

  it('are replaced as the bank wants it: with their id, a signature and a scope', async () => {
    const before = sandbox.services.getBank('reference').profile;
    await sandbox.services.changeBankProfile('reference', {
      ...before,
      management: {
        tokenScope: 'accounts',
        clientIdInReplacement: 'required',
        replacementNeedsJwsSignature: true,
      },
    });
    const { clientId = '' } = await attempted(await offered('bank=reference'));
    const replacement = await attempted(await offered(`bank=reference&replaces=${clientId}`));
    expect(failedRules(replacement)).toEqual([]);
    await sandbox.services.resetBankProfile('reference');
  });

  it("cannot be managed from another software statement's page", async () => {
    const { clientId = '' } = await attempted(await offered('bank=reference'));
    const other = await sandbox.services.createReadyTpp({});
    const path = `/software-statements/${other.softwareStatement.id}/register/clients/${clientId}/removal`;
    await postForm(path, { bank: 'reference' }).expect(404);
    expect(sandbox.services.getBank('reference').findClient(clientId)).toBeDefined();
  });

  it('that get no token show what the bank found wrong with the request for it', async () => {
    const { clientId = '' } = await attempted(await offered('bank=reference'));
    const { profile } = sandbox.services.getBank('reference');
    await sandbox.services.changeBankProfile('reference', {
      ...profile,
      management: { tokenScope: 'unheard-of' },
    });
    const attempt = await attempted({ bank: 'reference' }, `${page}/clients/${clientId}/reading`);
    expect(attempt.operation).toBe('token');
    await sandbox.services.resetBankProfile('reference');
  });
});

describe('software whose certificates have ended', () => {
  it('is told so, and may send its request all the same', async () => {
    const { softwareStatement, transport } = await sandbox.services.createReadyTpp({ name: 'Ended' });
    const ended = `/software-statements/${softwareStatement.id}/register`;
    await sandbox.services.certificates.revoke(transport.kid, 'keyCompromise');
    const { text } = await getPage(`${ended}?bank=reference`).expect(200);
    expect(text).toContain('The transport certificate has been revoked. Send it all the same');
    expect(text).not.toContain('You hold');
    const attempt = await attempted({ ...fieldsOf(text, 'compose'), send: 'form' }, ended);
    expect(failedRules(attempt)).toEqual(['client-certificate-not-revoked']);
  });

  it('is told when they have expired', async () => {
    const { softwareStatement } = await sandbox.services.createReadyTpp({ name: 'Expired' });
    sandbox.clock.advance('P14M');
    const ended = `/software-statements/${softwareStatement.id}/register`;
    const { text } = await getPage(`${ended}?bank=reference`).expect(200);
    sandbox.clock.follow();
    expect(text).toContain('The signing certificate has expired. The transport certificate has expired.');
  });
});

describe('software whose keys are with their holder', () => {
  let own: string;
  let kid: string;

  beforeAll(async () => {
    const { organisation, softwareStatement } = await sandbox.services.createTppWithoutKeys({
      name: 'Own keys',
    });
    own = `/software-statements/${softwareStatement.id}/register`;
    const csrPem = workshop.csr(`/C=GB/O=OpenBanking/OU=${organisation.id}/CN=${softwareStatement.id}`);
    const { record } = await sandbox.services.certificates.certifySoftwareStatement(softwareStatement.id, {
      type: 'obsigning',
      csrPem,
    });
    kid = record.kid;
    await sandbox.services.certificates.certifySoftwareStatement(softwareStatement.id, {
      type: 'obtransport',
      generate: true,
    });
  });

  it('is told to sign itself, and refused a signature from here', async () => {
    const { text } = await getPage(`${own}?bank=reference`).expect(200);
    expect(text).toContain('You hold the signing key, and the sandbox cannot sign this request.');
    const refused = await postForm(own, { ...fieldsOf(text, 'compose'), send: 'form' }).expect(400);
    expect(errorsOf(refused.text)).toEqual([
      ['compose-signingKey', expect.stringMatching(/expected a key that the sandbox keeps/)],
    ]);
  });

  it('registers with what its own shell signs by the commands shown', async () => {
    const { text } = await getPage(`${own}?bank=reference`).expect(200);
    const signing = textArea(text, 'by-hand-signing');
    await workshop.shell(`mv new.key signing.key\n${signing}`);
    const jwt = workshop.read('request.jwt');
    expect(JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ kid });
    const attempt = await attempted({ ...fieldsOf(text, 'signed'), request: jwt }, `${own}/signed`);
    expect(failedRules(attempt)).toEqual([]);
    expect(attempt.clientId).toBeDefined();
  });

  it('may send any text as its request, but not none', async () => {
    const { text } = await getPage(`${own}?bank=reference`).expect(200);
    const fields = fieldsOf(text, 'signed');
    const attempt = await attempted({ ...fields, request: MARKUP }, `${own}/signed`);
    expect(failedRules(attempt)).toContain('request-jws');
    const refused = await postForm(`${own}/signed`, { ...fields, request: ' ' }).expect(400);
    expect(errorsOf(refused.text)).toEqual([
      ['signed-request', expect.stringMatching(/^Signed request: expected at least 1 character/)],
    ]);
  });

  it('is led to its certificates while it has none', async () => {
    const { softwareStatement } = await sandbox.services.createTppWithoutKeys({ name: 'No keys' });
    const path = `/software-statements/${softwareStatement.id}`;
    const { text } = await getPage(`${path}/register?bank=reference`).expect(200);
    expect(text).toContain(`<a class="button" href="${path}#certify">Certify a key</a>`);
    expect(text).toContain('certify a key first');
  });

  it('has no bank to register at in a sandbox without banks', async () => {
    await using bare = await createSandbox({ keyPairs: testKeys, demo: false });
    const { softwareStatement } = await bare.services.createReadyTpp({});
    const { text } = await request(bare.deskApp)
      .get(`/software-statements/${softwareStatement.id}/register`)
      .set('Accept', 'text/html')
      .expect(200);
    expect(text).toContain('No bank here');
  });
});

describe('the tokens of an attempt', () => {
  const buttons = (html: string) =>
    [
      ...html.matchAll(
        /<form class="inspect-this"[^]*?name="token" value="([^"]*)"[^]*?Inspect<span[^>]*> ([^<]*)</g,
      ),
    ].map(([, token = '', what = '']) => [what, token]);

  it('are inspected as they were sent, by a form without JavaScript', async () => {
    const sent = signRequest(tpp, { iss: tpp.softwareStatement.id, software_statement: tpp.ssa });
    const { id } = verdictOf(await sandbox.services.getBank('reference').register(anonymousPost(sent)));
    const { text } = await getPage(`/banks/reference/attempts/${id}`).expect(200);
    expect(buttons(text)).toEqual([
      ['the registration request', sent],
      ['the SSA', tpp.ssa],
    ]);
    const inspected = await postForm('/inspect', { token: sent }).expect(200);
    expect(inspected.text).toContain('<p class="kicker">Registration request</p>');
  });

  it('are no request to inspect where there was none, or where it is no longer known as it was signed', async () => {
    const bank = sandbox.services.getBank('reference');
    const { id } = verdictOf(await bank.register(anonymousPost('not.a.token')));
    expect(buttons((await getPage(`/banks/reference/attempts/${id}`).expect(200)).text)).toEqual([]);
    const secret = signRequest(tpp, { client_secret: 'tell-nobody', iss: 'x' });
    const kept = verdictOf(await bank.register(anonymousPost(secret)));
    const page = await getPage(`/banks/reference/attempts/${kept.id}`).expect(200);
    expect(buttons(page.text)).toEqual([]);
    expect(page.text).toContain('It is remembered as it was signed until a restart alone');
    expect(page.text).not.toContain('tell-nobody');
  });
});

describe('the verdict on a page', () => {
  it('has what failed first, folds the rest away, and shows one outcome alone', async () => {
    const attempt = await attempted(await offered('bank=reference', { aud: 'wrong', scope: 'unheard-of' }));
    const path = `/banks/reference/attempts/${attempt.id}`;
    const { text } = await getPage(path).expect(200);
    const shown = [...text.matchAll(/<li class="check-(\w+)" id="rule-([\w-]+)"/g)];
    expect(shown.slice(0, 2).map(([, , id]) => id)).toEqual(failedRules(attempt).slice(0, 2));
    expect(shown).toHaveLength(attempt.rules.length);
    expect(text).toMatch(/<summary>\d+ passed<\/summary>/);
    const failed = await getPage(`${path}?show=failed`).expect(200);
    expect([...failed.text.matchAll(/<li class="check-(\w+)"/g)].map(([, outcome]) => outcome)).toEqual(
      failedRules(attempt).map(() => 'failed'),
    );
    await getPage(`${path}?show=nonsense`).expect(200);
    await getPage(`${path}?show=toString`).expect(200);
  });

  it('leads from a failed rule to the claim, and back', async () => {
    const attempt = await attempted(await offered('bank=reference', { aud: 'wrong' }));
    const { text } = await getPage(`/banks/reference/attempts/${attempt.id}`).expect(200);
    expect(text).toContain('<a class="button quiet" href="#token-0-payload-aud">');
    expect(text).toMatch(/id="token-0-payload-aud"[^]*?<a href="#rule-request-aud">/);
  });

  it('leads to the token as a whole where the claim is missing', async () => {
    const attempt = await attempted(await offered('bank=reference', { aud: '' }));
    const { text } = await getPage(`/banks/reference/attempts/${attempt.id}`).expect(200);
    expect(text).toContain('<a class="button quiet" href="#token-0-payload">');
    expect(text).toMatch(/<h3 id="token-0-payload">Payload <a class="detail" href="#rule-request-aud">/);
  });

  it('leads to the claims that a rule about many of them found wrong', () => {
    const actual = 'software_mode: expected a string, got nothing; org_name: expected a string, got 1';
    expect(placesOfRule({ id: 'ssa-claims', actual })).toEqual([
      'token-1-payload-software_mode',
      'token-1-payload-org_name',
      'token-1-payload',
    ]);
  });

  it('knows the place of every rule about a token', () => {
    const placeless = registrationRules.POST.map(({ id }) => id).filter(
      (id) => placesOfRule({ id }).length === 0,
    );
    expect(placeless).toEqual(['operation-offered', 'request-media-type', 'request-jws']);
  });

  it('leads to the published section of each document that is published', () => {
    expect(
      citationsOf('RFC 7519 sections 4.1.4 and 4.1.5; DCR 3.2, POST /register; Directory API 2.2.0'),
    ).toEqual([
      {
        text: 'RFC 7519 sections 4.1.4 and 4.1.5',
        url: 'https://www.rfc-editor.org/rfc/rfc7519.html#section-4.1.4',
      },
      {
        text: 'DCR 3.2, POST /register',
        url: 'https://openbankinguk.github.io/dcr-docs-pub/v3.2/dynamic-client-registration.html',
      },
      { text: 'Directory API 2.2.0', url: undefined },
    ]);
  });

  it('escapes markup in claims, their names, the header and the SSA', async () => {
    const claims = { [MARKUP]: MARKUP, iss: MARKUP, software_statement: MARKUP };
    const attempt = await attempted(
      await offered('bank=reference', {
        send: 'json',
        claims: JSON.stringify(claims),
        header: JSON.stringify({ alg: 'PS256', kid: MARKUP }),
      }),
    );
    const again = `${page}?bank=reference&attempt=${attempt.id}&by=hand`;
    for (const path of [`/banks/reference/attempts/${attempt.id}`, again, '/banks/reference']) {
      const { text } = await getPage(path).expect(200);
      expect(text).not.toContain('<script>alert');
      expect(text).not.toContain('<img src=x');
    }
    expect((await getPage(again)).text).toContain('&lt;img src=x');
  });

  it('does not offer to try again what no software statement here sent', async () => {
    const unknown = anonymousPost(signRequest(tpp, { iss: 'nobody' }), 'application/jwt');
    const { id } = verdictOf(await sandbox.services.getBank('reference').register(unknown));
    const { text } = await getPage(`/banks/reference/attempts/${id}`).expect(200);
    expect(text).not.toContain('Try again with changes');
  });
});
