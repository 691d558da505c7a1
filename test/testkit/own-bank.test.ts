import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, get, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { compactVerify, decodeJwt, importJWK, type JWK } from 'jose';
import { request as undiciRequest, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type OwnBank, type Sandbox, type TestTpp } from '../../src/testkit.js';

let sandbox: Sandbox;
let tpp: TestTpp;
let server: Server;
let bank: OwnBank;

/** A bank as somebody who tests one may have written it: it knows the trust anchor, and nothing else of the kit. */
async function judge(request: IncomingMessage): Promise<{ status: number; body: object }> {
  if (!(request.socket instanceof TLSSocket)) throw new Error('There is no TLS.');
  const certificate = request.socket.getPeerX509Certificate();
  if (request.method !== 'POST') return { status: 200, body: { subject: certificate?.subject } };
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const claims = decodeJwt(Buffer.concat(chunks).toString());
  try {
    const ssa = claims['software_statement'] as string;
    const jwks = await sandbox.trustAnchor.jwks();
    const { payload } = await compactVerify(ssa, ({ kid }) =>
      importJWK(jwks.keys.find((key) => key.kid === kid) as JWK, 'PS256'),
    );
    const { iss } = JSON.parse(Buffer.from(payload).toString()) as { iss: string };
    if (iss !== sandbox.trustAnchor.ssaIssuer) throw new Error(iss);
    return { status: 201, body: { client_id: 'a-client', aud: claims.aud } };
  } catch {
    return { status: 400, body: { error: 'invalid_software_statement' } };
  }
}

beforeAll(async () => {
  sandbox = await startSandbox();
  const { serverTls, organisation } = await sandbox.createAspsp();
  tpp = await sandbox.createTpp();
  server = createServer(serverTls, (request, response) => {
    void judge(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
  bank = { registrationEndpoint: `${origin}/register`, audience: organisation.id };
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await sandbox.close();
});

describe('a bank of one’s own', () => {
  it('is sent what the sandbox’s banks accept, addressed to it', async () => {
    const { status, body, verdict } = await tpp.register(bank);
    expect([status, body]).toEqual([201, { client_id: 'a-client', aud: bank.audience }]);
    expect(verdict.toString()).toBe('The bank left no verdict.');
  });

  it.each(['tampered-payload', 'tampered-signature', 'wrong-signer', 'wrong-issuer', 'alg-none'] as const)(
    'is seen to refuse an SSA with the defect %s',
    async (defect) => {
      const { status, body } = await tpp.register(bank, { defect });
      expect([status, body.error]).toEqual([400, 'invalid_software_statement']);
    },
  );

  it('can be sent a request that the test made itself', async () => {
    const ssa = await tpp.ssa({ override: { replace: { software_client_name: 'Renamed' } } });
    const request = await tpp.registrationRequest({
      bank,
      ssa,
      claims: { aud: 'somebody else', scope: undefined },
    });
    expect(decodeJwt(request)).toMatchObject({ aud: 'somebody else', software_statement: ssa });
    expect(decodeJwt(request)).not.toHaveProperty('scope');
    const answer = await tpp.fetch(bank.registrationEndpoint, { method: 'POST', body: request });
    expect([answer.status, await answer.json()]).toEqual([
      201,
      { client_id: 'a-client', aud: 'somebody else' },
    ]);
  });
});

describe('the TPP’s transport certificate', () => {
  const shown = () => expect.stringContaining(`CN=${tpp.softwareStatement.id}`) as string;

  it('is shown by tpp.dispatcher to undici', async () => {
    const { body } = await undiciRequest(bank.registrationEndpoint, { dispatcher: tpp.dispatcher });
    expect(await body.json()).toEqual({ subject: shown() });
    const answer = await undiciFetch(bank.registrationEndpoint, { dispatcher: tpp.dispatcher });
    expect(await answer.json()).toEqual({ subject: shown() });
  });

  it('is shown by tpp.dispatcher to Node’s own fetch', async () => {
    const answer = await fetch(bank.registrationEndpoint, { dispatcher: tpp.dispatcher });
    expect(await answer.json()).toEqual({ subject: shown() });
  });

  it('is shown by tpp.httpsAgent and tpp.fetch', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      get(bank.registrationEndpoint, { agent: tpp.httpsAgent }, (response) => {
        response.setEncoding('utf8').once('data', resolve);
      }).on('error', reject);
    });
    expect(JSON.parse(text)).toEqual({ subject: shown() });
    expect(await (await tpp.fetch(bank.registrationEndpoint)).json()).toEqual({ subject: shown() });
  });

  it('is shown no more once the sandbox is closed', async () => {
    const other = await startSandbox();
    const { dispatcher } = await other.createTpp();
    expect(dispatcher).toMatchObject({ destroyed: false });
    await other.close();
    expect(dispatcher).toMatchObject({ destroyed: true });
  });

  it('goes nowhere that another authority vouches for', async () => {
    await using other = await startSandbox();
    const stranger = await other.createTpp();
    await expect(stranger.fetch(bank.registrationEndpoint)).rejects.toThrow(
      'unable to get local issuer certificate',
    );
    await expect(fetch(bank.registrationEndpoint, { dispatcher: stranger.dispatcher })).rejects.toThrow();
  });
});
