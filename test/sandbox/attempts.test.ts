import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { Attempts } from '../../src/sandbox/attempts.js';
import { createSandbox, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import { anonymousPost, verdictOf } from '../support/registration.js';

let sandbox: Sandbox;
const refusedAt = async (bank: string) =>
  verdictOf(await sandbox.services.getBank(bank).register(anonymousPost('not.a.token'))).id;
const idsOf = (filter: Parameters<Attempts['page']>[0], limit = 100, after?: string) => {
  const { items, next } = sandbox.services.attempts.page(filter, { limit, ...(after ? { after } : {}) });
  return { ids: items.map(({ id }) => id), next };
};

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys, clock: { mode: 'frozen' } });
});
afterAll(() => sandbox.close());

describe('the attempts at all banks', () => {
  const came: string[] = [];

  it('are in the order in which they came, whatever the clock said', async () => {
    for (const bank of ['reference', 'legacy', 'reference', 'adaptive']) came.unshift(await refusedAt(bank));
    sandbox.clock.advance('-P1D');
    came.unshift(await refusedAt('legacy'));
    expect(idsOf({})).toEqual({ ids: came, next: null });
  });

  it('come page by page, and an unknown place is the beginning', () => {
    expect(idsOf({}, 2)).toEqual({ ids: came.slice(0, 2), next: came[1] });
    expect(idsOf({}, 2, came[1])).toEqual({ ids: came.slice(2, 4), next: came[3] });
    expect(idsOf({}, 2, came[3])).toEqual({ ids: came.slice(4), next: null });
    expect(idsOf({}, 2, 'unknown')).toEqual({ ids: came.slice(0, 2), next: came[1] });
  });

  it('are filtered by bank and by outcome, and paged as filtered', async () => {
    const tpp = await sandbox.createTpp();
    await tpp.register(sandbox.bank('legacy'));
    const [registered] = idsOf({}).ids;
    expect(idsOf({ outcome: 'agreed' }).ids).toEqual([registered]);
    expect(idsOf({ outcome: 'refused' }).ids).toEqual(came);
    const atLegacy = [registered, came[0], came[3]];
    expect(idsOf({ bank: 'legacy' }).ids).toEqual(atLegacy);
    expect(idsOf({ bank: 'legacy' }, 2)).toEqual({ ids: atLegacy.slice(0, 2), next: came[0] });
    expect(idsOf({ bank: 'legacy' }, 2, came[0])).toEqual({ ids: [came[3]], next: null });
    expect(idsOf({ bank: 'legacy', outcome: 'agreed' }).ids).toEqual([registered]);
    expect(idsOf({ bank: 'mtls' }).ids).toEqual([]);
  });

  it('are there again after a restart, in the order of their instants', () => {
    const { ids } = idsOf({});
    const afresh = new Attempts(sandbox.services.banks).page({}, { limit: 100 }).items;
    expect(afresh.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const instants = afresh.map(({ at }) => at);
    expect(instants).toEqual([...instants].sort().reverse());
  });

  it('are no more than the banks keep', async () => {
    const [oldest] = idsOf({ bank: 'reference' }).ids.slice(-1);
    for (let count = 0; count < limits.attemptsPerBank; count++) await refusedAt('reference');
    const { ids } = idsOf({ bank: 'reference' }, limits.attemptsPerBank + 1);
    expect(ids).toHaveLength(limits.attemptsPerBank);
    expect(ids).not.toContain(oldest);
  });
});
