import { z } from 'zod';
import { parseInput } from '../../../domain/parse.js';
import { clockModes, type ClockReading, type SandboxClock } from '../../../sandbox/clock.js';
import { advanceClock, setClock } from '../../../sandbox/clock-control.js';
import type { FormInput } from '../forms.js';

const DAY_MILLISECONDS = 86_400_000;

/** How far a slider leads: longer than any certificate lives. */
const SLIDER_DAYS = 800;

const modeSchema = z.object({ mode: z.enum(clockModes) });
const daysSchema = z.object({ days: z.coerce.number<string>('a number of days').int() });

/** By how much the clock can be moved at a press of a button. */
export const moves = [
  { by: 'PT1H', text: '1 hour' },
  { by: 'P1D', text: '1 day' },
  { by: 'P31D', text: '31 days' },
  { by: 'P13M', text: '13 months' },
] as const;

/** What the forms for the clock do, by their ids. @throws DomainError `invalid_input`, also beyond the clock's bounds */
export const clockForms = {
  'clock-set': (clock: SandboxClock, input: FormInput) => {
    const { mode } = parseInput(modeSchema, { mode: input.text('mode') });
    const at = input.optionalText('at');
    // The instant that the form showed is no wish where real time is asked for.
    setClock(clock, mode === 'real' || at === undefined ? { mode } : { mode, at: inUtc(at) });
  },
  'clock-advance': (clock: SandboxClock, input: FormInput) => {
    advanceClock(clock, { by: input.text('by') });
  },
  'clock-days': (clock: SandboxClock, input: FormInput) => {
    const { days } = parseInput(daysSchema, { days: input.text('days') });
    clock.moveTo(new Date(clock.realNow().getTime() + days * DAY_MILLISECONDS), 'days');
  },
  'clock-jump': (clock: SandboxClock, input: FormInput) => {
    const mode = clock.read().mode === 'frozen' ? 'frozen' : 'offset';
    setClock(clock, { mode, at: input.text('at') });
  },
} as const;

/** Controls for dates know no zone, and leave out seconds that are zero. */
function inUtc(text: string): string {
  const [, date = '', time = '', seconds = ':00'] =
    /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?$/.exec(text.trim()) ?? [];
  return date === '' ? text : `${date}T${time}${seconds}Z`;
}

const modes: Readonly<Record<ClockReading['mode'], { word: string; text: string }>> = {
  real: { word: 'real time', text: 'It follows real time.' },
  offset: { word: 'moved', text: 'It has been moved, and runs on.' },
  frozen: { word: 'frozen', text: 'It stands still.' },
};

/** The clock with what can be done to it. */
export function clockView(clock: SandboxClock) {
  const { mode, at } = clock.read();
  const real = clock.realNow();
  const daysTo = (instant: Date) => (instant.getTime() - real.getTime()) / DAY_MILLISECONDS;
  const { earliest, latest } = clock.settable ?? { earliest: real, latest: real };
  const [first, last] = [Math.ceil(daysTo(earliest)), Math.floor(daysTo(latest))];
  return {
    mode,
    ...modes[mode],
    at: at.toISOString(),
    real: real.toISOString(),
    days: Math.round(daysTo(at)),
    bounds: { earliest: earliest.toISOString(), latest: latest.toISOString(), first, last },
    slider: { first: Math.max(first, -SLIDER_DAYS), last: Math.min(last, SLIDER_DAYS) },
    moves,
  };
}

/** An instant as controls for dates have it. */
export function controlInstant(iso: string): string {
  return iso.slice(0, 19);
}

const units = [
  ['day', DAY_MILLISECONDS],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

const relative = new Intl.RelativeTimeFormat('en-GB');

/** How far away an instant is: `in 395 days`, `3 hours ago`. */
export function timeLeft(iso: string, now: Date): string {
  const milliseconds = new Date(iso).getTime() - now.getTime();
  const [unit, length] = units.find(([, one]) => Math.abs(milliseconds) >= one * 2) ?? units[2];
  return relative.format(Math.trunc(milliseconds / length), unit);
}

/** The days before and after a certificate ends. */
export function daysAround(iso: string): { before: string; after: string } {
  const end = new Date(iso).getTime();
  const at = (milliseconds: number) => new Date(end + milliseconds).toISOString();
  return { before: at(-DAY_MILLISECONDS), after: at(DAY_MILLISECONDS) };
}
