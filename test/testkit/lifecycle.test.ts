import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createSandbox, startSandbox, type Sandbox } from '../../src/testkit.js';

const cache = mkdtempSync(join(tmpdir(), 'keys-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const tsx = fileURLToPath(new URL('../../node_modules/.bin/tsx', import.meta.url));
const child = fileURLToPath(new URL('child.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly said: string;
  readonly complained: string;
}

/** Runs a process until it ends by itself. */
function run(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, MOCK_OB_DIRECTORY_KEY_CACHE: cache, NODE_OPTIONS: '--trace-warnings' };
    const one = spawn(tsx, [child, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { said: '', complained: '' };
    one.stdout.on('data', (chunk: Buffer) => (texts.said += chunk.toString()));
    one.stderr.on('data', (chunk: Buffer) => (texts.complained += chunk.toString()));
    one.on('error', reject).on('close', (code) => resolve({ code, ...texts }));
  });
}

/** Sockets and files. Timers are the test runner's, too: whether ours are gone shows where a process ends by itself. */
async function held(): Promise<string[]> {
  await turn();
  await turn();
  const ours = /^(TCP|TLS|FSReq|HTTP|CloseReq)/;
  return process.getActiveResourcesInfo().filter((resource) => ours.test(resource));
}

// Where no key is cached yet, the first of all takes seconds to make them.
vi.setConfig({ testTimeout: 120_000 });

describe('a process that uses a sandbox', () => {
  it.each([
    ['at the end of its scope'],
    ['also without sockets', 'socketless'],
    ['although a client keeps its connection', 'keep-alive'],
    ['although an answer has no end', 'never-ending'],
  ])('ends by itself, %s', async (_when, ...words) => {
    const { code, said, complained } = await run(...words);
    expect([code, complained]).toEqual([0, '']);
    expect(said).toMatch(/"status":201[^]*\nclosed\n$/);
  });
});

describe('sandboxes of one process', () => {
  it('can be there at once, and trust nothing of each other', async () => {
    const before = await held();
    const sandboxes = await Promise.all(Array.from({ length: 6 }, () => startSandbox({ keyCache: cache })));
    const [one, other] = sandboxes as [Sandbox, Sandbox];
    expect(new Set(sandboxes.flatMap(({ urls }) => [urls.http, urls.https])).size).toBe(12);
    const keys = sandboxes.map(
      ({ services }) => services.trustAnchor.signing.privateKey.export({ format: 'jwk' }).n,
    );
    expect(new Set(keys).size).toBe(6);
    const stranger = await one.createTpp();
    const refused = await stranger.register(one.bank('reference'), {
      ssa: await (await other.createTpp()).ssa(),
    });
    expect(refused.body.error).toBe('invalid_software_statement');
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
    // A key may still be being made.
    await vi.waitFor(async () => expect(await held()).toEqual(before), 10_000);
  });
});

describe('closing', () => {
  it('may be asked for more than once', async () => {
    for (const sandbox of [
      await startSandbox({ keyCache: cache }),
      await createSandbox({ keyCache: cache }),
    ]) {
      await Promise.all([sandbox.close(), sandbox.close()]);
      await sandbox.close();
      await sandbox[Symbol.asyncDispose]();
    }
  });

  it('ends a fetch of keys from somebody who does not answer', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
    const elsewhere = `https://localhost:${port}`;
    const issuer = { issuer: 'OpenBanking Ltd', jwksUri: `${elsewhere}/keys`, jwksOrigins: [elsewhere] };
    const sandbox = await startSandbox({
      keyCache: cache,
      jwksTimeoutMilliseconds: 600_000,
      profiles: { mine: { ssa: { issuers: [issuer] } } },
    });
    const { key, cert } = (await sandbox.createAspsp()).serverTls;
    server.setSecureContext({ key, cert });
    const asked = once(server, 'request') as Promise<[IncomingMessage]>;
    const registration = (await sandbox.createTpp()).register(sandbox.bank('mine')).catch(() => undefined);
    const [{ socket }] = await asked;
    const ended = once(socket, 'close');
    await sandbox.close();
    await ended;
    await registration;
    server.close();
  });

  it('cuts connections that clients keep', async () => {
    const sandbox = await startSandbox({ keyCache: cache });
    const cut = new Promise((resolve) => {
      const call = request(
        `${sandbox.urls.http}/healthz`,
        { headers: { connection: 'keep-alive' } },
        (response) => {
          response.resume();
          response.socket.once('close', resolve);
          response.on('end', () => void sandbox.close());
        },
      );
      call.end();
    });
    await cut;
    await expect(fetch(`${sandbox.urls.http}/healthz`)).rejects.toThrow('fetch failed');
  });
});
