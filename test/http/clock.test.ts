import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
});
afterEach(() => sandbox.clock.follow());
afterAll(() => sandbox.close());

interface Reading {
  readonly mode: string;
  readonly at: string;
}

const api = () => supertest(sandbox.deskApp);
const read = async () => (await api().get('/sandbox/clock').expect(200)).body as Reading;
const put = async (body: object) =>
  (await api().put('/sandbox/clock').send(body).expect(200)).body as Reading;
const advance = async (body: object) =>
  (await api().post('/sandbox/clock/advance').send(body).expect(200)).body as Reading;

/** Seconds by which an instant lies after the machine's clock. */
function secondsAhead({ at }: Reading): number {
  return (new Date(at).getTime() - Date.now()) / 1000;
}

async function refusalOf(method: 'put' | 'post', path: string, body: object): Promise<unknown> {
  const before = sandbox.clock.read().mode;
  const answer = await api()[method](path).send(body).expect(400);
  expect(sandbox.clock.read().mode).toBe(before);
  return (answer.body as { errors: unknown }).errors;
}

describe('the sandbox clock over the control API', () => {
  it('shows real time until it is told otherwise', async () => {
    const reading = await read();
    expect(reading.mode).toBe('real');
    expect(Math.abs(secondsAhead(reading))).toBeLessThan(60);
  });

  it('stands still at an instant', async () => {
    expect(await put({ mode: 'frozen', at: '2027-01-31T10:00:00+01:00' })).toEqual({
      mode: 'frozen',
      at: '2027-01-31T09:00:00.000Z',
    });
    expect(await read()).toEqual({ mode: 'frozen', at: '2027-01-31T09:00:00.000Z' });
  });

  it('stands still where it is when no instant is given', async () => {
    await put({ at: '2030-01-01T00:00:00Z' });
    const { at } = await put({ mode: 'frozen' });
    expect(at).toMatch(/^2030-01-01T00:0/);
    expect((await read()).at).toBe(at);
  });

  it('runs on from an instant, with or without naming the mode', async () => {
    for (const body of [{ mode: 'offset', at: '2030-01-01T00:00:00Z' }, { at: '2030-01-01T00:00:00Z' }]) {
      expect(await put(body)).toMatchObject({ mode: 'offset' });
      const first = sandbox.clock.now().getTime();
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(sandbox.clock.now().getTime()).toBeGreaterThan(first);
      expect(new Date(first).toISOString()).toMatch(/^2030-01-01T00:0/);
    }
  });

  it('goes back to real time, also when it is given a reading of real time back', async () => {
    const reading = await read();
    await put({ mode: 'frozen', at: '2020-01-01T00:00:00Z' });
    expect(await put(reading)).toMatchObject({ mode: 'real' });
    expect(Math.abs(secondsAhead(await read()))).toBeLessThan(60);
  });

  it('advances by the calendar and by seconds, there and back, and stands still if it did', async () => {
    await put({ mode: 'frozen', at: '2027-01-31T09:00:00Z' });
    expect(await advance({ by: 'P31D' })).toEqual({ mode: 'frozen', at: '2027-03-03T09:00:00.000Z' });
    expect(await advance({ seconds: 60 })).toEqual({ mode: 'frozen', at: '2027-03-03T09:01:00.000Z' });
    expect(await advance({ seconds: -60.5 })).toEqual({ mode: 'frozen', at: '2027-03-03T08:59:59.500Z' });
    expect(await advance({ by: '-P1Y' })).toEqual({ mode: 'frozen', at: '2026-03-03T08:59:59.500Z' });
  });

  it('advances while it runs', async () => {
    expect(await advance({ by: 'P1D' })).toMatchObject({ mode: 'offset' });
    const reading = await read();
    expect(Math.abs(secondsAhead(reading) - 86_400)).toBeLessThan(60);
  });

  it.each([
    [
      {},
      [{ field: 'at', expected: 'an instant to run on from, as 2027-01-31T09:00:00Z', actual: 'nothing' }],
    ],
    [
      { mode: 'stopped' },
      [{ field: 'mode', expected: 'one of "real", "offset", "frozen"', actual: '"stopped"' }],
    ],
    [
      { mode: 'frozen', at: 'tomorrow' },
      [{ field: 'at', expected: 'an instant as 2027-01-31T09:00:00Z', actual: '"tomorrow"' }],
    ],
    [
      { mode: 'frozen', at: '2027-02-30T00:00:00Z' },
      [{ field: 'at', expected: 'an instant as 2027-01-31T09:00:00Z', actual: '"2027-02-30T00:00:00Z"' }],
    ],
    [
      { at: '2027-01-31T09:00:00Z', to: 1 },
      [{ field: 'to', expected: 'no member of this name (there are mode, at)', actual: '1' }],
    ],
  ])('cannot be set by %j', async (body, errors) => {
    expect(await refusalOf('put', '/sandbox/clock', body)).toEqual(errors);
  });

  it.each([
    [{}, 'body', 'either by, an ISO 8601 duration, or seconds'],
    [{ by: 'P1D', seconds: 1 }, 'body', 'either by, an ISO 8601 duration, or seconds'],
    [{ by: '31 days' }, 'by', 'an ISO 8601 duration as P31D or -PT1H'],
    [{ by: 31 }, 'by', 'a string'],
    [{ seconds: '60' }, 'seconds', 'a number'],
  ])('cannot be advanced by %j', async (body, field, expected) => {
    expect(await refusalOf('post', '/sandbox/clock/advance', body)).toMatchObject([{ field, expected }]);
  });

  it.each([
    ['put', '/sandbox/clock', { mode: 'frozen', at: '2000-01-01T00:00:00Z' }, 'at'],
    ['put', '/sandbox/clock', { at: '2099-01-01T00:00:00Z' }, 'at'],
    ['post', '/sandbox/clock/advance', { by: 'P21Y' }, 'by'],
    ['post', '/sandbox/clock/advance', { by: '-P999999999Y' }, 'by'],
    ['post', '/sandbox/clock/advance', { seconds: 1e9 }, 'seconds'],
  ] as const)(
    'stays where its authorities are valid: %s %s %j is refused',
    async (method, path, body, field) => {
      const [error] = (await refusalOf(method, path, body)) as { field: string; expected: string }[];
      expect(error?.field).toBe(field);
      expect(error?.expected).toMatch(/^an instant from 20\d\d-.* to 20\d\d-.*authorities are valid$/);
    },
  );

  it('can go to the ends of what its authorities allow', async () => {
    const { notBefore, notAfter } = sandbox.services.trustAnchor.validity;
    await put({ mode: 'frozen', at: notBefore.toISOString() });
    await put({ mode: 'frozen', at: new Date(notAfter.getTime() - 86_400_000).toISOString() });
  });

  it('is on every page of the desk when it is not the real one', async () => {
    const statement = '/organisations/0015800000REFBKAA5';
    for (const path of ['/', '/banks', '/banks/reference', '/qtsp', statement, '/nowhere']) {
      const page = async () => (await api().get(path).set('Accept', 'text/html')).text;
      sandbox.clock.follow();
      expect(await page(), path).not.toContain('Sandbox time: <strong>');
      sandbox.clock.freeze(new Date('2027-01-31T09:00:00Z'));
      expect(await page(), path).toContain(
        '2027-01-31 09:00:00 UTC</time></strong>. The sandbox clock stands still.',
      );
      sandbox.clock.set(new Date('2028-01-31T09:00:00Z'));
      expect(await page(), path).toContain('The sandbox clock has been moved, and runs on.');
    }
  });
});
