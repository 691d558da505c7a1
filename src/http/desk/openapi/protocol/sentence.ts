import type { AnswerName } from './answers.js';

/** The subjects that the calls of the TLS side are grouped by, with a sentence on each. */
export const protocolGroups = {
  tokens: {
    title: 'Access tokens',
    detail: 'What a client needs before any other call, and where it learns how to get it.',
  },
  organisations: {
    title: 'Organisations and contacts',
    detail: "The record of the caller's own organisation, and how a firm gets one.",
  },
  'authorisation-servers': {
    title: 'Authorisation servers',
    detail: 'Where an ASPSP can be reached; only ASPSPs have them.',
  },
  'software-statements': {
    title: 'Software statements and SSAs',
    detail:
      "The software of the caller's own organisation, and the assertions that the Directory signs for it.",
  },
  certificates: {
    title: 'Certificates of organisations',
    detail: 'Handed in, looked at and revoked; and whose a certificate is.',
  },
  keys: {
    title: 'Keys of software',
    detail: 'Certified, looked at, and associated with a software statement.',
  },
  clients: {
    title: 'OAuth clients',
    detail: 'The client that an organisation itself is, beside its software.',
  },
  participants: {
    title: 'SCIM: participants',
    detail:
      'Every TPP and ASPSP in the Directory, with filters: the only calls that show what belongs to others.',
  },
  authorities: {
    title: 'SCIM: authorities and providers',
    detail: 'Who authorises participants, and who issues their qualified certificates.',
  },
  keystore: {
    title: 'Keystore and discovery',
    detail: 'What anybody may read, without certificate and token.',
  },
  banks: {
    title: 'Registration at a bank',
    detail: 'What the mock banks serve: registration of clients, and tokens for those who are registered.',
  },
} as const;
export type ProtocolGroup = keyof typeof protocolGroups;

/** What is sent, to begin with. */
export interface Example {
  /** Given as JSON, or as text. */
  readonly value: unknown;
  /** The first that the call takes when absent. */
  readonly mediaType?: string;
}

/** What there is to say of a call that its table does not know. */
export interface Sentences {
  readonly group: ProtocolGroup;
  readonly summary: string;
  readonly detail?: string;
  readonly example?: Example;
  /** What is asked in the query, to begin with. */
  readonly asked?: Readonly<Record<string, string>>;
  /** The file that a shell sends in place of an example, and what makes it. */
  readonly file?: { readonly name: string; readonly made: string };
  /** When the answer is 409. */
  readonly conflict?: string;
  readonly answer?: AnswerName;
  /** Where on the desk it is done, if it cannot be sent from the page that describes it. */
  readonly elsewhere?: { readonly path: string; readonly text: string };
}
