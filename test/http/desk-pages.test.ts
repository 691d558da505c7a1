import { readdirSync, readFileSync } from 'node:fs';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, verdictOf } from '../support/registration.js';
import { Workshop } from '../support/openssl.js';

const SCRIPT = '<script>alert(1)</script>';
const ESCAPED_SCRIPT = '&lt;script&gt;alert(1)&lt;/script&gt;';
const UNKNOWN_SOFTWARE_ID = 'NoSuchSoftware00000000';

let sandbox: Sandbox;
let tpp: ReadyTpp;
const workshop = new Workshop();

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Ready TPP' });
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

const getPage = (path: string) => request(sandbox.deskApp).get(path).set('Accept', 'text/html');
const postForm = (path: string, fields: Record<string, string | string[]>) =>
  request(sandbox.deskApp).post(path).set('Accept', 'text/html').type('form').send(fields);

async function newStatement(organisationId = tpp.organisation.id): Promise<string> {
  const { id } = await sandbox.services.registry.createSoftwareStatement(organisationId, {
    clientName: 'Software without keys',
    version: '1.0',
    mode: 'Test',
    environment: 'sandbox',
    redirectUris: [],
    clientUri: null,
    logoUri: null,
    policyUri: null,
    termsOfServiceUri: null,
    onBehalfOf: null,
  });
  return id;
}

/** The text of the one text area with this id, as a browser would show it. */
function textArea(html: string, id: string): string | undefined {
  return new RegExp(`<textarea id="${id}"[^>]*>([^<]*)</textarea>`)
    .exec(html)?.[1]
    ?.replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .trim();
}

describe('the templates', () => {
  const folder = new URL('../../views/', import.meta.url);
  const templates = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ejs'))
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));

  it.each(templates)(
    '$name leaves nothing unescaped and has no script, style or handler inline',
    ({ text }) => {
      expect(text).not.toMatch(/<%-(?! include\()/);
      expect(text).not.toMatch(
        /<style|\sstyle=|\son[a-z]+=|<script(?! src="\/assets\/desk\.js" defer><\/script>)/,
      );
    },
  );
});

describe('the headers of a page', () => {
  it('allow nothing but our own files', async () => {
    const { headers } = await getPage('/').expect(200);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';style-src 'self';script-src 'self';img-src 'self';connect-src 'self';" +
        "form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('are on pages about refusals too, even those that come first of all', async () => {
    const { headers, text } = await getPage('/').set('Host', `evil.example`).expect(421);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(text).toContain('<h1>Misdirected Request</h1>');
  });
});

describe('the start page', () => {
  it('lists organisations with their software statements, and links to the banks', async () => {
    const { text } = await getPage('/')
      .expect(200)
      .expect('Content-Type', /^text\/html/);
    expect(text).toContain('<html lang="en-GB">');
    expect(text).toContain('<a href="/organisations/0015800000ACMEpAAP">Acme Payments Ltd</a>');
    expect(text).toContain('<a href="/software-statements/AcmeBudgetPlanner00001">Acme Budget Planner</a>');
    expect(text).toContain('<a href="/banks/reference">');
  });

  it('leads through long lists page by page', async () => {
    const long = await createSandbox({ keyPairs: testKeys, demo: false });
    for (let number = 1; number <= 101; number++) {
      await long.services.registry.createOrganisation({ name: `Organisation ${number}`, kind: 'tpp' });
    }
    const first = await request(long.deskApp).get('/').set('Accept', 'text/html').expect(200);
    expect(first.text).not.toContain('Organisation 101');
    const [, next = ''] = /href="(\/\?after=[^"]+)" rel="next"/.exec(first.text) ?? [];
    const second = await request(long.deskApp).get(next).set('Accept', 'text/html').expect(200);
    expect(second.text).toContain('Organisation 101');
    expect(second.text).toContain('<a href="/">First page</a>');
    expect(second.text).not.toContain('rel="next"');
    await long.close();
  });

  it('says so when there is nothing yet', async () => {
    const empty = await createSandbox({ keyPairs: testKeys, demo: false });
    const { text } = await request(empty.deskApp).get('/').set('Accept', 'text/html').expect(200);
    expect(text).toContain('None: this sandbox was started without the demo data.');
    await empty.close();
  });

  it('gives a test SSA at the press of a button', async () => {
    const { headers } = await postForm('/quick-ssa', {}).expect(303);
    expect(headers['location']).toMatch(/^\/software-statements\/[0-9A-Za-z]{22}\/ssa$/);
    const { text } = await getPage(headers['location'] ?? '').expect(200);
    expect(textArea(text, 'ssa')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});

describe('the form for an organisation', () => {
  it('creates it and shows its page', async () => {
    const { headers } = await postForm('/organisations', { name: 'Form Bank', kind: 'aspsp' }).expect(303);
    const { text } = await getPage(headers['location'] ?? '').expect(200);
    expect(text).toContain('<h1>Form Bank</h1>');
    expect(text).toContain('The organisation has been created.');
  });

  it('escapes names that carry markup, wherever they are shown', async () => {
    const { headers } = await postForm('/organisations', { name: SCRIPT, kind: 'tpp' }).expect(303);
    for (const path of ['/', headers['location'] ?? '']) {
      const { text } = await getPage(path).expect(200);
      expect(text).toContain(ESCAPED_SCRIPT);
      expect(text).not.toContain(SCRIPT);
    }
  });

  it('comes again with the errors and with what was entered when it is refused', async () => {
    const name = `${SCRIPT}${'x'.repeat(140)}`;
    const { text } = await postForm('/organisations', { name, kind: 'aspsp' }).expect(400);
    expect(text).toContain('<title>Error: Organisations');
    expect(text).toMatch(/<a href="#new-organisation-name">Name: expected at most 140 characters, got/);
    expect(text).toMatch(/aria-describedby="new-organisation-name-error" aria-invalid="true"/);
    expect(text).toContain(`value="${ESCAPED_SCRIPT}xxx`);
    expect(text).toContain('<option value="aspsp" selected>');
    expect(text).not.toContain(SCRIPT);
  });

  it('is refused without any field', async () => {
    const { text } = await postForm('/organisations', {}).expect(400);
    expect(text).toContain('Name: expected text that is not blank, got &#34;&#34;');
    expect(text).toContain('Kind: expected one of &#34;tpp&#34;, &#34;aspsp&#34;, got &#34;&#34;');
  });

  it('is refused as JSON, with more fields than a form has, and over the size limit', async () => {
    await request(sandbox.deskApp).post('/organisations').send({ name: 'x', kind: 'tpp' }).expect(415);
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`f${index}`, '1']));
    await postForm('/organisations', many).expect(413);
    await postForm('/organisations', { name: 'x'.repeat(100_001) }).expect(413);
  });
});

describe('the page of an organisation', () => {
  it('shows its authority, authorisations and contacts', async () => {
    const { text } = await getPage('/organisations/0015800000ACMEpAAP').expect(200);
    expect(text).toContain('<code>OBGBR</code>, registration number <code>Unknown0015800000ACMEpAAP</code>');
    expect(text).toContain('<li>GB: AISP, PISP</li>');
    expect(text).toContain('<li>IE: AISP</li>');
    expect(text).toContain('Technical: Technical, technical@example.com');
  });

  it('offers only roles that the organisation is authorised for', async () => {
    const { text } = await getPage('/organisations/0015800000WilloAAB').expect(200);
    expect(text.match(/name="roles" value="(\w+)"/g)).toEqual(['name="roles" value="CBPII"']);
  });

  it('changes the status, and then refuses SSAs with the reason', async () => {
    const { organisation, softwareStatement } = await sandbox.services.createReadyTpp({});
    const path = `/organisations/${organisation.id}`;
    await postForm(`${path}/status`, { status: 'Withdrawn' })
      .expect(303)
      .expect('Location', `${path}?notice=status-changed`);
    expect(sandbox.services.registry.getOrganisation(organisation.id).status).toBe('Withdrawn');
    const { text } = await postForm(`/software-statements/${softwareStatement.id}/ssa`, {}).expect(409);
    expect(text).toContain(`No SSA: the organisation &#34;${organisation.id}&#34; is Withdrawn, not Active.`);
    expect(text).toContain(`<h1>${softwareStatement.clientName}</h1>`);
  });

  it('refuses a status that there is not', async () => {
    const { text } = await postForm('/organisations/0015800000ACMEpAAP/status', { status: 'Gone' }).expect(
      400,
    );
    expect(text).toContain('<a href="#status-status">Status: expected one of');
  });

  it('creates a software statement with everything that was entered', async () => {
    const { headers } = await postForm(`/organisations/${tpp.organisation.id}/software-statements`, {
      clientName: 'Whole',
      description: '',
      version: '2.1',
      roles: ['AISP', 'PISP'],
      redirectUris: 'https://a.example/cb\r\n\r\n  https://b.example/cb  \r\n',
      clientUri: 'https://a.example',
      logoUri: '',
      policyUri: 'https://a.example/policy',
      termsOfServiceUri: '',
      onBehalfOf: 'Somebody',
    }).expect(303);
    const [, id = ''] = /^\/software-statements\/(\w{22})\?/.exec(headers['location'] ?? '') ?? [];
    expect(sandbox.services.registry.getSoftwareStatement(id)).toMatchObject({
      clientName: 'Whole',
      description: 'Whole',
      version: '2.1',
      roles: ['AISP', 'PISP'],
      redirectUris: ['https://a.example/cb', 'https://b.example/cb'],
      clientUri: 'https://a.example',
      logoUri: null,
      policyUri: 'https://a.example/policy',
      termsOfServiceUri: null,
      onBehalfOf: 'Somebody',
    });
  });

  it('names every wrong field of a software statement and keeps what was entered', async () => {
    const { text } = await postForm(`/organisations/${tpp.organisation.id}/software-statements`, {
      clientName: 'Kept as it was',
      version: '7.7',
      roles: 'AISP',
      redirectUris: 'https://ok.example/\nhttp://plain.example/',
      logoUri: 'nonsense',
    }).expect(400);
    expect(text).toContain(
      '<a href="#new-statement-redirectUris">Redirect URIs, number 2: expected an absolute https URI, got ' +
        '&#34;http://plain.example/&#34;</a>',
    );
    expect(text).toContain('<a href="#new-statement-logoUri">Logo URI: expected an http or https URI');
    expect(text).toContain('value="Kept as it was"');
    expect(text).toContain('value="7.7"');
    expect(textArea(text, 'new-statement-redirectUris')).toBe('https://ok.example/\nhttp://plain.example/');
    expect(text).toMatch(/value="AISP" checked/);
    expect(text).not.toMatch(/value="PISP" checked/);
  });

  it('makes organisation certificates', async () => {
    const { text } = await postForm(`/organisations/${tpp.organisation.id}/keys`, { type: 'obwac' }).expect(
      201,
    );
    expect(text).toContain('<h1>obwac certificate</h1>');
    const page = await getPage(`/organisations/${tpp.organisation.id}`).expect(200);
    expect(page.text).toContain('<td>obwac</td>');
  });

  it('shows the authorisation servers of a bank, and says nothing of them for a TPP', async () => {
    const bank = await getPage('/organisations/0015800000REFBKAA5').expect(200);
    const discovery = `${sandbox.urls.https}/aspsp/reference/.well-known/openid-configuration`;
    expect(bank.text).toContain('<h2 id="authorisation-servers">Authorisation servers</h2>');
    expect(bank.text).toContain(`<code>${discovery}</code>`);
    const tppPage = await getPage('/organisations/0015800000ACMEpAAP').expect(200);
    expect(tppPage.text).not.toContain('Authorisation servers');
    const { headers } = await postForm('/organisations', { name: 'Bare Bank', kind: 'aspsp' }).expect(303);
    const bare = await getPage(headers['location'] ?? '').expect(200);
    expect(bare.text).toMatch(/Authorisation servers<\/h2>\s*<p>None\.<\/p>/);
  });

  it('is not found for an unknown id', async () => {
    const { text } = await getPage('/organisations/0015800000NOSUCHID').expect(404);
    expect(text).toContain('There is no organisation &#34;0015800000NOSUCHID&#34;.');
    await postForm('/organisations/0015800000NOSUCHID/status', { status: 'Active' }).expect(404);
  });
});

describe('the page of a software statement', () => {
  it('shows its certificates with their files', async () => {
    const { text } = await getPage(`/software-statements/${tpp.softwareStatement.id}`).expect(200);
    const { kid } = tpp.signing;
    expect(text).toContain(`<a href="/certificates/${kid}">`);
    expect(text).toContain(`<a href="/${tpp.organisation.id}/${kid}.pem">`);
    expect(text).toContain(`<a href="/sandbox/certificates/${kid}/private-key">`);
    expect(text).toContain(`<a href="/${tpp.organisation.id}/${tpp.softwareStatement.id}.jwks">`);
    expect(text).not.toContain('PRIVATE KEY');
  });

  it('replaces the redirect URIs', async () => {
    const id = await newStatement();
    await postForm(`/software-statements/${id}/redirect-uris`, {
      redirectUris: 'https://new.example/1\r\nhttps://new.example/2',
    }).expect(303);
    const { text } = await getPage(`/software-statements/${id}`).expect(200);
    expect(textArea(text, 'redirect-uris-redirectUris')).toBe('https://new.example/1\nhttps://new.example/2');
  });

  it('keeps refused redirect URIs for correction and leaves the old ones in force', async () => {
    const id = await newStatement();
    const redirectUris = 'https://same.example/\nhttps://same.example/';
    const { text } = await postForm(`/software-statements/${id}/redirect-uris`, { redirectUris }).expect(400);
    expect(text).toContain('number 2: expected a URI that is not in the list already');
    expect(textArea(text, 'redirect-uris-redirectUris')).toBe(redirectUris);
    expect(sandbox.services.registry.getSoftwareStatement(id).redirectUris).toEqual([]);
  });

  it('switches it off and on again', async () => {
    const id = await newStatement();
    await postForm(`/software-statements/${id}/state`, { active: 'false' }).expect(303);
    expect(sandbox.services.registry.getSoftwareStatement(id).active).toBe(false);
    await postForm(`/software-statements/${id}/state`, { active: 'true' }).expect(303);
    expect(sandbox.services.registry.getSoftwareStatement(id).active).toBe(true);
    await postForm(`/software-statements/${id}/state`, { active: 'maybe' }).expect(400);
  });

  it('is not found for an unknown id', async () => {
    await getPage(`/software-statements/${UNKNOWN_SOFTWARE_ID}`).expect(404);
    await postForm(`/software-statements/${UNKNOWN_SOFTWARE_ID}/ssa`, {}).expect(404);
  });
});

describe('the page of an SSA', () => {
  it('shows the JWS, its header and payload decoded, the date of iat, and the call that does the same', async () => {
    const { id } = tpp.softwareStatement;
    const { text, headers } = await postForm(`/software-statements/${id}/ssa`, {})
      .set('Host', 'localhost:8080')
      .expect(200);
    expect(headers['cache-control']).toBe('no-store');
    const ssa = textArea(text, 'ssa') ?? '';
    const [header = '', payload = ''] = ssa
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    const shown = [...text.matchAll(/<pre [^>]*>([^<]*)<\/pre>/g)].map(
      ([, json = '']) => JSON.parse(json.replaceAll('&#34;', '"').replaceAll('&#39;', "'")) as unknown,
    );
    expect(shown).toEqual([JSON.parse(header), JSON.parse(payload)]);
    const { iat } = JSON.parse(payload) as { iat: number };
    expect(text).toContain(`<code>iat</code> is <time datetime="${new Date(iat * 1000).toISOString()}">`);
    expect(textArea(text, 'curl')).toBe(
      `curl -X POST -H 'Accept: application/jwt' 'http://localhost:8080/sandbox/software-statements/${id}/ssa'`,
    );
  });

  it('says what is missing when there is no certificate yet', async () => {
    const organisation = await sandbox.services.registry.createOrganisation({ name: 'New', kind: 'tpp' });
    const id = await newStatement(organisation.id);
    const { text } = await postForm(`/software-statements/${id}/ssa`, {}).expect(409);
    expect(text).toContain('certify a key first');
    expect(text).toContain('<h1>Software without keys</h1>');
  });
});

describe('the forms for certificates', () => {
  it('make a key pair and show the private key this once', async () => {
    const id = await newStatement();
    const { text, headers } = await postForm(`/software-statements/${id}/keys`, { type: 'obsigning' }).expect(
      201,
    );
    expect(headers['cache-control']).toBe('no-store');
    const kid = /^\/certificates\/(.+)$/.exec(headers['location'] ?? '')?.[1] ?? '';
    expect(textArea(text, 'private-key')).toBe(sandbox.services.certificates.getPrivateKey(kid).trim());
    expect(text).toContain(`<a href="/sandbox/certificates/${kid}/private-key">`);
    const again = await getPage(headers['location'] ?? '').expect(200);
    expect(again.text).not.toContain('BEGIN PRIVATE KEY');
  });

  it('certify a key of the user’s own, with the line ends of a browser, and say that its private key is not here', async () => {
    const id = await newStatement();
    const csrPem = workshop
      .csr(`/C=GB/O=OpenBanking/OU=${tpp.organisation.id}/CN=${id}`)
      .replaceAll('\n', '\r\n');
    const path = `/software-statements/${id}/certificates`;
    const { text } = await postForm(path, { type: 'obtransport', csrPem }).expect(201);
    expect(text).toContain('private key: not here, its holder has it');
    expect(text).not.toContain('BEGIN PRIVATE KEY');
    const again = await postForm(path, { type: 'obtransport', csrPem }).expect(409);
    expect(again.text).toContain('expected a key that has not been certified before');
  });

  it('show what is wrong with a signing request beside the request', async () => {
    const id = await newStatement();
    const csrPem = workshop.csr('/C=FR/O=OpenBanking/CN=Else');
    const { text } = await postForm(`/software-statements/${id}/certificates`, {
      type: 'obsigning',
      csrPem,
    }).expect(400);
    expect(text).toContain(
      '<a href="#new-certificate-csrPem">Certificate signing request subject C: expected &#34;GB&#34;, got &#34;FR&#34;</a>',
    );
    expect(textArea(text, 'new-certificate-csrPem')).toBe(csrPem.trim());
    expect(text).toContain('<option value="obsigning" selected>obsigning</option>');
  });

  it.each(['', 'nonsense'])('refuse %j as a signing request', async (csrPem) => {
    const { text } = await postForm(`/software-statements/${await newStatement()}/certificates`, {
      type: 'obsigning',
      csrPem,
    }).expect(400);
    expect(text).toContain('expected one PEM block');
  });

  it.each(['obwac', 'unheard-of', ''])('refuse the type %j for a software statement', async (type) => {
    const { text } = await postForm(`/software-statements/${await newStatement()}/keys`, { type }).expect(
      400,
    );
    expect(text).toContain('<a href="#new-key-type">Type: expected one of');
  });

  it('revoke a certificate once, for a reason', async () => {
    const id = await newStatement();
    const { record } = await sandbox.services.certificates.certifySoftwareStatement(id, {
      type: 'obsigning',
      generate: true,
    });
    const path = `/certificates/${record.kid}/revocation`;
    await postForm(path, { reason: 'because' }).expect(400);
    await postForm(path, { reason: 'keyCompromise' })
      .expect(303)
      .expect('Location', `/software-statements/${id}?notice=certificate-revoked`);
    const { text } = await getPage(`/software-statements/${id}`).expect(200);
    expect(text).toContain('<span class="status status-revoked">revoked</span>');
    expect(text).toContain('keyCompromise');
    expect(text).not.toContain(path);
    const again = await postForm(path, { reason: 'superseded' }).expect(409);
    expect(again.text).toContain(`<a href="#revoke">The certificate &#34;${record.kid}&#34; was revoked at`);
    await postForm('/certificates/unknown/revocation', { reason: 'superseded' }).expect(404);
  });
});

describe('the pages of a bank', () => {
  it('show where to register and which attempts there were', async () => {
    const bank = sandbox.services.getBank('reference');
    const payload = Buffer.from(JSON.stringify({ iss: SCRIPT, iat: 1_700_000_000 })).toString('base64url');
    const answer = await bank.register(anonymousPost(`e30.${payload}.AAAA`, 'application/jwt'));
    const attempt = verdictOf(answer);
    const page = await getPage('/banks/reference').expect(200);
    expect(page.text).toContain('<code>POST https://localhost:8443/aspsp/reference/register</code>');
    expect(page.text).toContain(`<a href="/banks/reference/attempts/${attempt.id}">`);
    expect(page.text).toContain('invalid_client');

    const { text } = await getPage(`/banks/reference/attempts/${attempt.id}`).expect(200);
    expect(text).toContain(
      '<span aria-hidden="true">✗</span> failed</span> <strong>The TLS client shows a certificate',
    );
    expect(text.match(/<li class="check-/g)).toHaveLength(attempt.rules.length);
    for (const sign of ['✓', '✗', '–']) expect(text).toContain(`<span aria-hidden="true">${sign}</span>`);
    expect(text).toContain('2023-11-14 22:13:20 UTC');
    expect(text).toContain(ESCAPED_SCRIPT);
    expect(text).not.toContain(SCRIPT);
  });

  it('are not found for an unknown bank or attempt', async () => {
    await getPage('/banks').expect(200);
    await getPage('/banks/none').expect(404);
    await getPage('/banks/reference/attempts/none').expect(404);
  });
});

describe('a page', () => {
  it('is a problem document for programs when there is nothing, and a page for people', async () => {
    const program = await request(sandbox.deskApp).get('/nowhere').expect(404);
    expect(program.type).toBe('application/problem+json');
    const person = await getPage('/nowhere').expect(404);
    expect(person.text).toContain('There is nothing at /nowhere.');
  });

  it.each(['/sandbox/nowhere', '/SANDBOX/nowhere'])('never answers at %s', async (path) => {
    await getPage(path)
      .expect(404)
      .expect('Content-Type', /^application\/problem\+json/);
  });

  it('passes over what it does not know in the query', async () => {
    const { text } = await getPage('/?notice=%3Cb%3E&after=none&after=two&x=1').expect(200);
    expect(text).not.toContain('class="notice"');
  });
});

describe('cross-site protection', () => {
  it.each([
    ['Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Site', 'same-site'],
    ['Origin', 'https://evil.example'],
    ['Origin', 'null'],
  ])('refuses a form that another site posts, as %s: %s says', async (header, value) => {
    const { text } = await postForm('/organisations', { name: 'Planted', kind: 'tpp' })
      .set(header, value)
      .expect(403);
    expect(text).toContain('<h1>Forbidden</h1>');
    const start = await getPage('/').expect(200);
    expect(start.text).not.toContain('Planted');
  });

  it('lets our own forms pass', async () => {
    await postForm('/organisations', { name: 'Own', kind: 'tpp' })
      .set('Host', 'localhost:8080')
      .set('Origin', 'http://localhost:8080')
      .set('Sec-Fetch-Site', 'same-origin')
      .expect(303);
  });

  it('refuses a Host that is not ours', async () => {
    await postForm('/organisations', { name: 'Rebound', kind: 'tpp' })
      .set('Host', 'rebound.example')
      .expect(421);
  });
});

describe('a desk with a password', () => {
  const adminPassword = 'correct horse';
  let guarded: Sandbox;
  beforeAll(async () => {
    guarded = await createSandbox({ keyPairs: testKeys, adminPassword });
  });
  afterAll(() => guarded.close());
  const logIn = (password: string) =>
    request(guarded.deskApp).post('/login').set('Accept', 'text/html').type('form').send({ password });

  it('sends people to the page where they log in', async () => {
    await request(guarded.deskApp)
      .get('/')
      .set('Accept', 'text/html')
      .expect(303)
      .expect('Location', '/login');
    const { text } = await request(guarded.deskApp).get('/login').set('Accept', 'text/html').expect(200);
    expect(text).toContain('<label for="password">Admin password</label>');
    await request(guarded.deskApp).get('/assets/desk.css').expect(200);
  });

  it('refuses a wrong password', async () => {
    const { text, headers } = await logIn('wrong').expect(401);
    expect(text).toContain('That is not the password.');
    expect(headers).not.toHaveProperty('set-cookie');
  });

  it('lets in who knows the password, and out again', async () => {
    const { headers } = await logIn(adminPassword).expect(303).expect('Location', '/');
    const [cookie = ''] = headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(/^desk-session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict$/);
    const session = cookie.split(';', 1)[0] ?? '';
    const { text } = await request(guarded.deskApp)
      .get('/')
      .set('Accept', 'text/html')
      .set('Cookie', session)
      .expect(200);
    expect(text).toContain('<form method="post" action="/logout">');
    const out = await request(guarded.deskApp).post('/logout').set('Cookie', session).expect(303);
    expect(String(out.headers['set-cookie'])).toContain('Max-Age=0');
  });

  it('names the user in the command that does the same', async () => {
    const { text } = await request(guarded.deskApp)
      .post('/software-statements/AcmeBudgetPlanner00001/ssa')
      .set('Accept', 'text/html')
      .auth('admin', adminPassword)
      .expect(200);
    expect(textArea(text, 'curl')).toContain('curl -X POST -u admin ');
  });

  it('asks programs and posted forms for Basic credentials', async () => {
    const program = await request(guarded.deskApp).get('/sandbox/organisations').expect(401);
    expect(program.headers['www-authenticate']).toBe('Basic realm="mock-ob-directory", charset="UTF-8"');
    expect(program.type).toBe('application/problem+json');
    await request(guarded.deskApp)
      .post('/quick-ssa')
      .set('Accept', 'text/html')
      .type('form')
      .send({})
      .expect(401)
      .expect('WWW-Authenticate', /^Basic /);
  });
});
