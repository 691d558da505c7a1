import { styleText } from 'node:util';

/** What a style says, rather than how it looks. */
const styles = {
  heading: 'bold',
  good: 'green',
  wrong: 'red',
  doubtful: 'yellow',
  aside: 'dim',
} as const;
export type Style = keyof typeof styles;

/**
 * Whether standard output is coloured: on a terminal, unless `NO_COLOR` is set; anywhere where `FORCE_COLOR` is.
 * @see https://no-color.org
 */
function isColoured(): boolean {
  const { NO_COLOR: none = '', FORCE_COLOR: forced = '', TERM: terminal } = process.env;
  if (none !== '') return false;
  if (forced !== '') return forced !== '0' && forced !== 'false';
  return process.stdout.isTTY && terminal !== 'dumb';
}

/** A text in a style, where there are colours. */
export function styled(style: Style, text: string): string {
  return isColoured() ? styleText(styles[style], text, { validateStream: false }) : text;
}

/** What an escape sequence is made of, and what makes a text look like another one. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text from elsewhere on one line, with nothing in it that a terminal would act on. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, escaped);
}

/** A value as JSON on several lines, which stays JSON and moves no cursor. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(INVISIBLE, (character) =>
    character === '\n' ? character : escaped(character),
  );
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

export function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

export function printJson(value: unknown): void {
  print(jsonText(value));
}

/** A remark beside the output. */
export function remark(text: string): void {
  process.stderr.write(`mock-ob-directory: ${text}\n`);
}

/** Rows below their headings; the last column is as wide as it likes. */
export function tableText(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ');
  return [styled('heading', line(headings)), ...cells.map(line)].join('\n');
}

/** Names with their explanations, as help texts have them. */
export function indented(rows: readonly (readonly [left: string, right: string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
