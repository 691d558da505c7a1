const LENGTH = 3;
const WORDS = 64;
const WORD_BITS = 32;
const BIT_MASK = WORDS * WORD_BITS - 1;

/** The runs of three characters of a text, as numbers of bits; none of a shorter one. */
export function trigramsOf(text: string): number[] {
  return Array.from({ length: Math.max(0, text.length - LENGTH + 1) }, (_, at) => bitOfTrigram(text, at));
}

/** Mixed, so that neighbours in the alphabet do not fall on one bit. @see Knuth, TAOCP 3, section 6.4, multiplicative hashing */
function bitOfTrigram(text: string, at: number): number {
  const run = text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2);
  return (Math.imul(run, 0x9e3779b1) >>> 8) & BIT_MASK;
}

/**
 * Which trigrams the texts of a list have, a bit for each: where one is missing, so is everything that has it. All of it lies
 * in one piece of memory, since what a search among thousands takes is the way from one object to the next.
 */
export class TrigramTable<Item extends object> {
  /** Whose text each row is of. */
  private readonly owners: (Item | undefined)[] = [];
  private words = new Uint32Array(WORDS);

  constructor(private readonly textOf: (item: Item) => string) {}

  /**
   * Whether the item at a place of the list may have all of them: false for certain, true unless chance has it otherwise.
   * @param item read only where another was there the last time
   */
  mayHaveAll(place: number, item: Item, trigrams: readonly number[]): boolean {
    if (this.owners[place] !== item) this.write(place, item);
    const row = place * WORDS;
    for (const bit of trigrams) {
      if (((this.words[row + (bit >>> 5)] ?? 0) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  private write(place: number, item: Item): void {
    const row = place * WORDS;
    if (row + WORDS > this.words.length) {
      const longer = new Uint32Array(Math.max(2 * this.words.length, row + WORDS));
      longer.set(this.words);
      this.words = longer;
    }
    this.words.fill(0, row, row + WORDS);
    for (const bit of trigramsOf(this.textOf(item))) {
      const word = row + (bit >>> 5);
      this.words[word] = (this.words[word] ?? 0) | (1 << (bit & 31));
    }
    this.owners[place] = item;
  }
}
