import { z } from 'zod';
import { DomainError, notFound } from '../../domain/errors.js';
import { newUuid } from '../../domain/identifiers.js';
import type { JwkSet } from '../../domain/jwk.js';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import type { Clock, KeyPairSource, Random } from '../../domain/ports.js';
import { publicKeyJwk } from '../../jose/jwk.js';
import {
  faultSchema,
  isSpent,
  type Fault,
  type FaultView,
  type ListenerName,
  type MadeKey,
} from './fault.js';
import { httpFaults } from './http-faults.js';
import { jwksFaults, MOVED_QUERY } from './jwks-faults.js';
import type { Plan } from './plan.js';
import { isFaultName, isOfControlApi, parseFaultRequest, type FaultRequest } from './requests.js';
import { findKeySet, type Keystores, type KeySet } from './targets.js';

export interface FaultDependencies extends Keystores {
  readonly clock: Clock;
  readonly random: Random;
  readonly keyPairs: KeyPairSource;
}

/** A request as far as faults look at it. */
export interface MetRequest {
  readonly method: string;
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  readonly listener: ListenerName;
}

/** A fault that a request met, and what becomes of the request. */
export interface Met {
  readonly fault: FaultView;
  /** @throws DomainError `not_found` when whose keys it is about is there no more */
  plan(): Promise<Plan>;
}

/** Faults as they are exported. */
export const faultsStateSchema = z.strictObject({
  faults: z
    .array(
      faultSchema.refine(({ kind, name }) => isFaultName(kind, name), {
        path: ['name'],
        error: 'the name of a fault of its kind',
      }),
    )
    .max(limits.faults),
});
export type FaultsState = z.infer<typeof faultsStateSchema>;

/** What was asked for broken, request by request. Nothing of it touches records: what is cleared was never there. */
export class Faults {
  /** In the order in which they were set. */
  private readonly faults = new Map<string, Fault>();
  private liveCount = 0;

  constructor(private readonly dependencies: FaultDependencies) {}

  /** Whether no request can meet a fault. */
  get isEmpty(): boolean {
    return this.liveCount === 0;
  }

  /**
   * Sets a fault.
   * @throws DomainError `invalid_input`; `not_found` for an unknown organisation, software statement or anchor;
   *   `conflict` when there are too many
   */
  async set(input: unknown): Promise<FaultView> {
    const request = parseFaultRequest(input);
    this.makeRoom();
    const fault =
      request.kind === 'jwks' ? await this.jwksFault(request) : this.newFault(request, request.path);
    // Others may have been set while this one got its keys.
    this.makeRoom();
    this.keep(fault);
    return viewOf(fault);
  }

  /** In the order in which they were set, those that are spent included. */
  list(): FaultView[] {
    return Array.from(this.faults.values(), viewOf);
  }

  /** @throws DomainError `not_found` */
  get(id: string): FaultView {
    const fault = this.faults.get(id);
    if (!fault) throw notFound('fault', id);
    return viewOf(fault);
  }

  /** Whether it has not been cleared. */
  has(id: string): boolean {
    return this.faults.has(id);
  }

  /** @throws DomainError `not_found` */
  clear(id: string): void {
    this.get(id);
    this.faults.delete(id);
    this.recount();
  }

  clearAll(): void {
    this.faults.clear();
    this.recount();
  }

  /**
   * Counts a request for every fault that it meets: all that observe, and of the others the one set last, which decides
   * what becomes of the request.
   */
  meet(request: MetRequest): Met | undefined {
    if (request.listener === 'http' && isOfControlApi(request.path)) return undefined;
    const now = this.dependencies.clock.now().toISOString();
    const met = Array.from(this.faults.values()).filter(
      (fault) => !isSpent(fault) && (fault.until === undefined || now < fault.until) && isMet(fault, request),
    );
    const acting = met.findLast(({ name }) => name !== 'observe');
    for (const fault of met) if (fault === acting || fault.name === 'observe') this.count(fault);
    return acting && { fault: viewOf(acting), plan: () => this.planOf(acting) };
  }

  /** Everything that `restore` takes, keys that were made included. */
  toJSON(): FaultsState {
    return { faults: [...this.faults.values()] };
  }

  /** Puts faults in the place of those that are there. @throws DomainError `invalid_input`; nothing has changed then */
  restore(input: unknown): void {
    const { faults } = parseInput(faultsStateSchema, input);
    this.faults.clear();
    for (const fault of faults) this.faults.set(fault.id, fault);
    this.recount();
  }

  private async planOf(fault: Fault): Promise<Plan> {
    if (fault.kind === 'http') return rowOf(httpFaults, fault).plan(fault);
    const { read } = await findKeySet(this.dependencies, fault);
    return rowOf(jwksFaults, fault).plan(await read(), fault);
  }

  private async jwksFault(request: FaultRequest): Promise<Fault> {
    const { keys: uses, keepsSet } = rowOf(jwksFaults, request);
    const keySet = await findKeySet(this.dependencies, request);
    const keys = await Promise.all(uses.map((use) => this.makeKey(use)));
    return {
      ...this.newFault(request, keySet.path),
      ...(keys.length > 0 ? { keys } : {}),
      ...(keepsSet ? { snapshot: await snapshotOf(keySet) } : {}),
    };
  }

  private newFault({ times, reads, seconds, ...request }: FaultRequest, path = ''): Fault {
    const now = this.dependencies.clock.now();
    return {
      id: newUuid(this.dependencies.random),
      ...request,
      path,
      ...(seconds === undefined
        ? {}
        : { seconds, until: new Date(now.getTime() + seconds * 1000).toISOString() }),
      remaining: times ?? reads ?? null,
      hits: 0,
      createdAt: now.toISOString(),
    };
  }

  private async makeKey(use: MadeKey['use']): Promise<MadeKey> {
    const { privateKeyPem, publicKeyPem } = await this.dependencies.keyPairs.take();
    return { kid: publicKeyJwk(publicKeyPem, use).kid ?? '', use, privateKeyPem };
  }

  /** The oldest that are spent give way. */
  private makeRoom(): void {
    if (this.faults.size < limits.faults) return;
    const spent = Array.from(this.faults.values()).find(isSpent);
    if (!spent) {
      throw new DomainError(
        'conflict',
        `There are ${limits.faults} faults already; clear some of them first.`,
      );
    }
    this.faults.delete(spent.id);
  }

  private count(fault: Fault): void {
    const remaining = fault.remaining === null ? null : fault.remaining - 1;
    this.keep({ ...fault, hits: fault.hits + 1, remaining });
  }

  private keep(fault: Fault): void {
    this.faults.set(fault.id, fault);
    this.recount();
  }

  private recount(): void {
    this.liveCount = Array.from(this.faults.values()).filter((fault) => !isSpent(fault)).length;
  }
}

/** A JWKS is met at either listener, since both serve it. */
function isMet(fault: Fault, { method, path, query, listener }: MetRequest): boolean {
  if (fault.kind === 'jwks') {
    return fault.path === path && (method === 'GET' || method === 'HEAD') && query !== MOVED_QUERY;
  }
  if (fault.listener !== listener || (fault.method !== undefined && fault.method !== method)) return false;
  return fault.path.endsWith('*') ? path.startsWith(fault.path.slice(0, -1)) : path === fault.path;
}

function rowOf<Row>(table: Readonly<Record<string, Row>>, { name }: { readonly name: string }): Row {
  const row = table[name];
  if (row === undefined) throw notFound('fault of the name', name);
  return row;
}

async function snapshotOf({ read }: KeySet): Promise<JwkSet> {
  return structuredClone(await read());
}

function viewOf(fault: Fault): FaultView {
  const view = { ...fault };
  delete view.snapshot;
  return view;
}
