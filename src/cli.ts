#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { ConfigurationError, optionsHelp, parseOptions, type Options } from './sandbox/options.js';
import { startSandbox, type Sandbox } from './testkit.js';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

const usage = `mock-ob-directory: a mock UK Open Banking Directory with mock banks to register at. For tests only.

Usage: mock-ob-directory [serve] [options]

Options (each has a variable of the same name: --http-port is HTTP_PORT; that of --host is BIND_HOST):
${optionsHelp()}
  --help               this text
  --version            the version

Examples:
  mock-ob-directory
  mock-ob-directory --in-memory --http-port 0 --https-port 0 --json
  mock-ob-directory --public-host directory.test --alias keystore.openbankingtest.org.uk
`;

async function main(words: readonly string[]): Promise<void> {
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  if (words.includes('--version')) {
    process.stdout.write(`${readVersion()}\n`);
    return;
  }
  const [command, ...rest] = words;
  if (command !== undefined && !command.startsWith('-') && command !== 'serve') {
    throw new ConfigurationError(
      `command: expected serve, got ${JSON.stringify(command)}; --help shows the usage`,
    );
  }
  const options = parseOptions(command === 'serve' ? rest : words, process.env);
  const sandbox = await startSandbox({ ...options, keyCache: false });
  closeOnSignals(sandbox);
  process.stdout.write(options.json ? readyLine(sandbox) : welcome(sandbox, options));
}

function readyLine({ urls }: Sandbox): string {
  return `${JSON.stringify({ http: urls.http, https: urls.https, pid: process.pid })}\n`;
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
  ];
  const lines = rows.map(([left = '', right = '']) => `  ${left.padEnd(21)} ${right}`);
  return [
    'mock-ob-directory is ready. For tests only: nothing here is to be trusted.',
    ...lines,
    '  Ctrl-C ends it.',
    '',
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
      () => process.exit(EXIT_FAILURE),
    );
  };
  process.on('SIGINT', close);
  process.on('SIGTERM', close);
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isUsage = error instanceof ConfigurationError;
  const text =
    error instanceof Error ? (isUsage ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`mock-ob-directory: ${text}\n`);
  process.exit(isUsage ? EXIT_USAGE : EXIT_FAILURE);
});
