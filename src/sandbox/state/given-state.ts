import { readFileSync, statSync } from 'node:fs';
import { DomainError } from '../../domain/errors.js';
import { isNestedDeeper } from '../../domain/json.js';
import { limits } from '../../domain/limits.js';
import type { Store } from '../../domain/ports.js';
import { ConfigurationError, type Options } from '../options.js';
import type { KnownParts } from './integrity.js';
import { parseStateFile, type StateFile } from './state-file.js';
import type { Snapshot } from './state-keeper.js';

/**
 * The state that a sandbox is to begin with.
 * @param given what an export holds, or the path of a file with it
 * @throws ConfigurationError that names the file and what is wrong with it
 */
export function readGivenState(given: string | StateFile, known: KnownParts): Snapshot {
  const input = typeof given === 'string' ? readJson(given) : (JSON.parse(JSON.stringify(given)) as unknown);
  try {
    return parseStateFile(input, known);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw unusable(`${typeof given === 'string' ? `${given}: ` : ''}${error.message}`, error);
  }
}

/** @throws ConfigurationError when the store holds something: a state to begin with would be its end */
export async function refuseOverwriting(store: Store, { dataDir }: Pick<Options, 'dataDir'>): Promise<void> {
  const count = store.organisations.countOf();
  if (count === 0 && store.authority.find() === undefined) return;
  await store.close();
  throw unusable(
    `expected a --data-dir that is empty, or --in-memory, got ${dataDir} with ${count} organisations`,
  );
}

/**
 * Why a start failed: a state that could be read may still not fit, as one of a time that its authorities do not cover.
 * @param given undefined for a start without one
 */
export function reasonOfFailedStart(error: unknown, given: Snapshot | undefined): unknown {
  const isOfState = given && error instanceof DomainError && error.code === 'invalid_input';
  return isOfState ? unusable(error.message, error) : error;
}

function readJson(path: string): unknown {
  try {
    if (statSync(path).size > limits.stateBytes) throw new Error(`more than ${limits.stateBytes} bytes`);
    const json = parseJson(readFileSync(path, 'utf8'));
    if (isNestedDeeper(json, limits.stateDepth)) throw new Error(`deeper than ${limits.stateDepth} levels`);
    return json;
  } catch (error) {
    throw unusable(`${path} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`, error);
  }
}

/** What the parser says of the text would show some of it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('it is not JSON', { cause });
  }
}

function unusable(reason: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`--state: ${reason}`, { cause });
}
