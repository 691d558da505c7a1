import type { z } from 'zod';
import type { Defect } from '../defects/defect.js';
import { milliseconds, retryAfterSeconds, times, type Fault } from './fault.js';
import { retryAfter } from './jwks-faults.js';
import { failingAnswer, honestAfter, type Plan } from './plan.js';

/** One way in which a server can misbehave. */
export interface HttpFault {
  /** What the catalogue says of it; null for what is no defect. */
  readonly defect: Omit<Defect, 'name' | 'kind'> | null;
  /** What may be given beside the target. */
  readonly parameters: z.ZodRawShape;
  readonly plan: (fault: Fault) => Plan;
}

/** Nothing that a bank could answer, since the fault stands in front of it. */
const unanswered = { rule: null, error: null, answeredByReferenceBank: false } as const;

const once = { times: times.default(1) } as const;

/** Every way in which a server can misbehave, by name. */
export const httpFaults: Readonly<Record<string, HttpFault>> = {
  down: {
    defect: { title: 'The server is down.', spec: 'RFC 9110 section 15.6.4', ...unanswered },
    parameters: { ...once, retryAfterSeconds: retryAfterSeconds.default(1) },
    plan: (fault) => failingAnswer('unavailable', fault, retryAfter(fault)),
  },
  slow: {
    defect: {
      title: 'The answer comes late.',
      spec: 'None says how long to wait',
      ...unanswered,
      answeredByReferenceBank: true,
    },
    parameters: { ...once, milliseconds: milliseconds.default(1_000) },
    plan: (fault) => honestAfter(fault.milliseconds ?? 0),
  },
  'too-many-requests': {
    defect: { title: 'The client is told to slow down.', spec: 'RFC 6585 section 4', ...unanswered },
    parameters: { ...once, retryAfterSeconds: retryAfterSeconds.default(1) },
    plan: (fault) => failingAnswer('too-many', fault, retryAfter(fault)),
  },
  'connection-reset': {
    defect: {
      title: 'The connection is reset before there is an answer.',
      spec: 'RFC 9293 section 3.5.2',
      ...unanswered,
    },
    parameters: once,
    plan: () => ({ kind: 'reset' }),
  },
  observe: { defect: null, parameters: { times: times.default(null) }, plan: () => honestAfter(0) },
};
