import { describe, expect, it } from 'vitest';
import { duration, expiry, fromNow } from '../../src/http/desk/spans.js';

const NOW = '2026-03-31T12:00:00.000Z';

describe('an instant as seen from the sandbox clock', () => {
  it.each([
    ['2027-04-30T12:30:00.000Z', 'in 13 months'],
    ['2028-03-30T00:00:00.000Z', 'in 24 months'],
    ['2036-04-01T00:00:00.000Z', 'in 10 years'],
    ['2026-05-29T12:00:00.000Z', 'in 59 days'],
    ['2026-04-02T12:00:00.000Z', 'in 2 days'],
    ['2026-04-02T11:00:00.000Z', 'in 47 hours'],
    ['2026-03-31T13:30:00.000Z', 'in 90 minutes'],
    ['2026-03-31T12:01:00.000Z', 'in 1 minute'],
    ['2026-03-31T12:00:59.000Z', 'in less than a minute'],
    ['2026-03-31T11:59:59.000Z', 'less than a minute ago'],
    ['2026-03-28T12:00:00.000Z', '3 days ago'],
  ])('%s is %s', (iso, words) => {
    expect(fromNow(iso, NOW)).toBe(words);
  });

  it('has expired once it is over, and not a moment before', () => {
    expect(expiry('2026-03-28T12:00:00.000Z', NOW)).toBe('expired 3 days ago');
    expect(expiry(NOW, NOW)).toBe('in less than a minute');
  });
});

it.each([
  [1_800, '30 minutes'],
  [86_400, '24 hours'],
  [172_800, '2 days'],
  [90, '90 seconds'],
  [1, '1 second'],
  [2_592_000, '30 days'],
  [34_560_000, '400 days'],
])('%i seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});
