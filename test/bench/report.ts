import { availableParallelism, cpus } from 'node:os';
import { median } from './statistics.js';

/** One measured figure and what it is held against. */
export interface Measurement {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly product: readonly number[];
  /** Absent where the limit is one of the product's own figure. */
  readonly baseline?: readonly number[];
  readonly limit: Limit;
  /** Further medians that explain the figure. */
  readonly details?: Readonly<Record<string, number>>;
}

/** Of the ratio product to baseline, or of the product's figure where there is no baseline. */
export type Limit = { readonly atLeast: number } | { readonly atMost: number };

interface Result {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly productMedian: number;
  readonly baselineMedian: number | null;
  readonly ratio: number | null;
  readonly limit: Limit;
  readonly within: boolean;
  readonly details: Readonly<Record<string, number>>;
  readonly productSamples: readonly number[];
  readonly baselineSamples: readonly number[];
}

const SAMPLE_DECIMALS = 2;
const RATIO_DECIMALS = 2;
/** Figures from here on are shown without decimals. */
const WHOLE_NUMBERS_FROM = 100;

export function resultOf(measurement: Measurement): Result {
  const { id, title, unit, product, baseline, limit, details = {} } = measurement;
  const productMedian = median(product);
  const baselineMedian = baseline ? median(baseline) : null;
  const ratio = baselineMedian === null ? null : productMedian / baselineMedian;
  return {
    id,
    title,
    unit,
    productMedian: rounded(productMedian),
    baselineMedian: baselineMedian === null ? null : rounded(baselineMedian),
    ratio: ratio === null ? null : rounded(ratio),
    limit,
    within: isWithin(limit, ratio ?? productMedian),
    details: Object.fromEntries(Object.entries(details).map(([name, value]) => [name, rounded(value)])),
    productSamples: product.map(rounded),
    baselineSamples: (baseline ?? []).map(rounded),
  };
}

/** What is written to bench-results.json. */
export function reportOf(results: readonly Result[], elapsedMilliseconds: number) {
  return {
    finishedAt: new Date().toISOString(),
    elapsedSeconds: rounded(elapsedMilliseconds / 1000),
    machine: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
    },
    measurements: results,
  };
}

const headings = ['median of', 'product', 'baseline', 'unit', 'ratio', 'limit', 'verdict'];
const numericColumns: ReadonlySet<number> = new Set([1, 2, 4]);

/** An aligned table of the medians. */
export function tableOf(results: readonly Result[]): string {
  const rows = [headings, ...results.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return numericColumns.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = rows;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(head), line(rule), ...body.map(line)].map((text) => `${text}\n`).join('');
}

function cellsOf(result: Result): string[] {
  return [
    result.title,
    shown(result.productMedian),
    result.baselineMedian === null ? '' : shown(result.baselineMedian),
    result.unit,
    result.ratio === null ? '' : result.ratio.toFixed(RATIO_DECIMALS),
    describeLimit(result),
    result.within ? 'within' : 'BEYOND',
  ];
}

function describeLimit({ limit, ratio, unit }: Result): string {
  const [words, value] = 'atLeast' in limit ? ['at least', limit.atLeast] : ['at most', limit.atMost];
  return `${words} ${ratio === null ? `${value} ${unit}` : value.toFixed(RATIO_DECIMALS)}`;
}

function isWithin(limit: Limit, value: number): boolean {
  return 'atLeast' in limit ? value >= limit.atLeast : value <= limit.atMost;
}

function shown(value: number): string {
  return value.toFixed(value >= WHOLE_NUMBERS_FROM ? 0 : SAMPLE_DECIMALS);
}

function rounded(value: number): number {
  return Number(value.toFixed(SAMPLE_DECIMALS));
}
