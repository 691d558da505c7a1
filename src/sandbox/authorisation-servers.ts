import { createHash } from 'node:crypto';
import type { BankProfile } from '../aspsp/profile.js';
import type { PublicUrls } from '../directory/trust-anchor.js';
import { authorisationServerSchema, type AuthorisationServer } from '../domain/authorisation-server.js';
import { limits } from '../domain/limits.js';

type BankEntry = Pick<BankProfile, 'id' | 'name' | 'purpose' | 'organisationId'>;

/** What the Directory says of the authorisation server of a mock bank. */
export function authorisationServerOf(bank: BankEntry, urls: PublicUrls): AuthorisationServer {
  const issuer = `${urls.https}/aspsp/${bank.id}`;
  return authorisationServerSchema.parse({
    id: authorisationServerId(bank.id),
    customerFriendlyName: bank.name,
    customerFriendlyDescription: bank.purpose.slice(0, limits.authorisationServerTextLength),
    baseApiDnsUri: issuer,
    openIdDiscoveryEndPointUri: `${issuer}/.well-known/openid-configuration`,
    developerPortalUri: `${urls.http}/banks/${bank.id}`,
    payloadSigningCertLocationUri: `${urls.https}/${bank.organisationId}/${bank.organisationId}.jwks`,
  });
}

/** The same at every start, or each would add another entry; 22 of the 43 characters of a digest, without `+` and `/`. */
function authorisationServerId(bankId: string): string {
  return createHash('sha256')
    .update(`authorisation server of ${bankId}`)
    .digest('base64')
    .replace(/[^0-9A-Za-z]/g, '')
    .slice(0, 22);
}
