import { parseArgs } from 'node:util';
import { UsageError } from './failures.js';
import { nearest } from '../domain/nearest.js';
import { indented } from './output.js';

/** 0: all is well; 1: something is wrong. */
export type ExitCode = 0 | 1;

/** What can be called by its name. */
export interface Command {
  readonly help: string;
  /** @throws UsageError, Failure */
  run(words: readonly string[]): Promise<ExitCode>;
}

/** An option: one with a placeholder takes a value, the others are switches. */
export interface OptionEntry {
  readonly placeholder?: string;
  readonly isRepeatable?: true;
  readonly text: string;
}
export type OptionTable = Readonly<Record<string, OptionEntry>>;

type ValueOf<Entry> = Entry extends { readonly isRepeatable: true }
  ? readonly string[]
  : Entry extends { readonly placeholder: string }
    ? string | undefined
    : boolean;

/** What was given for each option of a table. */
export type OptionValues<Table> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

export interface CommandDefinition<Table extends OptionTable> {
  /** Its words without the options: `ssa [softwareId]`. */
  readonly synopsis: string;
  readonly about: string;
  readonly options: Table;
  /** Options that somebody may expect here, with the reason why they make no sense. */
  readonly refused?: Readonly<Record<string, string>>;
  /** How many words may stand beside the options. */
  readonly wordsAtMost: number;
  readonly examples: readonly string[];
  readonly run: (values: OptionValues<Table>, words: readonly string[]) => Promise<ExitCode>;
}

/** A command that reads its words by a table of options and shows the same table as its help. */
export function defineCommand<const Table extends OptionTable>(
  definition: CommandDefinition<Table>,
): Command {
  return {
    help: helpOf(definition),
    run: async (words) => {
      const { values, positionals } = parseWords(definition, words);
      return definition.run(values, positionals);
    },
  };
}

function helpOf({ synopsis, about, options, examples }: Omit<CommandDefinition<OptionTable>, 'run'>): string {
  const rows = Object.entries(options).map(
    ([name, { placeholder, text }]) =>
      [`--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`, text] as const,
  );
  return [
    `Usage: mock-ob-directory ${synopsis} [options]`,
    '',
    about,
    '',
    'Options:',
    indented([...rows, ['--help', 'this text']]),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function parseWords<Table extends OptionTable>(
  { synopsis, options, refused = {}, wordsAtMost }: Omit<CommandDefinition<Table>, 'run'>,
  words: readonly string[],
): { values: OptionValues<Table>; positionals: string[] } {
  const entries = Object.entries(options);
  const config = Object.fromEntries(
    entries.map(([name, { placeholder, isRepeatable = false }]) => [
      name,
      {
        type: placeholder === undefined ? ('boolean' as const) : ('string' as const),
        multiple: isRepeatable,
      },
    ]),
  );
  const given = readWords(words, config, refused);
  const tooMuch = given.positionals[wordsAtMost];
  if (tooMuch !== undefined) {
    throw new UsageError(`Unexpected argument ${JSON.stringify(tooMuch)}: expected ${synopsis}`);
  }
  const absent = ({ placeholder, isRepeatable }: OptionEntry) =>
    isRepeatable ? [] : placeholder === undefined ? false : undefined;
  const values = Object.fromEntries(
    entries.map(([name, entry]) => [name, given.values[name] ?? absent(entry)]),
  );
  return { values: values as OptionValues<Table>, positionals: given.positionals };
}

function readWords(
  words: readonly string[],
  options: Record<string, { type: 'boolean' | 'string'; multiple: boolean }>,
  refused: Readonly<Record<string, string>>,
) {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(complaintOf(error as Error & { code?: string }, Object.keys(options), refused));
  }
}

function complaintOf(
  { message, code }: Error & { code?: string },
  known: readonly string[],
  refused: Readonly<Record<string, string>>,
): string {
  const [firstSentence = message] = message.split(/\.\s/, 1);
  const complaint = firstSentence.replace(/\.$/, '');
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return complaint;
  const name = /'--([^']*)'/.exec(message)?.[1] ?? '';
  if (Object.hasOwn(refused, name)) return `--${name}: ${refused[name] ?? ''}`;
  const meant = nearest(name, known);
  return `${complaint}; ${meant === undefined ? '--help lists the options' : `did you mean --${meant}?`}`;
}
