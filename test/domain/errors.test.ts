import { describe, expect, it } from 'vitest';
import { quote } from '../../src/domain/errors.js';

describe('a value in a message', () => {
  it('is said to be as long as it was typed, without quotes and escapes', () => {
    expect(quote('x'.repeat(300))).toMatch(/^"x+\.\.\. \(300 characters\)$/);
    expect(quote('"\n'.repeat(50))).toMatch(/\(100 characters\)$/);
  });

  it('is shown whole while it is short', () => {
    expect(quote('x'.repeat(78))).toBe(`"${'x'.repeat(78)}"`);
    expect(quote(undefined)).toBe('nothing');
  });
});
