/** The known name that a misspelt one was probably meant to be; undefined where none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    // Of a name that is much longer than this one, and the reverse, the letters need not be compared.
    .filter((candidate) => Math.abs(candidate.length - name.length) <= mostLetters(candidate))
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance);
  return best && best.distance <= mostLetters(best.candidate) ? best.candidate : undefined;
}

/** How many letters of a name may be wrong. */
function mostLetters(name: string): number {
  return Math.max(1, Math.floor(name.length / 3));
}

/** `; did you mean "serve"?` for the end of a complaint; nothing where no name is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`;
}

/** How many letters must be put in, taken out or replaced. @see Levenshtein distance */
function distance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(one).entries()) {
    const current = [row + 1];
    for (const [column, otherLetter] of Array.from(other).entries()) {
      const replaced = (previous[column] ?? 0) + (letter === otherLetter ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
