import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { OcspClient } from '../support/ocsp.js';
import { Workshop } from '../support/openssl.js';
import { OpensslServer } from '../support/tls-server.js';

const WELCOME = 'HTTP/1.0 200 ok';

let sandbox: Sandbox;
let serverWords: string[];
const workshop = new Workshop();

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
  const { registry, certificates } = sandbox.services;
  const bank = await registry.createOrganisation({ name: 'Bank Elsewhere', kind: 'aspsp' });
  const { record } = await certificates.certifyOrganisation(bank.id, { type: 'obwac', generate: true });
  workshop.write('server.pem', record.certificatePem);
  workshop.write('server.key', record.privateKeyPem ?? '');
  await OcspClient.of(sandbox, workshop, '');
  serverWords = ['-cert', 'server.pem', '-key', 'server.key'];
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

async function withServer<T>(words: string[], task: (server: OpensslServer) => Promise<T>): Promise<T> {
  const server = await OpensslServer.start(workshop, ...serverWords, ...words);
  try {
    return await task(server);
  } finally {
    await server.stop();
  }
}

/** The whole chain and the lists of both authorities, in one file. */
async function trustWithLists(): Promise<string> {
  const names = ['chain.pem', 'root.crl.pem', 'issuing.crl.pem'];
  const parts = await Promise.all(
    names.map(async (name) => (await fetch(`${sandbox.urls.http}/ca/${name}`)).text()),
  );
  return workshop.write('trust.pem', parts.join(''));
}

function identityOf({ transport }: ReadyTpp) {
  return {
    ca: sandbox.services.trustAnchor.rootPem,
    key: transport.privateKeyPem,
    cert: transport.certificatePem + sandbox.services.trustAnchor.issuingPem,
    checkServerIdentity: () => undefined,
  };
}

describe('a TLS server that is not ours', () => {
  it('turns away a client whose certificate is on the lists that it was given, and no other', async () => {
    const [good, bad] = [
      await sandbox.services.createReadyTpp({}),
      await sandbox.services.createReadyTpp({}),
    ];
    const visits = async (trusted: string) => {
      const words = ['-Verify', '2', '-verify_return_error', '-crl_check_all', '-CAfile', trusted];
      return withServer(words, async (server) => [
        await server.visit(identityOf(good)),
        await server.visit(identityOf(bad)),
      ]);
    };
    expect(await visits(await trustWithLists())).toEqual([WELCOME, WELCOME]);
    await sandbox.services.certificates.revoke(bad.transport.kid, 'keyCompromise');
    const afterwards = await visits(await trustWithLists());
    expect(afterwards).toEqual([WELCOME, expect.stringContaining('certificate revoked')]);
  });

  it('finds the list by the address in the certificate', async () => {
    const { transport } = await sandbox.services.createReadyTpp({});
    const leaf = workshop.write('client.pem', transport.certificatePem);
    const words = ['verify', '-crl_check', '-crl_download', '-CAfile', 'chain.pem', leaf];
    expect(await workshop.opensslBeside(...words)).toBe('client.pem: OK\n');
    await sandbox.services.certificates.revoke(transport.kid, 'keyCompromise');
    expect(await workshop.opensslBeside(...words)).toContain('certificate revoked');
  });

  it('can staple what the responder that its certificate names says of it', async () => {
    await withServer(['-status', '-CAfile', 'chain.pem'], async (server) => {
      const said = await workshop.connect(server.port, '-status', '-CAfile', 'chain.pem');
      expect(said).toContain('OCSP Response Status: successful');
      expect(said).toContain('Cert Status: good');
    });
  });
});
