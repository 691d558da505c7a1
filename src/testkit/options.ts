import { describeProblem, DomainError } from '../domain/errors.js';
import { parseInput } from '../domain/parse.js';
import type { KeyPairSource } from '../domain/ports.js';
import type { ClientCertificateOf } from '../http/protocol/client.js';
import { clockSettingSchema, type ClockSetting } from '../sandbox/clock-control.js';
import { ConfigurationError, parseOptions, refuseContradictions, type Options } from '../sandbox/options.js';
import type { StateFile } from '../sandbox/state/state-file.js';

/** An instant: a `Date`, or ISO 8601 with an offset as `2027-01-31T09:00:00Z`. */
export type Instant = Date | string;

/** How the clock is to stand or run; without a mode it runs on from the instant. */
export interface ClockOption {
  readonly mode?: ClockSetting['mode'];
  readonly at?: Instant;
}

/** Options of the command line, and what only a program can give. */
export type SandboxOptions = Partial<Omit<Options, 'state'>> & {
  /** Key pairs to use instead of new ones. */
  readonly keyPairs?: KeyPairSource;
  /** A state to begin with: the path of a file, or what such a file holds. */
  readonly state?: string | StateFile | undefined;
  /** The clock at the start, also after a reset: an instant to run on from, or more than that. */
  readonly clock?: Instant | ClockOption | undefined;
  /** How long a bank waits for a JWKS, from the look-up of its server to the last byte. */
  readonly jwksTimeoutMilliseconds?: number;
};

/** Options of a sandbox without sockets. */
export type SocketlessOptions = SandboxOptions & {
  /** The client certificate, DER, of a request that supertest and the like make. */
  readonly clientCertificateOf?: ClientCertificateOf;
};

const defaults: Options = { ...parseOptions([], {}), inMemory: true, logLevel: 'silent' };

/** @throws ConfigurationError for options that contradict each other */
export function completeOptions(given: SandboxOptions, ports: Partial<Options> = {}): Options {
  const options: Options = { ...defaults, ...ports, ...given, state: undefined };
  refuseContradictions(options);
  return options;
}

/** @throws ConfigurationError that says what was expected of the clock */
export function clockSetting(clock: SandboxOptions['clock']): ClockSetting | undefined {
  if (clock === undefined) return undefined;
  const written = typeof clock === 'string' || clock instanceof Date ? { at: clock } : clock;
  const at = written.at instanceof Date ? isoOf(written.at) : written.at;
  return asOption('clock', () => parseInput(clockSettingSchema, { ...written, at }));
}

/** A `Date` without an instant is left for the schema to refuse. */
export function isoOf(at: Date): string {
  return Number.isNaN(at.getTime()) ? 'Invalid Date' : at.toISOString();
}

/** Reads an option; what is wrong with it is a matter of the configuration. @throws ConfigurationError */
function asOption<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const problems = error.problems.map((one) => ({ ...one, field: `${name}.${one.field}` }));
    throw new ConfigurationError(problems.map(describeProblem).join('; '), { cause: error });
  }
}
