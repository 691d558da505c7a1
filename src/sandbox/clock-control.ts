import { z } from 'zod';
import { addDuration, parseDuration, type Duration } from '../domain/calendar.js';
import { parseInput } from '../domain/parse.js';
import { clockModes, type SandboxClock } from './clock.js';

const instantSchema = z.iso.datetime({ offset: true, error: 'an instant as 2027-01-31T09:00:00Z' });

/** Without a mode the clock runs on from the instant. What the clock shows may be given back as it is. */
export const clockSettingSchema = z
  .strictObject({ mode: z.enum(clockModes).default('offset'), at: instantSchema.optional() })
  .refine(({ mode, at }) => mode !== 'offset' || at !== undefined, {
    path: ['at'],
    error: 'an instant to run on from, as 2027-01-31T09:00:00Z',
  });
export type ClockSetting = z.output<typeof clockSettingSchema>;

const FARTHEST_SECONDS = 1e10;

/** By how much the clock moves on, or back. */
export const advanceSchema = z
  .strictObject({
    by: z
      .string()
      .transform((text, context): Duration => {
        const duration = parseDuration(text);
        if (duration) return duration;
        context.addIssue('an ISO 8601 duration as P31D or -PT1H');
        return z.NEVER;
      })
      .optional(),
    seconds: z.number().min(-FARTHEST_SECONDS).max(FARTHEST_SECONDS).optional(),
  })
  .refine(({ by, seconds }) => (by === undefined) !== (seconds === undefined), {
    error: 'either by, an ISO 8601 duration, or seconds',
  });

/** Sets, freezes or lets go of the clock. @throws DomainError `invalid_input`, also beyond the clock's bounds */
export function setClock(clock: SandboxClock, input: unknown): void {
  applySetting(clock, parseInput(clockSettingSchema, input));
}

export function applySetting(clock: SandboxClock, { mode, at }: ClockSetting): void {
  const instant = at === undefined ? clock.now() : new Date(at);
  if (mode === 'real') clock.follow();
  else if (mode === 'offset') clock.set(instant);
  else clock.freeze(instant);
}

/** Moves the clock on or back. @throws DomainError `invalid_input`, also beyond the clock's bounds */
export function advanceClock(clock: SandboxClock, input: unknown): void {
  const { by, seconds = 0 } = parseInput(advanceSchema, input);
  if (by) clock.moveTo(addDuration(clock.now(), by), 'by');
  else clock.moveTo(new Date(clock.now().getTime() + seconds * 1000), 'seconds');
}
