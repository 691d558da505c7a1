import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DomainError } from '../../src/domain/errors.js';
import { nearest } from '../../src/domain/nearest.js';
import { parseInput } from '../../src/domain/parse.js';

const many = Array.from({ length: 20 }, (_, index) => `defect-number-${index}`);
const schema = z.strictObject({
  defect: z.enum(['no-iat', ...many]).optional(),
  mode: z.enum(['real', 'frozen']).optional(),
  request: z.strictObject({ maxLifetimeSeconds: z.number().optional() }).optional(),
  contacts: z.array(z.strictObject({ name: z.string(), email: z.string() })).default([]),
});

const refusal = (input: unknown) => {
  try {
    parseInput(schema, input);
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
  throw new Error('It was taken.');
};

describe('what is told of a misspelt value', () => {
  it('is the near one alone where there are many', () => {
    expect(refusal({ defect: 'no-iatt' })).toBe(
      'defect: expected one of 21 names (did you mean "no-iat"?), got "no-iatt"',
    );
  });

  it('is all of them where none is near, or where there are few', () => {
    expect(refusal({ defect: 'something else' })).toContain('"no-iat", "defect-number-0", "defect-number-1"');
    expect(refusal({ mode: 'frosen' })).toBe('mode: expected one of "real", "frozen", got "frosen"');
    expect(refusal({ defect: 1 })).toContain('one of "no-iat", "defect-number-0"');
  });
});

describe('what is told of an unknown member', () => {
  it('is the near one', () => {
    expect(refusal({ Defects: 'no-iat' })).toBe(
      'Defects: expected no member of this name (did you mean "defect"?), got "no-iat"',
    );
  });

  it('is which members there are, also within an optional object and an array', () => {
    expect(refusal({ surprise: 1 })).toBe(
      'surprise: expected no member of this name (there are defect, mode, request, contacts), got 1',
    );
    expect(refusal({ request: { surprise: 1 } })).toBe(
      'request.surprise: expected no member of this name (there are maxLifetimeSeconds), got 1',
    );
    expect(refusal({ contacts: [{ name: 'a', email: 'b', phone: 1 }] })).toBe(
      'contacts[0].phone: expected no member of this name (there are name, email), got 1',
    );
  });
});

describe('the nearest name', () => {
  it('is found whatever its case', () => {
    expect(nearest('REDIRECTURIS', ['redirectUris', 'roles'])).toBe('redirectUris');
  });

  it('is none where most letters differ, and of a text of any length', () => {
    expect(nearest('abc', ['xyz'])).toBeUndefined();
    expect(nearest('x'.repeat(5_000_000), ['no-iat', ...many])).toBeUndefined();
  });
});
