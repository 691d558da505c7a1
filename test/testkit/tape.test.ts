import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSandbox, type Sandbox, type ShownExchange } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
});
afterEach(() => sandbox.close());

/** The tape once nothing is under way. */
const complete = (read: () => ShownExchange[]) =>
  vi.waitFor(() => {
    const exchanges = read();
    expect(exchanges.filter(({ milliseconds }) => milliseconds === null)).toEqual([]);
    return exchanges;
  });

describe('the tape of a sandbox', () => {
  it('has what passed, oldest first, with what came of it and who spoke', async () => {
    const tpp = await sandbox.createTpp({ name: 'Taped' });
    expect(sandbox.tape()).toEqual([]);
    const { verdict } = await tpp.register(sandbox.bank('reference'));
    const [registration, ...fetches] = await complete(() => sandbox.tape());
    expect(registration).toMatchObject({
      parentId: null,
      from: { party: 'tpp', name: 'Taped', softwareId: tpp.softwareStatement.id, known: true },
      to: { party: 'bank:reference' },
      request: { method: 'POST', url: '/aspsp/reference/register' },
      answer: { status: 201, complete: true },
      verdict: { bankId: 'reference', attemptId: verdict.attempt?.id },
    });
    expect(registration?.request.body?.tokens.map(({ where }) => where)).toEqual([
      'body',
      'body.software_statement',
    ]);
    expect(fetches.length).toBeGreaterThan(0);
    expect(new Set(fetches.map(({ parentId }) => parentId))).toEqual(new Set([registration?.id]));
  });

  it('is filtered as the control API filters it, which gives the same', async () => {
    const [one, other] = [await sandbox.createTpp(), await sandbox.createTpp()];
    await one.register(sandbox.bank('reference'));
    sandbox.clock.advance('P1D');
    const since = sandbox.clock.now();
    await other.register(sandbox.bank('legacy'));
    const all = await complete(() => sandbox.tape());
    const ofOne = sandbox.tape({ tpp: one.softwareStatement.id });
    expect(all).toEqual([...ofOne, ...sandbox.tape({ bank: 'legacy' })]);
    expect(sandbox.tape({ since })).toEqual(sandbox.tape({ tpp: other.organisation.id }));
    expect(sandbox.tape({ since: since.toISOString(), bank: 'reference' })).toEqual([]);
    const answer = await fetch(`${sandbox.urls.http}/sandbox/tape?tpp=${one.softwareStatement.id}`);
    expect(await answer.json()).toEqual({ items: ofOne, next: null });
  });

  it('is that of the services in force, and empty after a reset', async () => {
    await (await sandbox.createTpp()).register(sandbox.bank('reference'));
    await sandbox.reset();
    expect(sandbox.tape()).toEqual([]);
  });

  it.each<[what: string, filter: object, field: string]>([
    ['an instant that is none', { since: 'yesterday' }, 'since'],
    ['a date without an instant', { since: new Date(NaN) }, 'since'],
    ['a filter that there is not', { client: 'x' }, 'client'],
  ])('refuses %s', (_what, filter, field) => {
    expect(() => sandbox.tape(filter)).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        problems: [expect.objectContaining({ field })],
      }) as Error,
    );
  });
});
