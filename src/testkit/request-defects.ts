import type { BankError } from '../domain/registration.js';
import type { MockBank, OwnBank } from './bank.js';
import { numericDate } from '../sandbox/registration-claims.js';
import type { TestKey } from './keys.js';
import type { RegistrationBody, Reply } from './reply.js';
import type { RegistrationChanges, TestTpp } from './tpp.js';

/** Who takes part when a bank is sent something broken. */
export interface Cast {
  readonly bank: MockBank | OwnBank;
  /** Sound, with the role AISP alone, and without a client at the bank. */
  readonly tpp: TestTpp;
  /** Sound too, of another organisation. */
  readonly stranger: TestTpp;
  readonly at: Date;
  /** A TPP as the first one, for whoever spoils it. */
  readonly createTpp: () => Promise<TestTpp>;
  readonly revoke: (key: TestKey) => Promise<void>;
}

/** How a sound SSA is presented in a way that no bank should accept. */
export interface RequestDefect {
  readonly title: string;
  readonly spec: string;
  /** The id of the rule that it breaks at the sandbox's banks. */
  readonly rule: string;
  readonly error: BankError;
  readonly send: (cast: Cast) => Promise<Reply>;
  /**
   * Whether a client was registered without what was wrong. Absent where that cannot be.
   * @see RFC 7591 section 3.2.1: a bank may register other metadata than it was asked for
   */
  readonly isLeftOut?: (registered: RegistrationBody, cast: Cast) => boolean;
}

const OF_JWS = 'DCR 3.4, Of JWS & JWKS';
const INVALID = 'invalid_software_statement';
const ELSEWHERE = 'https://attacker.example/callback';
const MINUTE = 60;

/** Every way in which a registration request is broken when a bank is examined. */
export const requestDefects = {
  'request-unsigned': {
    title: 'The alg of the request is none, and its signature empty',
    spec: `RFC 8725 section 3.2; ${OF_JWS}`,
    rule: 'request-alg',
    error: INVALID,
    send: changed(() => ({ signWith: 'none' })),
  },
  'request-rs256': {
    title: 'The request is signed with RS256, which FAPI does not allow',
    spec: 'FAPI 1.0 Advanced section 8.6',
    rule: 'request-alg',
    error: INVALID,
    send: changed(() => ({ header: { alg: 'RS256' } })),
  },
  'request-signed-by-another': {
    title: "Another TPP's key signed the request, under the kid of the right one",
    spec: OF_JWS,
    rule: 'request-signature',
    error: INVALID,
    send: changed(({ stranger }) => ({ signWith: stranger.signing.key })),
  },
  'request-signed-by-revoked-key': {
    title: 'The key that signed the request has been revoked',
    spec: 'Directory API 2.2.0, "SSA Payload", software_jwks_revoked_endpoint',
    rule: 'request-signature',
    error: INVALID,
    send: async ({ bank, createTpp, revoke }) => {
      const tpp = await createTpp();
      await revoke(tpp.signing);
      return tpp.register(bank);
    },
  },
  'request-of-other-software': {
    title: 'iss is other software than that of the SSA',
    spec: claim('iss'),
    rule: 'request-iss',
    error: INVALID,
    send: changed(({ stranger }) => ({ claims: { iss: stranger.softwareStatement.id } })),
  },
  'request-for-another-bank': {
    title: 'aud is another bank',
    spec: claim('aud'),
    rule: 'request-aud',
    error: INVALID,
    send: changed(() => ({ claims: { aud: '0015800000ANOTHERX' } })),
  },
  'request-without-aud': {
    title: 'There is no aud',
    spec: claim('aud'),
    rule: 'request-aud',
    error: INVALID,
    send: changed(() => ({ claims: { aud: undefined } })),
  },
  'request-expired': {
    title: 'exp was ten minutes ago',
    spec: claim('exp'),
    rule: 'request-exp',
    error: INVALID,
    send: changed(({ at }) => {
      const now = numericDate(at);
      return { claims: { iat: now - 15 * MINUTE, exp: now - 10 * MINUTE } };
    }),
  },
  'request-without-exp': {
    title: 'There is no exp, so the request is good for ever',
    spec: claim('exp'),
    rule: 'request-exp',
    error: INVALID,
    send: changed(() => ({ claims: { exp: undefined } })),
  },
  'redirect-uri-elsewhere': {
    title: 'A redirect URI is not in the SSA',
    spec: claim('redirect_uris'),
    rule: 'redirect-uris-in-ssa',
    error: 'invalid_redirect_uri',
    send: withRedirectUris(() => [ELSEWHERE]),
    isLeftOut: registersKnownRedirectUris,
  },
  'redirect-uri-added': {
    title: 'Beside a redirect URI of the SSA there is one that is not in it',
    spec: claim('redirect_uris'),
    rule: 'redirect-uris-in-ssa',
    error: 'invalid_redirect_uri',
    send: withRedirectUris((known) => [...known, ELSEWHERE]),
    isLeftOut: registersKnownRedirectUris,
  },
  'redirect-uri-longer': {
    title: 'A redirect URI begins as one of the SSA does, and goes on',
    spec: `${claim('redirect_uris')}; RFC 6749 section 3.1.2.3`,
    rule: 'redirect-uris-in-ssa',
    error: 'invalid_redirect_uri',
    send: withRedirectUris((known) => known.map((uri) => `${uri}/../../another-page`)),
    isLeftOut: registersKnownRedirectUris,
  },
  'redirect-uri-same-host': {
    title: 'A redirect URI is at the host of one of the SSA, at another path',
    spec: `${claim('redirect_uris')}; RFC 6749 section 3.1.2.3`,
    rule: 'redirect-uris-in-ssa',
    error: 'invalid_redirect_uri',
    send: withRedirectUris((known) => known.map((uri) => new URL('/another-page', uri).href)),
    isLeftOut: registersKnownRedirectUris,
  },
  'scope-beyond-roles': {
    title: 'The scope is payments, and the software has the role AISP alone',
    spec: claim('scope'),
    rule: 'scope-within-roles',
    error: 'invalid_client_metadata',
    send: changed(() => ({ claims: { scope: 'openid accounts payments' } })),
    isLeftOut: ({ scope }) => typeof scope === 'string' && !scope.split(' ').includes('payments'),
  },
  'certificate-of-another': {
    title: 'The request comes over the connection of another TPP, with a sound certificate of that one',
    spec: 'Directory API 2.2.0, "Request Validation"',
    rule: 'client-certificate-organisation',
    error: 'invalid_client',
    send: async ({ bank, tpp, stranger }) =>
      stranger.register(bank, { request: await tpp.registrationRequest({ bank }) }),
  },
} as const satisfies Readonly<Record<string, RequestDefect>>;

/**
 * A way in which a registration request is broken when a bank is examined.
 * @useDeclaredType
 * @category Banks
 */
export type RequestDefectName = keyof typeof requestDefects;

function claim(name: string): string {
  return `DCR 3.4, OBClientRegistrationRequest1, ${name}`;
}

function changed(changesOf: (cast: Cast) => RegistrationChanges): RequestDefect['send'] {
  return (cast) => cast.tpp.register(cast.bank, changesOf(cast));
}

function withRedirectUris(urisOf: (known: readonly string[]) => readonly string[]): RequestDefect['send'] {
  return changed(({ tpp }) => ({ claims: { redirect_uris: urisOf(tpp.softwareStatement.redirectUris) } }));
}

function registersKnownRedirectUris({ redirect_uris: registered }: RegistrationBody, { tpp }: Cast): boolean {
  const known: readonly unknown[] = tpp.softwareStatement.redirectUris;
  return Array.isArray(registered) && registered.every((uri) => known.includes(uri));
}
