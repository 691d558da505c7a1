import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox, type TestTpp } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

let sandbox: Sandbox;
let tpp: TestTpp;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.createTpp({ name: 'Taped <b>TPP</b>' });
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.services.tape.clear());

const getPage = (path: string) => request(sandbox.deskApp).get(path).set('Accept', 'text/html');
const register = (bank = 'reference') => tpp.register(sandbox.bank(bank));
/** The ids of the calls of a page, from the top. */
const callsOn = (html: string) => Array.from(html.matchAll(/id="call-([\w-]+)"/g), ([, id]) => id);

describe('the page of the tape', () => {
  it('says what to do while there is nothing', async () => {
    const { text } = await getPage('/tape').expect(200);
    expect(text).toContain('Nothing has been said yet');
    expect(text).toContain('href="/banks"');
  });

  it('shows calls in the order of time, with what came of each inside it, and links the verdict', async () => {
    await register();
    const { text } = await getPage('/tape').expect(200);
    const list = sandbox.services.tape.list();
    const [registration, ...fetches] = list;
    expect(callsOn(text)).toEqual(list.map(({ id }) => id));
    const inside = text.slice(text.indexOf('<ol class="caused">'), text.indexOf('</ol>'));
    expect(callsOn(inside)).toEqual(fetches.map(({ id }) => id));
    expect(text).toContain('Taped &lt;b&gt;TPP&lt;/b&gt;');
    expect(text).toContain(
      `/banks/reference/attempts/${registration?.verdict?.attemptId ?? 'none'}">verdict</a>`,
    );
    expect(text).toContain('201 Created');
  });

  it('is filtered by a form, and says when nothing fits', async () => {
    await register('reference');
    await register('mtls-only');
    const { text } = await getPage('/tape?bank=mtls-only&tpp=').expect(200);
    expect(text).toContain('<option value="mtls-only" selected>');
    expect(text).not.toContain('/aspsp/reference/register');
    expect((await getPage('/tape?tpp=nobody')).text).toContain('No exchange is like that');
  });

  it('has the newest calls first come, and the older ones a page away', async () => {
    const { tape } = sandbox.services;
    const ids = Array.from({ length: 60 }, () =>
      tape.begin({ caller: { kind: 'desk' }, method: 'GET', url: '/keystore/openbanking.jwks' }),
    ).map(({ id }) => id);
    const newest = (await getPage('/tape')).text;
    expect(callsOn(newest)).toEqual(ids.slice(35));
    expect(newest).toContain('data-live');
    const older = (await getPage(`/tape?before=${ids[35]}`)).text;
    expect(callsOn(older)).toEqual(ids.slice(10, 35));
    expect(older).not.toContain('data-live');
    expect(callsOn((await getPage(`/tape?before=${ids[10]}`)).text)).toEqual(ids.slice(0, 10));
  });

  it('opens each exchange: headers, tokens with dates, certificate, answer, what it came of and caused', async () => {
    await register();
    const [registration, fetched] = sandbox.services.tape.list();
    const { text } = await getPage(`/tape/${registration?.id ?? ''}`).expect(200);
    expect(text).toContain('<h1>POST /aspsp/reference/register</h1>');
    expect(text).toContain('application/jwt');
    expect(text).toContain('Token <span');
    expect(text).toContain('SSA <span');
    expect(text).toMatch(/<code>iat<\/code> is <time datetime="\d{4}-/);
    expect(text).toContain(`CN=${tpp.softwareStatement.id},OU=${tpp.organisation.id}`);
    expect(text).toContain(`href="/tape/${fetched?.id ?? ''}"`);
    const other = (await getPage(`/tape/${fetched?.id ?? ''}`).expect(200)).text;
    expect(other).toContain(`href="/tape/${registration?.id ?? ''}"`);
    expect(other).toContain('None was shown.');
    await getPage('/tape/no-such-exchange').expect(404);
  });

  it('is downloaded as JSON, as it was filtered', async () => {
    await register('reference');
    await register('mtls-only');
    const answer = await getPage('/tape/download?bank=mtls-only').expect(200);
    expect(answer.headers['content-disposition']).toBe('attachment; filename=tape.json');
    const { exchanges } = answer.body as { exchanges: { to: { party: string } }[] };
    expect(exchanges[0]?.to.party).toBe('bank:mtls-only');
    expect(answer.text).not.toContain('bank:reference');
  });

  it('is cleared by a form', async () => {
    await register();
    await request(sandbox.deskApp).post('/tape/clear').set('Accept', 'text/html').type('form').expect(303);
    expect((await getPage('/tape?notice=tape-cleared')).text).toContain('The tape has been cleared.');
    expect(sandbox.services.tape.list()).toEqual([]);
  });

  it('shows no secret on any of its pages', async () => {
    await register();
    const token = await tpp.token(sandbox.bank('reference'));
    await tpp.readRegistration(sandbox.bank('reference'), { token: token.body.access_token ?? '' });
    const pages = ['/tape', '/tape/download', ...sandbox.services.tape.list().map(({ id }) => `/tape/${id}`)];
    expect(pages.length).toBeGreaterThan(6);
    const shown = (await Promise.all(pages.map(async (path) => (await getPage(path).expect(200)).text))).join(
      '',
    );
    expect(token.body.access_token).toMatch(/.{16}/);
    expect(shown).not.toContain(token.body.access_token);
    expect(shown).toContain('Bearer [left out]');
    expect(shown).toContain('signature-left-out');
  });
});

describe('the picture of trust', () => {
  it('has every bank, authority, TPP, software statement and certificate as a link with a name', async () => {
    await sandbox.revoke(tpp.signing.kid, 'keyCompromise');
    const { text } = await getPage('/trust').expect(200);
    const labelOf = (path: string) =>
      new RegExp(`<a href="${path.replaceAll('?', '\\?')}" class="node[^>]*>\\s*<title>([^<]*)<`).exec(
        text,
      )?.[1];
    for (const { profile } of sandbox.services.banks) {
      expect(labelOf(`/banks/${profile.id}`)).toBe(`${profile.name}, bank, DCR ${profile.dcrVersion}`);
    }
    expect(labelOf('/ca/root.pem')).toMatch(/^Root CA of Open Banking Directory, valid until \d{4}$/);
    expect(labelOf('/keystore/openbanking.jwks')).toContain('signs the SSAs');
    expect(labelOf('/anchors/second')).toBe('Second Trust Anchor');
    expect(labelOf('/qtsp')).toBe('Mock QTSP');
    expect(labelOf(`/organisations/${tpp.organisation.id}`)).toBe(
      'Taped &lt;b&gt;TPP&lt;/b&gt;, organisation, Active',
    );
    expect(labelOf(`/software-statements/${tpp.softwareStatement.id}`)).toContain('software statement');
    expect(labelOf(`/certificates/${tpp.transport.kid}`)).toContain(
      'OBTransport certificate, active, valid until',
    );
    expect(labelOf(`/certificates/${tpp.signing.kid}`)).toContain(
      'OBSigning certificate, revoked, valid until',
    );
  });

  it('says the same in its list', async () => {
    const { text } = await getPage('/trust').expect(200);
    const list = text.slice(text.indexOf('class="trust-list"'));
    expect(list).toMatch(
      /Open-Trust Bank<\/a> trusts\s+<ul>\s+<li>certificates of Open Banking Directory, Second Trust Anchor, Mock QTSP/,
    );
    expect(list).toContain(`href="/certificates/${tpp.transport.kid}"`);
  });

  it('follows the sandbox clock: certificates expire', async () => {
    sandbox.clock.advance('P900D');
    const { text } = await getPage(`/trust?statement=${tpp.softwareStatement.id}`).expect(200);
    sandbox.clock.follow();
    expect(text).toContain('OBTransport certificate, expired');
  });

  it('shows the newest of many, and how many more there are', async () => {
    const total = sandbox.services.registry.countOfOrganisations('tpp');
    const made = [];
    for (let count = 0; count < 6; count += 1) {
      made.push(await sandbox.createOrganisation({ name: `Organisation ${count}`, kind: 'tpp' }));
    }
    const { text } = await getPage('/trust').expect(200);
    expect(text).toContain(`and ${total + 1} more`);
    for (const { id } of made.slice(1)) expect(text).toContain(`/organisations/${id}`);
    expect(text).not.toContain(`/organisations/${made[0]?.id ?? ''}`);
  });

  it('comes close to one organisation or software statement, and knows when there is none', async () => {
    const { text } = await getPage(`/trust?organisation=${tpp.organisation.id}`).expect(200);
    expect(text).toContain('<h1>Taped &lt;b&gt;TPP&lt;/b&gt;</h1>');
    expect(text.match(/node-organisation/g)).toHaveLength(1);
    await getPage('/trust?organisation=0015800000NobodyAA').expect(404);
    await getPage('/trust?statement=NoSuchSoftware00000000').expect(404);
  });

  it('is led to from organisations, software statements and certificates, and shows those it is led to from', async () => {
    const { organisation, softwareStatement, signing } = tpp;
    const seal = await sandbox.services.certificates.certifyOrganisation(organisation.id, {
      type: 'obseal',
      generate: true,
    });
    for (const [page, trust] of [
      [`/organisations/${organisation.id}`, `/trust?organisation=${organisation.id}`],
      [`/software-statements/${softwareStatement.id}`, `/trust?statement=${softwareStatement.id}`],
      [`/certificates/${signing.kid}`, `/trust?statement=${softwareStatement.id}`],
      [`/certificates/${seal.record.kid}`, `/trust?organisation=${organisation.id}`],
      ['/organisations/0015800000REFBKAA5', '/trust?organisation=0015800000REFBKAA5'],
    ] as const) {
      expect((await getPage(page).expect(200)).text, page).toContain(`href="${trust}"`);
      expect((await getPage(trust).expect(200)).text, trust).toContain(`href="${page}"`);
    }
  });

  it('shows a sandbox without demo data, and says how to begin', async () => {
    await using empty = await createSandbox({ demo: false, keyPairs: testKeys });
    const { text } = await request(empty.deskApp).get('/trust').set('Accept', 'text/html').expect(200);
    expect(text).toContain('No TPP yet');
  });
});
