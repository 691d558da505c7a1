import { isDeepStrictEqual } from 'node:util';
import type { Inspection } from '../../sandbox/inspection/inspector.js';
import { valueText } from './claim-views.js';

/** How a claim of two tokens compares; sign and word, never colour alone. */
const comparisons = {
  different: { sign: '≠', word: 'different' },
  'only-left': { sign: '←', word: 'only in the first' },
  'only-right': { sign: '→', word: 'only in the second' },
  same: { sign: '=', word: 'same' },
} as const;

type Comparison = keyof typeof comparisons;
type Values = Readonly<Record<string, unknown>>;

/** Header and payload of two tokens side by side, claim by claim, in the order of the first. */
export function compareTokens(left: Inspection, right: Inspection) {
  const parts = (['header', 'payload'] as const).map((part) => {
    const claims = compareClaims(left[part] ?? {}, right[part] ?? {});
    const isSame = ({ comparison }: (typeof claims)[number]) => comparison === 'same';
    return {
      part,
      title: part === 'header' ? 'Header' : 'Payload',
      unlike: claims.filter((claim) => !isSame(claim)),
      same: claims.filter(isSame),
    };
  });
  const all = parts.flatMap(({ unlike, same }) => [...unlike, ...same]);
  const counts = Object.entries(comparisons).map(([comparison, looks]) => ({
    comparison,
    ...looks,
    count: all.filter((claim) => claim.comparison === comparison).length,
  }));
  return { parts, counts };
}

function compareClaims(left: Values, right: Values) {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.map((name) => {
    const comparison = comparisonOf(name, left, right);
    return {
      name,
      comparison,
      ...comparisons[comparison],
      left: textOf(left, name),
      right: textOf(right, name),
    };
  });
}

/** The order of members says nothing, that of lists does. */
function comparisonOf(name: string, left: Values, right: Values): Comparison {
  if (!Object.hasOwn(right, name)) return 'only-left';
  if (!Object.hasOwn(left, name)) return 'only-right';
  return isDeepStrictEqual(left[name], right[name]) ? 'same' : 'different';
}

function textOf(values: Values, name: string): string | undefined {
  if (!Object.hasOwn(values, name)) return undefined;
  return valueText(values[name]);
}
