import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { userEnvironment } from '../support/packed-package.js';
import { Consumer } from './consumer.js';

vi.setConfig({ hookTimeout: 300_000, testTimeout: 60_000 });

const consumer = new Consumer();
beforeAll(async () => {
  await consumer.install();
});
afterAll(() => consumer.remove());

describe('the installed command', () => {
  it('says its version', async () => {
    const { stdout } = await consumer.run('npx', '--no-install', 'mock-ob-directory', '--version');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('serves the Directory, and ends with code 0 at SIGTERM', async () => {
    const words = ['serve', '--in-memory', '--json', '--http-port', '0', '--https-port', '0'];
    const command = `${consumer.folder}/node_modules/.bin/mock-ob-directory`;
    const server = spawn(command, words, { cwd: consumer.folder, env: userEnvironment() });
    const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
    const { http, pid } = JSON.parse(line) as { http: string; pid: number };
    const { status } = await fetch(`${http}/healthz`);
    server.kill('SIGTERM');
    const [code] = (await once(server, 'close')) as [number | null];
    expect({ status, pid, code }).toEqual({ status: 200, pid: server.pid, code: 0 });
  });

  it('issues an SSA of a Directory of its own, without a server', async () => {
    const { stdout } = await consumer.run('npx', '--no-install', 'mock-ob-directory', 'ssa', '--in-memory');
    expect(stdout).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });
});
