import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, verdictOf } from '../support/registration.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
});
afterAll(() => sandbox.close());

const getPage = async (path: string) =>
  (await supertest(sandbox.deskApp).get(path).set('Accept', 'text/html').expect(200)).text;
const refusedAt = async (bank: string, body = 'not.a.token') =>
  verdictOf(await sandbox.services.getBank(bank).register(anonymousPost(body))).id;
const rowsOf = (html: string) => [...html.matchAll(/<tr data-attempt="([^"]+)"/g)].map(([, id]) => id);
const nextOf = (html: string) =>
  /href="(\/attempts\?[^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');

describe('the page of all attempts', () => {
  it('says what to do while there is none', async () => {
    const text = await getPage('/attempts');
    expect(text).toContain('No attempt yet');
    expect(text).toContain('<a class="button" href="/organisations">Choose a software statement</a>');
    expect(text).toContain('data-events="/attempts/events" data-newest=""');
  });

  it('lists what was attempted at every bank, the newest first, with ways to the verdict and to the bank', async () => {
    const ids = [await refusedAt('reference'), await refusedAt('legacy')];
    const text = await getPage('/attempts');
    expect(rowsOf(text)).toEqual([...ids].reverse());
    expect(text).toContain(`href="/banks/reference/attempts/${ids[0]}"`);
    expect(text).toContain('<td><a href="/banks/legacy">Legacy Bank</a></td>');
    expect(text).toContain(`data-newest="${ids[1]}"`);
    await getPage(`/banks/legacy/attempts/${ids[1]}`);
  });

  it('keeps to a bank and to an outcome, also for what comes live, and passes over what is neither', async () => {
    await (await sandbox.createTpp()).register(sandbox.bank('reference'));
    const all = rowsOf(await getPage('/attempts'));
    const agreed = await getPage('/attempts?bank=reference&outcome=agreed');
    expect(rowsOf(agreed)).toEqual(all.slice(0, 1));
    expect(agreed).toContain('data-events="/attempts/events?bank=reference&amp;outcome=agreed"');
    expect(agreed).toContain('<option value="reference" selected>');
    expect(agreed).toContain('/sandbox/banks/reference/attempts');
    expect(rowsOf(await getPage('/attempts?bank=legacy&outcome='))).toEqual([all[1]]);
    expect(await getPage('/attempts?bank=legacy&outcome=agreed')).toContain('No such attempt');
    expect(rowsOf(await getPage('/attempts?bank=%3Cb%3E&outcome=x&after=y'))).toEqual(all);
  });

  it('goes on to older ones, with the filter kept', async () => {
    for (let count = 0; count < 101; count++) await refusedAt('legacy');
    const first = await getPage('/attempts?outcome=refused');
    expect(rowsOf(first)).toHaveLength(100);
    const second = await getPage(nextOf(first) ?? '');
    expect(rowsOf(second)).toHaveLength(3);
    expect(nextOf(second)).toBeUndefined();
    expect(second).toContain('data-first-page="/attempts?outcome=refused"');
    expect(second).toContain('href="/attempts?outcome=refused">First page</a>');
  });

  it('is reached from the navigation and from each bank', async () => {
    expect(await getPage('/attempts')).toContain('<a href="/attempts" aria-current="true">Attempts</a>');
    expect(await getPage('/banks/reference')).toContain('<a href="/attempts">The attempts at every bank</a>');
  });

  it('has no banks to choose from in a sandbox without them', async () => {
    const bare = await createSandbox({ keyPairs: testKeys, demo: false });
    const page = await supertest(bare.deskApp).get('/attempts').set('Accept', 'text/html').expect(200);
    expect(page.text).toContain('No attempt yet');
    await bare.close();
  });
});
