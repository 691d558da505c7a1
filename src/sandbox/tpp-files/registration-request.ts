import { createPrivateKey } from 'node:crypto';
import type { BankProfile } from '../../aspsp/profile.js';
import type { Random } from '../../domain/ports.js';
import { signJws } from '../../jose/jws.js';
import type { ReadyTpp } from '../ready-tpp.js';
import { registrationClaims, requestAlgorithm } from '../registration-claims.js';

/** It lies in a file for a while before somebody sends it. */
const LIFETIME_SECONDS = 86_400;

/** A bank as a request must address it. */
export interface AddressedBank {
  readonly profile: BankProfile;
  readonly issuer: string;
}

/** Whose request it is. */
export interface Registrant extends Pick<ReadyTpp, 'softwareStatement' | 'ssa'> {
  readonly signing: Pick<ReadyTpp['signing'], 'kid' | 'privateKeyPem'>;
  /** Undefined where there is none: such a client cannot name it. */
  readonly transport: Pick<ReadyTpp['transport'], 'certificatePem'> | undefined;
}

export interface RegistrationRequest {
  readonly jwt: string;
  readonly expiresAt: Date;
}

/**
 * A registration request as the bank accepts it, signed with the TPP's key.
 * @param at the instant of the sandbox's clock
 * @see DCR 3.4, OBClientRegistrationRequest1
 */
export async function registrationRequest(
  { softwareStatement, signing, transport, ssa }: Registrant,
  { profile, issuer }: AddressedBank,
  at: Date,
  random: Random,
): Promise<RegistrationRequest> {
  const claims = registrationClaims(
    {
      softwareStatement: { ...softwareStatement, redirectUris: registrable(softwareStatement.redirectUris) },
      transportCertificatePem: transport?.certificatePem,
      ssa,
      at,
      random,
      lifetimeSeconds: LIFETIME_SECONDS,
    },
    profile,
    issuer,
  );
  const header = { typ: 'JWT', alg: requestAlgorithm(profile), kid: signing.kid };
  const jwt = await signJws(header, claims, createPrivateKey(signing.privateKeyPem));
  return { jwt, expiresAt: new Date(claims.exp * 1_000) };
}

/** How long a request to the bank is good: for as long as the bank allows, but no longer than a day. */
export function requestLifetimeSeconds({ request }: BankProfile): number {
  return Math.min(LIFETIME_SECONDS, request.maxLifetimeSeconds ?? Infinity);
}

/** Banks refuse localhost; where there is nothing else, the bank's refusal says so. @see DCR 3.4, redirect_uris */
function registrable(redirectUris: readonly string[]): string[] {
  const good = redirectUris.filter((uri) => new URL(uri).hostname !== 'localhost');
  return [...(good.length > 0 ? good : redirectUris)];
}
