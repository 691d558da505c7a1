import { certificateDefectRows } from './certificate-defects.js';
import type { Defect } from './defect.js';
import { faultDefects } from './fault-defects.js';
import { ssaDefectRows } from './ssa-defects.js';

/** Everything that can be asked for broken, as `GET /sandbox/defects` lists it. */
export const defects: readonly Defect[] = [...ssaDefectRows, ...certificateDefectRows, ...faultDefects];
