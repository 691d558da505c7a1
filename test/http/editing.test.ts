import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

let sandbox: Sandbox;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Edited Ltd' });
});
afterAll(() => sandbox.close());

const getPage = (path: string) => request(sandbox.deskApp).get(path).set('Accept', 'text/html');
type Fields = Record<string, string | string[]>;
const postForm = (path: string, fields: Fields) =>
  request(sandbox.deskApp).post(path).set('Accept', 'text/html').type('form').send(fields);

/** What a browser would send of the form of a page, as it is. */
async function fieldsOf(path: string): Promise<Fields> {
  const { text } = await getPage(path).expect(200);
  const form = /<form id="edit"[^]*?<\/form>/.exec(text)?.[0] ?? '';
  const pairs = [
    ...[...form.matchAll(/<input type="text" [^>]*name="([^"]+)" value="([^"]*)"/g)].map(([, n, v]) => [
      n,
      v,
    ]),
    ...[...form.matchAll(/<input type="checkbox" name="([^"]+)" value="([^"]*)" checked/g)].map(
      ([, n, v]) => [n, v],
    ),
    ...[...form.matchAll(/<select [^>]*name="([^"]+)"[^]*?<\/select>/g)].map(([select, n]) => [
      n,
      /<option value="([^"]*)" selected>/.exec(select)?.[1] ?? '',
    ]),
  ];
  const fields: Record<string, string[]> = {};
  for (const [name = '', value = ''] of pairs) (fields[name] ??= []).push(value.replaceAll('&#34;', '"'));
  return fields;
}

describe('the form for an organisation’s particulars', () => {
  const pathOf = (id = tpp.organisation.id) => `/organisations/${id}/edit`;
  const organisation = (id = tpp.organisation.id) => sandbox.services.registry.getOrganisation(id);

  it('changes nothing when it is sent as it came', async () => {
    const before = organisation();
    await postForm(pathOf(), await fieldsOf(pathOf()))
      .expect(303)
      .expect('Location', `/organisations/${tpp.organisation.id}?notice=changes-saved`);
    expect(organisation()).toEqual(before);
  });

  it('changes name and authority', async () => {
    const fields = { name: 'Édité plc', authorityId: 'FCAGBR', registrationId: '778899' };
    await postForm(pathOf(), { ...(await fieldsOf(pathOf())), ...fields }).expect(303);
    expect(organisation()).toMatchObject({
      name: 'Édité plc',
      authority: { id: 'FCAGBR', registrationId: '778899' },
    });
  });

  it('adds an authorisation in the last row, and removes one', async () => {
    const fields = await fieldsOf(pathOf());
    expect(fields).toMatchObject({ 'memberState-0': ['GB'], 'memberState-1': [''] });
    await postForm(pathOf(), {
      ...fields,
      'memberState-1': 'IE',
      'roles-1': ['AISP', 'PISP', 'CBPII'],
    }).expect(303);
    const both = [
      { memberState: 'GB', roles: ['AISP', 'PISP', 'CBPII'] },
      { memberState: 'IE', roles: ['AISP', 'PISP', 'CBPII'] },
    ];
    expect(organisation().authorisations).toEqual(both);
    await postForm(pathOf(), { ...(await fieldsOf(pathOf())), 'remove-0': 'yes' }).expect(303);
    expect(organisation().authorisations).toEqual(both.slice(1));
  });

  it('adds, changes and removes contacts', async () => {
    const fields = await fieldsOf(pathOf());
    const without = {
      'contact-Business-name': '',
      'contact-Business-email': '',
      'contact-Business-phone': '',
    };
    await postForm(pathOf(), {
      ...fields,
      ...without,
      'contact-Technical-email': 'new@example.com',
      'contact-PTC-name': 'On call',
      'contact-PTC-email': 'call@example.com',
      'contact-PTC-phone': '+44 20 7946 0003',
    }).expect(303);
    expect(organisation().contacts).toEqual([
      { type: 'Technical', name: 'Technical', email: 'new@example.com', phone: '+44 20 7946 0001' },
      { type: 'PTC', name: 'On call', email: 'call@example.com', phone: '+44 20 7946 0003' },
    ]);
  });

  it('comes again with each error at its field, and with what was entered', async () => {
    const before = organisation();
    const { text } = await postForm(pathOf(), {
      ...(await fieldsOf(pathOf())),
      name: ' ',
      authorityId: 'obgbr',
      registrationId: '!',
      'memberState-1': 'FR',
      'contact-Technical-name': '',
      'contact-Technical-email': '',
      'contact-Technical-phone': '',
      'contact-PTC-email': 'nonsense <script>',
    }).expect(400);
    for (const error of [
      '<a href="#edit-name">Name: expected text that is not blank',
      '<a href="#edit-authorityId">Authority id: expected the short name of an authority',
      '<a href="#edit-registrationId">Registration number: expected a registration number',
      '<a href="#edit-roles-1">Roles of authorisation 2: expected at least 1 item',
      // The first of those that are filled in is not the first of the form.
      '<a href="#edit-contact-PTC-email">PTC contact, E-mail: expected an e-mail address',
    ])
      expect(text).toContain(error);
    expect(text).toMatch(/id="edit-contact-PTC-email"[^>]* aria-invalid="true"/);
    expect(text).toContain('value="nonsense &lt;script&gt;"');
    expect(text).toContain('<option value="FR" selected>');
    expect(text).toMatch(/name="contact-Technical-name" value=""/);
    expect(text).toContain('name="memberState-1"');
    expect(text).not.toContain('name="memberState-2"');
    expect(organisation()).toEqual(before);
  });

  it('wants a member state for roles, and one authorisation at the least', async () => {
    const fields = await fieldsOf(pathOf());
    const nameless = await postForm(pathOf(), { ...fields, 'memberState-1': '', 'roles-1': 'AISP' }).expect(
      400,
    );
    expect(nameless.text).toContain('<a href="#edit-memberState-1">Member state 2: expected one of');
    const none = await postForm(pathOf(), { ...fields, 'remove-0': 'yes' }).expect(400);
    expect(none.text).toContain('<a href="#edit-memberState-0">Authorisations: expected at least 1 item');
  });

  it('says which software statement is in the way of an authorisation that goes', async () => {
    const { text } = await postForm(pathOf(), { ...(await fieldsOf(pathOf())), 'roles-0': 'AISP' }).expect(
      409,
    );
    expect(text).toContain(`the active software statement &#34;${tpp.softwareStatement.id}&#34;`);
  });

  it('is not found for an unknown organisation', async () => {
    await getPage(pathOf('0015800000NOSUCHID')).expect(404);
    await postForm(pathOf('0015800000NOSUCHID'), {}).expect(404);
    await postForm(pathOf('0015800000NOSUCHID'), await fieldsOf(pathOf())).expect(404);
  });
});

describe('the form for the metadata of a software statement', () => {
  const pathOf = (id = tpp.softwareStatement.id) => `/software-statements/${id}/edit`;
  const statement = () => sandbox.services.registry.getSoftwareStatement(tpp.softwareStatement.id);

  it('changes nothing when it is sent as it came', async () => {
    const before = statement();
    await postForm(pathOf(), await fieldsOf(pathOf()))
      .expect(303)
      .expect('Location', `/software-statements/${tpp.softwareStatement.id}?notice=changes-saved`);
    expect(statement()).toEqual(before);
  });

  it('changes everything that it shows, and takes away what is emptied', async () => {
    const change = {
      clientName: 'Other "name"',
      description: 'Other description',
      version: '2.0',
      mode: 'Live',
      environment: 'test',
      clientUri: 'https://other.example',
      onBehalfOf: 'Somebody',
    };
    await postForm(pathOf(), { ...(await fieldsOf(pathOf())), ...change, roles: 'AISP', logoUri: '' }).expect(
      303,
    );
    expect(statement()).toMatchObject({ ...change, roles: ['AISP'], logoUri: null });
    const { payload } = await sandbox.services.ssaIssuer.issue(tpp.softwareStatement.id);
    expect(payload).toMatchObject({ software_client_name: 'Other "name"', software_mode: 'Live' });
  });

  it('comes again with each error at its field, and with what was entered', async () => {
    const before = statement();
    const fields = {
      ...(await fieldsOf(pathOf())),
      clientName: '',
      mode: 'Other',
      policyUri: 'ftp://x',
      version: '9',
    };
    const { text } = await postForm(pathOf(), { ...fields, roles: 'ASPSP' }).expect(400);
    for (const error of [
      '<a href="#edit-clientName">Client name: expected text that is not blank',
      '<a href="#edit-mode">Mode: expected one of &#34;Test&#34;, &#34;Live&#34;',
      '<a href="#edit-policyUri">Policy URI: expected an http or https URI, got &#34;ftp://x&#34;',
    ])
      expect(text).toContain(error);
    expect(text).toContain('name="version" value="9"');
    expect(statement()).toEqual(before);
  });

  it('is not found for an unknown statement', async () => {
    await getPage(pathOf('NoSuchSoftware00000000')).expect(404);
    await postForm(pathOf('NoSuchSoftware00000000'), {}).expect(404);
  });
});
