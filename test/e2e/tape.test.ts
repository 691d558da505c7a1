import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { RecordedBody } from '../../src/sandbox/tape/recorded-body.js';
import type { ShownExchange } from '../../src/sandbox/tape/views.js';
import { createSandbox, startSandbox, type Sandbox } from '../../src/testkit.js';
import { DirectoryClient } from '../support/directory-client.js';
import { testKeys } from '../support/keys.js';
import { callOverTls } from '../support/registration.js';

interface Page {
  readonly items: ShownExchange[];
  readonly next: string | null;
}

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.services.tape.clear());

const desk = (path: string, init?: RequestInit) => fetch(sandbox.urls.http + path, init);

/** The tape once nothing is under way: an exchange is complete a moment after its answer has come. */
function tape(query = ''): Promise<Page> {
  return vi.waitFor(async () => {
    const page = (await (await desk(`/sandbox/tape${query}`)).json()) as Page;
    expect(page.items.filter(({ answer, fetched }) => answer === null && fetched === null)).toEqual([]);
    return page;
  });
}

describe('the tape', () => {
  it('has a registration with the fetches that it caused, in the order in which they began', async () => {
    const tpp = await sandbox.createTpp({ name: 'Taped TPP' });
    const registered = await tpp.register(sandbox.bank('reference'));
    expect(registered.status).toBe(201);

    const { items } = await tape();
    const [attempt] = sandbox.services.getBank('reference').attempts({ limit: 1 }).items;
    const [registration, ...fetches] = items;
    const { https } = sandbox.urls;
    const { id: softwareId } = tpp.softwareStatement;
    const { id: organisationId } = tpp.organisation;
    expect(registration).toMatchObject({
      parentId: null,
      from: { party: 'tpp', name: 'Taped TPP', softwareId, organisationId },
      to: { party: 'bank:reference', name: 'Reference Bank' },
      request: { method: 'POST', url: '/aspsp/reference/register', body: { mediaType: 'application/jwt' } },
      answer: { status: 201, complete: true },
      verdict: { bankId: 'reference', attemptId: attempt?.id },
    });
    expect(registration?.request.body?.tokens).toMatchObject([
      { where: 'body', payload: { iss: softwareId } },
      { where: 'body.software_statement', payload: { software_id: softwareId } },
    ]);
    expect(fetches.map(({ request: { url } }) => url)).toEqual([
      `${https}/keystore/openbanking.jwks`,
      `${https}/${organisationId}/${softwareId}.jwks`,
      `${https}/${organisationId}/${organisationId}.jwks`,
    ]);
    for (const fetched of fetches) {
      expect(fetched).toMatchObject({
        parentId: registration?.id,
        from: { party: 'bank:reference' },
        to: { party: 'directory' },
        answer: { status: 200 },
        fetched: { ok: true },
      });
    }
  });

  it('tells the fetches of registrations at the same time apart, each once', async () => {
    const tpps = await Promise.all(Array.from({ length: 6 }, () => sandbox.createTpp()));
    const banks = ['reference', 'generic', 'legacy'];
    await Promise.all(tpps.flatMap((tpp) => banks.map((bank) => tpp.register(sandbox.bank(bank)))));
    const { items } = await tape();
    const roots = items.filter(({ parentId }) => parentId === null);
    expect(roots.map(({ request }) => request.method)).toEqual(Array<string>(18).fill('POST'));
    const fetches = items.filter(({ parentId }) => parentId !== null);
    for (const { from, to, answer, parentId } of fetches) {
      expect({ to: to.party, status: answer?.status }).toEqual({ to: 'directory', status: 200 });
      expect(roots.find(({ id }) => id === parentId)?.to.party).toBe(from.party);
    }
  });

  it('has the client certificate that was shown, and says who is nobody', async () => {
    const tpp = await sandbox.createTpp();
    await tpp.fetch(`${sandbox.urls.https}/scim/v2/OBThirdPartyProviders`);
    await callOverTls(`${sandbox.urls.https}/ca/root.pem`, {
      method: 'GET',
      ca: sandbox.services.trustAnchor.rootPem,
    });
    const certificate = new X509Certificate(tpp.transport.certificatePem);
    const { items } = await tape();
    expect(items.map(({ from, clientCertificate }) => [from.name, clientCertificate?.serialNumber])).toEqual([
      [tpp.softwareStatement.clientName, certificate.serialNumber.toLowerCase()],
      ['anonymous', undefined],
    ]);
  });

  it('has what was really answered where a fault was met', async () => {
    await sandbox.services.faults.set({
      kind: 'http',
      name: 'down',
      listener: 'https',
      path: '/keystore/openbanking.jwks',
    });
    const tpp = await sandbox.createTpp();
    await tpp.register(sandbox.bank('mtls-only'));
    sandbox.services.faults.clearAll();
    const fetched = (await tape()).items.find(({ request }) => request.url.endsWith('openbanking.jwks'));
    expect(fetched).toMatchObject({
      answer: { status: 503 },
      fetched: { ok: false, reason: 'cannot be fetched: status 503' },
    });
  });

  it('leaves the desk out', async () => {
    await desk('/sandbox/organisations');
    await desk('/banks');
    await desk('/healthz');
    await desk('/ca/root.pem');
    expect((await tape()).items.map(({ request }) => request.url)).toEqual(['/ca/root.pem']);
  });

  it('is filtered by TPP and bank with what came of the calls, and read page by page', async () => {
    const [one, other] = [await sandbox.createTpp(), await sandbox.createTpp()];
    await one.register(sandbox.bank('reference'));
    await other.register(sandbox.bank('legacy'));
    const all = (await tape()).items;
    const ofOne = (await tape(`?tpp=${one.softwareStatement.id}`)).items;
    expect(ofOne.length).toBeGreaterThan(1);
    expect(all.slice(0, ofOne.length)).toEqual(ofOne);
    expect((await tape(`?tpp=${other.organisation.id}`)).items).toEqual(all.slice(ofOne.length));
    expect((await tape('?bank=legacy')).items).toEqual(all.slice(ofOne.length));
    expect((await tape(`?bank=legacy&tpp=${one.softwareStatement.id}`)).items).toEqual([]);
    expect((await tape('?since=2999-01-01T00:00:00Z')).items).toEqual([]);

    const first = await tape('?limit=2');
    expect(first.next).toBe(all[1]?.id);
    expect((await tape(`?after=${first.next ?? ''}`)).items).toEqual(all.slice(2));
  });

  it('refuses a query that it does not know', async () => {
    const answer = await desk('/sandbox/tape?since=yesterday&colour=red');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(
      /since: expected an instant.*colour: expected no member of this name/,
    );
  });

  it('is cleared, and a reset clears it', async () => {
    const id = async () => {
      await desk('/ca/root.pem');
      return (await tape()).items[0]?.id ?? '';
    };
    const cleared = await id();
    expect((await desk(`/sandbox/tape/${cleared}`)).status).toBe(200);
    expect((await desk('/sandbox/tape', { method: 'DELETE' })).status).toBe(204);
    expect((await desk(`/sandbox/tape/${cleared}`)).status).toBe(404);
    await id();
    await sandbox.reset();
    expect((await tape()).items).toEqual([]);
  });

  it('tells whoever listens when it ends, also who comes late', async () => {
    const { tape: old } = sandbox.services;
    const said: string[] = [];
    old.onComplete(
      () => said.push('complete'),
      () => said.push('end'),
    );
    await desk('/ca/root.pem');
    await vi.waitFor(() => expect(said).toEqual(['complete']));
    await sandbox.reset();
    expect(said).toEqual(['complete', 'end']);
    old.onComplete(
      () => said.push('complete'),
      () => said.push('end, too'),
    );
    expect(said).toEqual(['complete', 'end', 'end, too']);
  });

  it('forgets the oldest rather than grow', () => {
    const { tape: recorder } = sandbox.services;
    const begin = () => recorder.begin({ caller: { kind: 'desk' }, method: 'GET', url: '/a' });
    const first = begin();
    const later = Array.from({ length: limits.tapeExchanges }, begin);
    expect(recorder.list()).toHaveLength(limits.tapeExchanges);
    expect(recorder.list()).not.toContain(first);

    const large = new RecordedBody('text/plain', 65_536, Buffer.alloc(65_536));
    for (const exchange of later.slice(0, 300)) {
      exchange.complete(large, {
        status: 200,
        headers: [],
        body: undefined,
        isComplete: true,
      });
    }
    expect(recorder.list().length).toBeLessThan(limits.tapeExchanges - 40);
  });

  it('never shows a secret, however a TPP sends it', async () => {
    const tpp = await sandbox.services.createReadyTpp({});
    const client = new DirectoryClient(sandbox, tpp);
    const assertion = client.assertion();
    const bearer = await client.bearer();
    const call = (path: string, body?: string, contentType?: string, authorization?: string) =>
      client.call(body === undefined ? 'GET' : 'POST', path, { body, contentType, authorization });
    const answer = await call(
      `/organisation/tpp/${tpp.organisation.id}/software-statement`,
      undefined,
      undefined,
      bearer,
    );
    expect(answer.status).toBe(200);
    const ssa = await client.call(
      'GET',
      `/organisation/tpp/${tpp.organisation.id}/software-statement/${tpp.softwareStatement.id}/software-statement-assertion`,
      { authorization: bearer, accept: 'application/jws+json' },
    );
    expect(ssa.status, ssa.text).toBe(200);
    await call('/aspsp/reference/register', tpp.ssa, 'application/jwt', 'Basic c2VjcmV0OnZlcnlzZWNyZXQ=');
    await call('/aspsp/reference/token', 'client_secret=verysecret', 'application/x-www-form-urlencoded');
    await call(
      '/aspsp/reference/token?client_secret=verysecret',
      '{"client_secret":"verysecret"}',
      'application/json',
    );
    await call('/aspsp/reference/register', tpp.signing.privateKeyPem, 'application/jwt');

    const { items } = await tape();
    const shown = JSON.stringify(items);
    const signatureOf = (token: string) => token.split('.')[2] ?? '';
    const key = tpp.signing.privateKeyPem.split('\n')[1] ?? '';
    for (const secret of [
      bearer.slice(7),
      signatureOf(assertion),
      signatureOf(tpp.ssa),
      signatureOf(ssa.text),
      'verysecret',
      'c2VjcmV0OnZlcnlzZWNyZXQ=',
      key,
    ]) {
      expect(secret.length).toBeGreaterThan(8);
      expect(shown).not.toContain(secret);
    }
    expect(shown).toContain('Bearer [left out]');
  });
});

describe('the tape of a sandbox without sockets', () => {
  it('has the fetches of the banks as well', async () => {
    await using socketless = await createSandbox({ keyPairs: testKeys });
    const tpp = await socketless.createTpp();
    await tpp.register(socketless.bank('reference'));
    const [registration, ...fetches] = socketless.services.tape.list();
    expect(fetches).toHaveLength(3);
    for (const fetched of fetches) {
      expect(fetched).toMatchObject({ parent: registration, fetched: { ok: true, body: { kind: 'text' } } });
    }
  });
});
