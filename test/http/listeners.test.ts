import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerIdentity } from '../../src/directory/trust-anchor.js';
import { Listeners } from '../../src/http/listeners.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

const CHECK_MILLISECONDS = 5;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

async function newSandbox(): Promise<Sandbox> {
  const sandbox = await createSandbox({ keyPairs: testKeys });
  open.push(sandbox);
  return sandbox;
}

/** The serial number that a client is shown in a new handshake, which it judges by the machine's clock. */
function shownSerialNumber(listeners: Listeners, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: listeners.httpsPort, servername: 'localhost', ca });
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

/** Listeners whose certificates begin `ageDays` before the present. */
async function listenersWith(ageDays: number, failing = false) {
  const { services } = await newSandbox();
  const listeners = await Listeners.bind('127.0.0.1', { http: 0, https: 0 });
  open.push(listeners);
  const issued: ServerIdentity[] = [];
  const failures: unknown[] = [];
  const begin = new Date(Date.now() - ageDays * 86_400_000);
  const issue = async (at: Date) => {
    if (failing && issued.length > 0) throw new Error('The disk is full.');
    const identity = await services.trustAnchor.issueServerIdentity({ dns: ['localhost'], ip: [] }, at);
    issued.push(identity);
    return identity;
  };
  listeners.present(await issue(begin));
  listeners.open(
    { desk: (_request, response) => response.end(), protocol: (_request, response) => response.end() },
    {
      issue: () => issue(new Date()),
      realNow: () => new Date(),
      onFailure: (error) => failures.push(error),
      checkMilliseconds: CHECK_MILLISECONDS,
    },
  );
  return { listeners, issued, failures, ca: services.trustAnchor.rootPem };
}

const someChecks = () => new Promise((resolve) => setTimeout(resolve, CHECK_MILLISECONDS * 10));

describe('the certificate of the listeners', () => {
  it('is renewed while they listen, a month before its end, and once', async () => {
    const { listeners, issued, ca } = await listenersWith(61);
    const [first] = issued;
    const { serialNumber } = new X509Certificate(first?.chainPem ?? '');
    await expect.poll(() => shownSerialNumber(listeners, ca)).not.toBe(serialNumber);
    await someChecks();
    expect(issued).toHaveLength(2);
  });

  it('is not renewed over one that another state has brought meanwhile', async () => {
    const { services } = await newSandbox();
    const listeners = await Listeners.bind('127.0.0.1', { http: 0, https: 0 });
    open.push(listeners);
    const issue = (ageDays: number) =>
      services.trustAnchor.issueServerIdentity(
        { dns: ['localhost'], ip: [] },
        new Date(Date.now() - ageDays * 86_400_000),
      );
    listeners.present(await issue(61));
    const brought = await issue(0);
    const renewals: Promise<ServerIdentity>[] = [];
    const answer = (_request: unknown, response: { end(): unknown }) => void response.end();
    listeners.open(
      { desk: answer, protocol: answer },
      {
        issue: () => {
          listeners.present(brought);
          const renewal = issue(0);
          renewals.push(renewal);
          return renewal;
        },
        realNow: () => new Date(),
        onFailure: () => undefined,
        checkMilliseconds: CHECK_MILLISECONDS,
      },
    );
    await expect.poll(() => renewals.length).toBe(1);
    await renewals[0];
    const { serialNumber } = new X509Certificate(brought.chainPem);
    expect(await shownSerialNumber(listeners, services.trustAnchor.rootPem)).toBe(serialNumber);
  });

  it('is left alone while it has more than a month to live', async () => {
    const { issued } = await listenersWith(59);
    await someChecks();
    expect(issued).toHaveLength(1);
  });

  it('stays in force when it cannot be renewed, which is reported', async () => {
    const { listeners, failures, ca } = await listenersWith(61, true);
    const before = await shownSerialNumber(listeners, ca);
    await expect.poll(() => failures.length).toBeGreaterThan(1);
    expect(await shownSerialNumber(listeners, ca)).toBe(before);
  });
});
