import type { Defect, DefectKind } from '../sandbox/defects/defect.js';
import type { Desk } from './desk.js';

/** The defects that a sandbox knows: all, or those of one kind. @throws Refusal, Failure */
export async function catalogueOf(desk: Desk, kind?: DefectKind): Promise<readonly Defect[]> {
  const path = `/sandbox/defects${kind === undefined ? '' : `?kind=${kind}`}`;
  return (await desk.read<{ items: Defect[] }>({ path }, 'items')).items;
}
