import { z } from 'zod';
import type { JwkSet } from '../../domain/jwk.js';
import { limits } from '../../domain/limits.js';
import { privateKeyJwk, publicJwkOf } from '../../jose/jwk.js';
import type { Defect } from '../defects/defect.js';
import { milliseconds, retryAfterSeconds, times, type Fault, type MadeKey } from './fault.js';
import { failingAnswer, honestAfter, jwksAnswer, type Plan } from './plan.js';

/** One way in which a JWKS can misbehave. */
export interface JwksFault {
  /** What the catalogue says of it, of the JWKS of the software statement that registers; null for what is no defect. */
  readonly defect: Omit<Defect, 'name' | 'kind'> | null;
  /** What may be given beside the target. */
  readonly parameters: z.ZodRawShape;
  /** The keys that are made when it is set. */
  readonly keys: readonly MadeKey['use'][];
  /** Whether the set is kept as it is when the fault is set. */
  readonly keepsSet: boolean;
  readonly plan: (honest: JwkSet, fault: Fault) => Plan;
}

const SIGNING_AND_TRANSPORT = ['sig', 'tls'] as const;
const DEFAULT_DELAY_MILLISECONDS = 1_000;
const DEFAULT_RETRY_SECONDS = 1;

/** A redirect leads back to the set, and a client that follows it finds the honest one: that tells it from others. */
export const MOVED_QUERY = 'moved';

/** What makes a bank refuse, since it has no key to verify the request with. */
const refused = {
  rule: 'request-signature',
  error: 'invalid_software_statement',
  answeredByReferenceBank: true,
} as const;

/** What a bank has to ride out. */
const accepted = { rule: null, error: null, answeredByReferenceBank: true } as const;

const plain = { parameters: { times: times.default(null) }, keys: [], keepsSet: false } as const;

const sendsSet =
  (change: (honest: JwkSet, made: JwkSet['keys'], fault: Fault) => JwkSet['keys']): JwksFault['plan'] =>
  (honest, fault) =>
    jwksAnswer(JSON.stringify({ keys: change(honest, (fault.keys ?? []).map(publicJwkOf), fault) }));

/** Every way in which a JWKS can misbehave, by name. */
export const jwksFaults: Readonly<Record<string, JwksFault>> = {
  'rotation-with-overlap': {
    ...plain,
    defect: {
      title: 'A new signing key and a new transport key stand beside the old ones.',
      spec: 'OpenID Connect Core 1.0 section 10.1.1',
      ...accepted,
    },
    keys: SIGNING_AND_TRANSPORT,
    plan: sendsSet(({ keys }, made) => [...keys, ...made]),
  },
  'rotation-without-overlap': {
    ...plain,
    defect: {
      title: 'A new signing key and a new transport key stand in the place of all others.',
      spec: 'OpenID Connect Core 1.0 section 10.1.1',
      ...refused,
    },
    keys: SIGNING_AND_TRANSPORT,
    plan: sendsSet((_honest, made) => [...made]),
  },
  stale: {
    ...plain,
    defect: {
      title: 'The set is the one of the instant at which the fault was set, whatever has changed since.',
      spec: 'RFC 9111 section 4.2.4',
      ...accepted,
    },
    parameters: {
      reads: times.unwrap().optional(),
      seconds: z.number().int().min(1).max(limits.faultSeconds).optional(),
    },
    keepsSet: true,
    plan: (honest, { snapshot }) => jwksAnswer(JSON.stringify(snapshot ?? honest)),
  },
  empty: {
    ...plain,
    defect: { title: 'The set has no keys.', spec: 'RFC 7517 section 5.1', ...refused },
    plan: sendsSet(() => []),
  },
  'duplicate-kid': {
    ...plain,
    defect: {
      title: 'Two keys go by each kid, the wrong one first.',
      spec: 'RFC 7517 section 4.5',
      ...accepted,
    },
    keys: ['sig'],
    plan: sendsSet(({ keys }, made) =>
      keys.flatMap((key) => [...made.map((wrong) => ({ ...wrong, kid: key.kid, use: key.use })), key]),
    ),
  },
  'missing-kid': {
    ...plain,
    defect: {
      title: 'No key has a kid.',
      spec: 'RFC 7517 section 4.5; OpenID Connect Core 1.0 section 10.1',
      ...refused,
    },
    plan: sendsSet(({ keys }) => keys.map((key) => ({ ...key, kid: undefined }))),
  },
  'private-key': {
    ...plain,
    defect: {
      title: 'The private half of a key stands in the set; the key was made for that.',
      spec: 'OpenID Connect Dynamic Client Registration 1.0 section 2, jwks_uri; RFC 7517 section 9.2',
      ...refused,
    },
    keys: ['sig'],
    plan: sendsSet(({ keys }, _made, fault) => [...keys, ...(fault.keys ?? []).map(privateKeyJwk)]),
  },
  'wrong-content-type': {
    ...plain,
    defect: {
      title: 'The set comes as text/html.',
      spec: 'RFC 7517 section 8.5.2',
      ...accepted,
    },
    plan: (honest) => jwksAnswer(JSON.stringify(honest), 'text/html; charset=utf-8'),
  },
  'invalid-json': {
    ...plain,
    defect: { title: 'The set lacks its last character.', spec: 'RFC 8259 section 2', ...refused },
    plan: (honest) => jwksAnswer(withoutEnd(honest)),
  },
  'not-found': {
    ...plain,
    defect: { title: 'The set is not found.', spec: 'RFC 9110 section 15.5.5', ...refused },
    plan: (_honest, fault) => failingAnswer('missing', fault),
  },
  'server-error': {
    ...plain,
    defect: { title: 'The keystore answers with an error.', spec: 'RFC 9110 section 15.6.1', ...refused },
    plan: (_honest, fault) => failingAnswer('broken', fault),
  },
  unavailable: {
    ...plain,
    defect: { title: 'The keystore asks to come back later.', spec: 'RFC 9110 section 15.6.4', ...refused },
    parameters: {
      times: times.default(null),
      retryAfterSeconds: retryAfterSeconds.default(DEFAULT_RETRY_SECONDS),
    },
    plan: (_honest, fault) => failingAnswer('unavailable', fault, retryAfter(fault)),
  },
  slow: {
    ...plain,
    defect: {
      title: 'The set comes late, but before a bank gives up.',
      spec: 'None says how long to wait',
      ...accepted,
    },
    parameters: {
      times: times.default(null),
      milliseconds: milliseconds.default(DEFAULT_DELAY_MILLISECONDS),
    },
    plan: (_honest, fault) => honestAfter(fault.milliseconds ?? 0),
  },
  'never-ending': {
    ...plain,
    defect: { title: 'The set begins and never ends.', spec: 'RFC 9112 section 8', ...refused },
    plan: (honest) => jwksAnswer(withoutEnd(honest), undefined, false),
  },
  redirect: {
    ...plain,
    defect: { title: 'The set is said to be elsewhere.', spec: 'RFC 9110 section 15.4', ...refused },
    parameters: {
      times: times.default(null),
      location: z
        .url({ protocol: /^https?$/, normalize: true, error: 'an http or https URL' })
        .max(limits.uriLength)
        .optional(),
    },
    plan: (_honest, fault) =>
      failingAnswer('moved', fault, { Location: fault.location ?? `${fault.path}?${MOVED_QUERY}` }),
  },
  oversized: {
    ...plain,
    defect: {
      title: `The set is larger than ${limits.jwksBytes} bytes, most of them blanks.`,
      spec: 'RFC 9110 section 17.5',
      ...refused,
    },
    plan: (honest) => jwksAnswer(JSON.stringify(honest) + ' '.repeat(limits.jwksBytes)),
  },
  observe: { ...plain, defect: null, plan: () => honestAfter(0) },
};

/** @see RFC 9110 section 10.2.3 */
export function retryAfter({ retryAfterSeconds: seconds = DEFAULT_RETRY_SECONDS }: Fault) {
  return { 'Retry-After': String(seconds) };
}

function withoutEnd(set: JwkSet): string {
  return JSON.stringify(set).slice(0, -1);
}
