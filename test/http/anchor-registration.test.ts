import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/registration.js';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { failedRules } from '../support/bank-client.js';
import { fieldsOf, unescaped } from '../support/forms.js';
import { testKeys } from '../support/keys.js';

let sandbox: Sandbox;
let tpp: ReadyTpp;
let statement: string;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  const anchor = await sandbox.services.getAnchor('second').open();
  tpp = await anchor.createReadyTpp({ name: 'Zebra & Söhne', clientName: 'Quagga Pay' });
  await anchor.createReadyTpp({ name: 'Okapi Ltd' });
  statement = `/anchors/second/software-statements/${tpp.softwareStatement.id}`;
});
afterAll(() => sandbox.close());

const getPage = (path: string) => request(sandbox.deskApp).get(path).set('Accept', 'text/html');
const postForm = (path: string, fields: object) =>
  request(sandbox.deskApp).post(path).set('Accept', 'text/html').type('form').send(fields);

/** Sends the form for a request to the bank as the page offers it, with changes. */
async function register(bank: string, changes: object = {}): Promise<{ path: string; attempt: Attempt }> {
  const { text } = await getPage(`${statement}/register?bank=${bank}`).expect(200);
  const fields = { ...fieldsOf(text, 'compose'), send: 'form', ...changes };
  const { headers } = await postForm(`${statement}/register`, fields).expect(303);
  const path = headers['location'] ?? '';
  return { path, attempt: sandbox.services.getBank(bank).getAttempt(path.split('/').at(-1) ?? '') };
}

describe('a software statement of another trust anchor', () => {
  it('is led from its SSA to a bank, one that accepts such SSAs before others', async () => {
    const { text } = await getPage(`${statement}/ssa`).expect(200);
    expect(text).toContain(`<form class="row-form" method="get" action="${statement}/register">`);
    const banks = [...text.matchAll(/<option value="([\w-]+)">/g)].map(([, id]) => id);
    expect(banks[0]).toBe('open-trust');
    expect([...banks].sort()).toEqual(sandbox.services.banks.map(({ profile }) => profile.id).sort());
    const composing = await getPage(`${statement}/register`).expect(200);
    expect(composing.text).toContain('Register at Open-Trust Bank');
    expect(composing.text).toContain('<a href="/anchors/second">Second Trust Anchor</a>');
    expect(composing.text).toContain(`<a href="${statement}/ssa">Quagga Pay</a>`);
    expect(composing.text).toContain('a fresh one of Second Trust Anchor');
  });

  it('registers where its anchor is trusted, is read there and removed', async () => {
    const { attempt } = await register('open-trust');
    expect(failedRules(attempt)).toEqual([]);
    expect(attempt.ssa?.payload).toMatchObject({
      iss: 'Second Trust Anchor TEST ONLY',
      software_id: tpp.softwareStatement.id,
    });
    const client = `${statement}/register/clients/${attempt.clientId}`;
    const read = await postForm(`${client}/reading`, { bank: 'open-trust' }).expect(200);
    expect(read.text).toContain(`href="${statement}/register?bank=open-trust#clients"`);
    const removed = await postForm(`${client}/removal`, { bank: 'open-trust' }).expect(303);
    expect(removed.headers['location']).toBe(`${statement}/register?notice=client-removed&bank=open-trust`);
    await getPage(removed.headers['location'] ?? '').expect(200);
  });

  it('is refused elsewhere, and tried again from the verdict', async () => {
    const { attempt, path } = await register('reference');
    expect(failedRules(attempt)).toContain('ssa-issuer');
    const { text } = await getPage(path).expect(200);
    const again = `${statement}/register?bank=reference&attempt=${attempt.id}`;
    expect(unescaped(text)).toContain(`href="${again}"`);
    const page = await getPage(again).expect(200);
    expect(page.text).toContain('Register at Reference Bank');
  });

  it('is tried again, too, when its own key signed the SSA', async () => {
    const { attempt, path } = await register('reference', { ssa: 'self-signed' });
    const { text } = await getPage(path).expect(200);
    expect(unescaped(text)).toContain(`href="${statement}/register?bank=reference&attempt=${attempt.id}"`);
  });

  it('has commands for a shell that fetch keys and certificates where they are', async () => {
    const { text } = await getPage(`${statement}/register?bank=open-trust&by=hand`).expect(200);
    const commands = unescaped(/<textarea id="by-hand-fetching"[^>]*>([^<]*)</.exec(text)?.[1] ?? '');
    const paths = [...commands.matchAll(/'http:\/\/[^/]+(\/[^']+)'/g)].map(([, path = '']) => path);
    const [key, certificate] = [tpp.signing.kid, tpp.transport.kid];
    expect(paths).toContain(`/sandbox/anchors/second/certificates/${key}/private-key`);
    expect(paths).toContain(`/anchors/second/${tpp.organisation.id}/${certificate}.pem`);
    for (const path of paths) await request(sandbox.deskApp).get(path).expect(200);
  });

  it('without certificates leads to the calls that make them', async () => {
    const { registry } = await sandbox.services.getAnchor('second').open();
    const bare = await registry.createSoftwareStatement(
      tpp.organisation.id,
      newSoftwareStatementSchema.parse({ clientName: 'Bare' }),
    );
    const path = `/anchors/second/software-statements/${bare.id}`;
    const { text } = await getPage(`${path}/register`).expect(200);
    expect(text).toContain('A call of the control API certifies each');
    expect(text).toContain(`/sandbox${path}/certificates`);
    expect(text).not.toContain('#certify');
  });

  it('is of its anchor alone', async () => {
    const { id } = tpp.softwareStatement;
    await getPage(`/software-statements/${id}/register`).expect(404);
    const own = await sandbox.services.createReadyTpp({});
    await getPage(`/anchors/second/software-statements/${own.softwareStatement.id}/register`).expect(404);
    await getPage(`/anchors/unknown/software-statements/${id}/register`).expect(404);
    await postForm(`${statement}/register`, { bank: 'unknown', send: 'form' }).expect(404);
  });
});

describe('the organisations of another trust anchor', () => {
  const found = async (query: string) => (await getPage(`/anchors/second?${query}`).expect(200)).text;

  it.each([
    ['a part of a name', () => 'ZEBRA'],
    ['the client name of software', () => 'quagga'],
    ['the id of software', () => tpp.softwareStatement.id],
    ['a kid', () => tpp.transport.kid],
  ])('are found by %s', async (_by, q) => {
    const text = await found(new URLSearchParams({ q: q() }).toString());
    expect(text).toContain(`<code>${tpp.organisation.id}</code>`);
    expect(text).not.toContain('Okapi');
    expect(text).toContain('<mark>');
    expect(text).toContain(`/sandbox/anchors/second/organisations?q=`);
    expect(text).not.toMatch(/href="\/(?:organisations|software-statements|certificates)\//);
  });

  it('are kept to a kind and to a status', async () => {
    expect(await found('kind=aspsp')).toContain('Nothing found');
    expect(await found('kind=tpp&status=Active')).toContain('Okapi');
    expect(await found('status=Withdrawn')).toContain(
      '<a class="button" href="/anchors/second">Show all</a>',
    );
  });

  it('are not searched by what is no search', async () => {
    await getPage(`/anchors/second?q=${'x'.repeat(101)}`).expect(400);
  });
});
