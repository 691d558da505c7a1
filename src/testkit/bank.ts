import { bankProfileSchema, type BankProfile } from '../aspsp/profile.js';
import { limits } from '../domain/limits.js';
import type { Services } from '../sandbox/services.js';
import { Verdict } from './verdict.js';

/**
 * A bank as far as a TPP must know it: one of the sandbox's, or one that a test brings.
 * @category Banks
 */
export interface RegistrationTarget {
  /** Its `issuer`, from its discovery document. */
  readonly issuer: string;
  /** Where clients register. @see DCR 3.4, POST /register */
  readonly registrationEndpoint: string;
  /** Where clients ask for access tokens. */
  readonly tokenEndpoint: string;
  /** How it behaves. */
  readonly profile: BankProfile;
}

/**
 * A mock bank of the sandbox.
 * @category Banks
 */
export interface MockBank extends RegistrationTarget {
  /** As in `sandbox.bank(id)`. */
  readonly id: string;
  /** Of its discovery document. @see OpenID Connect Discovery 1.0 section 4 */
  readonly discoveryUrl: string;
  /** The attempts to register and to get a token that left a verdict, newest first. */
  attempts(): Verdict[];
}

/**
 * A bank of one's own. What is left out is as at a bank that allows all of DCR 3.4.
 * @category Banks
 */
export interface OwnBank {
  /** Where clients register. @see DCR 3.4, POST /register */
  readonly registrationEndpoint: string;
  /** The `aud` of requests; its issuer when absent. */
  readonly audience?: string;
  /** The origin of its registration endpoint when absent. */
  readonly issuer?: string;
  /** `/token` at the issuer when absent. */
  readonly tokenEndpoint?: string;
}

/** The bank with this id, whichever services are in force. @throws DomainError `not_found` */
export function mockBank(services: () => Services, id: string): MockBank {
  const bank = () => services().getBank(id);
  const { issuer } = bank();
  return {
    id,
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    registrationEndpoint: `${issuer}/register`,
    tokenEndpoint: `${issuer}/token`,
    get profile() {
      return bank().profile;
    },
    attempts: () =>
      bank()
        .attempts({ limit: limits.attemptsPerBank })
        .items.map((attempt) => new Verdict(attempt)),
  };
}

/** Nothing of a test's own bank is known but its addresses. */
export function targetOf(bank: MockBank | OwnBank): RegistrationTarget {
  if ('attempts' in bank) return bank;
  const { registrationEndpoint, issuer = new URL(registrationEndpoint).origin, audience = issuer } = bank;
  const { tokenEndpoint = `${issuer}/token` } = bank;
  return { issuer, registrationEndpoint, tokenEndpoint, profile: profileWith(audience) };
}

function profileWith(audience: string): BankProfile {
  return bankProfileSchema.parse({
    id: 'own',
    name: 'A bank of one’s own',
    purpose: 'A bank that a test brings.',
    // Nobody looks at it where the audience is given.
    organisationId: '0015800000REFBKAA5',
    request: { audience: { rule: 'fixed', value: audience } },
    ssa: { issuers: [] },
  });
}
