import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { generateRsaKeyPair } from '../pki/key-pairs.js';
import { KeyPool, KEYS_KEPT_READY, KEYS_OF_A_FIRST_START } from '../sandbox/key-pool.js';
import { Lanes } from '../sandbox/lanes.js';
import { ConfigurationError, optionsHelp, parseOptions, type Options } from '../sandbox/options.js';
import type { Sandbox } from '../testkit.js';
import type { Command } from './command.js';
import { commandNames, commands } from './commands.js';
import { UsageError } from './failures.js';
import { indented, print } from './output.js';

/** Whoever asks first wants a ready TPP, or a demo organisation that gets its keys then. */
const KEYS_OF_A_FIRST_VISIT = 2;

/** Leaves a processor to what loads the modules, and one of the four threads that Node has for keys and files to the files. */
const lanesBesideLoading = Math.max(1, Math.min(3, availableParallelism() - 1));

const help = `mock-ob-directory: a mock UK Open Banking Directory with mock banks to register at. For tests only.

Usage: mock-ob-directory [serve] [options]
       mock-ob-directory COMMAND [options]

Commands (each explains itself with --help):
${indented(commandNames.map((name) => [name, commands[name].summary] as const))}

Options of serve (each has a variable of the same name: --http-port is HTTP_PORT; that of --host is BIND_HOST):
${optionsHelp()}
  --help               this text
  --version            the version

Examples:
  mock-ob-directory
  mock-ob-directory --in-memory --http-port 0 --https-port 0 --json
  mock-ob-directory --public-host directory.test --alias keystore.openbankingtest.org.uk
  mock-ob-directory ssa --defect no-iat
`;

/** Runs a sandbox until it is told to end. */
export const serve: Command = {
  help,
  run: async (words) => {
    try {
      const options = parseOptions(words, process.env);
      const lanes = new Lanes(lanesBesideLoading);
      const keyPairs = new KeyPool(firstKeys(options), () => lanes.run(generateRsaKeyPair));
      const { startSandbox } = await import('../testkit.js');
      lanes.widen(availableParallelism());
      const sandbox = await startSandbox({ ...options, keyPairs });
      keyPairs.fill(KEYS_KEPT_READY);
      closeOnSignals(sandbox);
      print(options.json ? readyLine(sandbox) : welcome(sandbox, options));
      return 0;
    } catch (error) {
      throw error instanceof ConfigurationError ? new UsageError(error.message, { cause: error }) : error;
    }
  },
};

/** Keys are made in other threads, and so those of a first start while the Directory is still being loaded. */
function firstKeys({ inMemory, dataDir, state }: Options): number {
  const isFirstStart = state === undefined && (inMemory || isEmpty(dataDir));
  return isFirstStart ? KEYS_OF_A_FIRST_START + KEYS_OF_A_FIRST_VISIT : 0;
}

function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return true;
  }
}

function readyLine({ urls }: Sandbox): string {
  return JSON.stringify({ http: urls.http, https: urls.https, pid: process.pid });
}

function welcome({ urls, services }: Sandbox, options: Options): string {
  const [bank] = services.banks;
  const rows = [
    ['Desk and control API', urls.http],
    ['Directory (TLS)', urls.https],
    ...(bank
      ? [
          ['Mock banks', `${urls.http}/banks`],
          ['Reference bank', `${urls.https}/aspsp/${bank.profile.id}/.well-known/openid-configuration`],
        ]
      : []),
    ['Root certificate', `${urls.http}/ca/root.pem`],
    ['State', options.inMemory ? 'in memory, gone at the end' : options.dataDir],
    ...(options.state === undefined ? [] : [['Begun with', options.state]]),
  ];
  const lines = rows.map(([left = '', right = '']) => `  ${left.padEnd(21)} ${right}`);
  return [
    'mock-ob-directory is ready. For tests only: nothing here is to be trusted.',
    ...lines,
    '  Ctrl-C ends it.',
  ].join('\n');
}

/** Under npm a terminal's Ctrl-C arrives twice, so the second one changes nothing. */
function closeOnSignals(sandbox: Sandbox): void {
  let closing = false;
  const close = () => {
    if (closing) return;
    closing = true;
    void sandbox.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', close);
  process.on('SIGTERM', close);
}
