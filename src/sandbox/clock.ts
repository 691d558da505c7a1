import { invalidInput } from '../domain/errors.js';
import type { Clock } from '../domain/ports.js';

/** The machine's own clock; TLS clients judge our listeners' certificates by one like it. */
export const realClock: Clock = { now: () => new Date() };

export const clockModes = ['real', 'offset', 'frozen'] as const;
export type ClockMode = (typeof clockModes)[number];

/**
 * What the clock shows, and whether and how it runs.
 * @category Clock
 */
export interface ClockReading {
  /** Whether it follows the machine, runs beside it, or stands still. */
  readonly mode: ClockMode;
  /** What it shows. */
  readonly at: Date;
}

/** The instants that a clock may be set to. */
export interface ClockBounds {
  readonly earliest: Date;
  readonly latest: Date;
}

/** The one clock of a sandbox: real time, real time moved by an offset, or a standstill. */
export class SandboxClock implements Clock {
  private state:
    | { readonly mode: 'real' }
    | { readonly mode: 'offset'; readonly offsetMilliseconds: number }
    | { readonly mode: 'frozen'; readonly at: Date } = { mode: 'real' };
  private bounds: ClockBounds | undefined;

  constructor(private readonly real: Clock = realClock) {}

  /** The instant that everything is judged by. */
  now(): Date {
    switch (this.state.mode) {
      case 'real':
        return this.realNow();
      case 'offset':
        return new Date(this.realNow().getTime() + this.state.offsetMilliseconds);
      case 'frozen':
        return new Date(this.state.at);
    }
  }

  /** The instant by the machine's own clock: TLS clients judge by it what our listeners show. */
  realNow(): Date {
    return this.real.now();
  }

  /** What it shows, and how it runs. */
  read(): ClockReading {
    return { mode: this.state.mode, at: this.now() };
  }

  /** Goes back to real time. */
  follow(): void {
    this.state = { mode: 'real' };
  }

  /** Moves the clock to an instant and lets it run from there. @throws DomainError `invalid_input` beyond its bounds */
  set(at: Date): void {
    this.refuseBeyondBounds(at);
    this.state = { mode: 'offset', offsetMilliseconds: at.getTime() - this.realNow().getTime() };
  }

  /** Stops the clock at an instant. @throws DomainError `invalid_input` beyond its bounds */
  freeze(at: Date): void {
    this.refuseBeyondBounds(at);
    this.state = { mode: 'frozen', at: new Date(at) };
  }

  /** Moves the clock on, or back; one that stands still stands still then, too. @throws DomainError `invalid_input` */
  advance(milliseconds: number): void {
    this.moveTo(new Date(this.now().getTime() + milliseconds));
  }

  /**
   * Moves the clock without changing whether it runs.
   * @param field that the instant follows from, for the refusal
   * @throws DomainError `invalid_input` beyond its bounds
   */
  moveTo(at: Date, field = 'at'): void {
    this.refuseBeyondBounds(at, field);
    if (this.state.mode === 'frozen') this.freeze(at);
    else this.set(at);
  }

  /** The instants that it may be set to; undefined for any. */
  get settable(): ClockBounds | undefined {
    return this.bounds;
  }

  /** Keeps the clock within bounds from now on. @throws DomainError `invalid_input` when it is beyond them already */
  keepWithin(bounds: ClockBounds): void {
    this.bounds = bounds;
    this.refuseBeyondBounds(this.now(), 'clock.at');
  }

  private refuseBeyondBounds(at: Date, field = 'at'): void {
    const { bounds } = this;
    if (!bounds || (bounds.earliest <= at && at <= bounds.latest)) return;
    const expected = `an instant from ${bounds.earliest.toISOString()} to ${bounds.latest.toISOString()}, when the sandbox's authorities are valid`;
    const actual = Number.isNaN(at.getTime()) ? 'one beyond the calendar' : at.toISOString();
    throw invalidInput([{ field, expected, actual }]);
  }
}
