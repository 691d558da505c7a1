import type { Sandbox } from '../../src/testkit.js';

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
    { name: 'attempt', path: `/banks/reference/attempts/${refused?.id ?? ''}` },
    { name: 'anchor', path: '/anchors/second' },
    { name: 'qtsp', path: '/qtsp' },
    { name: 'problem', path: '/nowhere' },
  ];
}
