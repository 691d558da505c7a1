import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrigramTable, trigramsOf } from '../../src/directory/trigrams.js';

interface Text {
  readonly text: string;
}

const newTable = () => new TrigramTable<Text>(({ text }) => text);
const mayHave = (text: string, part: string) => newTable().mayHaveAll(0, { text }, trigramsOf(part));

describe('the trigrams of a text', () => {
  it('rule out no part of it', () => {
    const textAndPart = fc
      .string({ unit: 'grapheme', maxLength: 2_000 })
      .chain((text) => fc.tuple(fc.constant(text), fc.nat(text.length), fc.nat(40)));
    fc.assert(
      fc.property(textAndPart, ([text, from, length]) => {
        expect(mayHave(text, text.slice(from, from + length))).toBe(true);
      }),
    );
  });

  it('rule out nearly everything that is not in it', () => {
    const text = Array.from({ length: 40 }, (_, index) => `Statement ${index}`).join('\n');
    const others = Array.from({ length: 500 }, (_, index) => `zebra ${index} crossing`);
    expect(others.filter((other) => mayHave(text, other))).toEqual([]);
  });

  it('rule out nothing that is shorter than they are', () => {
    expect(mayHave('abc', 'zz')).toBe(true);
  });

  it('are those of the text that stands in a place now, whatever stood there and beside it before', () => {
    const table = newTable();
    const at = (place: number, text: string, part: string) =>
      table.mayHaveAll(place, { text }, trigramsOf(part));
    expect(at(7, 'zebra', 'zebra')).toBe(true);
    expect(at(0, 'quagga', 'zebra')).toBe(false);
    expect(at(7, 'quagga', 'zebra')).toBe(false);
    expect(at(7, 'quagga', 'quagga')).toBe(true);
  });
});
