import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { questions } from '../../src/http/desk/faq/questions.js';
import { operations } from '../../src/http/desk/openapi/document.js';
import { groups, operationId } from '../../src/http/desk/openapi/operation.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { faq } from '../support/faq.js';
import { testKeys } from '../support/keys.js';

const LARGEST_PAGE_BYTES = 60_000;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
});
afterAll(() => sandbox.close());

const getPage = (path: string) => request(sandbox.deskApp).get(path).set('Accept', 'text/html');
const press = (slug: string, deed: string) =>
  request(sandbox.deskApp).post(`/docs/faq/${slug}`).set('Accept', 'text/html').type('form').send({ deed });

describe('the description for people', () => {
  it('leads to every call of the control API', async () => {
    const { text } = await getPage('/docs').expect(200);
    const missing = operations.filter(
      (one) => !text.includes(`href="/docs/api/${one.group}#${operationId(one)}"`),
    );
    expect(missing).toEqual([]);
    expect(text.length).toBeLessThan(LARGEST_PAGE_BYTES);
  });

  it.each(Object.keys(groups))(
    'has the calls of the group %s on a page that is soon there',
    async (group) => {
      const { text } = await getPage(`/docs/api/${group}`).expect(200);
      expect(text.length).toBeLessThan(LARGEST_PAGE_BYTES);
      for (const operation of operations.filter((one) => one.group === group)) {
        expect(text).toContain(`<h2 id="${operationId(operation)}">${operation.summary}</h2>`);
      }
    },
  );

  it('says of members what they may be, also of those within others', async () => {
    const { text } = await getPage('/docs/api/organisations');
    const rows = [...text.matchAll(/<tr><th scope="row"><code>([^<]*)<\/code>.*?<\/th><td>([^<]*)<\/td>/gs)];
    const shown = new Map(rows.map(([, name = '', type]) => [name, type]));
    expect(shown.get('name')).toBe('text of at most 140 characters');
    expect(shown.get('kind')).toContain('one of tpp, aspsp');
    expect(shown.get('contacts[].type')).toContain('one of Technical');
    expect(shown.get('authority.registrationId')).toBe('text of at most 64 characters');
  });

  it('has no page for a group that is none', async () => {
    await getPage('/docs/api/constructor').expect(404);
    await getPage('/docs/faq/constructor').expect(404);
  });
});

describe('the questions of the FAQ', () => {
  it('are all there, in its order and its words', async () => {
    expect(questions.map(({ question }) => question)).toEqual(faq.map(({ question }) => question));
    expect(new Set(questions.map(({ slug }) => slug)).size).toBe(questions.length);
    const { text } = await getPage('/docs');
    for (const { slug } of questions) {
      expect(text).toContain(`<a href="/docs/faq/${slug}">`);
      await getPage(`/docs/faq/${slug}`).expect(200);
    }
  });

  /** What each button comes to: the status of the bank's answer, and the rules that spoke against it. */
  const outcomes: Readonly<Record<string, readonly [status: number, ...rules: string[]][]>> = {
    'latest-version': [[201], [400, 'application-type']],
    'what-is-dcr': [[201]],
    'all-operations': [[405, 'operation-offered']],
    'other-issuers': [[201], [400, 'ssa-issuer']],
    'other-parameters': [[201], [400, 'id-token-signed-response-alg']],
    'what-a-bank-supports': [[400, 'token-endpoint-auth-method'], [201]],
    'expiry-of-a-request': [
      [400, 'request-exp'],
      [400, 'request-lifetime'],
    ],
    'fapi-values': [[201], [400, 'token-endpoint-auth-method']],
    'content-type': [[415, 'request-media-type'], [201]],
    'length-of-aud': [[201], [400, 'request-aud']],
    'claims-of-the-response': [[400, 'request-jti']],
    'redirect-uris': [[400, 'redirect-uris-in-ssa'], [201]],
  };

  it('have a known outcome for each of their buttons', () => {
    const counts = (table: readonly (readonly [string, number])[]) => Object.fromEntries(table);
    expect(counts(Object.entries(outcomes).map(([slug, deeds]) => [slug, deeds.length]))).toEqual(
      counts(questions.map(({ slug, deeds }) => [slug, deeds.length])),
    );
  });

  it.each(
    Object.entries(outcomes).flatMap(([slug, deeds]) =>
      deeds.map(([status, ...rules], index) => ({ slug, index, status, rules })),
    ),
  )('answer $slug by button $index with $status', async ({ slug, index, status, rules }) => {
    const { headers } = await press(slug, String(index)).expect(303);
    const { text } = await request(sandbox.deskApp)
      .get(`/sandbox${headers['location'] ?? ''}`)
      .expect(200);
    const attempt = JSON.parse(text) as {
      response: { status: number };
      rules: { id: string; outcome: string }[];
    };
    const failed = attempt.rules.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);
    expect([attempt.response.status, ...failed]).toEqual([status, ...rules]);
    await getPage(headers['location'] ?? '').expect(200);
  });

  it('refuse a button that is none, and say so without the banks of the demo', async () => {
    const { text } = await press('what-is-dcr', '7').expect(400);
    expect(text).toContain('expected a number from 0 to 0, got &#34;7&#34;');
    const bare = await createSandbox({ keyPairs: testKeys, demo: false });
    const page = await request(bare.deskApp)
      .get('/docs/faq/what-is-dcr')
      .set('Accept', 'text/html')
      .expect(200);
    expect(page.text).toContain('the bank for it is not here');
    await bare.close();
  });
});
