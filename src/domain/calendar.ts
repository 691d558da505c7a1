/** The same day of another month, or that month's last day. */
export function addMonths(at: Date, months: number): Date {
  const moved = new Date(at);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(at.getUTCDate(), lastDay));
  return moved;
}

/** A length of time by the calendar, so that a month is as long as the month that it begins in. */
export interface Duration {
  readonly months: number;
  readonly milliseconds: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const number = String.raw`(\d{1,9})`;
const durationPattern = new RegExp(
  `^([+-])?P(?=.)(?:${number}Y)?(?:${number}M)?(?:${number}W)?(?:${number}D)?` +
    `(?:T(?=.)(?:${number}H)?(?:${number}M)?(?:(\\d{1,9}(?:[.,]\\d{1,3})?)S)?)?$`,
);

/**
 * Reads a duration such as `P31D`, `P1Y2M` or `PT90S`; one with a minus sign before it leads back.
 * @returns undefined for what is none
 * @see ISO 8601-1:2019 section 5.5.2; the sign is that of ISO 8601-2:2019 section 4.4.1.9
 */
export function parseDuration(text: string): Duration | undefined {
  const match = durationPattern.exec(text);
  if (!match) return undefined;
  const [sign, ...amounts] = match.slice(1);
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = amounts.map(
    // A part that is not there matches nothing, whatever the type of a match says.
    (amount: string | undefined) => Number((amount ?? '0').replace(',', '.')),
  );
  const direction = sign === '-' ? -1 : 1;
  const milliseconds =
    (weeks * 7 + days) * DAY + hours * HOUR + minutes * MINUTE + Math.round(seconds * SECOND);
  return { months: direction * (years * 12 + months), milliseconds: direction * milliseconds };
}

/** Years and months first, then the rest. The result is an invalid date when it lies beyond what a `Date` can be. */
export function addDuration(at: Date, { months, milliseconds }: Duration): Date {
  return new Date(addMonths(at, months).getTime() + milliseconds);
}
