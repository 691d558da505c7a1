import type { Defect } from './defect.js';
import { ssaDefectList } from './ssa-defects.js';

/** Everything that can be asked for broken. */
export const defects: readonly Defect[] = [...ssaDefectList];
