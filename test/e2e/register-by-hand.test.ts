import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox, type TestTpp } from '../../src/testkit.js';
import { fieldsOf, unescaped } from '../support/forms.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

describe('a registration request composed at the desk', () => {
  let sandbox: Sandbox;
  let tpp: TestTpp;
  let page: string;
  const workshop = new Workshop();

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    tpp = await sandbox.createTpp({ name: 'TPP of the desk' });
    page = `${sandbox.urls.http}/software-statements/${tpp.softwareStatement.id}/register`;
  });
  afterAll(async () => {
    workshop.remove();
    await sandbox.close();
  });

  const html = async (url: string, init?: RequestInit) =>
    (await fetch(url, { headers: { accept: 'text/html' }, ...init })).text();

  it("is signed by OpenSSL and sent by curl, by the page's own commands", async () => {
    const text = await html(`${page}?bank=reference&by=hand`);
    const commands = ['fetching', 'signing', 'sending'].map((step) =>
      unescaped(new RegExp(`<textarea id="by-hand-${step}"[^>]*>([^<]*)</textarea>`).exec(text)?.[1] ?? ''),
    );
    const answer = JSON.parse(await workshop.shell(commands.join('\n'))) as { client_id?: string };
    expect(sandbox.services.getBank('reference').findClient(answer.client_id ?? '')).toMatchObject({
      softwareId: tpp.softwareStatement.id,
    });
  });

  it('reaches the bank over mutual TLS, with the certificate that was chosen', async () => {
    const fields = fieldsOf(await html(`${page}?bank=reference`), 'compose');
    const send = async (changes: Record<string, string>) => {
      const body = new URLSearchParams();
      for (const [name, value] of Object.entries({ ...fields, send: 'form', ...changes })) {
        for (const one of [value].flat()) body.append(name, one);
      }
      const { headers, status } = await fetch(page, { method: 'POST', body, redirect: 'manual' });
      expect(status).toBe(303);
      const id = headers.get('location')?.split('/').at(-1) ?? '';
      return sandbox.services.getBank('reference').getAttempt(id);
    };
    const attempt = await send({});
    expect(attempt.response).toEqual({});
    const [shown = ''] = [attempt.certificate?.thumbprintSha256];
    expect(shown).toBe(tpp.transport.certificate.fingerprint256.replaceAll(':', '').toLowerCase());
    expect((await send({ certificate: 'none' })).certificate).toBeNull();
  });
});
