import type { Bank } from '../aspsp/bank.js';
import { limits } from '../domain/limits.js';
import type { Page, PageRequest } from '../domain/ports.js';
import type { Attempt } from '../domain/registration.js';

/** What may have come of an attempt. */
export const attemptOutcomes = ['agreed', 'refused'] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

/** Which attempts are of interest; all of them where nothing is said. */
export interface AttemptFilter {
  /** The id of a bank. */
  readonly bank?: string | undefined;
  readonly outcome?: AttemptOutcome | undefined;
}

type Origin = Pick<Bank, 'attempts' | 'findAttempt' | 'watch'>;

interface Entry {
  readonly id: string;
  readonly bank: Origin;
}

/**
 * What was attempted at all the banks. It keeps the order in which the attempts came, which their instants do not tell when
 * the clock stands still or is moved back; those from before the start are in the order of their instants.
 */
export class Attempts {
  /** The oldest first. Banks forget; what they have forgotten is passed over. */
  private entries: Entry[];
  private readonly watchers = new Set<(attempt: Attempt) => void>();

  constructor(private readonly banks: readonly Origin[]) {
    this.entries = banks
      .flatMap((bank) => [...kept(bank)].reverse().map(({ id, at }) => ({ id, at, bank })))
      .sort((one, other) => one.at.localeCompare(other.at));
    for (const bank of banks) bank.watch((attempt) => this.add(attempt, bank));
  }

  /** Newest first. */
  page(filter: AttemptFilter, { limit, after }: PageRequest): Page<Attempt> {
    const items: Attempt[] = [];
    const found = this.entries.findIndex(({ id }) => id === after);
    for (let place = (found < 0 ? this.entries.length : found) - 1; place >= 0; place--) {
      const entry = this.entries[place];
      const attempt = entry?.bank.findAttempt(entry.id);
      if (!attempt || !isOfInterest(attempt, filter)) continue;
      if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
      items.push(attempt);
    }
    return { items, next: null };
  }

  /** Tells of every attempt of interest from now on, once it is stored. @returns what ends it */
  watch(filter: AttemptFilter, watcher: (attempt: Attempt) => void): () => void {
    const tell = (attempt: Attempt) => {
      if (isOfInterest(attempt, filter)) watcher(attempt);
    };
    this.watchers.add(tell);
    return () => this.watchers.delete(tell);
  }

  private add(attempt: Attempt, bank: Origin): void {
    this.entries.push({ id: attempt.id, bank });
    // By then at least half of them are forgotten.
    if (this.entries.length > 2 * limits.attemptsPerBank * this.banks.length)
      this.entries = this.entries.filter((entry) => entry.bank.findAttempt(entry.id));
    this.watchers.forEach((tell) => tell(attempt));
  }
}

function kept(bank: Origin): readonly Attempt[] {
  return bank.attempts({ limit: limits.attemptsPerBank }).items;
}

function isOfInterest({ bankId, response }: Attempt, { bank, outcome }: AttemptFilter): boolean {
  const cameTo: AttemptOutcome = response.error === undefined ? 'agreed' : 'refused';
  return (bank === undefined || bank === bankId) && (outcome === undefined || outcome === cameTo);
}
