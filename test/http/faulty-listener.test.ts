import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { DomainError } from '../../src/domain/errors.js';
import { limits } from '../../src/domain/limits.js';
import { faultyListener } from '../../src/http/faulty-listener.js';
import type { Faults, MetRequest } from '../../src/sandbox/faults/faults.js';
import { jwksAnswer, type Plan } from '../../src/sandbox/faults/plan.js';

const open: Server[] = [];
const lines: string[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });

afterEach(() => {
  lines.length = 0;
  for (const server of open.splice(0)) server.close().closeAllConnections();
});

/** Faults of which every request meets the same. */
class OneFault {
  isEmpty = false;
  readonly met: MetRequest[] = [];

  constructor(private readonly plan: () => Promise<Plan>) {}

  has(): boolean {
    return !this.isEmpty;
  }

  meet(request: MetRequest) {
    this.met.push(request);
    return { fault: { id: 'an-id', name: 'a-name' }, plan: this.plan };
  }
}

interface Running {
  readonly url: string;
  readonly port: number;
  readonly fault: OneFault;
  /** The paths that reached the application. */
  readonly honest: (string | undefined)[];
}

async function serve(plan: Plan | Error): Promise<Running> {
  const fault = new OneFault(() => (plan instanceof Error ? Promise.reject(plan) : Promise.resolve(plan)));
  const honest: (string | undefined)[] = [];
  const app: RequestListener = (request, response) => {
    honest.push(request.url);
    response.end('honest');
  };
  const settings = { faults: fault as unknown as Faults, listener: 'https', logger } as const;
  const server = createServer(faultyListener(app, settings));
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/a`, port, fault, honest };
}

/** The beginning of an answer. */
async function begin(url: string): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return response;
}

const endless = jwksAnswer('{"keys":[]', undefined, false);

describe('an application behind faults', () => {
  it('gets every request at once, and no fault is asked, while there is none', async () => {
    const { url, fault, honest } = await serve({ kind: 'reset' });
    fault.isEmpty = true;
    expect(await text(await begin(url))).toBe('honest');
    expect([honest, fault.met]).toEqual([['/a'], []]);
  });

  it('gets what is about somebody who is there no more', async () => {
    const { url } = await serve(new DomainError('not_found', 'gone'));
    expect(await text(await begin(url))).toBe('honest');
  });

  it('gets no request whose client has gone before a late answer', async () => {
    const { url, fault, honest } = await serve({ kind: 'honest', delayMilliseconds: 400 });
    const call = get(url, { agent: false });
    call.on('error', () => undefined);
    await expect.poll(() => fault.met.length).toBe(1);
    call.destroy();
    expect(await text(await begin(`${url}/later`))).toBe('honest');
    expect(honest).toEqual(['/a/later']);
  });
});

describe('a fault', () => {
  it('sees path and query apart, also where the request line has the whole URL', async () => {
    const { port, fault } = await serve(jwksAnswer('{}'));
    const socket = connect(port, '127.0.0.1');
    socket.end('GET https://directory.test/a/b.jwks?c=d HTTP/1.1\r\nHost: directory.test\r\n\r\n');
    expect(await text(socket)).toContain('200 OK');
    expect(fault.met).toEqual([{ method: 'GET', path: '/a/b.jwks', query: 'c=d', listener: 'https' }]);
  });

  it('that fails costs its request the connection and nobody else anything', async () => {
    const { url, fault } = await serve({ ...jwksAnswer('{}'), headers: { Location: 'a\r\nb' } });
    await expect(begin(url)).rejects.toThrow('socket hang up');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ level: 50, msg: 'a fault failed' });
    fault.isEmpty = true;
    expect(await text(await begin(url))).toBe('honest');
  });

  it('leaves a line in the log, without the query', async () => {
    const { url } = await serve(jwksAnswer('{}'));
    await text(await begin(`${url}?secret=1`));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 30,
      fault: { id: 'an-id', name: 'a-name' },
      req: { method: 'GET', path: '/a' },
      res: { status: 200 },
      msg: 'met a fault',
    });
    expect(lines[0]).not.toContain('secret');
  });
});

describe('an answer that never ends', () => {
  it('goes on with blanks until its client goes', async () => {
    const { url } = await serve(endless);
    const response = await begin(url);
    let received = '';
    response.on('data', (chunk: Buffer) => (received += chunk.toString()));
    await expect.poll(() => received, { timeout: 5_000 }).toMatch(/^\{"keys":\[\] {2,}$/);
    const connections = () =>
      new Promise((resolve) => open[0]?.getConnections((_error, count) => resolve(count)));
    expect(await connections()).toBe(1);
    response.destroy();
    await expect.poll(connections).toBe(0);
  });

  it('ends, incomplete, when its fault is cleared', async () => {
    const { url, fault } = await serve(endless);
    const response = await begin(url);
    fault.isEmpty = true;
    await expect(text(response)).rejects.toThrow('aborted');
  });

  it('is held for so many clients at once; others get its beginning alone', async () => {
    const { url } = await serve(endless);
    const held: IncomingMessage[] = [];
    while (held.length < limits.heldAnswers) held.push(await begin(url));
    expect(await text(await begin(url))).toBe('{"keys":[]');
    held.pop()?.destroy();
    await expect
      .poll(async () => (await begin(url)).headers['content-length'], { timeout: 5_000 })
      .toBeUndefined();
  });
});
