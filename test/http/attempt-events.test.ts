import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { EventStreams } from '../../src/http/desk/events.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, verdictOf } from '../support/registration.js';

const MARKUP = '<img src=x onerror=alert(1)>';

/** A page that follows events, as a browser does. */
class Follower {
  private text = '';
  private wake: () => void = () => undefined;

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      this.text += chunk;
      this.wake();
    });
    response.on('close', () => this.wake());
    response.on('error', () => this.wake());
  }

  static async at(url: string, headers: Record<string, string> = {}): Promise<Follower> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { headers: { accept: 'text/event-stream', ...headers }, agent: new Agent() };
      get(url, options, resolve).on('error', reject);
    });
    return new Follower(response);
  }

  /** The ids of the events so far, once there are as many. */
  async ids(count: number): Promise<string[]> {
    await this.until(() => this.seen().length >= count);
    return this.seen();
  }

  /** All that came, once the stream has ended. */
  async ended(): Promise<string> {
    await this.until(() => this.response.closed || this.response.destroyed);
    return this.text;
  }

  get all(): string {
    return this.text;
  }

  leave(): void {
    this.response.destroy();
  }

  private seen(): string[] {
    return [...this.text.matchAll(/^id: (.*)$/gm)].map(([, id = '']) => id);
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

describe('the attempts at a bank, live', () => {
  let sandbox: Sandbox;
  let events: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ keyPairs: testKeys });
    events = `${sandbox.urls.http}/banks/reference/attempts/events`;
  });
  afterAll(() => sandbox.close());

  const attempt = async (body = 'not.a.token') =>
    verdictOf(await sandbox.services.getBank('reference').register(anonymousPost(body))).id;

  it('are told as rows of the list, escaped, as soon as they are there', async () => {
    const follower = await Follower.at(events);
    expect(follower.response.headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/) as string,
      'cache-control': 'no-store',
    });
    const payload = Buffer.from(JSON.stringify({ iss: MARKUP })).toString('base64url');
    const id = await attempt(`e30.${payload}.AAAA`);
    expect(await follower.ids(1)).toEqual([id]);
    expect(follower.all).toMatch(/^retry: \d+$/m);
    expect(follower.all).toContain(`event: attempt\ndata: <tr data-attempt="${id}">\n`);
    expect(follower.all).not.toContain(MARKUP);
    follower.leave();
  });

  it('are told to whoever comes back from where he was on', async () => {
    const [seen, missed, another] = [await attempt(), await attempt(), await attempt()];
    const byQuery = await Follower.at(`${events}?after=${seen}`);
    expect(await byQuery.ids(2)).toEqual([missed, another]);
    const byHeader = await Follower.at(`${events}?after=${seen}`, { 'last-event-id': missed });
    expect(await byHeader.ids(1)).toEqual([another]);
    byQuery.leave();
    byHeader.leave();
  });

  it('are not told of another bank, and not without one', async () => {
    const other = await Follower.at(events.replace('reference', 'legacy'));
    await attempt();
    const { id } = verdictOf(await sandbox.services.getBank('legacy').register(anonymousPost('')));
    expect(await other.ids(1)).toEqual([id]);
    other.leave();
    const { response } = await Follower.at(events.replace('reference', 'unknown'));
    expect(response.statusCode).toBe(404);
  });

  it('are told of every bank, each with its name, to whoever follows all of them', async () => {
    const all = await Follower.at(`${sandbox.urls.http}/attempts/events`);
    const refused = await Follower.at(`${sandbox.urls.http}/attempts/events?bank=legacy&outcome=refused`);
    const agreed = await Follower.at(`${sandbox.urls.http}/attempts/events?outcome=agreed`);
    const here = await attempt();
    const { id: there } = verdictOf(await sandbox.services.getBank('legacy').register(anonymousPost('')));
    expect(await all.ids(2)).toEqual([here, there]);
    expect(all.all).toContain('<td><a href="/banks/legacy">');
    expect(await refused.ids(1)).toEqual([there]);
    const tpp = await sandbox.createTpp();
    await tpp.register(sandbox.bank('reference'));
    const [registered] = sandbox.services.getBank('reference').attempts({ limit: 1 }).items;
    expect(await agreed.ids(1)).toEqual([registered?.id]);
    for (const follower of [all, refused, agreed]) follower.leave();
  });

  it('end when the whole state is replaced, so that pages come back to the new one', async () => {
    const follower = await Follower.at(events);
    await sandbox.reset();
    await follower.ended();
    const again = await Follower.at(events);
    const id = await attempt();
    expect(await again.ids(1)).toEqual([id]);
    again.leave();
  });

  it('keep no sandbox from closing', async () => {
    const other = await startSandbox({ keyPairs: testKeys });
    const follower = await Follower.at(`${other.urls.http}/banks/reference/attempts/events`);
    await other.close();
    await follower.ended();
  });

  it('ask for the password', async () => {
    await using guarded = await startSandbox({ keyPairs: testKeys, adminPassword: 'secret' });
    const url = `${guarded.urls.http}/banks/reference/attempts/events`;
    expect((await Follower.at(url)).response.statusCode).toBe(401);
    const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
    const admitted = await Follower.at(url, { authorization });
    expect(admitted.response.statusCode).toBe(200);
    admitted.leave();
  });

  it('are followed by no more pages than may be', async () => {
    const followers = await Promise.all(
      Array.from({ length: limits.eventStreams }, () => Follower.at(events)),
    );
    const refused = await Follower.at(events);
    expect(refused.response.statusCode).toBe(503);
    expect(refused.response.headers['retry-after']).toBeDefined();
    followers.forEach((follower) => follower.leave());
  });
});

describe('an event stream', () => {
  it('lets go of a reader who does not read', async () => {
    const streams = new EventStreams();
    const app = express();
    const ended = new Promise<void>((resolve) => {
      app.get('/', (_request, response) => {
        streams.start(response, (stream) => {
          for (let number = 0; number < 100; number++) stream.send('much', `${number}`, 'x'.repeat(10_000));
          return resolve;
        });
      });
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const call = get({ port, host: '127.0.0.1', agent: new Agent() }).on('error', () => undefined);
    await ended;
    call.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
