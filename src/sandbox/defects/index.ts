import { certificateDefectRows } from './certificate-defects.js';
import type { Defect } from './defect.js';
import { faultDefects } from './faults.js';

/** Everything that can be asked for broken. */
export const defects: readonly Defect[] = [...certificateDefectRows, ...faultDefects];
