import { httpFaults } from '../faults/http-faults.js';
import { jwksFaults } from '../faults/jwks-faults.js';
import type { Defect, DefectKind } from './defect.js';

type Table = Readonly<Record<string, { readonly defect: Omit<Defect, 'name' | 'kind'> | null }>>;

/** The faults that can be set, as the catalogue lists them; what merely observes spoils nothing. */
export const faultDefects: readonly Defect[] = [
  ...defectsOf('jwks', jwksFaults),
  ...defectsOf('http', httpFaults),
];

function defectsOf(kind: DefectKind, table: Table): Defect[] {
  return Object.entries(table).flatMap(([name, { defect }]) => (defect ? [{ name, kind, ...defect }] : []));
}
