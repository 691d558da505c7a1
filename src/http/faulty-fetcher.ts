import { setTimeout as wait } from 'node:timers/promises';
import { DomainError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import type { JwksFetcher, JwksFetchResult } from '../domain/ports.js';
import type { Faults } from '../sandbox/faults/faults.js';
import type { FaultyAnswer } from '../sandbox/faults/plan.js';
import { statusOfFault } from './errors.js';
import { CLOSED_EARLY, objectionToStatus, readJwks, TOO_LARGE, tooLate, unfetchable } from './jwks-answer.js';

export interface FaultyFetcherSettings {
  readonly faults: () => Faults;
  /** Where the faults are; elsewhere nothing is spoilt. */
  readonly ownOrigin: string;
  readonly timeoutMilliseconds: number;
}

/** A fetcher without a socket that meets the faults which one with a socket would meet, and says the same of them. */
export class FaultyFetcher implements JwksFetcher {
  private readonly closing = new AbortController();

  constructor(
    private readonly honest: JwksFetcher,
    private readonly settings: FaultyFetcherSettings,
  ) {}

  async fetch(url: string): Promise<JwksFetchResult> {
    const faults = this.settings.faults();
    const target = faults.isEmpty || !URL.canParse(url) ? undefined : new URL(url);
    if (target?.origin !== this.settings.ownOrigin) return this.honest.fetch(url);
    const { pathname: path, search } = target;
    const met = faults.meet({ method: 'GET', path, query: search.slice(1), listener: 'https' });
    if (!met) return this.honest.fetch(url);
    try {
      const plan = await met.plan();
      if (plan.kind === 'reset') return unfetchable(CLOSED_EARLY);
      if (plan.kind === 'answer') return await this.read(plan);
      return (await this.failureAfter(plan.delayMilliseconds)) ?? (await this.honest.fetch(url));
    } catch (error) {
      if (error instanceof DomainError) return this.honest.fetch(url);
      throw error;
    }
  }

  /** Ends the fetches that wait for an answer. */
  close(): void {
    this.closing.abort();
  }

  private async read({ outcome, body, isComplete }: FaultyAnswer): Promise<JwksFetchResult> {
    const objection = objectionToStatus(statusOfFault[outcome]);
    if (objection !== undefined) return unfetchable(objection);
    if (Buffer.byteLength(body) > limits.jwksBytes) return unfetchable(TOO_LARGE);
    return (isComplete ? undefined : await this.failureAfter(Infinity)) ?? readJwks(body, 0);
  }

  /** Waits for an answer, and says what went wrong when it did not come in time. */
  private async failureAfter(milliseconds: number): Promise<JwksFetchResult | undefined> {
    const { timeoutMilliseconds } = this.settings;
    try {
      await wait(Math.min(milliseconds, timeoutMilliseconds), undefined, { signal: this.closing.signal });
    } catch {
      return unfetchable('the sandbox is closing');
    }
    return milliseconds < timeoutMilliseconds ? undefined : unfetchable(tooLate(timeoutMilliseconds));
  }
}
