import type { Services } from '../sandbox/services.js';
import { listenerNames, type FaultView } from '../sandbox/faults/fault.js';
import type { FaultRequest } from '../sandbox/faults/requests.js';

/**
 * What misbehaves on request.
 * @category Faults
 */
export interface TestFaults {
  /**
   * Sets a fault: `jwks` spoils a set of keys wherever it is read, `http` what is answered at a path.
   * @throws DomainError `invalid_input`; `not_found` for unknown holders of keys; `conflict` when there are too many
   */
  set(fault: FaultRequest): Promise<FaultView>;
  /** Clears one fault, or all of them, counts of requests included. @throws DomainError `not_found` */
  clear(fault?: string | Pick<FaultView, 'id'>): void;
  /** In the order in which they were set, those that are spent included. */
  list(): FaultView[];
}

/** @param services those in force */
export function testFaults(services: () => Pick<Services, 'faults'>): TestFaults {
  return {
    set: (fault) => services().faults.set(fault),
    list: () => services().faults.list(),
    clear: (fault) => {
      const { faults } = services();
      if (fault === undefined) faults.clearAll();
      else faults.clear(typeof fault === 'string' ? fault : fault.id);
    },
  };
}

/** Begins to count the requests to a path, at both listeners. @throws DomainError `invalid_input` for what is no path */
export async function observe({ faults }: Pick<Services, 'faults'>, path: string): Promise<void> {
  if (counters(faults, path).length > 0) return;
  for (const listener of listenerNames) await faults.set({ kind: 'http', name: 'observe', path, listener });
}

/** @throws Error for a path that nobody observes: its requests are not counted */
export function countedRequests({ faults }: Pick<Services, 'faults'>, path: string): number {
  const counts = counters(faults, path);
  if (counts.length === 0)
    throw new Error(`Requests to ${path} are not counted: await sandbox.observe('${path}') comes first.`);
  return counts.reduce((sum, { hits }) => sum + hits, 0);
}

function counters(faults: Services['faults'], path: string): FaultView[] {
  return faults
    .list()
    .filter((fault) => fault.kind === 'http' && fault.name === 'observe' && fault.path === path);
}
