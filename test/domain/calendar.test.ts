import { describe, expect, it } from 'vitest';
import { addDuration, addMonths, parseDuration } from '../../src/domain/calendar.js';

const at = new Date('2026-01-31T09:00:00.250Z');

function after(duration: string, from = at): string | undefined {
  const parsed = parseDuration(duration);
  return parsed && addDuration(from, parsed).toISOString();
}

describe('an ISO 8601 duration', () => {
  it.each([
    ['P31D', '2026-03-03T09:00:00.250Z'],
    ['P1W', '2026-02-07T09:00:00.250Z'],
    ['P1Y', '2027-01-31T09:00:00.250Z'],
    ['P14M', '2027-03-31T09:00:00.250Z'],
    ['P1Y2M3W4DT5H6M7S', '2027-04-25T14:06:07.250Z'],
    ['PT1M', '2026-01-31T09:01:00.250Z'],
    ['PT0.5S', '2026-01-31T09:00:00.750Z'],
    ['PT0,75S', '2026-01-31T09:00:01.000Z'],
    ['+P1D', '2026-02-01T09:00:00.250Z'],
    ['-P1D', '2026-01-30T09:00:00.250Z'],
    ['-P1MT1H', '2025-12-31T08:00:00.250Z'],
    ['PT0S', '2026-01-31T09:00:00.250Z'],
  ])('of %s leads to %s', (duration, expected) => {
    expect(after(duration)).toBe(expected);
  });

  it('of a month ends on the last day of a shorter one', () => {
    expect(after('P1M')).toBe('2026-02-28T09:00:00.250Z');
    expect(addMonths(new Date('2024-02-29T00:00:00Z'), 12).toISOString()).toBe('2025-02-28T00:00:00.000Z');
  });

  it.each([
    '',
    'P',
    'PT',
    'P1',
    '1D',
    'P1H',
    'PT1D',
    'P-1D',
    'P1.5D',
    'p1d',
    'P1D ',
    '31 days',
    'P1234567890D',
  ])('is not "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
