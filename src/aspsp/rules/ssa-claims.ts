import { z } from 'zod';
import { describeProblem, quote } from '../../domain/errors.js';
import { organisationIdSchema, softwareIdSchema } from '../../domain/identifiers.js';
import { limits } from '../../domain/limits.js';
import { problemsOf } from '../../domain/parse.js';
import { roleSchema } from '../../domain/roles.js';
import {
  checkIssuedAt,
  checkNotExpired,
  expectThat,
  failed,
  instantOf,
  passed,
  skipped,
  type Finding,
} from '../../domain/rules.js';
import { fieldLengths } from '../dcr-version.js';
import type { Evidence } from '../evidence.js';
import { isRedirectUri } from './redirect-uris.js';
import { dictionary, type RegistrationRule } from './registration-rule.js';

const endpoint = z.url('a URL').max(limits.uriLength);

/**
 * The claims of an SSA that a bank relies on.
 * @see Directory API 2.2.0, "SSA Payload"; formats.md section 1, "ForgeRock treats these as REQUIRED"
 */
const reliedOnClaims = z.object({
  jti: z.string().min(1).max(limits.uriLength),
  software_id: softwareIdSchema,
  software_client_id: z.string().min(1),
  software_client_name: z.string().min(1).max(limits.clientNameLength).optional(),
  software_client_description: z.string().max(limits.descriptionLength).optional(),
  software_mode: z.string().min(1).max(40),
  // Observed: a number until 2022, a string since 2023.
  software_version: z.union([z.string().max(limits.versionLength), z.number()]).optional(),
  software_redirect_uris: z.array(z.string().max(limits.uriLength)).optional(),
  software_roles: z.array(roleSchema).min(1),
  software_on_behalf_of_org: z.string().max(limits.onBehalfOfLength).nullable().optional(),
  org_id: organisationIdSchema,
  org_name: z.string().min(1).max(limits.organisationNameLength),
  org_status: z.enum(['Active', 'Withdrawn', 'Revoked']),
  organisation_competent_authority_claims: z.object({
    authority_id: z.string().min(1),
    registration_id: z.string().min(1),
    authorisations: z.array(z.object({ member_state: z.string(), roles: z.array(z.string()) })),
  }),
  org_jwks_endpoint: endpoint,
  org_jwks_revoked_endpoint: endpoint,
  software_jwks_endpoint: endpoint,
  software_jwks_revoked_endpoint: endpoint,
});

const jwksEndpoints = [
  'org_jwks_endpoint',
  'org_jwks_revoked_endpoint',
  'software_jwks_endpoint',
  'software_jwks_revoked_endpoint',
] as const;

/** What the software statement says, once it is trusted. */
export const ssaClaimRules: readonly RegistrationRule[] = [
  {
    id: 'ssa-claims',
    title: 'The SSA has every claim that banks rely on, of its type and within its length',
    spec: 'Directory API 2.2.0, "SSA Payload"',
    error: 'invalid_software_statement',
    needs: ['ssa-jws'],
    check: ({ ssaClaims }) => {
      const result = reliedOnClaims.safeParse(ssaClaims);
      if (result.success) return passed;
      const problems = problemsOf(result.error, ssaClaims);
      return failed('the claims of an SSA', problems.map(describeProblem).join('; '));
    },
  },
  {
    id: 'ssa-iat',
    title: 'The SSA was issued, and not in the future',
    spec: 'RFC 7519 section 4.1.6',
    error: 'invalid_software_statement',
    needs: ['ssa-jws'],
    check: (evidence) => checkIssuedAt(evidence, evidence.ssaClaims['iat']),
  },
  {
    id: 'ssa-age',
    title: 'The SSA is not too old for the bank',
    spec: 'Directory API 2.2.0, "SSA Lifetime"',
    error: 'invalid_software_statement',
    needs: ['ssa-iat'],
    check: ({ ssaClaims, at, profile }) => {
      const issuedAt = Number(ssaClaims['iat']);
      const ageSeconds = Math.floor(at.getTime() / 1000) - issuedAt;
      return ageSeconds <= profile.ssa.maxAgeSeconds
        ? passed
        : failed(
            `iat at most ${profile.ssa.maxAgeSeconds} seconds ago`,
            `${instantOf(issuedAt)}, ${ageSeconds} seconds ago`,
          );
    },
  },
  {
    id: 'ssa-validity',
    title: 'The SSA is within its exp and nbf, where it has them',
    spec: 'RFC 7519 sections 4.1.4 and 4.1.5',
    error: 'invalid_software_statement',
    needs: ['ssa-jws'],
    check: checkValidityWindow,
  },
  {
    id: 'ssa-organisation-active',
    title: 'The organisation of the SSA is active',
    spec: 'Directory API 2.2.0, "SSA Payload", org_status',
    error: 'unapproved_software_statement',
    needs: ['ssa-claims'],
    check: ({ ssaClaims }) =>
      expectThat(ssaClaims['org_status'] === 'Active', 'org_status "Active"', ssaClaims['org_status']),
  },
  {
    id: 'ssa-roles-authorised',
    title: 'A competent authority granted the organisation the roles of its software',
    spec: 'Directory API 2.2.0, "SSA Payload", organisation_competent_authority_claims',
    error: 'unapproved_software_statement',
    needs: ['ssa-claims'],
    check: (evidence) => {
      const authorised = authorisedRolesOf(evidence);
      const surplus = evidence.ssaList('software_roles').filter((role) => !authorised.includes(role));
      return surplus.length === 0
        ? passed
        : failed(`software_roles among ${authorised.join(', ') || 'none'}`, surplus.join(', '));
    },
  },
  {
    id: 'ssa-mode',
    title: 'The software is in a mode that the bank takes',
    spec: 'Directory API 2.2.0, "SSA Payload", software_mode',
    error: 'unapproved_software_statement',
    needs: ['ssa-claims'],
    // The table of the specification begins the words with a capital, its example does not.
    check: ({ ssaClaims: { software_mode: mode }, profile: { ssa } }) =>
      expectThat(
        ssa.softwareModes.some((taken) => taken.toLowerCase() === String(mode).toLowerCase()),
        `software_mode ${ssa.softwareModes.map(quote).join(' or ')}`,
        mode,
      ),
  },
  {
    id: 'ssa-redirect-uris',
    title: 'The redirect URIs of the SSA, where it lists them, are at least one and all of them https',
    claim: 'software_redirect_uris',
    spec: dictionary('redirect_uris'),
    error: 'invalid_redirect_uri',
    needs: ['ssa-claims'],
    check: checkRedirectUris,
  },
  {
    id: 'ssa-jwks-endpoints',
    title: "The SSA's JWKS endpoints lie where its issuer's may",
    spec: '{dcr}, Of JWS & JWKS',
    error: 'invalid_software_statement',
    needs: ['ssa-claims', 'ssa-issuer'],
    check: (evidence) => {
      const origins = evidence.ssaAuthority?.jwksOrigins ?? [];
      const elsewhere = jwksEndpoints.find(
        (claim) => !origins.includes(new URL(evidence.ssaText(claim)).origin),
      );
      return elsewhere === undefined
        ? passed
        : failed(`${elsewhere} at ${origins.join(' or ')}`, evidence.ssaText(elsewhere));
    },
  },
];

/** Any of them may be asked for, and all of them are by a request that names none. */
function checkRedirectUris(evidence: Evidence): Finding {
  const claim = 'software_redirect_uris';
  if (evidence.ssaClaims[claim] === undefined) return skipped(`the SSA has no ${claim}`);
  const uris = evidence.ssaList(claim);
  if (uris.length === 0) return failed(`${claim}: at least one URI`, quote(uris));
  const wrong = uris.find((uri) => !isRedirectUri(uri));
  return expectThat(
    wrong === undefined,
    `${claim}: https URIs of at most ${fieldLengths.redirectUri} characters without a fragment`,
    wrong,
  );
}

function checkValidityWindow(evidence: Evidence): Finding {
  const { exp, nbf } = evidence.ssaClaims;
  if (exp === undefined && nbf === undefined) return skipped('the SSA has neither exp nor nbf, as usual');
  if (exp !== undefined) {
    const finding = checkNotExpired(evidence, exp);
    if (finding.outcome !== 'passed') return finding;
  }
  return nbf === undefined ? passed : checkIssuedAt(evidence, nbf, 'nbf');
}

function authorisedRolesOf({ ssaClaims }: Evidence): string[] {
  const claims = reliedOnClaims.shape.organisation_competent_authority_claims.parse(
    ssaClaims['organisation_competent_authority_claims'],
  );
  return [...new Set(claims.authorisations.flatMap(({ roles }) => roles))];
}
