import { z } from 'zod';
import { invalidInput } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import { storeStateSchema } from '../../domain/state.js';
import { clockSettingSchema } from '../clock-control.js';
import { faultsStateSchema } from '../faults/faults.js';
import { integrityProblems, type KnownParts } from './integrity.js';
import type { Snapshot } from './state-keeper.js';

const FORMAT = 'mock-ob-directory-state';
const VERSION = 1;

/**
 * Everything that a sandbox keeps, as one JSON document. It holds private keys.
 * @category State
 */
export interface StateFile {
  /** What the document is. */
  readonly format: typeof FORMAT;
  /** Of the format. */
  readonly version: typeof VERSION;
  /** ISO 8601, by the sandbox’s clock. */
  readonly exportedAt: string;
  /** How the clock stands or runs. @internal */
  readonly clock: Snapshot['clock'];
  /** Those in force. @internal */
  readonly faults: Snapshot['faults'];
  /** Authorities, organisations, software statements and keys of the Directory. @internal */
  readonly directory: Snapshot['store']['directory'];
  /** Authorities and certificates of the provider. @internal */
  readonly qualifiedTrustServiceProvider: Snapshot['store']['qualifiedTrustServiceProvider'];
  /** The same as of the Directory, of each trust anchor beside it. @internal */
  readonly anchors: Snapshot['store']['anchors'];
  /** Access tokens of the Directory. @internal */
  readonly authorisation: Snapshot['store']['authorisation'];
  /** Clients, tokens and verdicts of each bank. @internal */
  readonly banks: Snapshot['store']['banks'];
}

/** @param at the instant of the sandbox's clock, for people to tell one file from another */
export function stateFile({ store, clock, faults }: Snapshot, at: Date): StateFile {
  return { format: FORMAT, version: VERSION, exportedAt: at.toISOString(), clock, faults, ...store };
}

/** The file says what it is before anything else of it is looked at: one of another version would be wrong all over. */
const envelopeSchema = z.looseObject({ format: z.literal(FORMAT), version: z.literal(VERSION) });

/** Made when it is first needed: most sandboxes never read a state. */
function stateFileSchema() {
  return storeStateSchema.extend({
    format: z.literal(FORMAT),
    version: z.literal(VERSION),
    exportedAt: z.iso.datetime(),
    clock: clockSettingSchema,
    ...faultsStateSchema.shape,
  });
}

/**
 * Reads an exported state, and checks that it holds together: shapes, ids, certificates and their keys.
 * @throws DomainError `invalid_input` that names every wrong member, up to a limit
 */
export function parseStateFile(input: unknown, known: KnownParts): Snapshot {
  parseInput(envelopeSchema, input);
  const { clock, faults, directory, qualifiedTrustServiceProvider, anchors, authorisation, banks } =
    parseInput(stateFileSchema(), input);
  const store = { directory, qualifiedTrustServiceProvider, anchors, authorisation, banks };
  const problems = integrityProblems(store, known);
  if (problems.length > 0) throw invalidInput(problems.slice(0, limits.problemsNamed));
  return { store, clock, faults };
}
