import { limits } from '../domain/limits.js';
import { HttpError } from './errors.js';

interface Guesses {
  readonly wrong: number;
  /** When they are forgotten. */
  readonly until: number;
}

/** Counts wrong passwords by the address that they come from, and lets nobody try more than a few a minute. */
export class PasswordGuesses {
  private readonly byAddress = new Map<string, Guesses>();

  /** @param realNow passwords are guessed in real time, whatever the sandbox clock shows */
  constructor(private readonly realNow: () => Date) {}

  /**
   * Whether the guess is right; after too many wrong ones the answer is not even looked for.
   * @throws HttpError 429 with `Retry-After`
   */
  judge(address: string, isRight: () => boolean): boolean {
    const now = this.realNow().getTime();
    const known = this.byAddress.get(address);
    const current = known && known.until > now ? known : undefined;
    if (current && current.wrong >= limits.passwordGuesses) throw tooMany(current.until - now);
    if (isRight()) {
      this.byAddress.delete(address);
      return true;
    }
    this.remember(address, {
      wrong: (current?.wrong ?? 0) + 1,
      until: now + limits.passwordGuessesWindowSeconds * 1_000,
    });
    return false;
  }

  private remember(address: string, guesses: Guesses): void {
    this.byAddress.delete(address);
    this.byAddress.set(address, guesses);
    if (this.byAddress.size <= limits.passwordGuessers) return;
    // The one that has been quiet longest.
    for (const oldest of this.byAddress.keys()) {
      this.byAddress.delete(oldest);
      return;
    }
  }
}

function tooMany(leftMilliseconds: number): HttpError {
  const seconds = Math.ceil(leftMilliseconds / 1_000);
  return new HttpError(429, `Too many wrong passwords from this address: try again in ${seconds} seconds.`, {
    'Retry-After': String(seconds),
  });
}
