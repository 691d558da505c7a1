import type { ReadyTpp } from '../sandbox/ready-tpp.js';
import type { Desk } from './desk.js';
import { Refusal } from './failures.js';

/** The first software statement of the demo data. */
const DEMO_STATEMENT = 'AcmeBudgetPlanner00001';

/** The control API's path of a software statement. */
export function statementPath(softwareId: string): string {
  return `/sandbox/software-statements/${encodeURIComponent(softwareId)}`;
}

/** The software statement that was asked for; otherwise that of the demo data, or where there is none that of a new TPP. */
export async function chosenStatement(desk: Desk, softwareId: string | undefined): Promise<string> {
  if (softwareId !== undefined) return softwareId;
  try {
    const { id } = await desk.read<{ id: string }>({ path: statementPath(DEMO_STATEMENT) }, 'id');
    return id;
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 404)) throw error;
    const call = { method: 'POST', path: '/sandbox/tpps', body: {} } as const;
    return (await desk.read<ReadyTpp>(call, 'softwareStatement')).softwareStatement.id;
  }
}
