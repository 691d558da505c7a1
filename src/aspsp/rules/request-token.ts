import { quote } from '../../domain/errors.js';
import { publicKeyOfJwk } from '../../jose/jwk.js';
import { verifyJwsSignature } from '../../jose/jws.js';
import type { Claims, Evidence } from '../evidence.js';
import { expectThat, failed, passed, type Finding, type Rule } from './rule.js';

/** Header members that would let a token bring or point at its own key, or change how it is read. */
const forbiddenHeaderMembers = ['x5c', 'x5u', 'jwk', 'jku', 'crit'] as const;

export function checkHeaderMembers(header: Claims): Finding {
  const present = forbiddenHeaderMembers.filter((member) => header[member] !== undefined);
  return present.length === 0
    ? passed
    : failed(`a JOSE header without ${forbiddenHeaderMembers.join(', ')}`, present.join(', '));
}

export function checkAlgorithm(header: Claims, evidence: Evidence): Finding {
  const allowed: readonly unknown[] = evidence.profile.signingAlgorithms;
  return expectThat(allowed.includes(header['alg']), `alg ${allowed.join(' or ')}`, header['alg']);
}

export function checkKid(header: Claims): Finding {
  return expectThat(typeof header['kid'] === 'string' && header['kid'] !== '', 'a kid', header['kid']);
}

/** Whether the key with the header's `kid` in the JWKS at `url` signed the token. */
export async function checkSignature(
  evidence: Evidence,
  token: string,
  header: Claims,
  url: string,
): Promise<Finding> {
  const found = await evidence.findSigningKey(url, header['kid']);
  const expected = `a signature by the key ${quote(header['kid'])} of ${url}`;
  if ('problem' in found) return failed(expected, found.problem);
  const key = publicKeyOfJwk(found.key);
  if (!key) return failed(expected, 'a key that cannot be read');
  const valid = await verifyJwsSignature(token, key, evidence.profile.signingAlgorithms);
  return valid ? passed : failed(expected, 'a signature that does not verify');
}

/** The envelope of the request: its media type and its JOSE header. */
export const requestTokenRules: readonly Rule[] = [
  {
    id: 'request-jws',
    title: 'The body is a compact JWS with a JSON object as payload',
    spec: 'RFC 7515 section 3.1; DCR 3.4, POST /register',
    error: 'invalid_software_statement',
    needs: [],
    check: ({ request }) => (request.ok ? passed : failed('a compact JWS', request.reason)),
  },
  {
    id: 'request-alg',
    title: 'The request is signed with an algorithm that FAPI allows',
    spec: 'FAPI 1.0 Advanced section 8.6',
    error: 'invalid_software_statement',
    needs: ['request-jws'],
    check: (evidence) => checkAlgorithm(evidence.requestHeader, evidence),
  },
  {
    id: 'request-header-members',
    title: "The request's header neither carries nor points at a key",
    spec: 'DCR 3.4, Of JWS & JWKS',
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

export const mediaTypeRule: Rule = {
  id: 'request-media-type',
  title: 'The media type is one that the bank accepts',
  spec: 'RFC 7515 section 9.2.1; RFC 7519 section 10.3.1',
  error: 'unsupported_media_type',
  needs: [],
  check: ({ input, profile }) =>
    expectThat(
      input.mediaType !== undefined && profile.requestMediaTypes.includes(input.mediaType),
      `Content-Type ${profile.requestMediaTypes.join(' or ')}`,
      input.mediaType,
    ),
};

/** Judged once the SSA is trusted, because the SSA says where the keys of its software are. */
export const requestSignatureRule: Rule = {
  id: 'request-signature',
  title: 'A signing key of the software statement signed the request',
  spec: 'Directory API 2.2.0, "Request Validation"',
  error: 'invalid_software_statement',
  needs: ['request-alg', 'request-header-members', 'request-kid', 'ssa-signature', 'ssa-jwks-endpoints'],
  check: (evidence) =>
    checkSignature(
      evidence,
      evidence.input.body.trim(),
      evidence.requestHeader,
      evidence.ssaText('software_jwks_endpoint'),
    ),
};
