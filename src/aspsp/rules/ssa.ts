import { quote } from '../../domain/errors.js';
import { expectThat, failed, passed, skipped, type Finding } from '../../domain/rules.js';
import { checkHeaderMembers, checkKeyedSignature } from '../../jose/checks.js';
import type { Evidence } from '../evidence.js';
import type { RegistrationRule } from './registration-rule.js';
import { checkAlgorithm, checkKid } from './request-token.js';

/** Whether the software statement can be trusted; nothing of it is used before. */
export const ssaTrustRules: readonly RegistrationRule[] = [
  {
    id: 'ssa-jws',
    title: 'software_statement is a compact JWS with a JSON object as payload',
    spec: '{dcr}, OBClientRegistrationRequest1, software_statement',
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: ({ ssa }) => (ssa.ok ? passed : failed('software_statement: a compact JWS', ssa.reason)),
  },
  // The issuer first: whether an SSA may be unsigned depends on who vouches for it.
  {
    id: 'ssa-issuer',
    title: 'The bank trusts the issuer of the SSA',
    spec: '{dcr}, Software Statement; RFC 7591 section 3.2.2',
    error: 'unapproved_software_statement',
    needs: ['ssa-jws'],
    check: ({ ssaAuthority, ssaClaims, profile: { ssa } }) => {
      const names = [
        ...ssa.issuers.map(({ issuer }) => quote(issuer)),
        ...(ssa.selfSigned ? ["the SSA's own software_id"] : []),
      ];
      return expectThat(ssaAuthority !== undefined, `iss ${names.join(' or ')}`, ssaClaims['iss']);
    },
  },
  {
    id: 'ssa-alg',
    title: 'The SSA is signed with an algorithm that the bank allows',
    spec: 'Directory API 2.2.0, "SSA header"',
    error: 'invalid_software_statement',
    needs: ['ssa-jws'],
    check: (evidence) => {
      const { signingAlgorithms } = evidence.profile.ssa;
      return checkAlgorithm(
        evidence.ssaHeader,
        mayBeUnsigned(evidence) ? [...signingAlgorithms, 'none'] : signingAlgorithms,
      );
    },
  },
  {
    id: 'ssa-header-members',
    title: "The SSA's header neither carries nor points at a key",
    spec: '{dcr}, Of JWS & JWKS',
    error: 'invalid_software_statement',
    needs: ['ssa-jws'],
    check: (evidence) => checkHeaderMembers(evidence.ssaHeader),
  },
  {
    id: 'ssa-kid',
    title: "The SSA's header names its key",
    spec: 'Directory API 2.2.0, "SSA header"',
    error: 'invalid_software_statement',
    needs: ['ssa-jws'],
    check: (evidence) =>
      isUnsigned(evidence)
        ? skipped('the SSA is unsigned, which this bank accepts')
        : checkKid(evidence.ssaHeader),
  },
  {
    id: 'ssa-signature',
    title: 'A key of the issuer signed the SSA',
    spec: 'Directory API 2.2.0, "Request Validation"',
    error: 'invalid_software_statement',
    needs: ['ssa-alg', 'ssa-header-members', 'ssa-issuer', 'ssa-kid'],
    check: checkSsaSignature,
  },
];

/** @see DCR 3.4, Self-signed SSA: "indicated by a JOSE claim of alg set to none" */
function mayBeUnsigned({ ssaAuthority, profile }: Evidence): boolean {
  return ssaAuthority?.kind === 'self-signed' && profile.ssa.selfSigned?.unsigned === true;
}

function isUnsigned(evidence: Evidence): boolean {
  return evidence.ssaHeader['alg'] === 'none' && mayBeUnsigned(evidence);
}

async function checkSsaSignature(evidence: Evidence): Promise<Finding> {
  const token = String(evidence.requestClaims['software_statement']);
  if (isUnsigned(evidence)) {
    return token.endsWith('.')
      ? skipped('the SSA is unsigned, which this bank accepts')
      : failed('an empty signature with alg "none"', 'one that is not empty');
  }
  const { kid } = evidence.ssaHeader;
  const found = await evidence.findSigningKeys(evidence.ssaAuthority?.jwksUri ?? '', kid);
  return checkKeyedSignature(
    token,
    typeof kid === 'string' ? kid : undefined,
    found,
    evidence.profile.ssa.signingAlgorithms,
  );
}
