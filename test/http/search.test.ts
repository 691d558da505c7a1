import { randomBytes } from 'node:crypto';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newOrganisationId, newSoftwareId } from '../../src/domain/identifiers.js';
import { createOrganisation } from '../../src/domain/organisation.js';
import { emptyRecord, type Random } from '../../src/domain/ports.js';
import { createSoftwareStatement, newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

interface List {
  readonly items: readonly { readonly id: string; readonly name?: string; readonly clientName?: string }[];
  readonly next: string | null;
}

const getPage = (sandbox: Sandbox, path: string) =>
  request(sandbox.deskApp).get(path).set('Accept', 'text/html');
const listOf = async (sandbox: Sandbox, path: string) =>
  (await request(sandbox.deskApp).get(`/sandbox${path}`).expect(200)).body as List;

describe('a search', () => {
  let sandbox: Sandbox;
  let tpp: ReadyTpp;

  beforeAll(async () => {
    sandbox = await createSandbox({ keyPairs: testKeys });
    tpp = await sandbox.services.createReadyTpp({
      name: 'Zebra & Söhne',
      clientName: 'Quagga Pay',
      authority: { id: 'FCAGBR', registrationId: 'XR-778899' },
    });
  });
  afterAll(() => sandbox.close());

  const idsFound = async (q: string) =>
    (await listOf(sandbox, `/organisations?q=${encodeURIComponent(q)}`)).items.map(({ id }) => id);

  it.each([
    ['a part of its name in any case', () => 'eBRA & SÖ'],
    ['its id', () => tpp.organisation.id],
    ['its registration number', () => 'xr-7788'],
    ['the client name of its software', () => 'quagga'],
    ['the id of its software', () => tpp.softwareStatement.id.toUpperCase()],
    ['the kid of its key', () => tpp.signing.kid.slice(3, 20)],
    ['what has spaces around it', () => '  zebra '],
  ])('finds an organisation by %s', async (_by, q) => {
    expect(await idsFound(q())).toEqual([tpp.organisation.id]);
  });

  it.each(['no such thing', 'zebra\nsöhne', `${'z'.repeat(99)}!`])('finds nothing by %j', async (q) => {
    expect(await idsFound(q)).toEqual([]);
  });

  it('does not join the end of one text with the beginning of another', async () => {
    const { id, name } = tpp.organisation;
    expect(await idsFound(`${name}${id}`)).toEqual([]);
    const bare = await sandbox.services.registry.createOrganisation({ name: 'Two Ltd', kind: 'tpp' });
    for (const clientName of ['First', 'Second'])
      await sandbox.services.registry.createSoftwareStatement(
        bare.id,
        newSoftwareStatementSchema.parse({ clientName }),
      );
    const [first] = sandbox.services.registry.softwareStatementsOf(bare.id);
    expect(await idsFound(first?.id ?? '')).toEqual([bare.id]);
    expect(await idsFound(`${first?.id ?? ''}Second`)).toEqual([]);
  });

  it('follows what changes', async () => {
    const { organisation } = await sandbox.services.createReadyTpp({ name: 'Before', clientName: 'Same' });
    expect(await idsFound('before')).toEqual([organisation.id]);
    await sandbox.services.registry.changeOrganisation(organisation.id, { name: 'Afterwards' });
    expect(await idsFound('before')).toEqual([]);
    expect(await idsFound('afterwards')).toEqual([organisation.id]);
  });

  it('keeps to a kind and to a status', async () => {
    const { organisation } = await sandbox.services.createReadyTpp({ name: 'Gone Bank' });
    await sandbox.services.registry.changeOrganisation(organisation.id, { status: 'Withdrawn' });
    const namesOf = async (query: string) =>
      (await listOf(sandbox, `/organisations?q=bank&${query}`)).items.map(({ name }) => name);
    expect(await namesOf('kind=tpp&status=Withdrawn')).toEqual(['Gone Bank']);
    expect(await namesOf('kind=aspsp')).not.toContain('Gone Bank');
    expect(await namesOf('kind=aspsp')).toContain('Reference Bank plc');
    expect(await namesOf('status=Revoked')).toEqual([]);
  });

  it.each([
    ['kind=bank', 'kind: expected one of "tpp", "aspsp", got "bank"'],
    ['status=active', 'status: expected one of "Active", "Withdrawn", "Revoked", got "active"'],
    [`q=${'x'.repeat(101)}`, 'q: expected at most 100 characters'],
    ['q=a&q=b', 'q: expected a string'],
    ['name=x', 'name: expected no member of this name'],
    ['limit=', 'limit:'],
  ])('is refused for %s', async (query, detail) => {
    const { body } = (await request(sandbox.deskApp).get(`/sandbox/organisations?${query}`).expect(400)) as {
      body: { detail: string };
    };
    expect(body.detail).toContain(detail);
  });

  it('marks on its page what it found', async () => {
    const { text } = await getPage(sandbox, '/organisations?q=QUAGGA&kind=&status=').expect(200);
    expect(text).toContain(
      `<a href="/software-statements/${tpp.softwareStatement.id}"><mark>Quagga</mark> Pay</a>`,
    );
    expect(text).toContain('value="QUAGGA"');
    const { kid } = tpp.transport;
    const byKey = await getPage(sandbox, `/organisations?q=${kid}`).expect(200);
    expect(byKey.text).toContain(`<a href="/certificates/${kid}"><code><mark>${kid}</mark></code></a>`);
  });

  it('says so where nothing is found, and keeps what was asked', async () => {
    const q = '<script>alert(1)</script>';
    const { text } = await getPage(sandbox, `/organisations?q=${encodeURIComponent(q)}&kind=tpp`).expect(200);
    expect(text).toContain('Nothing found');
    expect(text).toContain('value="&lt;script&gt;alert(1)&lt;/script&gt;"');
    expect(text).toMatch(/<option value="tpp" selected>/);
    expect(text).not.toContain(q);
  });
});

describe('a directory with 20,000 software statements', () => {
  const PER_PAGE = 100;
  let sandbox: Sandbox;
  let largeId: string;

  beforeAll(async () => {
    sandbox = await createSandbox({ keyPairs: testKeys, demo: false });
    const state = await request(sandbox.deskApp).get('/sandbox/state').expect(200);
    const organisations = [
      ...Array.from({ length: 1_000 }, (_, index) => organisationOf(`Many ${index} Ltd`, index, 10)),
      organisationOf('Large Ltd', 1_000, 10_000),
    ];
    largeId = organisations.at(-1)?.organisation.id ?? '';
    const whole = state.body as { directory: object };
    await request(sandbox.deskApp)
      .put('/sandbox/state')
      .send({ ...whole, directory: { ...whole.directory, organisations } })
      .expect((answer) => expect([200, 204]).toContain(answer.status));
  }, 120_000);
  afterAll(() => sandbox.close());

  const rowsIn = (html: string) => html.match(/<th scope="row">/g)?.length ?? 0;
  const nextIn = (html: string) =>
    /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#38;', '&');

  it('shows its organisations page by page', async () => {
    const { text } = await getPage(sandbox, '/organisations').expect(200);
    expect(rowsIn(text)).toBe(PER_PAGE);
    const { text: second } = await getPage(sandbox, nextIn(text) ?? '').expect(200);
    expect(rowsIn(second)).toBe(PER_PAGE);
    expect(second).toContain('<a href="/organisations">First page</a>');
  });

  it('shows what a search finds page by page, and the search on each', async () => {
    const first = await getPage(sandbox, '/organisations?q=many+9&status=Active').expect(200);
    // 9, 90 to 99 and 900 to 999.
    expect(rowsIn(first.text)).toBe(PER_PAGE);
    const next = nextIn(first.text) ?? '';
    expect(next).toMatch(/^\/organisations\?q=many\+9&status=Active&after=/);
    const second = await getPage(sandbox, next).expect(200);
    expect(rowsIn(second.text)).toBe(11);
    expect(nextIn(second.text)).toBeUndefined();
    expect(second.text).toContain('value="many 9"');
  });

  it('finds one statement among all', async () => {
    const { items } = await listOf(sandbox, '/organisations?q=Software+1000-9876');
    expect(items.map(({ id }) => id)).toEqual([largeId]);
    const { text } = await getPage(sandbox, '/organisations?q=Software+1000-9876').expect(200);
    expect(text).toContain('<mark>Software 1000-9876</mark></a>');
  });

  it('shows the statements of one organisation page by page, and finds among them', async () => {
    const path = `/organisations/${largeId}`;
    const { text } = await getPage(sandbox, path).expect(200);
    expect(rowsIn(text)).toBe(PER_PAGE);
    expect(text).toContain('Search its 10000 software statements');
    const found = await getPage(sandbox, `${path}?q=1000-123`).expect(200);
    expect(rowsIn(found.text)).toBe(11);
    expect(found.text).toContain('Software <mark>1000-123</mark>4</a>');
    const { items, next } = await listOf(sandbox, `${path}/software-statements?q=1000-12&limit=3`);
    expect(items.map(({ clientName }) => clientName)).toEqual(
      ['12', '120', '121'].map((number) => `Software 1000-${number}`),
    );
    const more = await listOf(sandbox, `${path}/software-statements?q=1000-12&limit=3&after=${next ?? ''}`);
    expect(more.items[0]?.clientName).toBe('Software 1000-122');
  });
});

const random: Random = { bytes: (count) => randomBytes(count) };

function organisationOf(name: string, place: number, statementCount: number) {
  const at = new Date(Date.UTC(2025, 0, 1) + place * 1_000);
  const organisation = createOrganisation({ name, kind: 'tpp' }, newOrganisationId(random), at);
  return {
    ...emptyRecord,
    organisation,
    softwareStatements: Array.from({ length: statementCount }, (_, index) =>
      createSoftwareStatement(
        newSoftwareStatementSchema.parse({ clientName: `Software ${place}-${index}` }),
        organisation,
        newSoftwareId(random),
        at,
      ),
    ),
  };
}
