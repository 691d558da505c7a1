import { nameOf, type Operation } from './document.js';

/** Where an answer, or a request that the real Directory takes, is not what the document declares. */
export interface Departure {
  /** Of the method and the path as the document has them. */
  readonly operation: RegExp;
  readonly status?: number;
  /** Of the problem as `ContractDocument` words it. */
  readonly what: RegExp;
  readonly why: string;
}

/** The known departures of one test file: each has to occur, so that none outlives its cause. */
export class Departures {
  private readonly used = new Set<Departure>();

  constructor(private readonly known: readonly Departure[]) {}

  /** The problems that no departure explains. */
  unexplained(operation: Operation, status: number | undefined, problems: readonly string[]): string[] {
    return problems.filter((problem) => {
      const explaining = this.known.filter(
        (departure) =>
          departure.operation.test(nameOf(operation)) &&
          (departure.status === undefined || departure.status === status) &&
          departure.what.test(problem),
      );
      for (const departure of explaining) this.used.add(departure);
      return explaining.length === 0;
    });
  }

  /** Why of those that have not occurred. */
  unused(): string[] {
    return this.known.filter((departure) => !this.used.has(departure)).map(({ why }) => why);
  }
}
