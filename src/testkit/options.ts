import { describeProblem, DomainError } from '../domain/errors.js';
import { parseInput } from '../domain/parse.js';
import type { KeyPairSource } from '../domain/ports.js';
import type { ClientCertificateOf } from '../http/protocol/client.js';
import { clockSettingSchema, type ClockSetting } from '../sandbox/clock-control.js';
import type { ShippedProfile } from '../sandbox/data-files.js';
import { ConfigurationError, parseOptions, refuseContradictions, type Options } from '../sandbox/options.js';
import type { StateFile } from '../sandbox/state/state-file.js';
import { profilesWith, type Profiles } from './profiles.js';

/**
 * An instant: a `Date`, or ISO 8601 with an offset as `2027-01-31T09:00:00Z`.
 * @category Clock
 */
export type Instant = Date | string;

/**
 * How the clock is to stand or run; without a mode it runs on from the instant.
 * @category Clock
 */
export interface ClockOption {
  /** `real` follows the machine, `offset` runs on from an instant, `frozen` stands still. */
  readonly mode?: ClockSetting['mode'];
  /** The instant to begin at; none for `real`. */
  readonly at?: Instant;
}

/**
 * Options of the command line, and what only a program can give.
 * @category Start
 */
export type SandboxOptions = Partial<Omit<Options, 'state'>> & {
  /** Key pairs to use instead of new ones. */
  readonly keyPairs?: KeyPairSource;
  /** A state to begin with: the path of a file, or what such a file holds. */
  readonly state?: string | StateFile | undefined;
  /** The clock at the start, also after a reset: an instant to run on from, or more than that. */
  readonly clock?: Instant | ClockOption | undefined;
  /**
   * For the same identifiers again: of organisations, software statements, clients and the like, asked for in the same
   * order. Keys and secrets are new all the same.
   */
  readonly seed?: string | number | undefined;
  /** How banks differ from how they come, and further banks; also after a reset. */
  readonly profiles?: Profiles | undefined;
  /**
   * Where key pairs are kept for later processes: a folder, or `false` for nowhere. When absent, what the variable
   * `MOCK_OB_DIRECTORY_KEY_CACHE` says, a path or `off`, and else the user's cache folder. Certificates are always new.
   */
  readonly keyCache?: string | false | undefined;
  /** How long a bank waits for a JWKS, from the look-up of its server to the last byte. */
  readonly jwksTimeoutMilliseconds?: number;
};

/**
 * Options of a sandbox without sockets.
 * @category Start
 */
export type SocketlessOptions = SandboxOptions & {
  /** The client certificate, DER, of a request that supertest and the like make. */
  readonly clientCertificateOf?: ClientCertificateOf;
};

const defaults: Options = { ...parseOptions([], {}), inMemory: true, logLevel: 'silent' };

/** What a sandbox is to be, read from its options. */
export interface Settings {
  readonly options: Options;
  readonly clock: ClockSetting | undefined;
  readonly seed: string | undefined;
  readonly bankProfiles: readonly ShippedProfile[] | undefined;
  readonly given: SandboxOptions;
}

/** @throws ConfigurationError for options that are unknown, wrong or contradict each other */
export function readSettings(given: SandboxOptions, ports: Partial<Options> = {}): Settings {
  refuseUnknown(given);
  const options: Options = { ...defaults, ...ports, ...given, state: undefined };
  refuseContradictions(options);
  const { clock, seed, profiles } = given;
  return {
    options,
    clock: clockSetting(clock),
    seed: seed === undefined ? undefined : String(seed),
    bankProfiles: profiles && profilesWith(profiles),
    given,
  };
}

/** What only a program can give. */
const furtherOptions: Readonly<Record<Exclude<keyof SocketlessOptions, keyof Options>, true>> = {
  keyPairs: true,
  clock: true,
  seed: true,
  profiles: true,
  keyCache: true,
  jwksTimeoutMilliseconds: true,
  clientCertificateOf: true,
};

/** In plain JavaScript nobody else tells of a misspelt option, which would change nothing. */
function refuseUnknown(given: SandboxOptions): void {
  const known = [...Object.keys(defaults), ...Object.keys(furtherOptions)].sort();
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ConfigurationError(`${unknown}: expected one of the options ${known.join(', ')}`);
}

/** @throws ConfigurationError that says what was expected of the clock */
function clockSetting(clock: SandboxOptions['clock']): ClockSetting | undefined {
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
