import type { SandboxClock } from '../sandbox/clock.js';
import { advanceClock, setClock } from '../sandbox/clock-control.js';
import { isoOf, type Instant } from './options.js';

/**
 * How far to move the clock: milliseconds, an ISO 8601 duration as `P31D` or `-PT1H`, or seconds by name.
 * @category Clock
 */
export type Advance = number | string | { readonly seconds: number };

/**
 * The one clock of the sandbox, also when another state has taken the place of the one in force.
 * @category Clock
 */
export interface TestClock extends Pick<SandboxClock, 'now' | 'read' | 'realNow' | 'follow'> {
  /** Moves the clock to an instant and lets it run from there. @throws DomainError `invalid_input` */
  set(at: Instant): void;
  /** Stops the clock at an instant, or where it is. @throws DomainError `invalid_input` */
  freeze(at?: Instant): void;
  /** Moves the clock on, or back; one that stands still stands still then, too. @throws DomainError `invalid_input` */
  advance(by: Advance): void;
}

/** @param current the clock of the services in force */
export function testClock(current: () => SandboxClock): TestClock {
  return {
    now: () => current().now(),
    read: () => current().read(),
    realNow: () => current().realNow(),
    follow: () => current().follow(),
    set: (at) => setClock(current(), { mode: 'offset', at: textOf(at) }),
    freeze: (at) => setClock(current(), { mode: 'frozen', ...(at === undefined ? {} : { at: textOf(at) }) }),
    advance: (by) => advanceClock(current(), advanceOf(by)),
  };
}

function textOf(at: Instant): string {
  return at instanceof Date ? isoOf(at) : at;
}

function advanceOf(by: Advance): object {
  if (typeof by === 'number') return { seconds: by / 1000 };
  return typeof by === 'string' ? { by } : by;
}
