import { beforeEach, describe, expect, it } from 'vitest';
import { JwksCache, type JwksPolicy } from '../../src/aspsp/jwks-cache.js';
import { limits } from '../../src/domain/limits.js';
import type { JwksFetcher, JwksFetchResult } from '../../src/domain/ports.js';
import { SandboxClock } from '../../src/sandbox/clock.js';

const origin = 'https://keystore.test';
const url = `${origin}/a.jwks`;
const down: JwksFetchResult = { ok: false, reason: 'cannot be fetched: status 503' };

function setOf(kid: string, freshSeconds = 0): JwksFetchResult {
  return { ok: true, jwks: { keys: [{ kty: 'RSA', kid }] }, freshSeconds };
}

/** Answers what it is told to, and remembers what it was asked. */
class ScriptedFetcher implements JwksFetcher {
  readonly asked: string[] = [];
  answer: () => Promise<JwksFetchResult> = () => Promise.resolve(down);

  answers(result: JwksFetchResult): void {
    this.answer = () => Promise.resolve(result);
  }

  fetch(asked: string): Promise<JwksFetchResult> {
    this.asked.push(asked);
    return this.answer();
  }
}

const byHeaders: JwksPolicy = {
  maxAgeSeconds: null,
  refetchForUnknownKid: false,
  whenUnreachable: 'refuse',
};

let clock: SandboxClock;
let fetcher: ScriptedFetcher;
let cache: JwksCache;

beforeEach(() => {
  clock = new SandboxClock();
  clock.freeze(new Date('2026-03-01T12:00:00Z'));
  fetcher = new ScriptedFetcher();
  cache = new JwksCache(fetcher, clock);
});

function get(policy: Partial<JwksPolicy> = {}, kid?: string, from = url): Promise<JwksFetchResult> {
  return cache.get(from, [origin], { ...byHeaders, ...policy }, kid);
}

/** Puts a copy of a set with the key `old` into the cache; after it, the server has the key `new`. */
async function rotate(freshSeconds: number): Promise<void> {
  fetcher.answers(setOf('old', freshSeconds));
  await get();
  fetcher.answers(setOf('new', freshSeconds));
}

describe('the origins that a JWKS may come from', () => {
  const elsewhere = `is at none of the allowed origins (${origin})`;

  it.each([
    ['another host', 'https://other.test/a.jwks', elsewhere],
    ['another port', 'https://keystore.test:8443/a.jwks', elsewhere],
    ['a name that begins like an allowed one', 'https://keystore.test.evil.test/a.jwks', elsewhere],
    ['plain HTTP', 'http://keystore.test/a.jwks', 'is no https URL'],
    ['no URL', 'keystore.test/a.jwks', 'is no https URL'],
    ['nothing', '', 'is no https URL'],
    ['credentials', 'https://user:secret@keystore.test/a.jwks', 'carries credentials'],
    ['an allowed name as a user', 'https://keystore.test@evil.test/a.jwks', 'carries credentials'],
  ])('do not include %s', async (_title, from, reason) => {
    fetcher.answers(setOf('a', 60));
    expect(await get({}, undefined, from)).toEqual({ ok: false, reason });
    expect(fetcher.asked).toEqual([]);
  });

  it('are as they are written, in any spelling of the same URL', async () => {
    fetcher.answers(setOf('a', 60));
    expect(await get({}, undefined, 'HTTPS://KEYSTORE.TEST:443/a.jwks')).toEqual(setOf('a', 60));
  });

  it('bind the cache too: a copy for one caller is none for another', async () => {
    fetcher.answers(setOf('a', 60));
    await get();
    const policy: JwksPolicy = { ...byHeaders, whenUnreachable: 'use-last-known' };
    expect(await cache.get(url, ['https://other.test'], policy)).toEqual({
      ok: false,
      reason: 'is at none of the allowed origins (https://other.test)',
    });
    expect(await cache.get(url, [], policy)).toEqual({
      ok: false,
      reason: 'is at none of the allowed origins (there are none)',
    });
    expect(fetcher.asked).toEqual([url]);
  });
});

describe('a copy', () => {
  it.each<[string, number, number | null, number]>([
    ['the headers say', 60, null, 60],
    ['the policy says, when that is less', 60, 10, 10],
    ['the policy says, when that is more', 0, 300, 300],
  ])('is used for as long as %s', async (_title, freshSeconds, maxAgeSeconds, expectedSeconds) => {
    await rotate(freshSeconds);
    clock.advance(expectedSeconds * 1000 - 1);
    expect(await get({ maxAgeSeconds })).toEqual(setOf('old', freshSeconds));
    clock.advance(1);
    expect(await get({ maxAgeSeconds })).toEqual(setOf('new', freshSeconds));
    expect(fetcher.asked).toHaveLength(2);
  });

  it.each<[string, number, number | null]>([
    ['the headers', 0, null],
    ['the policy', 60, 0],
  ])('is not used when %s say 0 seconds', async (_title, freshSeconds, maxAgeSeconds) => {
    await rotate(freshSeconds);
    expect(await get({ maxAgeSeconds })).toEqual(setOf('new', freshSeconds));
  });

  it('from the future is stale: the clock was moved back', async () => {
    await rotate(60);
    clock.advance(-1);
    expect(await get()).toEqual(setOf('new', 60));
    expect(await get()).toEqual(setOf('new', 60));
    expect(fetcher.asked).toHaveLength(2);
  });

  it('is as old as the request for it', async () => {
    fetcher.answer = () => {
      clock.advance(59_000);
      return Promise.resolve(setOf('a', 60));
    };
    await get();
    clock.advance(1_000);
    await get();
    expect(fetcher.asked).toHaveLength(2);
  });

  it('of another URL is another copy', async () => {
    await rotate(60);
    expect(await get({}, undefined, `${origin}/b.jwks`)).toEqual(setOf('new', 60));
    expect(await get()).toEqual(setOf('old', 60));
  });
});

describe('a kid that is not in a copy', () => {
  it('is looked for once more', async () => {
    await rotate(60);
    expect(await get({ refetchForUnknownKid: true }, 'new')).toEqual(setOf('new', 60));
    expect(await get({ refetchForUnknownKid: true }, 'new')).toEqual(setOf('new', 60));
    expect(fetcher.asked).toHaveLength(2);
  });

  it('is looked for once only in each call, and not where the call has just fetched', async () => {
    fetcher.answers(setOf('a', 60));
    expect(await get({ refetchForUnknownKid: true }, 'x')).toEqual(setOf('a', 60));
    expect(fetcher.asked).toHaveLength(1);
    expect(await get({ refetchForUnknownKid: true }, 'x')).toEqual(setOf('a', 60));
    expect(fetcher.asked).toHaveLength(2);
  });

  it('stays unknown when the policy says so', async () => {
    await rotate(60);
    expect(await get({ refetchForUnknownKid: false }, 'new')).toEqual(setOf('old', 60));
    expect(fetcher.asked).toHaveLength(1);
  });

  it('is no reason to look again when nobody asked for one, or when the copy has it', async () => {
    await rotate(60);
    expect(await get({ refetchForUnknownKid: true })).toEqual(setOf('old', 60));
    expect(await get({ refetchForUnknownKid: true }, 'old')).toEqual(setOf('old', 60));
    expect(fetcher.asked).toHaveLength(1);
  });

  it.each<[JwksPolicy['whenUnreachable'], JwksFetchResult]>([
    ['refuse', down],
    ['use-last-known', setOf('old', 60)],
  ])('cannot be looked for while the server is down: %s', async (whenUnreachable, expected) => {
    await rotate(60);
    fetcher.answers(down);
    expect(await get({ refetchForUnknownKid: true, whenUnreachable }, 'new')).toEqual(expected);
    expect(fetcher.asked).toHaveLength(2);
  });
});

describe('a server that is down', () => {
  it('is a refusal where the policy is to refuse, though there is a stale copy', async () => {
    await rotate(0);
    fetcher.answers(down);
    expect(await get()).toEqual(down);
  });

  it('is bridged by the last known copy where the policy is to use it, however old', async () => {
    await rotate(0);
    fetcher.answers(down);
    clock.advance(365 * 24 * 3_600_000);
    expect(await get({ whenUnreachable: 'use-last-known' })).toEqual(setOf('old'));
  });

  it('is a refusal where no copy was ever seen', async () => {
    expect(await get({ whenUnreachable: 'use-last-known' })).toEqual(down);
  });

  it('does not make a stale copy fresh: the next call asks again', async () => {
    await rotate(0);
    fetcher.answers(down);
    await get({ whenUnreachable: 'use-last-known' });
    fetcher.answers(setOf('new'));
    expect(await get({ whenUnreachable: 'use-last-known' })).toEqual(setOf('new'));
  });

  it('is not remembered as down', async () => {
    expect(await get({ maxAgeSeconds: 300 })).toEqual(down);
    fetcher.answers(setOf('a'));
    expect(await get({ maxAgeSeconds: 300 })).toEqual(setOf('a'));
  });

  it('is a refusal, too, where the fetcher breaks its promise and throws', async () => {
    fetcher.answer = () => Promise.reject(new Error('broken'));
    expect(await get()).toEqual({ ok: false, reason: 'cannot be fetched' });
    fetcher.answers(setOf('a'));
    expect(await get()).toEqual(setOf('a'));
  });
});

describe('simultaneous calls', () => {
  it('for one URL share a fetch, and later ones do not', async () => {
    let finish: (result: JwksFetchResult) => void = () => undefined;
    fetcher.answer = () => new Promise((resolve) => (finish = resolve));
    const calls = [get(), get({ maxAgeSeconds: 300 }), get({ refetchForUnknownKid: true }, 'a')];
    finish(setOf('a'));
    expect(await Promise.all(calls)).toEqual([setOf('a'), setOf('a'), setOf('a')]);
    expect(fetcher.asked).toHaveLength(1);
    fetcher.answers(setOf('b'));
    expect(await get()).toEqual(setOf('b'));
  });

  it('for different URLs do not wait for each other', async () => {
    fetcher.answer = () => new Promise(() => undefined);
    void get();
    fetcher.answers(setOf('b'));
    expect(await get({}, undefined, `${origin}/b.jwks`)).toEqual(setOf('b'));
  });

  it('share a failure, each by its own policy', async () => {
    await rotate(0);
    fetcher.answers(down);
    expect(await Promise.all([get(), get({ whenUnreachable: 'use-last-known' })])).toEqual([
      down,
      setOf('old'),
    ]);
    expect(fetcher.asked).toHaveLength(2);
  });
});

describe('the number of copies', () => {
  const nth = (index: number) => `${origin}/${index}.jwks`;

  it('is bounded; the least recently used gives way', async () => {
    fetcher.answers(setOf('a', 60));
    for (let index = 0; index < limits.jwksCacheEntries; index += 1) await get({}, undefined, nth(index));
    await get({}, undefined, nth(0));
    expect(fetcher.asked).toHaveLength(limits.jwksCacheEntries);

    await get({}, undefined, nth(limits.jwksCacheEntries));
    fetcher.asked.length = 0;
    for (const index of [0, 2, limits.jwksCacheEntries]) await get({}, undefined, nth(index));
    expect(fetcher.asked).toEqual([]);
    await get({}, undefined, nth(1));
    expect(fetcher.asked).toEqual([nth(1)]);
  });
});

describe('a set that gives a key away', () => {
  it.each<[string, Record<string, string>, string]>([
    ['a private key', { kid: 'secret', d: 'AQAB' }, 'holds a private key, kid "secret"'],
    ['a symmetric key', { kty: 'oct', kid: 'secret', k: 'AQAB' }, 'holds a private key, kid "secret"'],
    ['a private key without a kid', { d: 'AQAB' }, 'holds a private key, kid nothing'],
  ])('is refused whole: %s beside a public one', async (_title, members, reason) => {
    const keys = [
      { kty: 'RSA', kid: 'a' },
      { kty: 'RSA', ...members },
    ];
    fetcher.answers({ ok: true, jwks: { keys }, freshSeconds: 60 });
    expect(await get({}, 'a')).toEqual({ ok: false, reason });
    fetcher.answers(setOf('a'));
    expect(await get({}, 'a')).toEqual(setOf('a'));
  });

  it('takes nothing away from a bank that uses what it saw last', async () => {
    fetcher.answers(setOf('a'));
    await get();
    fetcher.answers({ ok: true, jwks: { keys: [{ kty: 'RSA', kid: 'b', d: 'AQAB' }] }, freshSeconds: 60 });
    expect(await get({ whenUnreachable: 'use-last-known' })).toEqual(setOf('a'));
  });
});
