const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Of the Gregorian calendar, in the mean. */
const MONTH = 30.436875 * DAY;
const YEAR = 12 * MONTH;

/** From which distance on a unit is used: two of it, so that "in 90 minutes" does not become "in 1 hour". */
const units = [
  { name: 'year', milliseconds: YEAR },
  { name: 'month', milliseconds: MONTH },
  { name: 'day', milliseconds: DAY },
  { name: 'hour', milliseconds: HOUR },
  { name: 'minute', milliseconds: MINUTE },
] as const;

const words = new Intl.RelativeTimeFormat('en-GB');

/** Where an instant lies as seen from another: `in 13 months`, `3 days ago`. @param nowIso as the sandbox clock has it */
export function fromNow(iso: string, nowIso: string): string {
  const distance = new Date(iso).getTime() - new Date(nowIso).getTime();
  if (Math.abs(distance) < MINUTE) return distance < 0 ? 'less than a minute ago' : 'in less than a minute';
  const unit = units.find(({ milliseconds }) => Math.abs(distance) >= 2 * milliseconds) ?? {
    name: 'minute' as const,
    milliseconds: MINUTE,
  };
  return words.format(Math.round(distance / unit.milliseconds), unit.name);
}

/** Until when something is good, for people: `in 13 months`, `expired 3 days ago`. */
export function expiry(notAfterIso: string, nowIso: string): string {
  const isOver = new Date(notAfterIso).getTime() < new Date(nowIso).getTime();
  return `${isOver ? 'expired ' : ''}${fromNow(notAfterIso, nowIso)}`;
}

/** A length of time in the largest unit that it has at least two of: `30 minutes`, `24 hours`. */
export function duration(seconds: number): string {
  const milliseconds = seconds * SECOND;
  const unit = lengths.find((one) => milliseconds >= 2 * one.milliseconds) ?? {
    name: 'second',
    milliseconds: SECOND,
  };
  const words = new Intl.NumberFormat('en-GB', { style: 'unit', unit: unit.name, unitDisplay: 'long' });
  return words.format(Math.round(milliseconds / unit.milliseconds));
}

const lengths = units.filter(({ milliseconds }) => milliseconds <= DAY);
