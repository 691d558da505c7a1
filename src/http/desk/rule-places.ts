import { registrationRules } from '../../aspsp/rules/index.js';
import { tokenRules } from '../../aspsp/token-endpoint.js';
import type { RuleResult } from '../../domain/registration.js';
import { placeOf } from '../../sandbox/inspection/places.js';

/** Where an attempt's page has its client certificate. */
export const CERTIFICATE = 'certificate';

const claims = new Map(
  [...registrationRules.POST, ...registrationRules.PUT, ...tokenRules].flatMap(({ id, claim }) =>
    claim === undefined ? [] : [[id, claim] as const],
  ),
);

/**
 * The ids, on an attempt's page, of what a rule looks at: claims, and then the part of the token that they are in. The
 * request is the first token of the page, the SSA the second.
 */
export function placesOfRule({ id, actual = '' }: Pick<RuleResult, 'id' | 'actual'>): string[] {
  if (id.startsWith('client-certificate-')) return [CERTIFICATE];
  if (id === 'software-not-registered') return ['token-1-payload-software_id', 'token-1-payload'];
  const place = placeOf({ id, claim: claims.get(id), message: actual });
  if (!place) return [];
  const token = place.token === 'ssa' ? 'token-1' : 'token-0';
  // What is wrong with a signature is seen by the key that it names.
  if (place.part === 'signature') return [`${token}-header-kid`, `${token}-header`];
  const part = `${token}-${place.part}`;
  return [...place.claims.map((claim) => `${part}-${claim}`), part];
}
