import { connect, type ConnectionOptions, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyTpp } from '../../src/sandbox/ready-tpp.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

const workshop = new Workshop();
let sandbox: Sandbox;
let tpp: ReadyTpp;
let port: number;

beforeAll(async () => {
  sandbox = await startSandbox({
    publicHost: 'directory.test',
    aliases: ['keystore.openbankingtest.org.uk'],
    keyPairs: testKeys,
  });
  tpp = await sandbox.services.createReadyTpp({});
  port = Number(new URL(sandbox.urls.https).port);
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

function options(version: SecureVersion): ConnectionOptions {
  return {
    host: '127.0.0.1',
    port,
    servername: 'directory.test',
    ca: sandbox.services.trustAnchor.rootPem,
    key: tpp.transport.privateKeyPem,
    // The leaf alone: with its chain the session outgrows what Node's client keeps for resumption.
    cert: tpp.transport.certificatePem,
    minVersion: version,
    maxVersion: version,
  };
}

/** Posts an empty registration over one connection, and returns the session for the next. */
function post(
  settings: ConnectionOptions,
): Promise<{ answer: string; session: Buffer | undefined; resumed: boolean }> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(settings);
    let answer = '';
    let session: Buffer | undefined;
    socket.on('session', (ticket) => (session = ticket));
    socket.once('secureConnect', () => {
      const head = [
        'POST /aspsp/reference/register HTTP/1.1',
        'Host: directory.test',
        'Content-Type: application/jwt',
      ];
      socket.write([...head, 'Content-Length: 1', 'Connection: close', '', 'x'].join('\r\n'));
    });
    const resumed = () => socket.isSessionReused();
    let wasResumed = false;
    socket.on('data', (chunk: Buffer) => {
      wasResumed = resumed();
      answer += chunk.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve({ answer, session, resumed: wasResumed }));
  });
}

function lastVerdict(): Record<string, string> {
  const [attempt] = sandbox.services.getBank('reference').attempts({ limit: 1 }).items;
  return Object.fromEntries((attempt?.rules ?? []).map(({ id, outcome }) => [id, outcome]));
}

describe.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])('a client certificate over %s', (version) => {
  it('is judged at each request, also when the session is resumed', async () => {
    const first = await post(options(version));
    expect(first.resumed).toBe(false);
    expect(lastVerdict()).toMatchObject({
      'client-certificate-presented': 'passed',
      'client-certificate-trusted': 'passed',
      'client-certificate-dates': 'passed',
    });

    const second = await post({ ...options(version), session: first.session });
    expect(second.resumed).toBe(true);
    expect(lastVerdict()).toMatchObject({
      'client-certificate-presented': 'passed',
      'client-certificate-trusted': 'passed',
      'client-certificate-dates': 'passed',
    });

    sandbox.clock.freeze(new Date('2031-01-01T00:00:00Z'));
    const third = await post({ ...options(version), session: first.session });
    sandbox.clock.set(new Date());
    expect(third.resumed).toBe(true);
    expect(lastVerdict()).toMatchObject({
      'client-certificate-trusted': 'passed',
      'client-certificate-dates': 'failed',
    });
    expect(third.answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(third.answer).toContain('"error":"invalid_client"');
  });
});

describe('the protocol side', () => {
  it('asks for a certificate without naming authorities, refuses none, and takes TLS 1.2 and later alone', async () => {
    workshop.write('root.pem', sandbox.services.trustAnchor.rootPem);
    const say = (version: string) =>
      workshop.connect(port, '-servername', 'directory.test', '-CAfile', 'root.pem', version);
    const printed = await say('-tls1_2');
    expect(printed).toContain('No client certificate CA names sent');
    expect(printed).toMatch(/Client Certificate Types:.*RSA sign/);
    expect(printed).toContain('Verify return code: 0 (ok)');
    await expect(say('-tls1_1')).rejects.toThrow();
  });

  it('shows a certificate for the public host, the aliases and the loopback names, with its issuer', async () => {
    workshop.write('server.pem', await workshop.connect(port, '-showcerts'));
    expect(workshop.read('server.pem').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const text = workshop.openssl('x509', '-in', 'server.pem', '-noout', '-text');
    expect(text).toContain(
      'DNS:directory.test, DNS:keystore.openbankingtest.org.uk, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(text).toContain('TLS Web Server Authentication');
    expect(text).not.toContain('Basic Constraints');
  });

  it('reaches its own keystore by a public name that nobody resolves', async () => {
    const token = tpp.ssa;
    const { signature } = await sandbox.services.inspector.inspect(token);
    expect(signature).toMatchObject({ valid: true });
  });
});
