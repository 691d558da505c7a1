import type { ConformanceConfig } from '../sandbox/conformance.js';
import { defineCommand } from './command.js';
import { refuseNowhere, refuseOverwriting, refuseTerminal, writeText } from './files.js';
import { jsonText, print, printJson } from './output.js';
import { chosenStatement, statementPath } from './statement.js';
import { runningDesk, runningTargetOptions } from './target.js';

export const conformanceDcr = defineCommand({
  synopsis: 'conformance-dcr [softwareId]',
  about:
    "Prints the configuration with which the official conformance tool tests a bank. It holds a software statement's\n" +
    'private keys. Without a softwareId it is for a software statement of the demo data, or for a new TPP.',
  options: {
    bank: { placeholder: 'ID', text: 'which bank (reference)' },
    spec: { placeholder: 'VERSION', text: 'which version of DCR: 3.2, 3.3 or 3.4 (3.3)' },
    out: { placeholder: 'FILE', text: 'write it into a file for its owner alone' },
    force: { text: 'write over a file that is there' },
    ...runningTargetOptions,
    json: { text: 'print JSON, which it is anyway' },
  },
  refused: {
    'in-memory':
      'the conformance tool needs a bank that goes on running: start one with "mock-ob-directory serve"',
  },
  wordsAtMost: 1,
  examples: [
    'mock-ob-directory conformance-dcr --bank reference --spec 3.3 --out config.json',
    'mock-ob-directory conformance-dcr AcmeBudgetPlanner00001 --spec 3.2 > config.json',
  ],
  run: async (values, [softwareId]) => {
    const { bank = 'reference', spec = '3.3', out, force } = values;
    const file = out === '-' ? undefined : out;
    if (out === undefined) refuseTerminal('The configuration', '--out FILE');
    if (file !== undefined) {
      await refuseNowhere(file);
      if (!force) await refuseOverwriting(file);
    }
    const desk = runningDesk(values);
    const query = new URLSearchParams({ bank, spec }).toString();
    const path = `${statementPath(await chosenStatement(desk, softwareId))}/conformance-dcr.json?${query}`;
    const config = await desk.read<ConformanceConfig>({ path }, 'spec_version', 'wellknown_endpoint', 'ssa');
    if (file === undefined) printJson(config);
    else {
      await writeText({ path: file, mode: 'private', force }, `${jsonText(config)}\n`);
      if (values.json) printJson({ written: file });
      else print(`The configuration is in ${file}. It holds private keys.`);
    }
    return 0;
  },
});
