/** Wrong words on the command line, or a place that cannot be used: one line for the user, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What could not be done, and what the user can do about it: one line, exit code 1. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
}

/** A sandbox's own refusal of what it was asked for. */
export class Refusal extends Failure {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  /** What a command sends is what its user wrote: a bad request had wrong words. */
  get isAboutWords(): boolean {
    return this.status === 400;
  }
}

/** The reason of an error of the system, without its trace: `ENOENT: no such file or directory`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? String((error as NodeJS.ErrnoException).code) : error.message;
}
