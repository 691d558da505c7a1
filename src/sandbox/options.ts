import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { quote } from '../domain/errors.js';

/**
 * A wrong option or variable, or a place that cannot be used: one line for the user, exit code 2.
 * @category Start
 */
export class ConfigurationError extends Error {
  /** For programs that have more than one copy of this class. */
  override readonly name = 'ConfigurationError';
}

export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

const hostName = z
  .string()
  .max(253)
  .regex(
    /^(?=.*[a-zA-Z0-9])[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9])?)*$/,
    'a host name',
  )
  .transform((name) => name.toLowerCase());

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'a port from 0 to 65535')
  .transform(Number)
  .refine((number) => number <= 65_535, 'a port from 0 to 65535');

const flag = z
  .string()
  .refine((text) => ['true', 'false'].includes(text), 'true or false')
  .transform((text) => text === 'true');

/** Every option: its default, its variable where that has another name, and what a value must be. */
const table = {
  host: {
    variable: 'BIND_HOST',
    schema: z
      .string()
      .refine((text) => isIP(text) !== 0 || text === 'localhost', 'an IP address or localhost')
      .default('127.0.0.1'),
    help: ['ADDRESS', 'address both listeners bind (127.0.0.1)'],
  },
  'http-port': {
    schema: port.default(8080),
    help: ['PORT', 'the desk and the public artefacts (8080); 0: any free port'],
  },
  'https-port': { schema: port.default(8443), help: ['PORT', 'the protocol side (8443); 0: any free port'] },
  'public-host': {
    schema: hostName.default('localhost'),
    help: ['NAME', 'name used in every URL of SSAs, certificates and discovery (localhost)'],
  },
  alias: {
    schema: z.array(hostName).default([]),
    help: ['NAME', 'a further name for the server certificate; repeatable'],
  },
  'data-dir': {
    schema: z.string().default('data/sandbox'),
    help: ['PATH', 'where state is kept (data/sandbox)'],
  },
  state: {
    schema: z.string().min(1).optional(),
    help: ['FILE', 'begin with an exported state; with --in-memory or an empty --data-dir'],
  },
  'in-memory': { schema: flag.default(false), help: [null, 'keep nothing'] },
  'no-demo': { schema: flag.default(false), help: [null, 'start without demo organisations and banks'] },
  'admin-password': {
    schema: z.string().min(1).optional(),
    help: ['PASSWORD', 'asked for by the desk; needed when --host is not a loopback address'],
  },
  'ssa-issuer': {
    schema: z.string().max(256).default('OpenBanking Ltd'),
    help: ['NAME', 'iss of the SSAs (OpenBanking Ltd)'],
  },
  'log-level': {
    schema: z.enum(logLevels).default('info'),
    help: ['LEVEL', `${logLevels.join(', ')} (info); logs go to standard error`],
  },
  json: { schema: flag.default(false), help: [null, 'print nothing but one JSON line when ready'] },
} as const satisfies Record<string, OptionEntry>;

interface OptionEntry {
  readonly variable?: string;
  readonly schema: z.ZodType;
  readonly help: readonly [placeholder: string | null, text: string];
}

type OptionName = keyof typeof table;
const optionNames = Object.keys(table) as OptionName[];

/**
 * The configuration of one sandbox.
 * @category Start
 */
export interface Options {
  /** The address that both listeners bind: `127.0.0.1`, another IP address, or `localhost`. */
  readonly host: string;
  /** Of web pages, control API and public artefacts; 0 stands for any free one. */
  readonly httpPort: number;
  /** Of the Directory and the banks; 0 stands for any free one. */
  readonly httpsPort: number;
  /** The name in every URL of SSAs, certificates and discovery documents: `localhost`. */
  readonly publicHost: string;
  /** Further names for the server certificate. */
  readonly aliases: readonly string[];
  /** The folder that state is kept in, unless it is kept in memory. */
  readonly dataDir: string;
  /** The path of an exported state to begin with. */
  readonly state: string | undefined;
  /** Whether nothing is kept. */
  readonly inMemory: boolean;
  /** Whether it starts with the demo organisations and banks. */
  readonly demo: boolean;
  /** What the desk asks for; needed where the host is no loopback address. */
  readonly adminPassword: string | undefined;
  /** The `iss` of SSAs: `OpenBanking Ltd`. */
  readonly ssaIssuer: string;
  /** What is logged on standard error. */
  readonly logLevel: (typeof logLevels)[number];
  /** For the command line alone: whether it prints one JSON line when it is ready. */
  readonly json: boolean;
}

/**
 * Options from the command line, then from variables, then defaults.
 * @throws ConfigurationError with one line that names the option, what was expected and what came
 */
export function parseOptions(
  commandLine: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Options {
  const given = parseCommandLine(commandLine);
  const value = <Name extends OptionName>(name: Name): z.output<(typeof table)[Name]['schema']> => {
    const entry: OptionEntry = table[name];
    const variable = variableOf(name);
    const fromVariable = environment[variable];
    const written = given[name] ?? (fromVariable === '' ? undefined : fromVariable);
    const input = name === 'alias' && written !== undefined ? [written].flat().flatMap(splitList) : written;
    const result = entry.schema.safeParse(input);
    if (result.success) return result.data as z.output<(typeof table)[Name]['schema']>;
    const source = given[name] === undefined ? `${variable} (--${name})` : `--${name}`;
    const shown = name === 'admin-password' ? 'an empty one' : quote([written].flat().join(','));
    throw new ConfigurationError(`${source}: expected ${expectationOf(result.error)}, got ${shown}`);
  };
  const options: Options = {
    host: value('host'),
    httpPort: value('http-port'),
    httpsPort: value('https-port'),
    publicHost: value('public-host'),
    aliases: value('alias'),
    dataDir: value('data-dir'),
    state: value('state'),
    inMemory: value('in-memory'),
    demo: !value('no-demo'),
    adminPassword: value('admin-password'),
    ssaIssuer: value('ssa-issuer'),
    logLevel: value('log-level'),
    json: value('json'),
  };
  refuseContradictions(options);
  return options;
}

/** Rules that hold between options, for callers that do not come by the command line too. @throws ConfigurationError */
export function refuseContradictions(options: Options): void {
  if (!isLoopback(options.host) && options.adminPassword === undefined) {
    throw new ConfigurationError(
      `--admin-password: expected a password because --host ${options.host} is not a loopback address, got none`,
    );
  }
  if (options.httpPort !== 0 && options.httpPort === options.httpsPort) {
    throw new ConfigurationError(
      `--https-port: expected a port other than --http-port, got ${options.httpsPort}`,
    );
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

export function optionsHelp(): string {
  const rows = optionNames.map((name) => {
    const [placeholder, text] = (table[name] as OptionEntry).help;
    return [`--${name}${placeholder === null ? '' : ` ${placeholder}`}`, text] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

function variableOf(name: OptionName): string {
  return (table[name] as OptionEntry).variable ?? name.toUpperCase().replaceAll('-', '_');
}

function parseCommandLine(commandLine: readonly string[]): Partial<Record<OptionName, string | string[]>> {
  const config = Object.fromEntries(
    optionNames.map((name) => [
      name,
      {
        type: (table[name] as OptionEntry).help[0] === null ? ('boolean' as const) : ('string' as const),
        multiple: name === 'alias',
      },
    ]),
  );
  try {
    const { values } = parseArgs({
      args: [...commandLine],
      options: config,
      strict: true,
      allowPositionals: false,
    });
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'boolean' ? String(value) : value,
      ]),
    );
  } catch (error) {
    throw new ConfigurationError(describeParseError(error as Error & { code?: string }));
  }
}

function describeParseError(error: Error & { code?: string }): string {
  const [firstSentence = error.message] = error.message.split(/\.\s/, 1);
  const hint = error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? `; --help lists the options` : '';
  return firstSentence.replace(/\.$/, '') + hint;
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function expectationOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue?.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`;
  if (issue?.code === 'too_big') return `at most ${issue.maximum} characters`;
  if (issue?.code === 'too_small') return 'a value';
  return issue?.message ?? 'another value';
}
