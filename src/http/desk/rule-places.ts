import { registrationRules } from '../../aspsp/rules/index.js';
import { tokenRules } from '../../aspsp/token-endpoint.js';

/** The part of an attempt that a rule looks at. The request is the first token of an attempt's page, the SSA the second. */
const elsewhere: Readonly<Record<string, string>> = {
  'request-alg': 'token-0-header-alg',
  'request-header-members': 'token-0-header',
  'request-kid': 'token-0-header-kid',
  'request-signature': 'token-0-header-kid',
  'request-not-replayed': 'token-0-payload-jti',
  'ssa-jws': 'token-0-payload-software_statement',
  'ssa-issuer': 'token-1-payload-iss',
  'ssa-alg': 'token-1-header-alg',
  'ssa-header-members': 'token-1-header',
  'ssa-kid': 'token-1-header-kid',
  'ssa-signature': 'token-1-header-kid',
  'ssa-claims': 'token-1-payload',
  'ssa-iat': 'token-1-payload-iat',
  'ssa-age': 'token-1-payload-iat',
  'ssa-validity': 'token-1-payload-exp',
  'ssa-organisation-active': 'token-1-payload-org_status',
  'ssa-roles-authorised': 'token-1-payload-software_roles',
  'ssa-mode': 'token-1-payload-software_mode',
  'ssa-redirect-uris': 'token-1-payload-software_redirect_uris',
  'ssa-jwks-endpoints': 'token-1-payload-software_jwks_endpoint',
  'software-not-registered': 'token-1-payload-software_id',
};

const claims = new Map(
  [...registrationRules.POST, ...registrationRules.PUT, ...tokenRules].flatMap(({ id, claim }) =>
    claim === undefined ? [] : [[id, `token-0-payload-${claim}`] as const],
  ),
);

/** The id, on an attempt's page, of what a rule looks at; undefined for what no part of the attempt shows. */
export function placeOfRule(ruleId: string): string | undefined {
  if (ruleId.startsWith('client-certificate-')) return 'certificate';
  return elsewhere[ruleId] ?? claims.get(ruleId);
}
