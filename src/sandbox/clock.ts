import type { Clock } from '../domain/ports.js';

/** The machine's own clock; TLS clients judge our listeners' certificates by one like it. */
export const realClock: Clock = { now: () => new Date() };

/** The one clock of a sandbox: real time, real time moved by an offset, or a standstill. */
export class SandboxClock implements Clock {
  private state:
    | { readonly mode: 'running'; readonly offsetMilliseconds: number }
    | { readonly mode: 'frozen'; readonly at: Date } = { mode: 'running', offsetMilliseconds: 0 };

  constructor(private readonly real: Clock = realClock) {}

  now(): Date {
    return this.state.mode === 'frozen'
      ? new Date(this.state.at)
      : new Date(this.real.now().getTime() + this.state.offsetMilliseconds);
  }

  /** Moves the clock to an instant and lets it run from there. */
  set(at: Date): void {
    this.state = { mode: 'running', offsetMilliseconds: at.getTime() - this.real.now().getTime() };
  }

  /** Stops the clock at an instant. */
  freeze(at: Date): void {
    this.state = { mode: 'frozen', at };
  }

  advance(milliseconds: number): void {
    const at = new Date(this.now().getTime() + milliseconds);
    if (this.state.mode === 'frozen') this.freeze(at);
    else this.set(at);
  }
}
