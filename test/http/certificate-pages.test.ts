import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CertifiedKey } from '../../src/directory/certificates.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { unescaped } from '../support/forms.js';

let sandbox: Sandbox;
let tpp: ReadyTpp;
let many: CertifiedKey[];

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Many Keys Ltd' });
  const key = sandbox.services.certificates.get(tpp.signing.kid);
  // As many as take minutes to make.
  many = Array.from({ length: 250 }, (_, index) => ({
    ...key,
    record: { ...key.record, kid: kidOf(index) },
  }));
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => sandbox.close());

const kidOf = (index: number) => `key-${String(index).padStart(3, '0')}`;
const getPage = async (path: string) =>
  (await request(sandbox.deskApp).get(path).set('Accept', 'text/html').expect(200)).text;
const kidsIn = (html: string) =>
  [...html.matchAll(/<a href="\/certificates\/([\w-]+)"><code>/g)].map(([, kid]) => kid);
const nextOf = (html: string) => {
  const [, pager = ''] =
    /<nav class="pager" aria-label="Pages of certificates">([^]*?)<\/nav>/.exec(html) ?? [];
  return unescaped(/href="([^"]+)" rel="next"/.exec(pager)?.[1] ?? '');
};

describe.each([
  {
    holder: 'a software statement',
    method: 'ofSoftwareStatement' as const,
    path: () => `/software-statements/${tpp.softwareStatement.id}`,
    query: '?',
  },
  {
    holder: 'an organisation',
    method: 'ofOrganisation' as const,
    path: () => `/organisations/${tpp.organisation.id}`,
    query: '?q=Many&',
  },
])('the certificates of $holder', ({ method, path, query }) => {
  it('come page by page, with what else the page was asked for kept', async () => {
    vi.spyOn(sandbox.services.certificates, method).mockReturnValue(many);
    const first = await getPage(query === '?' ? path() : `${path()}${query}`);
    expect(kidsIn(first)).toEqual(many.slice(0, 100).map(({ record }) => record.kid));
    expect(nextOf(first)).toBe(`${path()}${query}certificates=${kidOf(99)}#certificates`);
    const second = await getPage(nextOf(first).replace(/#.*/, ''));
    expect(kidsIn(second)).toHaveLength(100);
    expect(second).toContain(`href="${path()}${query.slice(0, -1)}#certificates">First page</a>`);
    const third = await getPage(nextOf(second).replace(/#.*/, ''));
    expect(kidsIn(third)).toEqual(many.slice(200).map(({ record }) => record.kid));
    expect(nextOf(third)).toBe('');
  });

  it('are on one page while they are few, and begin anew after an unknown one', async () => {
    const few = many.slice(0, 100);
    vi.spyOn(sandbox.services.certificates, method).mockReturnValue(few);
    expect(await getPage(path())).not.toContain('Pages of certificates');
    expect(kidsIn(await getPage(`${path()}?certificates=%3Cb%3E`))).toHaveLength(100);
  });
});

describe('the page of an SSA', () => {
  it('shows as many of the active certificates as one page has, and says how many more there are', async () => {
    const path = `/software-statements/${tpp.softwareStatement.id}/ssa`;
    expect(await getPage(path)).not.toContain('#certificates">and');
    vi.spyOn(sandbox.services.certificates, 'ofSoftwareStatement').mockReturnValue(many);
    const text = await getPage(path);
    expect(kidsIn(text)).toHaveLength(100);
    expect(text).toContain('#certificates">and 150 more</a>');
  });
});
