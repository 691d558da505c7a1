import type { Defect } from './defect.js';
import { ssaClaimDefects } from './ssa-claim-defects.js';
import type { SsaDefect } from './ssa-making.js';
import { ssaTokenDefects } from './ssa-token-defects.js';

const table = { ...ssaTokenDefects, ...ssaClaimDefects };

/**
 * A way in which an SSA can be asked for broken.
 * @useDeclaredType
 * @category TPP
 */
export type SsaDefectName = keyof typeof table;

/** Every defect of SSAs with its making, by its name. */
export const ssaDefects: Readonly<Record<SsaDefectName, SsaDefect>> = table;

export const ssaDefectNames = Object.keys(table) as SsaDefectName[];

/** Every defect of SSAs as people read it. */
export const ssaDefectRows: readonly Defect[] = ssaDefectNames.map((name) => {
  const { title, spec, rule, error, answeredByReferenceBank } = ssaDefects[name];
  return { name, kind: 'ssa', title, spec, rule, error, answeredByReferenceBank };
});
