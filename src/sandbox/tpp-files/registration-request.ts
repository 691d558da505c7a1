import { createPrivateKey } from 'node:crypto';
import { expectedAudience, type BankProfile } from '../../aspsp/profile.js';
import { scopeOfRole, unconditionalScopes } from '../../domain/roles.js';
import { signJws } from '../../jose/jws.js';
import type { ReadyTpp } from '../ready-tpp.js';

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
}

export interface RegistrationRequest {
  readonly jwt: string;
  readonly expiresAt: Date;
}

/**
 * A registration request, signed with the TPP's key, that asks for what a bank of FAPI's values takes.
 * @param at the instant of the sandbox's clock
 * @param jti a version 4 UUID
 * @see DCR 3.4, OBClientRegistrationRequest1
 */
export async function registrationRequest(
  { softwareStatement, signing, ssa }: Registrant,
  { profile, issuer }: AddressedBank,
  at: Date,
  jti: string,
): Promise<RegistrationRequest> {
  const issuedAt = Math.floor(at.getTime() / 1_000);
  const expiresAt = issuedAt + requestLifetimeSeconds(profile);
  const { id, organisationId, redirectUris, roles } = softwareStatement;
  const claims = {
    iss: profile.request.issuer === 'software-id' ? id : organisationId,
    iat: issuedAt,
    exp: expiresAt,
    aud: expectedAudience(profile, issuer),
    jti,
    redirect_uris: registrable(redirectUris),
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'PS256',
    grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
    response_types: ['code id_token'],
    scope: [...unconditionalScopes, ...roles.flatMap((role) => scopeOfRole[role] ?? [])].join(' '),
    software_statement: ssa,
    application_type: 'web',
    id_token_signed_response_alg: 'PS256',
    request_object_signing_alg: 'PS256',
  };
  const header = { typ: 'JWT', alg: 'PS256', kid: signing.kid };
  const jwt = await signJws(header, claims, createPrivateKey(signing.privateKeyPem));
  return { jwt, expiresAt: new Date(expiresAt * 1_000) };
}

/** How long a request to the bank is good: for as long as the bank allows, but no longer than a day. */
export function requestLifetimeSeconds({ request }: BankProfile): number {
  return Math.min(LIFETIME_SECONDS, request.maxLifetimeSeconds ?? Infinity);
}

/** Banks refuse localhost; where there is nothing else, the bank's refusal says so. @see DCR 3.4, redirect_uris */
function registrable(redirectUris: readonly string[]): readonly string[] {
  const good = redirectUris.filter((uri) => new URL(uri).hostname !== 'localhost');
  return good.length > 0 ? good : redirectUris;
}
