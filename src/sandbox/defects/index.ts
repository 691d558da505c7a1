import { certificateDefectRows } from './certificate-defects.js';
import type { Defect } from './defect.js';
import { faultDefects } from './faults.js';
import { ssaDefectRows } from './ssa-defects.js';

/** Everything that can be asked for broken. */
export const defects: readonly Defect[] = [...ssaDefectRows, ...certificateDefectRows, ...faultDefects];
