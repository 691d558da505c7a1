import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolCalls, type ProtocolCall } from '../../src/http/desk/openapi/protocol/calls.js';
import { isSendable } from '../../src/http/desk/openapi/protocol/reading.js';
import { protocolGroups } from '../../src/http/desk/openapi/protocol/sentence.js';
import { createSandbox, type Sandbox, type TestTpp } from '../../src/testkit.js';
import { unescaped } from '../support/forms.js';
import { testKeys } from '../support/keys.js';

const LARGEST_PAGE_BYTES = 60_000;
const shown = protocolCalls.filter(({ path, newest }) => path === newest);

let sandbox: Sandbox;
let tpp: TestTpp;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.createTpp({ name: 'Caller Ltd', clientName: 'Caller' });
});
afterAll(() => sandbox.close());

const getPage = (path: string) => request(sandbox.deskApp).get(path).set('Accept', 'text/html');

function callNamed(summary: string): ProtocolCall {
  const call = shown.find((one) => one.summary === summary);
  if (!call) throw new Error(`There is no call "${summary}".`);
  return call;
}

function send(call: ProtocolCall, fields: Record<string, string>) {
  return request(sandbox.deskApp)
    .post(`/docs/directory/${call.group}/${call.id}`)
    .set('Accept', 'text/html')
    .type('form')
    .send({ statement: tpp.softwareStatement.id, ...fields });
}

const own = () => ({ orgId: tpp.organisation.id, softwareId: tpp.softwareStatement.id });

/** The status and the body that a page shows of the call's answer. */
function answerOn({ text }: Response, { id }: ProtocolCall): { status: string; body: string; whole: string } {
  const start = text.indexOf(`id="${id}-result"`);
  const whole = text.slice(start, text.indexOf('</section>', start));
  const [, status = ''] = /<span class="status [^"]*">([^<]*)</.exec(whole) ?? [];
  const [, body = ''] = /<pre[^>]*>([^<]*)</.exec(whole) ?? [];
  return { status, body: unescaped(body), whole };
}

describe('the pages of the Directory API', () => {
  it('are led to from /docs, call by call', async () => {
    const { text } = await getPage('/docs').expect(200);
    const missing = shown.filter(({ group, id }) => !text.includes(`href="/docs/directory/${group}#${id}"`));
    expect(missing).toEqual([]);
    expect(text.length).toBeLessThan(LARGEST_PAGE_BYTES);
  });

  it.each(Object.keys(protocolGroups))(
    'have the calls of the group %s, and are soon there',
    async (group) => {
      const { text } = await getPage(`/docs/directory/${group}`).expect(200);
      expect(text.length).toBeLessThan(LARGEST_PAGE_BYTES);
      for (const { id } of shown.filter((one) => one.group === group)) {
        expect(text).toContain(`<h2 id="${id}">`);
        expect(text).toContain(`id="${id}-curl"`);
      }
    },
  );

  it('say what a call takes: scopes, media types, parameters, statuses and where it is besides', async () => {
    const { text } = await getPage('/docs/directory/software-statements');
    const { id } = callNamed('Create a software statement');
    const section = text.slice(text.indexOf(`aria-labelledby="${id}"`)).split('</section>')[0] ?? '';
    for (const said of [
      '<code>ASPSPManage</code>',
      '<code>TPPManage</code>',
      '<code>application/vnd.openbanking.directory.softwarestatement-v2+json</code>',
      '<code class="docs-line">/organisation/{kind}/{orgId}/software-statement</code>',
      '<li><code>201</code>',
      '<li><code>409</code> The organisation is not active.</li>',
      '<code>ClientName</code>',
      'text of at most 40 characters',
      `name="orgId"`,
    ])
      expect(section).toContain(said);
  });

  it('are there without any TPP, and say how to get one', async () => {
    const bare = await createSandbox({ keyPairs: testKeys, demo: false });
    const { text } = await request(bare.deskApp)
      .get('/docs/directory/software-statements')
      .set('Accept', 'text/html')
      .expect(200);
    expect(text).toContain('No TPP yet');
    expect(text).not.toContain('class="docs-try"');
    await bare.close();
  });

  it('offer no form for a statement whose keys somebody else has', async () => {
    const { services } = sandbox;
    const { softwareStatement } = await services.createTppWithoutKeys({ name: 'Keeps Its Keys Ltd' });
    const path = `/docs/directory/software-statements?statement=${softwareStatement.id}`;
    const { text } = await getPage(path).expect(200);
    expect(text).toContain('so that nothing can be sent for it');
    expect(text).not.toContain('class="docs-try"');
    const call = callNamed('List the software statements');
    const refused = await send(call, {
      statement: softwareStatement.id,
      orgId: softwareStatement.organisationId,
    }).expect(409);
    expect(refused.text).toContain('expected an active transport certificate whose key the sandbox made');
  });
});

describe('a call that the desk makes', () => {
  it('shows what the Directory answers: an SSA, with the certificate and the scope that it was asked with', async () => {
    const call = callNamed('Get an SSA');
    const answer = answerOn(await send(call, own()).expect(200), call);
    expect(answer.status).toBe('200 OK');
    expect(answer.body).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(answer.whole).toContain('<code>TPPReadAccess</code>');
    expect(answer.whole).toContain(`/certificates/${tpp.transport.kid}`);
    expect(answer.whole).toContain('<dt><code>ob-request-id</code></dt>');
  });

  it('changes what it says that it changes', async () => {
    const call = callNamed('Add redirect URIs');
    const body = 'https://tpp.example.com/two\r\nhttps://tpp.example.com/three';
    const answer = answerOn(await send(call, { ...own(), mediaType: 'text/plain', body }).expect(200), call);
    expect(answer.status, answer.body).toBe('200 OK');
    expect(sandbox.services.registry.getSoftwareStatement(own().softwareId).redirectUris).toEqual(
      expect.arrayContaining(['https://tpp.example.com/two', 'https://tpp.example.com/three']),
    );
  });

  it('takes a token with a fresh assertion where that is the call', async () => {
    const call = callNamed('Take an access token');
    const { text } = await getPage(`/docs/directory/tokens?statement=${own().softwareId}`);
    const body = unescaped(new RegExp(`id="${call.id}-body"[^>]*>([^<]*)<`).exec(text)?.[1] ?? '').trim();
    expect(body).toContain('client_assertion={client_assertion}');
    const answer = answerOn(await send(call, { body }).expect(200), call);
    expect([answer.status, answer.body]).toEqual([
      '200 OK',
      expect.stringContaining('"scope": "TPPReadAccess"') as string,
    ]);
  });

  it('asks SCIM with its filter as it was typed', async () => {
    const call = callNamed('List the TPPs');
    const filter = `urn:openbanking:organisation:1.0:OrganisationCommonName eq "Caller Ltd" or id eq "it's & 100 %"`;
    const answer = answerOn(await send(call, { filter, count: '2' }).expect(200), call);
    expect(answer.status, answer.body).toBe('200 OK');
    expect(JSON.parse(answer.body)).toMatchObject({ totalResults: 1 });
  });

  it('shows a refusal of the Directory as well as a success', async () => {
    const call = callNamed('Read a software statement');
    const other = await sandbox.createTpp({ name: 'Another Ltd' });
    const answer = answerOn(
      await send(call, { orgId: other.organisation.id, softwareId: other.softwareStatement.id }),
      call,
    );
    expect([answer.status, answer.body]).toEqual([
      '403 Forbidden',
      expect.stringContaining('may not act for') as string,
    ]);
  });

  it('shows the answer of the token endpoint where that gives no token, and sends nothing else', async () => {
    await sandbox.faults.set({ kind: 'http', name: 'down', path: '/as/token.oauth2' });
    const call = callNamed('List the software statements');
    const answer = answerOn(await send(call, own()).expect(200), call);
    expect(answer.status).toBe('503 Service Unavailable');
    expect(answer.whole).toContain('The Directory gave no token');
    expect(answer.whole).toContain('/as/token.oauth2</code>');
    sandbox.services.faults.clearAll();
  });

  it('says so where there is no answer at all', async () => {
    await sandbox.faults.set({ kind: 'http', name: 'connection-reset', path: '/v2.1/*' });
    const call = callNamed('List the software statements');
    const { text } = await send(call, own()).expect(502);
    expect(unescaped(text)).toContain('The Directory gave no answer to GET https://');
    sandbox.services.faults.clearAll();
  });

  it.each([
    ['orgId', '', 'expected a name'],
    ['orgId', '..', 'expected a name'],
    ['contactType', 'Nobody', 'expected one of'],
    ['orgId', 'A'.repeat(9_000), 'expected a path of'],
  ])('is refused beside its field where %s is "%.20s"', async (field, value, message) => {
    const call = callNamed('Read a contact');
    const { text } = await send(call, {
      orgId: tpp.organisation.id,
      contactType: 'Business',
      [field]: value,
    }).expect(400);
    expect(unescaped(text)).toContain(message);
    if (value.length < 100) expect(text).toContain(`id="${call.id}-${field}-error"`);
  });

  it('goes nowhere but to the Directory, whatever is typed', async () => {
    const call = callNamed('Read the organisation');
    for (const orgId of ['../../healthz', '//elsewhere.example/', '?x=1', '#x', '\\..\\..', 'a/b']) {
      const answer = answerOn(await send(call, { orgId }), call);
      expect(answer.status, orgId).toBe('403 Forbidden');
      expect(answer.whole).toContain(`/v2.1/organisation/${encodeURIComponent(orgId)}`);
    }
  });

  it.each(['https://elsewhere.example/', '//elsewhere.example/', 'v2.1', '/v2.1/../healthz', '/x#y', '/\\x'])(
    'is refused by the service itself for the path %s',
    async (path) => {
      const { directoryCalls } = sandbox.services;
      const call = { method: 'GET', path, needs: 'certificate', scopes: [] } as const;
      await expect(directoryCalls.send(own().softwareId, call)).rejects.toMatchObject({
        code: 'invalid_input',
      });
    },
  );

  it('is refused to other sites, in other media types, and over the limit', async () => {
    const call = callNamed('Get an SSA');
    const path = `/docs/directory/${call.group}/${call.id}`;
    const post = () => request(sandbox.deskApp).post(path).set('Accept', 'text/html');
    await post().set('Origin', 'https://elsewhere.example').type('form').send(own()).expect(403);
    await post().set('Sec-Fetch-Site', 'cross-site').type('form').send(own()).expect(403);
    await post().type('json').send(own()).expect(415);
    await post()
      .type('form')
      .send({ ...own(), body: 'A'.repeat(100_000) })
      .expect(413);
  });

  it('is not offered where the desk lacks what it takes: no form, and no address', async () => {
    for (const call of shown.filter((one) => !isSendable(one))) await send(call, {}).expect(404);
    const { text } = await getPage('/docs/directory/banks');
    expect(text).toContain(`/software-statements/`);
  });

  it('escapes what it shows', async () => {
    const markup = '<img src=x onerror=alert(1)>"\'</textarea><script>alert(1)</script>';
    const call = callNamed('Ask whose a certificate is, and whether it is good');
    const { text } = await send(call, { body: markup });
    expect(text).not.toContain('<img src=x');
    expect(text).not.toContain('<script>alert');
  });
});

describe('every call that can be made from its page', () => {
  const sendable = shown.filter(isSendable).map((call) => ({ ...call, name: `${call.method} ${call.path}` }));

  it.each(sendable)('$name answers as it is described', async (call) => {
    const page = await getPage(`/docs/directory/${call.group}?statement=${tpp.softwareStatement.id}`);
    const response = await send(call, fieldsOn(page.text, call.id));
    if (response.status !== 200) {
      // Something has to be filled in first.
      expect(response.status).toBe(400);
      expect(response.text).toContain('expected a name');
      return;
    }
    const { status, body } = answerOn(response, call);
    const { text } = await request(sandbox.deskApp).get('/openapi/directory.json');
    const { paths } = JSON.parse(text) as {
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    };
    expect(Object.keys(paths[call.path]?.[call.method]?.responses ?? {}), body).toContain(status.slice(0, 3));
    expect(status, body).not.toMatch(/^(401|404|406|415|5)/);
  });
});

/** What the form of a call holds as the page comes. */
function fieldsOn(html: string, id: string): Record<string, string> {
  const start = html.indexOf(`/${id}#`);
  const form = html.slice(start, html.indexOf('</form>', start));
  const inputs = form.matchAll(/<input type="text" id="[^"]*" name="(\w+)" value="([^"]*)"/g);
  const areas = form.matchAll(/<textarea id="[^"]*" name="(\w+)"[^>]*>([^<]*)</g);
  const choices = form.matchAll(/<select id="[^"]*" name="(\w+)"[^]*?<\/select>/g);
  return Object.fromEntries([
    ...[...inputs, ...areas].map(([, name = '', value = '']) => [name, unescaped(value).trim()]),
    ...[...choices].map(([select, name = '']) => {
      const [, selected] = /<option value="([^"]*)" selected/.exec(select) ?? [];
      return [name, unescaped(selected ?? /<option value="([^"]*)"/.exec(select)?.[1] ?? '')];
    }),
  ]) as Record<string, string>;
}
