import { randomBytes } from 'node:crypto';
import type { Random } from '../domain/ports.js';

export const systemRandom: Random = { bytes: (count) => randomBytes(count) };
