import { createHash } from 'node:crypto';
import { mkdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf, StoreError } from './store-error.js';

/** Longest socket path that every system takes (macOS: 104 bytes with its terminator). */
const LONGEST_SOCKET_PATH = 100;
const TAKEOVER_STALE_MILLISECONDS = 5_000;
const ATTEMPTS = 20;
const PAUSE_MILLISECONDS = 50;

/**
 * Keeps a data directory to one running instance: the lock is a socket in it that the owner listens on, so it ends with
 * the process, however that ends, and no process id can be mistaken for another.
 */
export class DirectoryLock {
  private constructor(private readonly server: Server) {}

  /** @throws StoreError `in_use` when another instance runs on the directory, `not_writable` when no lock can be made */
  static async acquire(directory: string): Promise<DirectoryLock> {
    const path = socketPath(directory);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const server = await listen(path);
      if (server) return new DirectoryLock(server);
      if (await isAlive(path)) {
        throw new StoreError('in_use', `${directory} is in use by another running instance`);
      }
      await clearStale(directory, path);
    }
    throw new StoreError('in_use', `${directory} is being taken by other instances`);
  }

  release(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function socketPath(directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex');
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\mock-ob-directory-${digest}`;
  }
  const path = join(directory, 'lock.sock');
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  return join(tmpdir(), `mock-ob-directory-${digest.slice(0, 32)}.sock`);
}

/** Undefined when something of this name is there already. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else
        reject(
          new StoreError('not_writable', `Cannot write to ${path}: ${reasonOf(error)}`, { cause: error }),
        );
    });
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (alive: boolean) => () => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
  });
}

/**
 * Clears the socket of an instance that was killed. Of several that try, one at a time may: were two to remove it, the
 * second might remove the first one's new lock.
 */
async function clearStale(directory: string, path: string): Promise<void> {
  const guard = join(directory, 'lock.takeover');
  try {
    await mkdir(guard);
  } catch {
    const age = await stat(guard).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    const now = await directoryTime(directory);
    if (age !== undefined && now - age > TAKEOVER_STALE_MILLISECONDS)
      await rmdir(guard).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    return;
  }
  try {
    if (!(await isAlive(path))) {
      const stale = `${path}.stale`;
      await rename(path, stale).catch(() => undefined);
      await rm(stale, { force: true });
    }
  } finally {
    await rmdir(guard);
  }
}

/** The time by the file system's own clock, which is the one that stamped the guard. */
async function directoryTime(directory: string): Promise<number> {
  const probe = join(directory, 'lock.probe');
  await mkdir(probe, { recursive: true });
  const { ctimeMs } = await stat(probe);
  await rmdir(probe).catch(() => undefined);
  return ctimeMs;
}
