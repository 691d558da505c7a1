import type { Store } from '../../domain/ports.js';
import { emptyStoreState, type DirectoryState, type StoreState } from '../../domain/state.js';
import { SandboxClock } from '../clock.js';
import { applySetting, type ClockSetting } from '../clock-control.js';
import type { FaultsState } from '../faults/faults.js';
import type { Services } from '../services.js';
import type { KnownParts } from './integrity.js';
import { parseStateFile, stateFile, type StateFile } from './state-file.js';

/** A sandbox as it is at one instant, in memory. */
export interface Snapshot {
  readonly store: StoreState;
  readonly clock: ClockSetting;
  readonly faults: FaultsState['faults'];
}

/** What it takes to put another state in force. */
export interface StateSurroundings {
  /** Makes the services of a state. */
  readonly createServices: (store: Store, clock: SandboxClock) => Promise<Services>;
  /** Asked when a state comes in: a start need not wait for it. */
  readonly knownParts: () => KnownParts;
  /**
   * Gets the doors ready for other services.
   * @returns what leads everybody who comes from now on to them; it cannot fail
   */
  readonly prepareDoors: (services: Services) => Promise<() => void>;
}

/** What a sandbox can be taken back to: how it was at its start, or the demo data alone. */
export const resetTargets = ['start-up', 'demo'] as const;
export type ResetTarget = (typeof resetTargets)[number];

/**
 * What replaces everything at once: it stands above the services that it replaces.
 * @category State
 */
export interface StateControl {
  /** All of it, with private keys. */
  export(): Promise<StateFile>;
  /** Puts an exported state in force, all or nothing. @throws DomainError `invalid_input`, `storage_failed` */
  replace(input: unknown): Promise<void>;
  /** Goes back to the start, or to the demo data. @throws DomainError `storage_failed` */
  reset(to?: ResetTarget): Promise<void>;
}

const realTime: ClockSetting = { mode: 'real' };

/**
 * Keeps the services in force, and replaces them as a whole: another state is prepared beside them, and takes their place
 * when nothing can go wrong any more. Requests under way end with the services that they began with.
 */
export class StateKeeper implements StateControl {
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private store: Store,
    private current: Services,
    private readonly startUp: Snapshot,
    private readonly surroundings: StateSurroundings,
  ) {}

  /**
   * @param given the state to begin with, for a store that is empty
   * @param clock to begin with in place of that of the state
   * @throws DomainError `storage_failed`, StoreError `unreadable_file`; `invalid_input` for a clock beyond its bounds
   */
  static async open(
    store: Store,
    surroundings: StateSurroundings,
    given?: Snapshot,
    clock?: ClockSetting,
  ): Promise<StateKeeper> {
    if (!given) return StateKeeper.begin(store, surroundings, clock);
    const prepared = await store.prepare(given.store);
    try {
      const beginning = { ...given, clock: clock ?? given.clock };
      const services = await servicesOf(beginning, prepared.store, surroundings);
      const startUp = { ...beginning, store: await prepared.store.export() };
      await prepared.commit();
      return new StateKeeper(prepared.store, services, startUp, surroundings);
    } catch (error) {
      await prepared.discard();
      throw error;
    }
  }

  private static async begin(
    store: Store,
    surroundings: StateSurroundings,
    clock = realTime,
  ): Promise<StateKeeper> {
    const services = await surroundings.createServices(store, clockSetTo(clock));
    const startUp = { store: await store.export(), clock, faults: [] };
    return new StateKeeper(store, services, startUp, surroundings);
  }

  get services(): Services {
    return this.current;
  }

  /** Everything that is kept, with private keys. @throws StoreError `unreadable_file` */
  async export(): Promise<StateFile> {
    const store = await this.store.export();
    const { clock, faults } = this.current;
    const { mode, at } = clock.read();
    return stateFile({ store, clock: { mode, at: at.toISOString() }, ...faults.toJSON() }, at);
  }

  /**
   * Puts the state of an export in force.
   * @throws DomainError `invalid_input` that names what is wrong, `storage_failed`; nothing has changed then
   */
  async replace(input: unknown): Promise<void> {
    const snapshot = parseStateFile(input, this.surroundings.knownParts());
    await this.inTurn(() => this.putInForce(snapshot));
  }

  /** Takes everything back; the keys of the authorities stay. @throws DomainError `storage_failed` */
  async reset(to: ResetTarget = 'start-up'): Promise<void> {
    await this.inTurn(() => this.putInForce(to === 'demo' ? withKeysAlone(this.startUp) : this.startUp));
  }

  async close(): Promise<void> {
    await this.turn;
    await this.store.close();
  }

  private async putInForce(snapshot: Snapshot): Promise<void> {
    const prepared = await this.store.prepare(snapshot.store);
    try {
      const services = await servicesOf(snapshot, prepared.store, this.surroundings);
      const takeOver = await this.surroundings.prepareDoors(services);
      await prepared.commit();
      const { faults } = this.current;
      this.store = prepared.store;
      this.current = services;
      takeOver();
      // What they hold back is let go.
      faults.clearAll();
    } catch (error) {
      await prepared.discard();
      throw error;
    }
  }

  /** One after the other: each is prepared beside the one before. */
  private inTurn(task: () => Promise<void>): Promise<void> {
    const result = this.turn.then(task);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

async function servicesOf(
  { clock, faults }: Snapshot,
  store: Store,
  { createServices }: StateSurroundings,
): Promise<Services> {
  const services = await createServices(store, clockSetTo(clock));
  services.faults.restore({ faults });
  return services;
}

function clockSetTo(setting: ClockSetting): SandboxClock {
  const clock = new SandboxClock();
  applySetting(clock, setting);
  return clock;
}

/** Nothing but the keys of the authorities: whoever trusts their certificates goes on doing so. */
function withKeysAlone({ store }: Snapshot): Snapshot {
  const bare = ({ authority }: DirectoryState): DirectoryState => ({ authority, organisations: [] });
  return {
    clock: realTime,
    faults: [],
    store: {
      ...emptyStoreState,
      directory: bare(store.directory),
      qualifiedTrustServiceProvider: store.qualifiedTrustServiceProvider,
      anchors: Object.fromEntries(
        Object.entries(store.anchors).map(([id, anchor]) => [id, bare(anchor)] as const),
      ),
    },
  };
}
