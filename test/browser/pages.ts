import type { Page, Response } from 'playwright-core';
import type { Sandbox, TestTpp } from '../../src/testkit.js';

/** A page of the desk, as pictures and whole-desk tests go through them. */
export interface DeskPage {
  readonly name: string;
  readonly path: string;
}

/** Every page of the desk, with something to show on each. */
export async function pagesOf(sandbox: Sandbox): Promise<DeskPage[]> {
  const tpp = await sandbox.createTpp({ name: 'Example Fintech Ltd' });
  await tpp.register(sandbox.bank('reference'));
  await tpp.register(sandbox.bank('reference'), {
    claims: { redirect_uris: ['https://elsewhere.example/'] },
  });
  const [refused] = sandbox.services.getBank('reference').attempts({ limit: 1 }).items;
  const revoked = await sandbox.createTpp({ name: 'Revoked Key Ltd' });
  await sandbox.revoke(revoked.transport, 'keyCompromise');
  const { softwareStatement } = await sandbox.createTpp({ anchorId: 'second', name: 'Cross-Border Ltd' });
  const elsewhere = `/anchors/second/software-statements/${softwareStatement.id}`;
  const [registration] = sandbox.services.tape.list();
  const inspected = await inspectedTokens(sandbox, tpp);
  const statement = `/software-statements/${tpp.softwareStatement.id}`;
  return [
    { name: 'start', path: '/' },
    { name: 'organisations', path: '/organisations' },
    { name: 'search', path: '/organisations?q=Ex&kind=tpp' },
    { name: 'nothing-found', path: '/organisations?q=no+such+thing' },
    { name: 'organisation', path: `/organisations/${tpp.organisation.id}` },
    { name: 'organisation-edit', path: `/organisations/${tpp.organisation.id}/edit` },
    { name: 'statement', path: statement },
    { name: 'statement-edit', path: `${statement}/edit` },
    { name: 'ssa', path: `${statement}/ssa?notice=tpp-created` },
    { name: 'certificate', path: `/certificates/${tpp.signing.kid}` },
    { name: 'revoked-certificate', path: `/certificates/${revoked.transport.kid}` },
    { name: 'banks', path: '/banks' },
    { name: 'bank', path: '/banks/reference' },
    { name: 'register', path: `${statement}/register?bank=reference` },
    {
      name: 'register-again',
      path: `${statement}/register?bank=reference&attempt=${refused?.id ?? ''}&by=hand`,
    },
    { name: 'attempts', path: '/attempts' },
    { name: 'attempts-of-none', path: '/attempts?bank=legacy&outcome=agreed' },
    { name: 'attempt', path: `/banks/reference/attempts/${refused?.id ?? ''}` },
    { name: 'anchor', path: '/anchors/second' },
    { name: 'anchor-search', path: '/anchors/second?q=cross' },
    { name: 'anchor-ssa', path: `${elsewhere}/ssa` },
    { name: 'anchor-register', path: `${elsewhere}/register` },
    { name: 'qtsp', path: '/qtsp' },
    { name: 'trust', path: '/trust' },
    { name: 'trust-close-up', path: `/trust?organisation=${revoked.organisation.id}` },
    { name: 'tape', path: '/tape' },
    { name: 'exchange', path: `/tape/${registration?.id ?? ''}` },
    { name: 'inspect', path: '/inspect' },
    ...inspected,
    { name: 'lab', path: '/lab?fault=stale' },
    { name: 'lab-defects', path: '/lab/defects?kind=certificate' },
    { name: 'lab-import', path: '/lab/import' },
    { name: 'lab-reset', path: '/lab/reset?to=demo' },
    { name: 'docs', path: '/docs' },
    { name: 'docs-statements', path: '/docs/api/statements' },
    { name: 'docs-failure', path: '/docs/api/failure' },
    {
      name: 'docs-directory',
      path: `/docs/directory/software-statements?statement=${tpp.softwareStatement.id}`,
    },
    { name: 'docs-participants', path: `/docs/directory/participants?statement=${tpp.softwareStatement.id}` },
    { name: 'docs-banks', path: '/docs/directory/banks' },
    { name: 'faq', path: '/docs/faq/content-type' },
    { name: 'problem', path: '/nowhere' },
  ];
}

/** Goes to a page and waits for all that it shows. @returns the answer to the page itself */
export async function openPage(page: Page, { path }: DeskPage): Promise<Response | null> {
  const hasFragment = path.includes('#');
  // What a fragment asks for is fetched by a script, and a page that is there already is not loaded again for it.
  if (hasFragment) await page.goto('about:blank');
  const response = await page.goto(path, { waitUntil: hasFragment ? 'networkidle' : 'load' });
  await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
  return response;
}

/** Links with tokens in their fragment: a good SSA, two that differ, and a request with what is wrong with it. */
async function inspectedTokens(sandbox: Sandbox, tpp: TestTpp): Promise<DeskPage[]> {
  const { id } = tpp.softwareStatement;
  const { ssaIssuer, defectiveSsas } = sandbox.services;
  const { ssa } = await ssaIssuer.issue(id);
  const defective = await defectiveSsas.issue(id, {
    override: {
      replace: { software_client_name: 'N'.repeat(50), org_status: 'Withdrawn', nickname: { short: 'N' } },
      remove: ['software_client_uri', 'org_id'],
    },
  });
  const request = await tpp.registrationRequest({
    bank: sandbox.bank('reference'),
    claims: { application_type: 'mobile', redirect_uris: ['https://elsewhere.example/'] },
  });
  return [
    { name: 'inspect-ssa', path: `/inspect#token=${ssa}` },
    { name: 'inspect-two', path: `/inspect#token=${defective.ssa}&other=${ssa}` },
    { name: 'inspect-request', path: `/inspect#token=${request}` },
  ];
}
