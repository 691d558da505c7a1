/** Units of time, the longest first; months and years are too uneven to count in. */
const units: readonly { readonly name: string; readonly seconds: number }[] = [
  { name: 'day', seconds: 86_400 },
  { name: 'hour', seconds: 3_600 },
  { name: 'minute', seconds: 60 },
  { name: 'second', seconds: 1 },
];

/** A span of time in its longest whole unit: `17 days`, `1 minute`. */
export function spanText(seconds: number): string {
  const whole = Math.floor(seconds);
  const unit = units.find((one) => whole >= one.seconds) ?? { name: 'second', seconds: 1 };
  const count = Math.floor(whole / unit.seconds);
  return `${count.toLocaleString('en-GB')} ${unit.name}${count === 1 ? '' : 's'}`;
}

/** An instant as seen from another: `17 days ago`, `in 5 minutes`, `now`. */
export function fromNow(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 1) return 'now';
  return seconds < 0 ? `${spanText(-seconds)} ago` : `in ${spanText(seconds)}`;
}
