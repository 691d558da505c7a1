import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { limits } from '../domain/limits.js';
import type { ResetTarget } from '../sandbox/state/state-keeper.js';
import { defineCommand, type OptionValues } from './command.js';
import { Failure, Refusal, UsageError, reasonOf } from './failures.js';
import { refuseNowhere, refuseOverwriting, refuseTerminal, writeFileWith } from './files.js';
import { nameOf } from './input.js';
import { suggestion } from '../domain/nearest.js';
import { print, printJson } from './output.js';
import { runningDesk, targetOptions, withDesk } from './target.js';

const resetTargets: readonly ResetTarget[] = ['start-up', 'demo'];
const timeoutMilliseconds = limits.commandStateTimeoutMilliseconds;

const options = {
  to: {
    placeholder: 'TARGET',
    text: `reset to ${resetTargets.join(' or ')}: how it was at its start, or the demo data alone`,
  },
  force: { text: 'export over a file that is there' },
  ...targetOptions,
} as const;
type Values = OptionValues<typeof options>;

export const state = defineCommand({
  synopsis: 'state export [file|-] | import file|- | reset',
  about:
    'Exports all that a sandbox keeps as one JSON document, puts such a document in force, or takes everything back.\n' +
    'The document holds private keys: its file is for its owner alone. With --in-memory, export writes the state of a\n' +
    'sandbox with new keys and the demo data, to begin with: mock-ob-directory serve --state FILE.',
  options,
  wordsAtMost: 2,
  examples: [
    'mock-ob-directory state export state.json',
    'mock-ob-directory state export | jq .clock',
    'mock-ob-directory state import state.json',
    'mock-ob-directory state reset --to demo',
  ],
  run: async (values, [word = '', file]) => {
    const action = actionNames.find((name) => name === word);
    if (action === undefined)
      throw new UsageError(
        `state: expected one of ${actionNames.join(', ')}, got ${word === '' ? 'nothing' : JSON.stringify(word)}${suggestion(word, actionNames)}`,
      );
    if (action !== 'export') refuseOwnSandbox(values);
    if (action !== 'reset' && values.to !== undefined) throw new UsageError('--to: it is for reset alone');
    await actions[action](values, file);
    return 0;
  },
});

const actions = { export: exportState, import: importState, reset: resetState };
const actionNames = ['export', 'import', 'reset'] as const;

async function exportState(values: Values, file: string | undefined): Promise<void> {
  const call = { path: '/sandbox/state', timeoutMilliseconds };
  if (file === undefined) refuseTerminal('A state', 'a file');
  if (file === undefined || file === '-') {
    await withDesk(values, (desk) => desk.pipe(call, process.stdout, limits.stateBytes));
    return;
  }
  await refuseNowhere(file);
  if (!values.force) await refuseOverwriting(file);
  await withDesk(values, (desk) =>
    writeFileWith({ path: file, mode: 'private', force: values.force }, (stream) =>
      desk.pipe(call, stream, limits.stateBytes),
    ),
  );
  if (values.json) printJson({ exported: file });
  else print(`The state is in ${file}. It holds private keys.`);
}

async function importState(values: Values, file: string | undefined): Promise<void> {
  if (file === undefined)
    throw new UsageError('state import: expected a file, or - for standard input, got nothing');
  const desk = runningDesk(values);
  const body = file === '-' ? process.stdin : await openState(file);
  try {
    // Whether anybody is there, and lets us in, is known before so much is sent.
    await desk.text({ path: '/sandbox/clock' });
    await desk.text({ method: 'PUT', path: '/sandbox/state', body, timeoutMilliseconds });
  } catch (error) {
    // It is the file that is wrong, not the words.
    throw error instanceof Refusal ? new Failure(`${nameOf(file)}: ${error.message}`) : error;
  } finally {
    body.destroy();
  }
  if (values.json) printJson({ imported: file });
  else print(`The state of ${nameOf(file)} is in force.`);
}

async function resetState(values: Values, file: string | undefined): Promise<void> {
  if (file !== undefined) throw new UsageError(`state reset: expected no file, got ${JSON.stringify(file)}`);
  const to = resetTargets.find((target) => target === (values.to ?? 'start-up'));
  if (to === undefined)
    throw new UsageError(
      `--to: expected one of ${resetTargets.join(', ')}, got ${JSON.stringify(values.to)}${suggestion(values.to ?? '', resetTargets)}`,
    );
  await runningDesk(values).text({
    method: 'POST',
    path: '/sandbox/reset',
    body: { to },
    timeoutMilliseconds,
  });
  if (values.json) printJson({ reset: to });
  else print(to === 'demo' ? 'The demo data alone are in force.' : 'Everything is as it was at the start.');
}

function refuseOwnSandbox(values: Values): void {
  if (values['in-memory'])
    throw new UsageError('--in-memory: import and reset change a sandbox that goes on running');
}

/** @throws UsageError for a file that cannot be read, Failure for one that no sandbox would take */
async function openState(file: string): Promise<Readable> {
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (stats.isFile() && stats.size <= limits.stateBytes) return handle.createReadStream();
    await handle.close();
    const what = stats.isFile() ? `${stats.size} bytes` : 'something else';
    throw new Failure(`${nameOf(file)}: expected a file of at most ${limits.stateBytes} bytes, got ${what}`);
  } catch (error) {
    throw error instanceof Failure ? error : new UsageError(`${nameOf(file)}: ${reasonOf(error)}`);
  }
}
