import { claimDictionaries } from './claims.js';
import type { InspectionFinding } from './inspector.js';

/** Where in a token a finding is about, so that people can be led there. */
export interface Place {
  /** The SSA is the token itself, or the one within a request. */
  readonly token: 'ssa' | 'request';
  readonly part: 'header' | 'payload' | 'signature';
  /** None when the whole part is meant. */
  readonly claims: readonly string[];
}

const ofSsa = (part: Place['part'], ...claims: string[]): Place => ({ token: 'ssa', part, claims });
const ofRequest = (part: Place['part'], ...claims: string[]): Place => ({ token: 'request', part, claims });

/** Of the rules that do not name a claim of the request themselves. */
const placesOfRules: Readonly<Record<string, Place>> = {
  'ssa-issuer': ofSsa('payload', 'iss'),
  'ssa-alg': ofSsa('header', 'alg'),
  'ssa-header-members': ofSsa('header'),
  'ssa-kid': ofSsa('header', 'kid'),
  'ssa-signature': ofSsa('signature'),
  'ssa-claims': ofSsa('payload'),
  'ssa-iat': ofSsa('payload', 'iat'),
  'ssa-age': ofSsa('payload', 'iat'),
  'ssa-validity': ofSsa('payload', 'exp', 'nbf'),
  'ssa-organisation-active': ofSsa('payload', 'org_status'),
  'ssa-roles-authorised': ofSsa('payload', 'software_roles', 'organisation_competent_authority_claims'),
  'ssa-mode': ofSsa('payload', 'software_mode'),
  'ssa-redirect-uris': ofSsa('payload', 'software_redirect_uris'),
  'ssa-redirect-uri-localhost': ofSsa('payload', 'software_redirect_uris'),
  'ssa-jwks-endpoints': ofSsa('payload'),
  'ssa-jws': ofRequest('payload', 'software_statement'),
  'request-alg': ofRequest('header', 'alg'),
  'request-header-members': ofRequest('header'),
  'request-kid': ofRequest('header', 'kid'),
  'request-signature': ofRequest('signature'),
  'request-not-replayed': ofRequest('payload', 'jti'),
};

/** Where a finding is about; undefined for one about the whole token. */
export function placeOf({
  id,
  claim,
  message,
}: Pick<InspectionFinding, 'id' | 'message'> & { readonly claim?: string | undefined }): Place | undefined {
  const place = placesOfRules[id] ?? (claim === undefined ? undefined : ofRequest('payload', claim));
  if (!place || place.claims.length > 0 || place.part === 'signature') return place;
  return { ...place, claims: claimsNamedIn(message, place) };
}

/** A rule about many claims names those that are wrong, each followed by what was expected of it. */
function claimsNamedIn(message: string, { token, part }: Place): string[] {
  const dictionary =
    claimDictionaries[token === 'ssa' ? 'ssa' : 'registration-request'][part as 'header' | 'payload'];
  const named = new Set(message.match(/[A-Za-z0-9_#]+/g));
  return Object.keys(dictionary).filter((name) => named.has(name));
}
