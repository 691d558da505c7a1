import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readCompose } from './compose.js';
import { canBeNode, canIsolate, Container, type RunOptions } from './container.js';
import { ignoring } from './dockerfile.js';
import { buildImage, NODE_USER, type Image } from './image.js';

// The image is built from nothing.
vi.setConfig({ hookTimeout: 300_000, testTimeout: 120_000 });

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'mock-ob-directory-image-'));
chmodSync(folder, 0o755);
let image: Image;
beforeAll(async () => {
  if (canBeNode) image = await buildImage(folder);
});
const started: Container[] = [];
afterEach(async () => {
  for (const container of started.splice(0)) await container.kill();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(options: RunOptions): Container {
  const container = Container.run(image, options);
  started.push(container);
  return container;
}

/** Two that are free, as there is but one network. */
async function freePorts(): Promise<{ HTTP_PORT: string; HTTPS_PORT: string }> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<string>((resolve) => {
          server.listen(0, () => resolve(String((server.address() as AddressInfo).port)));
        }),
    ),
  );
  for (const server of servers) server.close();
  const [HTTP_PORT = '', HTTPS_PORT = ''] = ports;
  return { HTTP_PORT, HTTPS_PORT };
}

async function rootOf({ environment }: RunOptions): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${environment['HTTP_PORT'] ?? ''}/ca/root.pem`);
  expect(answer.status).toBe(200);
  return answer.text();
}

describe.skipIf(!canBeNode)('what the Dockerfile builds, run without Docker,', () => {
  it('is the packed artefact, and neither compiler nor tests', () => {
    const modules = join(image.root, 'app', 'node_modules');
    expect(statSync(join(modules, 'mock-ob-directory', 'dist', 'cli.js')).isFile()).toBe(true);
    for (const absent of ['typescript', 'vitest', 'mock-ob-directory/src', 'mock-ob-directory/test'])
      expect(statSync(join(modules, absent), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('has the ports that the program has without options, and a folder of its user for what it keeps', () => {
    expect(image).toMatchObject({ user: 'node', ports: ['8080', '8443'], volumes: ['/data'] });
    expect(statSync(join(image.root, 'data')).uid).toBe(NODE_USER);
  });

  it('does not start without a password, and says so', async () => {
    const { code, stderr } = await run({ environment: await freePorts() }).ended();
    expect(code).toBe(2);
    expect(stderr).toContain('--admin-password: expected a password because --host 0.0.0.0');
  });

  it('is healthy while it runs, ends with code 0 at SIGTERM, and has the same keys the next time', async () => {
    const options = { environment: { ADMIN_PASSWORD: 'for this test', ...(await freePorts()) } };
    expect(await Container.check(image, options)).toBe(1);
    const first = run(options);
    await first.healthy();
    const root = await rootOf(options);
    expect((await first.stop()).code).toBe(0);
    expect(await Container.check(image, options)).toBe(1);

    const second = run(options);
    await second.healthy();
    expect(await rootOf(options)).toBe(root);
    expect((await second.stop()).code).toBe(0);
  });

  it('keeps what it keeps from everybody else', () => {
    const { mode, uid } = statSync(join(image.root, 'data'));
    expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o700, uid: NODE_USER });
  });
});

describe('what Docker is given to build from', () => {
  const isIgnored = ignoring(readFileSync(new URL('../../.dockerignore', import.meta.url), 'utf8'));

  it.each(['node_modules/zod', 'data/sandbox', 'data/sandbox/1/keys.json', '.git', 'dist/cli.js', 'test'])(
    'has no %s',
    (path) => expect(isIgnored(path)).toBe(true),
  );

  it.each(['src/cli.ts', 'data/demo.json', 'package-lock.json'])('has %s', (path) =>
    expect(isIgnored(path)).toBe(false),
  );
});

describe('compose.yaml', () => {
  it('has no password of its own', () => {
    expect(() => readCompose({})).toThrow('ADMIN_PASSWORD: the password that the desk is to ask for');
    expect(() => readCompose({ ADMIN_PASSWORD: '' })).toThrow('ADMIN_PASSWORD');
  });

  it('gives the Directory, in the network and in its certificate, the host names of the real sandbox', () => {
    const { directory } = readCompose({ ADMIN_PASSWORD: 'x' });
    const documented = Array.from(
      readme.matchAll(/--alias (\S+\.openbankingtest\.org\.uk)/g),
      ([, name]) => name,
    );
    expect(documented).toHaveLength(5);
    const { PUBLIC_HOST, ALIAS } = directory?.environment ?? {};
    expect(ALIAS?.split(',')).toEqual(documented);
    expect(directory?.networks.default.aliases).toEqual([PUBLIC_HOST, ...documented]);
  });

  it.skipIf(!canIsolate)(
    'runs it as process 1 without any privilege at port 443, and it ends with code 0',
    async () => {
      const { directory } = readCompose({ ADMIN_PASSWORD: 'for this test' });
      if (!directory) throw new Error('expected a service');
      expect(directory.cap_drop).toEqual(['ALL']);
      const { environment, sysctls } = directory;
      const container = run({ environment, isolated: { sysctls } });
      await container.healthy();
      const status = readFileSync(`/proc/${container.process}/status`, 'utf8');
      expect(status).toMatch(/^NSpid:\t\d+\t1$/m);
      expect(status).toMatch(/^CapBnd:\t0+$/m);
      expect(status).toMatch(new RegExp(`^Uid:\t${NODE_USER}\t`, 'm'));

      const name = 'keystore.openbankingtest.org.uk';
      const { stdout: root } = await container.exec('curl', '-s', 'http://127.0.0.1:8080/ca/root.pem');
      const file = join(folder, 'root.pem');
      writeFileSync(file, root);
      const keystore = await container.exec(
        ...['curl', '-s', '--cacert', file, '--resolve', `${name}:443:127.0.0.1`],
        `https://${name}/keystore/openbanking.jwks`,
      );
      expect(JSON.parse(keystore.stdout)).toHaveProperty('keys');
      expect(await container.stop()).toMatchObject({ code: 0 });
    },
  );
});
