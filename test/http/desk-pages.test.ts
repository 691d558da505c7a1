import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ssaDefectNames } from '../../src/sandbox/defects/ssa-defects.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { BankClient } from '../support/bank-client.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, signRequest, verdictOf } from '../support/registration.js';
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

/** As EJS writes text into a page. */
const escaped = (text: string) =>
  text.replaceAll('"', '&#34;').replaceAll('<', '&lt;').replaceAll("'", '&#39;');

/** The text of the one text area with this id, as a browser would show it. */
function textArea(html: string, id: string): string | undefined {
  return new RegExp(`<textarea id="${id}"[^>]*>([^<]*)</textarea>`)
    .exec(html)?.[1]
    ?.replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
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
        /<style|\sstyle=|\son[a-z]+=|<script(?! src="\/assets\/(scripted\.js"|[^"]+\.js" defer)><\/script>)/,
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
    const first = await request(long.deskApp).get('/organisations').set('Accept', 'text/html').expect(200);
    expect(first.text).not.toContain('Organisation 101');
    const [, next = ''] = /href="(\/organisations\?after=[^"]+)" rel="next"/.exec(first.text) ?? [];
    const second = await request(long.deskApp).get(next).set('Accept', 'text/html').expect(200);
    expect(second.text).toContain('Organisation 101');
    expect(second.text).toContain('<a href="/organisations">First page</a>');
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
    expect(headers['location']).toMatch(/^\/software-statements\/[0-9A-Za-z]{22}\/ssa\?notice=tpp-created$/);
    const { text } = await getPage(headers['location'] ?? '').expect(200);
    expect(textArea(text, 'ssa')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});

describe('the form for an organisation', () => {
  it('makes nothing for somebody who takes every role away', async () => {
    const before = sandbox.services.registry.countOfOrganisations();
    const { text } = await postForm('/quick-ssa', { name: 'Kept', keys: 'made-here' }).expect(400);
    expect(text).toContain('<a href="#quick-ssa-roles">Roles: expected at least one role');
    expect(text).toContain('value="Kept"');
    expect(sandbox.services.registry.countOfOrganisations()).toBe(before);
  });

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
    const { text } = await issued(`/organisations/${tpp.organisation.id}/keys`, { type: 'obwac' });
    expect(text).toContain('<h1>obwac certificate</h1>');
    const page = await getPage(`/organisations/${tpp.organisation.id}`).expect(200);
    expect(page.text).toContain('<span class="detail">obwac</span>');
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

  it('leads to the files for the conformance tool, and warns of what is in them', async () => {
    const { id } = tpp.softwareStatement;
    const { text } = await getPage(`/software-statements/${id}`).expect(200);
    expect(text).toContain('the file holds the private keys of both certificates');
    const links = [...text.matchAll(/href="(\/sandbox\/[^"]*conformance-dcr\.json[^"]*)"/g)].map(
      ([, link = '']) => link.replaceAll('&amp;', '&'),
    );
    expect(links).toEqual([
      `/sandbox/software-statements/${id}/conformance-dcr.json?bank=reference&spec=3.3`,
      `/sandbox/software-statements/${id}/conformance-dcr.json?bank=legacy&spec=3.2`,
    ]);
    for (const link of links) {
      const file = await getPage(link).expect(200);
      expect(file.body).toMatchObject({ issuer: id });
    }
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
    expect(shown).toEqual([JSON.parse(payload), JSON.parse(header)]);
    const { iat } = JSON.parse(payload) as { iat: number };
    expect(text).toContain(`<code>iat</code> is <time datetime="${new Date(iat * 1000).toISOString()}">`);
    expect(textArea(text, 'ssa-call-1')).toBe(
      `curl -s -X POST 'http://localhost:8080/sandbox/software-statements/${id}/ssa' -H 'accept: application/jwt'`,
    );
  });

  it('shows a defective SSA with what is wrong with it, and what a bank should answer', async () => {
    const { id } = tpp.softwareStatement;
    const statementPage = await getPage(`/software-statements/${id}`).expect(200);
    const options = /<select id="defective-ssa-defect"[^]*?<\/select>/.exec(statementPage.text)?.[0] ?? '';
    expect([...options.matchAll(/<option value="([^"]*)"/g)].map(([, name]) => name)).toEqual(ssaDefectNames);
    const { text } = await postForm(`/software-statements/${id}/defective-ssa`, { defect: 'org-withdrawn' })
      .set('Host', 'localhost:8080')
      .expect(200);
    const [, payload = ''] = textArea(text, 'ssa')?.split('.') ?? [];
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      org_status: 'Withdrawn',
    });
    const [warning = ''] = /<p class="warning">.*<\/p>/.exec(text) ?? [];
    expect(warning).toContain('The organisation has withdrawn from Open Banking.');
    expect(warning).toContain('<code>unapproved_software_statement</code>');
    expect(warning).toContain('<code>ssa-organisation-active</code>');
    expect(text).toContain(`action="/software-statements/${id}/defective-ssa"`);
    expect(text).toContain('<input type="hidden" name="defect" value="org-withdrawn">');
    expect(textArea(text, 'ssa-call-1')).toBe(
      `curl -s 'http://localhost:8080/sandbox/software-statements/${id}/ssa' -H 'accept: application/jwt' ` +
        `-H 'content-type: application/json' -d '{"defect":"org-withdrawn"}'`,
    );
  });

  it('shows an SSA that cannot be decoded for what it is', async () => {
    const path = `/software-statements/${tpp.softwareStatement.id}/defective-ssa`;
    const { text } = await postForm(path, { defect: 'not-a-jwt' }).expect(200);
    expect(textArea(text, 'ssa')).toBe('not-a-jwt');
    expect(text).not.toContain('<pre');
  });

  it.each<Record<string, string>>([{}, { defect: '' }, { defect: 'none' }])(
    'shows none for a defect that there is not: %j',
    async (form) => {
      const path = `/software-statements/${tpp.softwareStatement.id}/defective-ssa`;
      const { text } = await postForm(path, form).expect(400);
      expect(text).toContain(`<h1>${tpp.softwareStatement.clientName}</h1>`);
      expect(text).toMatch(/<a href="#defective-ssa-defect">/);
    },
  );

  it('names the banks to register at, each with the aud that it expects', async () => {
    await sandbox.services.changeBankProfile('generic', {
      ...sandbox.services.getBank('generic').profile,
      request: { audience: { rule: 'issuer-url' } },
    });
    const { text } = await postForm(`/software-statements/${tpp.softwareStatement.id}/ssa`, {}).expect(200);
    await sandbox.services.resetBankProfile('generic');
    for (const [id, audience] of [
      ['reference', '0015800000REFBKAA5'],
      ['generic', 'https://localhost:8443/aspsp/generic'],
    ] as const) {
      const entry = new RegExp(`<a href="/banks/${id}">[^]*?</li>`).exec(text)?.[0];
      expect(entry).toContain(`<code>POST</code> <code>https://localhost:8443/aspsp/${id}/register</code>`);
      expect(entry).toContain(`<dt><code>aud</code></dt><dd><code>${audience}</code></dd>`);
    }
  });

  it('says what is missing when there is no certificate yet', async () => {
    const organisation = await sandbox.services.registry.createOrganisation({ name: 'New', kind: 'tpp' });
    const id = await newStatement(organisation.id);
    const { text } = await postForm(`/software-statements/${id}/ssa`, {}).expect(409);
    expect(text).toContain('certify a key first');
    expect(text).toContain('<h1>Software without keys</h1>');
  });
});

/** Has a key certified and follows to the page of the certificate. */
async function issued(path: string, fields: Record<string, string>) {
  const { headers } = await postForm(path, fields).expect(303);
  const [page = '', kid = ''] =
    /^\/certificates\/([\w-]+)\?notice=certificate-issued$/.exec(headers['location'] ?? '') ?? [];
  const { text, headers: sent } = await getPage(page).expect(200);
  return { kid, text, headers: sent as Record<string, string> };
}

describe('the forms for certificates', () => {
  it('make a key pair and show the private key once, on a page that may be loaded again', async () => {
    const id = await newStatement();
    const { text, headers, kid } = await issued(`/software-statements/${id}/keys`, { type: 'obsigning' });
    expect(headers['cache-control']).toBe('no-store');
    expect(textArea(text, 'private-key')).toBe(sandbox.services.certificates.getPrivateKey(kid).trim());
    expect(text).toContain(`<a href="/sandbox/certificates/${kid}/private-key">`);
    const again = await getPage(`/certificates/${kid}`).expect(200);
    expect(again.text).not.toContain('BEGIN PRIVATE KEY');
  });

  it('lead from the first key to the second, and from both to an SSA', async () => {
    const path = `/software-statements/${await newStatement()}`;
    const first = await issued(`${path}/keys`, { type: 'obsigning' });
    expect(first.text).toContain(`href="${path}#certify">Certify a key for TLS</a>`);
    const second = await issued(`${path}/keys`, { type: 'obtransport' });
    expect(second.text).toContain(`href="${path}/ssa">Issue an SSA</a>`);
    const later = await getPage(`/certificates/${second.kid}`).expect(200);
    expect(later.text).not.toContain('Issue an SSA');
  });

  it('certify a key of the user’s own, with the line ends of a browser, and say that its private key is not here', async () => {
    const id = await newStatement();
    const csrPem = workshop
      .csr(`/C=GB/O=OpenBanking/OU=${tpp.organisation.id}/CN=${id}`)
      .replaceAll('\n', '\r\n');
    const path = `/software-statements/${id}/certificates`;
    const { text } = await issued(path, { type: 'obtransport', csrPem });
    expect(text).toContain('private key: with its holder');
    expect(text).not.toContain('BEGIN PRIVATE KEY');
    const again = await postForm(path, { type: 'obtransport', csrPem }).expect(409);
    expect(again.text).toContain('expected a key that nobody has brought before');
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
    expect(text).toContain('<option value="obsigning" selected>OBSigning (signatures)</option>');
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

  it('say why a certificate is on hold, and revoke it for good all the same', async () => {
    const { softwareStatement: software, signing } = await sandbox.services.createReadyTpp({ name: 'Held' });
    await sandbox.services.registry.changeSoftwareStatement(software.id, { active: false });
    const page = `/software-statements/${software.id}`;
    const revocation = `<a href="/certificates/${signing.kid}#revoke-title">`;
    const held = (await getPage(page).expect(200)).text;
    expect(held).toContain('certificateHold, while its holder is not active</span>');
    expect(held).toContain(revocation);
    await postForm(`/certificates/${signing.kid}/revocation`, {
      reason: 'superseded',
      confirmed: 'yes',
    }).expect(303);
    expect((await getPage(page)).text).not.toContain(revocation);
  });

  it('revoke a certificate once, for a reason', async () => {
    const id = await newStatement();
    const { record } = await sandbox.services.certificates.certifySoftwareStatement(id, {
      type: 'obsigning',
      generate: true,
    });
    const path = `/certificates/${record.kid}/revocation`;
    await postForm(path, { reason: 'because' }).expect(400);
    await postForm(path, { reason: 'keyCompromise', confirmed: 'yes' })
      .expect(303)
      .expect('Location', `/software-statements/${id}?notice=certificate-revoked`);
    const { text } = await getPage(`/software-statements/${id}`).expect(200);
    expect(text).toContain('<span class="status status-revoked">revoked</span>');
    expect(text).toContain('keyCompromise');
    expect(text).not.toContain('#revoke-title');
    const again = await postForm(path, { reason: 'superseded', confirmed: 'yes' }).expect(409);
    expect(again.text).toContain(`<a href="#revoke">The certificate &#34;${record.kid}&#34; was revoked at`);
    await postForm('/certificates/unknown/revocation', { reason: 'superseded', confirmed: 'yes' }).expect(
      404,
    );
  });
});

describe('the list of banks', () => {
  it('has each bank with its purpose and its version of DCR', async () => {
    const { text } = await getPage('/banks').expect(200);
    const entries = [...text.matchAll(/<li>\s*<p class="entry-name">[^]*?<\/li>/g)].map(([entry]) => entry);
    expect(entries).toHaveLength(sandbox.services.banks.length);
    for (const { profile } of sandbox.services.banks) {
      const entry = entries.find((one) => one.includes(`<a href="/banks/${profile.id}">${profile.name}</a>`));
      expect(entry).toContain(profile.purpose);
      expect(entry).toContain(`DCR ${profile.dcrVersion}`);
    }
  });
});

describe('the page of a bank', () => {
  it('says what it is for, what to send it and which questions it answers', async () => {
    const { purpose, whatToSend, answers } = sandbox.services.getBank('short-lived').profile;
    const { text } = await getPage('/banks/short-lived').expect(200);
    for (const line of [purpose, ...whatToSend, ...answers]) expect(text).toContain(line);
  });

  it('leads to a request from one of the newest software statements', async () => {
    const { text } = await getPage('/banks/legacy').expect(200);
    const { id } = tpp.softwareStatement;
    expect(text).toContain(`<option value="${id}">`);
    const { headers } = await getPage(`/banks/legacy/register?statement=${id}`).expect(303);
    expect(headers['location']).toBe(`/software-statements/${id}/register?bank=legacy`);
    await getPage('/banks/legacy/register?statement=unknown').expect(404);
    await getPage('/banks/legacy/register').expect(404);
    await getPage(`/banks/none/register?statement=${id}`).expect(404);
  });

  it('leads to the questions that it answers', async () => {
    const { text } = await getPage('/banks/short-lived').expect(200);
    expect(text).toContain('<li><a href="/docs/faq/expiry-of-a-request">For DCR, is there an expiry');
  });

  it('has its addresses, and the operations that each takes', async () => {
    const { text } = await getPage('/banks/reference').expect(200);
    const issuer = 'https://localhost:8443/aspsp/reference';
    expect(text).toContain(`<code>${issuer}/.well-known/openid-configuration</code>`);
    expect(text).toContain(`<code>POST</code> <code>${issuer}/register</code>`);
    expect(text).toContain(`<code>GET, PUT, DELETE</code> <code>${issuer}/register/{client_id}</code>`);
    expect(text).toContain(`<code>POST</code> <code>${issuer}/token</code>`);
    expect(text).toContain('<a href="/0015800000REFBKAA5/0015800000REFBKAA5.jwks">');
    expect(text).toContain('<code>0015800000REFBKAA5</code><span class="detail">the id of its organisation');
    expect(text).not.toContain('Not offered');
    const postOnly = await getPage('/banks/post-only').expect(200);
    expect(postOnly.text).toContain('Not offered: <code>GET, PUT, DELETE</code>');
    expect(postOnly.text).not.toContain('{client_id}');
  });

  it.each([
    ['reference', '3.4'],
    ['legacy', '3.2'],
  ])('of %s leads to the specification of its version', async (id, version) => {
    const { text } = await getPage(`/banks/${id}`).expect(200);
    expect(text).toContain(
      `<a href="https://openbankinguk.github.io/dcr-docs-pub/v${version}/dynamic-client-registration.html">`,
    );
  });

  it('tells how the bank differs from the usual', async () => {
    const { text } = await getPage('/banks/short-lived').expect(200);
    const row =
      /<tr role="row">\s*<th scope="row" role="rowheader">[^<]*<span class="detail"><code>ssa\.maxAgeSeconds<\/code>[^]*?<\/tr>/.exec(
        text,
      )?.[0];
    expect(row?.match(/<li>[^<]*<\/li>/g)).toEqual(['<li>1800</li>', '<li>2592000</li>']);
    const reference = await getPage('/banks/reference').expect(200);
    expect(reference.text).toContain(
      'In nothing: it behaves like a bank whose profile leaves everything out.',
    );
  });

  it('is not found for an unknown bank, whatever is done with it', async () => {
    await getPage('/banks/none').expect(404);
    await postForm('/banks/none/profile', { profile: '{}' }).expect(404);
    await postForm('/banks/none/profile', { profile: 'no JSON' }).expect(404);
    await postForm('/banks/none/profile/reset', {}).expect(404);
  });
});

describe('the form for a profile', () => {
  const path = '/banks/generic';
  const formPath = `${path}/profile`;
  const profileOf = async () =>
    (await request(sandbox.deskApp).get('/sandbox/banks/generic').expect(200)).body as Record<
      string,
      unknown
    >;
  const save = (profile: unknown) => postForm(formPath, { profile: JSON.stringify(profile, null, 2) });
  afterEach(() => sandbox.services.resetBankProfile('generic'));

  it('has every setting of the profile that the bank follows', async () => {
    const { text } = await getPage(path).expect(200);
    expect(JSON.parse(textArea(text, 'edit-profile-profile') ?? '')).toEqual(await profileOf());
    expect(text).toContain('This bank follows the profile that it came with.');
  });

  it('saves a profile, which the bank follows at once', async () => {
    const before = await profileOf();
    const name = `Renamed ${SCRIPT}`;
    await save({ ...before, name, operations: ['POST', 'GET'] })
      .expect(303)
      .expect('Location', `${path}?notice=profile-changed`);
    expect(await profileOf()).toEqual({ ...before, name, operations: ['POST', 'GET'] });
    const { text } = await getPage(`${path}?notice=profile-changed`).expect(200);
    expect(text).toContain('The profile has been saved; the bank follows it from now on.');
    expect(text).toContain(`<h1>Renamed ${ESCAPED_SCRIPT}</h1>`);
    expect(text).toContain('This bank follows a profile that was saved here.');
    expect(text).toContain('<code>operations</code>');
    for (const other of [path, '/banks', '/']) {
      expect((await getPage(other).expect(200)).text).not.toContain(SCRIPT);
    }
  });

  it('goes back to how the bank came', async () => {
    const before = await profileOf();
    await save({ ...before, name: 'Renamed' }).expect(303);
    await postForm(`${formPath}/reset`, {}).expect(303).expect('Location', `${path}?notice=profile-reset`);
    expect(await profileOf()).toEqual(before);
    const { text } = await getPage(`${path}?notice=profile-reset`).expect(200);
    expect(text).toContain('The bank is back to the profile that it came with.');
    expect(text).toContain('This bank follows the profile that it came with.');
  });

  it('comes again as it was written, with every problem, and saves nothing', async () => {
    const before = await profileOf();
    const profile = JSON.stringify({
      ...before,
      id: 'other',
      name: SCRIPT,
      request: { maxLifetimeSeconds: '5 minutes' },
      surprise: true,
      metadata: { responseTypes: ['code', 'token'] },
    });
    const { text } = await postForm(formPath, { profile }).expect(400);
    expect(text).toContain('<title>Error: Generic Bank');
    const problems = [...text.matchAll(/<a href="#edit-profile-profile">([^<]*)<\/a>/g)].map(
      ([, problem]) => problem,
    );
    expect(problems).toEqual([
      'request.maxLifetimeSeconds: expected a number, got &#34;5 minutes&#34;',
      'metadata.responseTypes[1]: expected one of &#34;code&#34;, &#34;code id_token&#34;, got &#34;token&#34;',
      expect.stringMatching(
        /^surprise: expected no member of this name \(there are .*\), got true$/,
      ) as string,
      'id: expected &#34;generic&#34;, got &#34;other&#34;',
    ]);
    expect(text).toMatch(
      /aria-describedby="edit-profile-profile-hint edit-profile-profile-error" aria-invalid="true"/,
    );
    expect(text).not.toContain(SCRIPT);
    expect(text).toContain(ESCAPED_SCRIPT);
    expect(await profileOf()).toEqual(before);
    expect(sandbox.services.hasOtherProfile('generic')).toBe(false);
  });

  it.each([
    [
      'a comma is missing',
      '{\n  "id": "generic"\n  "name": "x"\n}',
      'line 3, column 3: expected a comma, got &#34;\\&#34;name\\&#34;&#34;',
    ],
    [
      'a comma is too many',
      '{"id": "generic",}',
      'line 1, column 18: expected a member name in double quotes, got &#34;}&#34;',
    ],
    [
      'a member comes twice',
      '{"id": "a", "id": "b"}',
      'line 1, column 13: expected each member once, got &#34;id&#34; again',
    ],
    [
      'there is a comment',
      '{"id": // why\n "a"}',
      'line 1, column 8: expected no comment, which JSON does not have, got &#34;// why&#34;',
    ],
    ['there is nothing', '', 'line 1, column 1: expected a value, got the end'],
    ['something follows', '{}{', 'line 1, column 3: expected nothing more, got &#34;{&#34;'],
    ['there is a list', '[]', 'Profile: expected an object, got []'],
    ['there is null', 'null', 'Profile: expected an object, got null'],
    [
      'nesting has no end',
      '['.repeat(30_000),
      'JSON: expected JSON of at most 32 levels, got deeper nesting',
    ],
    [
      'nesting is too deep',
      `${'['.repeat(40)}${']'.repeat(40)}`,
      'JSON: expected JSON of at most 32 levels, got deeper nesting',
    ],
  ])('says where it is no JSON or no profile when %s', async (_what, profile, problem) => {
    const { text } = await postForm(formPath, { profile }).expect(400);
    expect(text).toContain(`<a href="#edit-profile-profile">${problem}</a>`);
    expect(textArea(text, 'edit-profile-profile')).toBe(profile);
    expect(sandbox.services.hasOtherProfile('generic')).toBe(false);
  });
});

describe('the attempts at a bank', () => {
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('are listed with what was attempted, and shown check by check', async () => {
    const bank = sandbox.services.getBank('reference');
    const payload = encoded({ iss: SCRIPT, iat: 1_700_000_000 });
    const answer = await bank.register(anonymousPost(`e30.${payload}.AAAA`, 'application/jwt'));
    const attempt = verdictOf(answer);
    const page = await getPage('/banks/reference').expect(200);
    expect(page.text).toContain('<td>registration <span class="detail"><code>POST</code></span></td>');
    expect(page.text).toContain('status 401, <code>invalid_client</code>');

    const [, verdict = ''] = /; verdict (\S+)$/.exec(answer.refusal?.description ?? '') ?? [];
    const path = `/banks/reference/attempts/${verdict}`;
    expect(page.text).toContain(`<a href="${path}">`);
    const { text } = await getPage(path).expect(200);
    expect(text).toContain('<h1>Attempt: registration</h1>');
    expect(text).toContain(
      '<span aria-hidden="true">✗</span> failed</span> <strong>The TLS client shows a certificate',
    );
    expect(text.match(/<li class="check-/g)).toHaveLength(attempt.rules.length);
    for (const sign of ['✓', '✗', '–']) expect(text).toContain(`<span aria-hidden="true">${sign}</span>`);
    expect(text).not.toContain('⇄');
    for (const { reason } of attempt.rules) {
      if (reason) expect(text).toContain(`<dd>${escaped(reason)}</dd>`);
    }
    expect(text).toContain('2023-11-14 22:13:20 UTC');
    expect(text).toContain(ESCAPED_SCRIPT);
    expect(text).not.toContain(SCRIPT);
  });

  it.each([
    ['GET', 'read'],
    ['PUT', 'replacement'],
    ['DELETE', 'removal'],
  ] as const)('of the method %s are a %s', async (operation, name) => {
    const bank = sandbox.services.getBank('legacy');
    const { id } = verdictOf(await bank.register({ ...anonymousPost(''), operation, clientId: 'none' }));
    const page = await getPage('/banks/legacy').expect(200);
    expect(page.text).toContain(`<td>${name} <span class="detail"><code>${operation}</code></span></td>`);
    const { text } = await getPage(`/banks/legacy/attempts/${id}`).expect(200);
    expect(text).toContain(`<dd>${name}, <code>${operation}</code></dd>`);
    expect(text.includes('<h2>Registration request</h2>')).toBe(operation === 'PUT');
    expect(text.includes('Could not be decoded.')).toBe(operation === 'PUT');
  });

  it('to get a token show the client assertion', async () => {
    const bank = sandbox.services.getBank('generic');
    const assertion = `${encoded({ alg: 'PS256' })}.${encoded({ sub: 'nobody', exp: 1_700_000_000 })}.AAAA`;
    const ask = async (parameters: Record<string, string>) =>
      verdictOf(
        await bank.token({
          body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }).toString(),
          mediaType: 'application/x-www-form-urlencoded',
          authorization: undefined,
          clientCertificate: undefined,
        }),
      );
    const { id } = await ask({ client_assertion: assertion });
    const { text } = await getPage(`/banks/generic/attempts/${id}`).expect(200);
    expect(text).toContain('<h1>Attempt: token request</h1>');
    expect(text).toContain('<h2>Client assertion</h2>');
    expect(text).toContain('&#34;sub&#34;: &#34;nobody&#34;');
    expect(text).not.toContain('<h2>SSA</h2>');
    const page = await getPage('/banks/generic').expect(200);
    expect(page.text).toContain('<td>token request <span class="detail"><code>POST</code></span></td>');
    const without = await getPage(`/banks/generic/attempts/${(await ask({ client_id: 'nobody' })).id}`);
    expect(without.text).toContain('There was none, or it could not be decoded.');
  });

  it('mark what the bank replaced, and name the client', async () => {
    const client = new BankClient(sandbox, 'adaptive', tpp);
    const body = signRequest(tpp, client.claims({ response_types: ['code'] }));
    const certificate = new X509Certificate(tpp.transport.certificatePem).raw;
    const answer = await sandbox.services
      .getBank('adaptive')
      .register({ ...anonymousPost(body, 'application/jwt'), clientCertificate: certificate });
    const { id, clientId, rules } = verdictOf(answer);
    expect(answer.refusal).toBeUndefined();
    const { text } = await getPage(`/banks/adaptive/attempts/${id}`).expect(200);
    expect(text).toContain(`<dt>Client id</dt><dd><code>${clientId ?? ''}</code>`);
    const replaced = rules.filter(({ outcome, reason }) => outcome === 'passed' && reason !== undefined);
    expect(replaced.length).toBeGreaterThan(0);
    expect(text.match(/<li class="check-replaced"/g)).toHaveLength(replaced.length);
    expect(text).toContain(`<span aria-hidden="true">⇄</span> ${replaced.length} replaced</span>`);
    expect(text).toContain('<dt>What the bank did</dt><dd>replaced by');
    const page = await getPage('/banks/adaptive').expect(200);
    expect(page.text).toContain('<span class="status status-good">registered</span>');
    expect(page.text).toContain(`<code>${clientId ?? ''}</code>`);
  });

  it('are not found by an unknown id', async () => {
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

  it('does not look at more than ten wrong passwords a minute from one address', async () => {
    const other = await createSandbox({ keyPairs: testKeys, adminPassword });
    const call = (password: string) =>
      request(other.deskApp).get('/sandbox/organisations').auth('admin', password);
    const { headers } = await request(other.deskApp)
      .post('/login')
      .type('form')
      .send({ password: adminPassword })
      .expect(303);
    for (let guess = 0; guess < 10; guess++) await call(`wrong ${guess}`).expect(401);
    const refused = await call(adminPassword).expect(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.text).toContain('Too many wrong passwords from this address');
    await request(other.deskApp).post('/login').type('form').send({ password: adminPassword }).expect(429);
    // Who is in already is not disturbed.
    const session = String(headers['set-cookie']).split(';', 1)[0] ?? '';
    await request(other.deskApp).get('/sandbox/organisations').set('Cookie', session).expect(200);
    await other.close();
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
    expect(textArea(text, 'ssa-call-1')).toContain('curl -s -u admin -X POST ');
  });

  it('leads on to the page that was asked for, and to no other place', async () => {
    const wanted = '/organisations?q=acme&kind=tpp';
    const { headers } = await request(guarded.deskApp).get(wanted).set('Accept', 'text/html').expect(303);
    expect(headers['location']).toBe(`/login?to=${encodeURIComponent(wanted)}`);
    const { text } = await request(guarded.deskApp)
      .get(headers['location'] ?? '')
      .set('Accept', 'text/html');
    expect(text).toContain('<input type="hidden" name="to" value="/organisations?q=acme&amp;kind=tpp">');
    const leadsTo = async (to: string) => {
      const sent = request(guarded.deskApp).post('/login').type('form').send({ password: adminPassword, to });
      return (await sent.expect(303)).headers['location'];
    };
    expect(await leadsTo(wanted)).toBe(wanted);
    for (const elsewhere of [
      'https://elsewhere.example/',
      '//elsewhere.example/there',
      '//elsewhere.example//there',
      '/.//elsewhere.example/',
      '/\\elsewhere.example',
      '/\t/elsewhere.example',
      '/login',
      'organisations',
      '',
    ])
      expect(await leadsTo(elsewhere), elsewhere).toBe('/');
  });

  it('says to whoever sends a form and is no longer logged in that nothing has been done', async () => {
    const { text, headers } = await request(guarded.deskApp)
      .post('/quick-ssa')
      .set('Accept', 'text/html')
      .type('form')
      .send({})
      .expect(401);
    expect(text).toContain('You are not logged in, and nothing has been done.');
    expect(headers).not.toHaveProperty('www-authenticate');
  });

  it('asks programs for Basic credentials', async () => {
    const program = await request(guarded.deskApp).get('/sandbox/organisations').expect(401);
    expect(program.headers['www-authenticate']).toBe('Basic realm="mock-ob-directory", charset="UTF-8"');
    expect(program.type).toBe('application/problem+json');
  });
});
