import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { certificateDefectNames } from '../../src/sandbox/defects/certificate-defects.js';
import { defects } from '../../src/sandbox/defects/catalogue.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

const DAY = 86_400_000;

let sandbox: Sandbox;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Lab rat' });
});
afterEach(() => {
  sandbox.clock.follow();
  sandbox.services.faults.clearAll();
});
afterAll(() => sandbox.close());

const getPage = (path: string) => request(sandbox.deskApp).get(path).set('Accept', 'text/html');
const postForm = (path: string, fields: Record<string, string> = {}) =>
  request(sandbox.deskApp).post(path).set('Accept', 'text/html').type('form').send(fields);

/** Where the errors of a page lead, and what they say. */
const errorsOn = (html: string) =>
  Array.from(
    (/<div class="errors"[^]*?<\/div>/.exec(html)?.[0] ?? '').matchAll(
      /<li><a href="(#[^"]+)">([^<]*)<\/a><\/li>/g,
    ),
    ([, control, text]) => [control, text?.replaceAll('&#34;', '"').replaceAll('&#39;', "'")],
  );

const daysAhead = () => Math.round((sandbox.clock.now().getTime() - Date.now()) / DAY);

describe('the clock of the lab', () => {
  it.each([
    ['PT1H', 3_600_000],
    ['P1D', DAY],
    ['P31D', 31 * DAY],
  ])('moves on by %s at the press of a button, and says so', async (by, milliseconds) => {
    sandbox.clock.freeze(new Date('2026-12-01T10:00:00Z'));
    const { headers } = await postForm('/lab/clock/advance', { by }).expect(303);
    expect(sandbox.clock.now().getTime() - Date.parse('2026-12-01T10:00:00Z')).toBe(milliseconds);
    const { text } = await getPage(headers['location'] ?? '').expect(200);
    expect(text).toContain('The clock has been changed, for everybody who uses this sandbox.');
  });

  it('is set to an instant as a control for dates has it, which is taken as UTC', async () => {
    await postForm('/lab/clock/set', { mode: 'frozen', at: '2027-01-31T09:00' }).expect(303);
    expect(sandbox.clock.read()).toEqual({ mode: 'frozen', at: new Date('2027-01-31T09:00:00Z') });
    await postForm('/lab/clock/set', { mode: 'offset', at: '2027-02-01T09:00:30' }).expect(303);
    expect(sandbox.clock.read().mode).toBe('offset');
    await postForm('/lab/clock/set', { mode: 'real', at: '2027-02-01T09:00:30' }).expect(303);
    expect(sandbox.clock.read().mode).toBe('real');
  });

  it('goes to a day counted from today, and stands still there where it stood still', async () => {
    await postForm('/lab/clock/set', { mode: 'frozen' }).expect(303);
    await postForm('/lab/clock/days', { days: '-40' }).expect(303);
    expect(daysAhead()).toBe(-40);
    expect(sandbox.clock.read().mode).toBe('frozen');
  });

  it.each([
    ['/lab/clock/set', { mode: 'offset', at: 'tomorrow' }, '#clock-set-at', 'an instant as'],
    ['/lab/clock/set', { mode: 'backwards', at: '' }, '#clock-set-mode', 'one of "real"'],
    ['/lab/clock/days', { days: '90000' }, '#clock-days-days', "when the sandbox's authorities are valid"],
    ['/lab/clock/days', { days: 'many' }, '#clock-days-days', 'a number'],
    ['/lab/clock/advance', { by: 'a while' }, '#clock-advance-by', 'an ISO 8601 duration'],
  ])('refuses what is no time for it (%s %o), beside the field', async (path, fields, control, expected) => {
    const { text } = await postForm(path, fields).expect(400);
    expect(errorsOn(text)).toEqual([[control, expect.stringContaining(expected)]]);
    expect(sandbox.clock.read().mode).toBe('real');
  });

  it('leads to the days around the end of a certificate', async () => {
    const { notAfter } = sandbox.services.certificates.get(tpp.transport.kid).record;
    const { text } = await getPage(`/lab?statement=${tpp.softwareStatement.id}`).expect(200);
    const instants = [...text.matchAll(/name="at" value="([^"]+)"/g)].map(([, at = '']) => at);
    const end = Date.parse(notAfter);
    expect(instants).toContain(new Date(end - DAY).toISOString());
    const dayAfter = new Date(end + DAY).toISOString();
    expect(instants).toContain(dayAfter);
    const chosen = `statement=${tpp.softwareStatement.id}`;
    const { headers } = await postForm(`/lab/clock/jump?${chosen}`, { at: dayAfter }).expect(303);
    expect(headers['location']).toBe(`/lab?notice=clock-changed&${chosen}`);
    expect(sandbox.services.certificates.get(tpp.transport.kid).status).toBe('expired');
  });
});

describe('the faults of the lab', () => {
  const set = () => sandbox.services.faults.list();

  it('are set by a form, shown, and cleared one by one and all at once', async () => {
    await postForm('/lab/faults/http', { name: 'down', path: '/aspsp/reference/token', times: '2' }).expect(
      303,
    );
    const holder = `softwareId:${tpp.softwareStatement.id}`;
    await postForm('/lab/faults/jwks', { name: 'empty', holder, set: 'active' }).expect(303);
    expect(set()).toMatchObject([
      { kind: 'http', name: 'down', path: '/aspsp/reference/token', remaining: 2, listener: 'https' },
      { kind: 'jwks', name: 'empty', softwareId: tpp.softwareStatement.id, remaining: null },
    ]);
    const { text } = await getPage('/lab').expect(200);
    expect(text).toContain('<code>/aspsp/reference/token</code>');
    expect(text).toContain('The set has no keys.');

    await postForm(`/lab/faults/${set()[0]?.id ?? ''}/clearing`).expect(303);
    expect(set()).toHaveLength(1);
    await postForm('/lab/faults/clearing').expect(303);
    expect(set()).toEqual([]);
  });

  it('spoil the keys of the Directory, or of whoever is named by an id', async () => {
    await postForm('/lab/faults/jwks', { name: 'slow', holder: 'directory', milliseconds: '5' }).expect(303);
    const holderId = tpp.organisation.id;
    await postForm('/lab/faults/jwks', { name: 'empty', holder: 'directory', holderId }).expect(303);
    expect(set()).toMatchObject([{ directory: true, milliseconds: 5 }, { organisationId: holderId }]);
  });

  it('are on every page while they are live, and no longer', async () => {
    const notice = 'A fault is set: something here misbehaves on purpose.';
    expect((await getPage('/banks')).text).not.toContain(notice);
    await postForm('/lab/faults/http', { name: 'observe', path: '/somewhere' }).expect(303);
    expect((await getPage('/banks')).text).not.toContain('misbehave');
    await postForm('/lab/faults/jwks', { name: 'stale', holder: 'directory', seconds: '60' }).expect(303);
    expect((await getPage('/banks')).text).toContain(notice);
    sandbox.clock.advance('PT2M');
    expect((await getPage('/banks')).text).not.toContain(notice);
  });

  it.each([
    ['http', { name: 'down', path: 'token' }, '#fault-http-path', 'a path without host'],
    ['http', { name: 'down', path: '/x', times: 'twice' }, '#fault-http-times', 'a number'],
    ['http', { name: 'gone', path: '/x' }, '#fault-http-name', 'one of "down"'],
    ['jwks', { name: 'empty', holder: 'kind:http' }, '#fault-jwks-body', 'one of organisationId'],
    ['jwks', { name: 'empty', holderId: 'Nobody' }, '#fault-jwks-holderId', 'of the Directory, got "Nobody"'],
    ['jwks', { name: 'empty', holder: 'directory', location: 'x' }, '#fault-jwks-location', 'no member'],
  ])('are refused beside the field when they are none (%s, %o)', async (kind, fields, control, expected) => {
    const { text } = await postForm(`/lab/faults/${kind}`, fields).expect(400);
    expect(errorsOn(text)).toEqual([[control, expect.stringContaining(expected)]]);
    expect(set()).toEqual([]);
  });
});

describe('the revocation of the lab', () => {
  it('asks once, within the row, and leads back to the statement', async () => {
    const other = await sandbox.services.createReadyTpp({ name: 'Short life' });
    const { kid } = other.transport;
    const { headers } = await postForm('/lab/revocation', { kid, reason: 'keyCompromise' }).expect(303);
    const { text } = await getPage(headers['location'] ?? '').expect(200);
    expect(text).toContain('The certificate has been revoked.');
    expect(text).toContain('<span class="status status-revoked">revoked</span>');
    expect(sandbox.services.certificates.get(kid)).toMatchObject({
      record: { revocation: { reason: 'keyCompromise' } },
    });
    await postForm('/lab/revocation', { kid, reason: 'keyCompromise' }).expect(409);
  });

  it('speaks of the newest statement where it is asked for one that is not there', async () => {
    const { text } = await getPage('/lab?statement=%3Cb%3E').expect(200);
    expect(text).toContain('There is no software statement <code>&lt;b&gt;</code>');
  });
});

describe('the catalogue of defects', () => {
  it('has all of them, each with a way to try it', async () => {
    const { text } = await getPage('/lab/defects').expect(200);
    const missing = defects.filter(({ name }) => !text.includes(`(${name})`));
    expect(missing).toEqual([]);
    expect(text).toContain(`${defects.length} of ${defects.length}`);
  });

  it('is filtered by kind and by words', async () => {
    const { text } = await getPage('/lab/defects?kind=ssa&q=IAT+missing-or-not').expect(200);
    expect(text).toContain('Nothing matches');
    const { text: iat } = await getPage('/lab/defects?kind=ssa&q=no-iat').expect(200);
    expect(iat).toContain(`1 of ${defects.length}`);
  });

  it.each(certificateDefectNames)('has a certificate issued with the defect %s', async (defect) => {
    const softwareId = tpp.softwareStatement.id;
    const { headers } = await postForm('/lab/defective-certificate', { softwareId, defect }).expect(303);
    await getPage(headers['location'] ?? '').expect(200);
  });

  it('proposes a fault where the defect is one of an answer', async () => {
    const { text } = await getPage('/lab?fault=connection-reset').expect(200);
    expect(text).toMatch(/<option value="connection-reset"[^>]* selected>/);
  });
});

describe('the state of the lab', () => {
  const importText = (text: string) =>
    request(sandbox.deskApp)
      .post('/lab/import')
      .set('Accept', 'text/html')
      .type('text/plain')
      .send(`state=${text}\r\n`);

  it('is exported as a file with the time in its name', async () => {
    sandbox.clock.freeze(new Date('2027-01-31T09:00:00Z'));
    const { headers, text } = await getPage('/lab/state.json').expect(200);
    expect(headers['content-disposition']).toBe('attachment; filename=sandbox-2027-01-31T090000Z.json');
    expect(headers['cache-control']).toBe('no-store');
    expect(JSON.parse(text)).toMatchObject({ format: 'mock-ob-directory-state' });
  });

  it('is imported as a form without encoding sends it, line breaks and all', async () => {
    const { text } = await getPage('/lab/state.json');
    const { organisation } = await sandbox.services.createReadyTpp({ name: 'Too late' });
    const pretty = JSON.stringify(JSON.parse(text), null, 2).replaceAll('\n', '\r\n');
    expect(pretty.length).toBeGreaterThan(limits.bodyBytes);
    const { headers } = await importText(pretty).expect(303);
    expect(headers['location']).toBe('/lab?notice=state-imported');
    await getPage(`/organisations/${organisation.id}`).expect(404);
  });

  it.each([
    ['{"format": "mock-ob-directory-state"', 'line 1, column'],
    ['[]', 'expected an object'],
    ['{"format":"other","version":1}', 'format'],
    ['[['.repeat(200) + ']]'.repeat(200), 'levels'],
  ])('is not imported when it is none: %.40s', async (text, expected) => {
    const { text: html } = await importText(text).expect(400);
    expect(errorsOn(html)).toEqual([['#import-state', expect.stringContaining(expected)]]);
    expect(html).toContain(text.slice(0, 30).replaceAll('"', '&#34;'));
  });

  it('is taken in no other form, and not from another site', async () => {
    await postForm('/lab/import', { state: '{}' }).expect(415);
    await importText('{}').set('Origin', 'https://evil.example').expect(403);
  });

  it.each(['start-up', 'demo'])('asks once before a reset to %s, and offers the export first', async (to) => {
    const { organisation } = await sandbox.services.createReadyTpp({ name: 'Gone soon' });
    const { text } = await getPage(`/lab/reset?to=${to}`).expect(200);
    expect(text).toContain('href="/lab/state.json"');
    expect(text).toContain(`<input type="hidden" name="to" value="${to}">`);
    await getPage(`/organisations/${organisation.id}`).expect(200);
    const { headers } = await postForm('/lab/reset', { to }).expect(303);
    expect(headers['location']).toBe('/lab?notice=state-reset');
    await getPage(`/organisations/${organisation.id}`).expect(404);
  });
});
