#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { commandNames, commands, isCommandName, type CommandName } from './cli/commands.js';
import type { ExitCode } from './cli/command.js';
import { Failure, Refusal, UsageError } from './cli/failures.js';
import { suggestion } from './domain/nearest.js';
import { print, printable, remark } from './cli/output.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

async function main(words: readonly string[]): Promise<ExitCode> {
  const [name, rest] = commandOf(words);
  const asksForHelp = rest.includes('--help') || rest.includes('-h');
  if (!asksForHelp && rest.includes('--version')) {
    print(readVersion());
    return 0;
  }
  const command = await commands[name].load();
  if (!asksForHelp) return command.run(rest);
  process.stdout.write(command.help);
  return 0;
}

/** Options without a command are those of `serve`. */
function commandOf(words: readonly string[]): [name: CommandName, rest: readonly string[]] {
  const [first, ...rest] = words;
  if (first === undefined || first.startsWith('-')) return ['serve', words];
  if (first === 'help')
    return [rest[0] !== undefined && isCommandName(rest[0]) ? rest[0] : 'serve', ['--help']];
  if (isCommandName(first)) return [first, rest];
  const hint = suggestion(first, commandNames) || '; --help shows the usage';
  throw new UsageError(
    `command: expected one of ${commandNames.join(', ')}, got ${JSON.stringify(first)}${hint}`,
  );
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Whoever reads our output may stop before its end, as `head` does. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

main(process.argv.slice(2)).then(
  (exitCode) => {
    // Not exit(): what is written to a pipe must arrive first.
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const isUsage = error instanceof UsageError || (error instanceof Refusal && error.isAboutWords);
    if (isUsage || error instanceof Failure) remark(printable(error.message));
    else remark(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(isUsage ? EXIT_USAGE : EXIT_FAILURE);
  },
);
