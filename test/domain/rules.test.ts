import { describe, expect, it } from 'vitest';
import {
  checkIssuedAt,
  checkNotExpired,
  expectThat,
  failed,
  instantWithin,
  judge,
  passed,
  skipped,
  type Finding,
  type Rule,
} from '../../src/domain/rules.js';

type Check = Rule<string[]>['check'];

function rule(id: string, finding: Finding | Check, needs: readonly string[] = []): Rule<string[]> {
  return {
    id,
    title: `title of ${id}`,
    spec: `spec of ${id}`,
    error: `error of ${id}`,
    needs,
    check: typeof finding === 'function' ? finding : () => finding,
  };
}

async function outcomes(rules: readonly Rule<string[]>[]): Promise<string[]> {
  const { results } = await judge(rules, []);
  return results.map(({ id, outcome }) => `${id} ${outcome}`);
}

describe('a judgement', () => {
  it('of no rules decides nothing', async () => {
    expect(await judge([], [])).toEqual({ results: [], decisive: undefined });
  });

  it('has every rule with its title, its specification and what it came to', async () => {
    const { results, decisive } = await judge(
      [rule('a', passed), rule('b', skipped('scope is absent')), rule('c', failed('1', '2'))],
      [],
    );
    const described = (id: string) => ({ id, title: `title of ${id}`, spec: `spec of ${id}` });
    expect(results).toEqual([
      { ...described('a'), outcome: 'passed' },
      { ...described('b'), outcome: 'skipped', reason: 'scope is absent' },
      { ...described('c'), outcome: 'failed', expected: '1', actual: '2' },
    ]);
    expect(decisive).toEqual({ error: 'error of c', description: 'c: expected 1, got 2' });
  });

  it('is decided by the first failure, and runs the other rules all the same', async () => {
    const rules = [
      rule('a', passed),
      rule('b', failed('1', '2')),
      rule('c', failed('3', '4')),
      rule('d', passed),
    ];
    expect(await outcomes(rules)).toEqual(['a passed', 'b failed', 'c failed', 'd passed']);
    expect((await judge(rules, [])).decisive).toEqual({
      error: 'error of b',
      description: 'b: expected 1, got 2',
    });
  });

  it('skips a rule whose need failed, and the rules that need that one, without running them', async () => {
    const ran: string[] = [];
    const noting = (id: string, needs: readonly string[]) =>
      rule(
        id,
        () => {
          ran.push(id);
          return passed;
        },
        needs,
      );
    const rules = [rule('a', failed('1', '2')), noting('b', ['a']), noting('c', ['b']), noting('d', [])];
    const { results } = await judge(rules, []);
    expect(results.map(({ outcome }) => outcome)).toEqual(['failed', 'skipped', 'skipped', 'passed']);
    expect(results[1]).toMatchObject({ reason: 'needs a, which did not pass' });
    expect(results[2]).toMatchObject({ reason: 'needs b, which did not pass' });
    expect(ran).toEqual(['d']);
  });

  it('names the first of several unmet needs', async () => {
    const rules = [
      rule('a', passed),
      rule('b', failed('1', '2')),
      rule('c', failed('1', '2')),
      rule('d', passed, ['a', 'c', 'b']),
    ];
    expect((await judge(rules, [])).results[3]).toMatchObject({ reason: 'needs c, which did not pass' });
  });

  it('runs a rule whose need did not apply', async () => {
    const rules = [rule('a', skipped('does not apply')), rule('b', failed('1', '2'), ['a'])];
    expect(await outcomes(rules)).toEqual(['a skipped', 'b failed']);
  });

  it('counts a value that was replaced as passed', async () => {
    const replaced: Finding = { outcome: 'passed', expected: 'web', actual: 'mobile', reason: 'replaced' };
    const { results, decisive } = await judge([rule('a', replaced), rule('b', passed, ['a'])], []);
    expect(results[0]).toMatchObject(replaced);
    expect(results[1]).toMatchObject({ outcome: 'passed' });
    expect(decisive).toBeUndefined();
  });

  it.each([
    ['comes later in the table', [rule('b', passed, ['a']), rule('a', passed)], 'b skipped'],
    ['is not in the table', [rule('b', passed, ['unknown'])], 'b skipped'],
  ])('fails closed when a need %s', async (_what, rules, expected) => {
    expect((await outcomes(rules))[0]).toBe(expected);
  });

  it('waits for one rule before it begins the next', async () => {
    const slow =
      (id: string, turns: number): Check =>
      async (log) => {
        log.push(`${id} begins`);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        log.push(`${id} ends`);
        return passed;
      };
    const log: string[] = [];
    await judge([rule('a', slow('a', 10)), rule('b', slow('b', 0)), rule('c', slow('c', 5))], log);
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('decides by the order of the table, not by which rule is done first', async () => {
    const late: Check = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return failed('1', '2');
    };
    const { decisive } = await judge([rule('a', late), rule('b', failed('3', '4'))], []);
    expect(decisive?.error).toBe('error of a');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ] as [string, Check][])('ends with the error of a rule that %s', async (_what, check) => {
    await expect(judge([rule('a', check)], [])).rejects.toThrow('broken');
  });
});

describe('findings', () => {
  const moment = { at: new Date('2026-11-24T10:00:00Z'), clockSkewSeconds: 60 };
  const now = moment.at.getTime() / 1000;

  it('quote the value that came', () => {
    expect(expectThat(true, 'x', 'y')).toEqual(passed);
    expect(expectThat(false, 'x', 'y')).toEqual(failed('x', '"y"'));
  });

  it.each([
    [0, 'passed'],
    [now + 60, 'passed'],
    [now + 61, 'failed'],
    [undefined, 'failed'],
    [null, 'failed'],
    [String(now), 'failed'],
    [now + 0.5, 'failed'],
    [-1, 'failed'],
    [Number.NaN, 'failed'],
    [Number.MAX_SAFE_INTEGER, 'failed'],
  ])('of iat %s: %s', (issuedAt, outcome) => {
    expect(checkIssuedAt(moment, issuedAt).outcome).toBe(outcome);
  });

  it.each([
    [now + 1, 'passed'],
    [now - 60, 'passed'],
    [now - 61, 'failed'],
    [Number.MAX_SAFE_INTEGER, 'passed'],
    [undefined, 'failed'],
    [null, 'failed'],
    [String(now + 60), 'failed'],
    [Number.POSITIVE_INFINITY, 'failed'],
  ])('of exp %s: %s', (expiresAt, outcome) => {
    expect(checkNotExpired(moment, expiresAt).outcome).toBe(outcome);
  });

  it('write the latest instant that ISO 8601 has for those that lie beyond it', () => {
    expect(instantWithin(now)).toBe('2026-11-24T10:00:00.000Z');
    expect(instantWithin(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T23:59:59.000Z');
  });
});
