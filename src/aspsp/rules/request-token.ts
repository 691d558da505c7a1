import { expectThat, failed, passed, skipped, type Finding } from '../../domain/rules.js';
import { checkHeaderMembers, checkKeyedSignature } from '../../jose/checks.js';
import { attachPayload, decodeJws } from '../../jose/jws.js';
import type { Claims, Evidence } from '../evidence.js';
import type { RegistrationRule } from './registration-rule.js';

export function checkAlgorithm(header: Claims, allowed: readonly string[]): Finding {
  return expectThat(
    typeof header['alg'] === 'string' && allowed.includes(header['alg']),
    `alg ${allowed.join(' or ')}`,
    header['alg'],
  );
}

export function checkKid(header: Claims): Finding {
  return expectThat(typeof header['kid'] === 'string' && header['kid'] !== '', 'a kid', header['kid']);
}

/** The envelope of the request: its JOSE header. */
export const requestTokenRules: readonly RegistrationRule[] = [
  {
    id: 'request-jws',
    title: 'The body is a compact JWS with a JSON object as payload',
    spec: 'RFC 7515 section 3.1; {dcr}, POST /register',
    error: 'invalid_software_statement',
    needs: [],
    check: ({ request }) => (request.ok ? passed : failed('a compact JWS', request.reason)),
  },
  {
    id: 'request-alg',
    title: 'The request is signed with an algorithm that the bank allows',
    spec: 'FAPI 1.0 Advanced section 8.6',
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: ({ requestHeader, profile }) => checkAlgorithm(requestHeader, profile.request.signingAlgorithms),
  },
  {
    id: 'request-header-members',
    title: "The request's header neither carries nor points at a key",
    spec: '{dcr}, Of JWS & JWKS',
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: (evidence) => checkHeaderMembers(evidence.requestHeader),
  },
  {
    id: 'request-kid',
    title: "The request's header names its key",
    spec: 'RFC 7515 section 4.1.4',
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: (evidence) => checkKid(evidence.requestHeader),
  },
];

export const mediaTypeRule: RegistrationRule = {
  id: 'request-media-type',
  title: 'The media type is one that the bank accepts',
  spec: 'RFC 7515 section 9.2.1; RFC 7519 section 10.3.1',
  error: 'unsupported_media_type',
  needs: [],
  check: ({ input: { mediaType }, profile: { request } }) =>
    expectThat(
      request.mediaTypes.some((accepted) => accepted === mediaType),
      `Content-Type ${request.mediaTypes.join(' or ')}`,
      mediaType,
    ),
};

const TRUSTED_SSA = ['ssa-signature', 'ssa-jwks-endpoints'];

/** Judged once the SSA is trusted, because the SSA says where the keys of its software are. */
export const requestSignatureRule: RegistrationRule = {
  id: 'request-signature',
  title: 'A signing key of the software statement signed the request',
  spec: 'Directory API 2.2.0, "Request Validation"',
  error: 'invalid_software_statement',
  needs: ['request-alg', 'request-header-members', 'request-kid', ...TRUSTED_SSA],
  check: (evidence) =>
    checkSoftwareSignature(evidence, evidence.input.body.trim(), evidence.requestHeader['kid']),
};

/** @see formats.md section 7, quirk 15 */
export const jwsSignatureRule: RegistrationRule = {
  id: 'replacement-jws-signature',
  title:
    'The header x-jws-signature is a detached JWS of the body by a signing key of the software statement',
  spec: 'RFC 7515 appendix F',
  error: 'invalid_request',
  needs: TRUSTED_SSA,
  check: async (evidence) => {
    if (!evidence.profile.management.replacementNeedsJwsSignature)
      return skipped('the bank does not ask for it');
    const expected = 'x-jws-signature: a detached JWS of the body';
    const { jwsSignature, body } = evidence.input;
    const token = jwsSignature === undefined ? undefined : attachPayload(jwsSignature, body);
    if (token === undefined) return failed(expected, jwsSignature === undefined ? 'nothing' : 'another form');
    // Only the header is of interest: the body need be no JSON for a signature to be good.
    const header = decodeJws(`${token.split('.')[0] ?? ''}.e30.`);
    if (!header.ok) return failed(expected, header.reason);
    const members = checkHeaderMembers(header.jws.header);
    return members.outcome === 'passed'
      ? checkSoftwareSignature(evidence, token, header.jws.header['kid'])
      : members;
  },
};

async function checkSoftwareSignature(evidence: Evidence, token: string, kid: unknown): Promise<Finding> {
  const { signingAlgorithms, kidNames } = evidence.profile.request;
  const found = await evidence.findSigningKeys(evidence.ssaText('software_jwks_endpoint'), kid, kidNames);
  const named = typeof kid === 'string' ? kid : undefined;
  if ('problem' in found && (await isRevoked(evidence, named))) {
    return checkKeyedSignature(token, named, { problem: 'a revoked key' }, signingAlgorithms);
  }
  return checkKeyedSignature(token, named, found, signingAlgorithms);
}

/** A key that is not among the active ones may be among the revoked: that explains more. */
async function isRevoked(evidence: Evidence, kid: string | undefined): Promise<boolean> {
  const revoked = await evidence.jwks(evidence.ssaText('software_jwks_revoked_endpoint'));
  return revoked.ok && revoked.jwks.keys.some((key) => key.kid === kid);
}
