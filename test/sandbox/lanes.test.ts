import { describe, expect, it } from 'vitest';
import { Lanes } from '../../src/sandbox/lanes.js';

/** Tasks that are done when the test says so. */
function tasksIn(lanes: Lanes, count: number) {
  const begun: { end(): void; fail(): void }[] = [];
  const results = Array.from({ length: count }, (_, index) =>
    lanes.run(
      () =>
        new Promise<number>((resolve, reject) => {
          begun.push({ end: () => resolve(index), fail: () => reject(new Error('no result')) });
        }),
    ),
  );
  return { begun, results };
}

describe('lanes', () => {
  it('begin as many tasks as there are lanes, and the next when one has ended', async () => {
    const { begun, results } = tasksIn(new Lanes(2), 3);
    expect(begun.length).toBe(2);
    begun[1]?.end();
    expect(await results[1]).toBe(1);
    await expect.poll(() => begun.length).toBe(3);
    begun[0]?.end();
    begun[2]?.end();
    expect(await Promise.all(results)).toEqual([0, 1, 2]);
  });

  it('go on after a task that failed', async () => {
    const { begun, results } = tasksIn(new Lanes(1), 2);
    begun[0]?.fail();
    await expect(results[0]).rejects.toThrow('no result');
    await expect.poll(() => begun.length).toBe(2);
    begun[1]?.end();
    expect(await results[1]).toBe(1);
  });

  it('take in those that wait when there are more of them', () => {
    const lanes = new Lanes(1);
    const { begun } = tasksIn(lanes, 4);
    lanes.widen(3);
    expect(begun.length).toBe(3);
  });
});
