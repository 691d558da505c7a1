/** The middle of the values; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error('There is no median of nothing.');
  return (lower + upper) / 2;
}

/** How often to repeat a round: until the time is used up, within the two counts. */
export interface Repetition {
  readonly minimumRounds: number;
  readonly maximumRounds: number;
  readonly budgetMilliseconds: number;
}

/** Runs rounds one after the other: a slow machine gets fewer of them. */
export async function repeat(
  { minimumRounds, maximumRounds, budgetMilliseconds }: Repetition,
  round: (index: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  for (let index = 0; index < maximumRounds; index += 1) {
    if (index >= minimumRounds && performance.now() - startedAt > budgetMilliseconds) return;
    await round(index);
  }
}

/** Two tasks in turn: which goes first changes from round to round, so that a drift of the machine hits both. */
export async function inTurn(
  roundIndex: number,
  one: () => Promise<void>,
  other: () => Promise<void>,
): Promise<void> {
  const tasks = roundIndex % 2 === 0 ? [one, other] : [other, one];
  for (const task of tasks) await task();
}
