import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { DirectoryClient, type DirectoryCall } from '../support/directory-client.js';

const STATEMENT = 'application/vnd.openbanking.directory.softwarestatement-v2+json';
const CONTACT = 'application/vnd.openbanking.directory.orgcontacts-v2+json';

let sandbox: Sandbox;
let tpp: ReadyTpp;
let client: DirectoryClient;
let root: string;

beforeAll(async () => {
  sandbox = await startSandbox({ demo: false });
  tpp = await sandbox.services.createReadyTpp({ name: 'Seen Everywhere Ltd' });
  client = new DirectoryClient(sandbox, tpp);
  root = `/v2.1/organisation/${tpp.organisation.id}`;
});
afterAll(() => sandbox.close());

async function api(method: string, path: string, call: DirectoryCall = {}): Promise<Record<string, unknown>> {
  const authorization = await client.bearer('TPPReadAccess TPPManage');
  const answer = await client.call(method, root + path, { authorization, ...call });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.text === '' ? {} : (JSON.parse(answer.text) as Record<string, unknown>);
}

async function desk(path: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(sandbox.urls.http + path, {
    ...init,
    headers: { accept: 'text/html, application/json', 'content-type': 'application/json' },
  });
  expect(response.status).toBeLessThan(400);
  return response.text();
}

const json = (body: unknown, contentType: string): DirectoryCall => ({
  body: JSON.stringify(body),
  contentType,
});

describe("what is done by the Directory's API", () => {
  it('shows on the pages of the desk at once', async () => {
    const uri = 'https://app.seen.example';
    const created = await api(
      'POST',
      '/software-statement',
      json(
        {
          ClientName: 'Made by the API',
          Description: 'Made by the API',
          OnBehalfOfObOrganisation: 'Agent Ltd',
          PolicyUri: uri,
          ClientUri: uri,
          LogoUri: uri,
          RedirectUri: [`${uri}/first`],
          TermsOfServiceUri: uri,
          Version: '2.7',
        },
        STATEMENT,
      ),
    );
    const softwareId = String(created['Id']);
    await api(
      'POST',
      `/software-statement/${softwareId}/redirect-uri`,
      json([`${uri}/second`], 'text/plain'),
    );
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = await api('POST', `/software-statement/${softwareId}/certificate/enckey`, {
      body: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      contentType: 'application/x-pem-file',
    });
    const page = await desk(`/software-statements/${softwareId}`);
    for (const shown of [
      'Made by the API',
      'Agent Ltd',
      `${uri}/first`,
      `${uri}/second`,
      'enckey',
      key['kid'],
    ])
      expect(page).toContain(String(shown));
    expect(await desk(`/sandbox/software-statements/${softwareId}/public-keys`)).toContain(
      String(key['kid']),
    );

    await api(
      'PUT',
      '/contact/Registered',
      json({ EmailAddress: 'office@seen.example', PhoneNumber: '+44 1' }, CONTACT),
    );
    expect(await desk(`/organisations/${tpp.organisation.id}`)).toContain('office@seen.example');

    await api('PUT', `/software-statement/${softwareId}`, json({ Active: false }, 'application/json'));
    expect(await desk(`/software-statements/${softwareId}`)).toContain('inactive');
  });

  it('moves a revoked certificate for everybody', async () => {
    const { record } = await sandbox.services.certificates.certifyOrganisation(tpp.organisation.id, {
      type: 'obseal',
      generate: true,
    });
    await api('DELETE', `/certificate/kid/${record.kid}`);
    expect(JSON.parse(await desk(`/sandbox/certificates/${record.kid}`))).toMatchObject({
      status: 'revoked',
    });
    const { id } = tpp.organisation;
    const revoked = await client.call('GET', `/${id}/revoked/${id}.jwks`);
    expect(revoked.text).toContain(record.kid);
  });
});

describe('what is done on the desk', () => {
  it("shows in the Directory's API at once", async () => {
    const softwareId = tpp.softwareStatement.id;
    await desk(`/sandbox/organisations/${tpp.organisation.id}`, {
      method: 'PATCH',
      body: JSON.stringify({ name: 'Renamed Ltd' }),
    });
    expect(await api('GET', '')).toMatchObject({
      'urn:openbanking:organisation:1.0': { OrganisationCommonName: 'Renamed Ltd' },
    });
    await desk(`/sandbox/software-statements/${softwareId}/redirect-uris`, {
      method: 'PUT',
      body: JSON.stringify(['https://desk.example/callback']),
    });
    expect(await api('GET', `/software-statement/${softwareId}`)).toMatchObject({
      RedirectUri: ['https://desk.example/callback'],
      SigningKeyIds: [tpp.signing.kid],
      TransportKeyIds: [tpp.transport.kid],
    });
    const made = JSON.parse(
      await desk(`/sandbox/organisations/${tpp.organisation.id}/certificates`, {
        method: 'POST',
        body: JSON.stringify({ type: 'qwac', generate: true }),
      }),
    ) as { kid: string };
    expect(await api('GET', '/certificate/qwac')).toMatchObject({
      keys: [{ kid: made.kid, status: 'Active' }],
    });
    await desk(`/sandbox/certificates/${made.kid}`, { method: 'DELETE', body: '{}' });
    expect(await api('GET', `/certificate/kid/${made.kid}`)).toMatchObject({ status: 'Revoked' });
  });
});
