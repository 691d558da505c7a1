import { statusOfOutcome } from '../../../errors.js';
import { offeredOperations, type Offered } from '../../../protocol/offered.js';
import type { Sentences } from './sentence.js';
import { sentences } from './sentences.js';

/** A call of the TLS side at one of its paths: what its table knows, and what is said of it. */
export interface ProtocolCall extends Offered, Sentences {
  /** Unique among the calls. */
  readonly id: string;
}

/** Every call of the TLS side, at every path. */
export const protocolCalls: readonly ProtocolCall[] = offeredOperations().map((offered) => {
  const { method, newest, path } = offered;
  const said = sentences[`${method} ${newest}`];
  if (!said) throw new Error(`Nothing is said of ${method} ${newest}.`);
  return { ...offered, ...said, id: [method, ...path.split(/[^\w-]+/).filter(Boolean)].join('-') };
});

/** An answer that a call may have. */
export interface PossibleAnswer {
  readonly status: number;
  readonly when: string;
}

type Refusal = readonly [status: number, when: string, meets: (call: ProtocolCall) => boolean];

const names = ({ path }: ProtocolCall) => path.includes('{');
const isOfDirectory = ({ needs, answer }: ProtocolCall) => needs === 'token' || answer === 'Enrolled';
const isRegistration = ({ path }: ProtocolCall) => path.includes('/register');
/** To a token endpoint another media type is one more thing that is wrong. @see RFC 6749 section 5.2 */
const refusesOtherTypes = ({ takes, answer }: ProtocolCall) => takes !== undefined && answer !== 'Token';

/** How calls are refused, and which of them. */
const refusals: readonly Refusal[] = [
  [
    400,
    'Something that was sent is wrong; the answer names it.',
    (call) => names(call) || call.takes !== undefined || call.query !== undefined,
  ],
  [401, 'Certificate, token or assertion will not do.', ({ needs }) => needs !== 'nothing'],
  [
    403,
    'The token lacks the scope, or the record belongs to another organisation.',
    ({ needs }) => needs === 'token' || needs === 'bank-token',
  ],
  [404, 'What the path names is not there.', names],
  [405, 'The bank does not offer it.', isRegistration],
  [406, 'The caller does not accept what there is.', isOfDirectory],
  [413, 'The body is over 100,000 bytes.', ({ takes }) => takes !== undefined],
  [415, 'The body is of another media type.', refusesOtherTypes],
  [500, 'Something went wrong here.', isOfDirectory],
];

/** What a call that goes well answers, and what it is refused with. */
export function possibleAnswers(call: ProtocolCall): PossibleAnswer[] {
  const { outcome = 'read', gives, mayGiveNothing, conflict } = call;
  const isNothing = gives === undefined;
  const good = [
    {
      status: isNothing ? statusOfOutcome.nothing : statusOfOutcome[outcome],
      when: isNothing ? 'It is done.' : 'As asked.',
    },
    ...(mayGiveNothing ? [{ status: statusOfOutcome.nothing, when: 'There is nothing to show.' }] : []),
  ];
  const refused = refusals.filter(([, , meets]) => meets(call)).map(([status, when]) => ({ status, when }));
  const conflicts = conflict === undefined ? [] : [{ status: 409, when: conflict }];
  return [...good, ...[...refused, ...conflicts].sort((one, other) => one.status - other.status)];
}
