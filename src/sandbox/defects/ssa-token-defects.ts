import { createPublicKey, createSecretKey, X509Certificate } from 'node:crypto';
import { newSoftwareId } from '../../domain/identifiers.js';
import { signJws, signJwsText, unsignedJws } from '../../jose/jws.js';
import { signWithHeader, textsOf, type Claims, type SsaDefect } from './ssa-making.js';

const DIRECTORY_HEADER = 'Directory API 2.2.0, "SSA header"';
const DIRECTORY_VALIDATION = 'Directory API 2.2.0, "Request Validation"';
const OF_JWS = 'DCR 3.4, Of JWS & JWKS';
const INVALID = 'invalid_software_statement';

const CRITICAL_EXTENSION = 'urn:mock-ob-directory:extension';

/** SSAs that no claim is wrong in: their form, their header or their signature is. */
export const ssaTokenDefects = {
  'not-a-jwt': {
    title: 'The SSA is plain text rather than a JWT',
    spec: 'RFC 7515 section 3.1',
    rule: 'ssa-jws',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { token: () => 'not-a-jwt' },
  },
  'payload-array': {
    title: 'The payload is a JSON array that holds the claims, rather than the claims',
    spec: 'RFC 7519 section 7.2',
    rule: 'ssa-jws',
    error: INVALID,
    answeredByReferenceBank: true,
    making: {
      sign: ({ header, payload }, { signing }) =>
        signJwsText(header, JSON.stringify([payload]), signing.privateKey),
    },
  },
  'duplicate-member': {
    title: 'The payload has software_id twice: first that of other software, then the right one',
    spec: 'RFC 7519 section 4, RFC 8725 section 2.6',
    rule: 'ssa-jws',
    error: INVALID,
    answeredByReferenceBank: true,
    making: {
      sign: ({ header, payload }, { random, signing }) => {
        const other = JSON.stringify({ software_id: newSoftwareId(random) });
        const text = `${other.slice(0, -1)},${JSON.stringify(payload).slice(1)}`;
        return signJwsText(header, text, signing.privateKey);
      },
    },
  },
  'alg-none': {
    title: 'alg is none, and the signature empty',
    spec: `RFC 8725 section 3.2; ${DIRECTORY_HEADER}`,
    rule: 'ssa-alg',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { sign: ({ header, payload }) => unsignedJws({ ...header, alg: 'none' }, payload) },
  },
  'alg-rs256': {
    title: 'The Directory signed with RS256, which FAPI does not allow',
    spec: `${DIRECTORY_HEADER}; FAPI 1.0 Advanced section 8.6`,
    rule: 'ssa-alg',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { sign: signWithHeader(() => ({ alg: 'RS256' })) },
  },
  'alg-hs256-public-key': {
    title: "alg is HS256, with the PEM of the Directory's public key as the secret",
    spec: 'RFC 8725 section 2.1',
    rule: 'ssa-alg',
    error: INVALID,
    answeredByReferenceBank: true,
    making: {
      sign: ({ header, payload }, { signing }) => {
        const pem = createPublicKey(signing.privateKey).export({ format: 'pem', type: 'spki' });
        return signJws({ ...header, alg: 'HS256' }, payload, createSecretKey(Buffer.from(pem)));
      },
    },
  },
  'embedded-jwk': {
    title: "The header carries, as jwk, the key that signed, which is not the Directory's",
    spec: OF_JWS,
    rule: 'ssa-header-members',
    error: INVALID,
    answeredByReferenceBank: true,
    making: {
      sign: async ({ header, payload }, { unknownKey }) => {
        const key = await unknownKey();
        return signJws({ ...header, jwk: createPublicKey(key).export({ format: 'jwk' }) }, payload, key);
      },
    },
  },
  'x5c-header': {
    title: "The header carries the certificate of the Directory's key as x5c",
    spec: OF_JWS,
    rule: 'ssa-header-members',
    error: INVALID,
    answeredByReferenceBank: true,
    making: {
      sign: signWithHeader(({ signing }) => ({
        x5c: [new X509Certificate(signing.certificatePem).raw.toString('base64')],
      })),
    },
  },
  'jku-header': {
    title: 'The header says where keys are, as jku',
    spec: OF_JWS,
    rule: 'ssa-header-members',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { sign: signWithHeader(({ urls }) => ({ jku: `${urls.https}/keystore/openbanking.jwks` })) },
  },
  'x5u-header': {
    title: 'The header says where a certificate is, as x5u',
    spec: OF_JWS,
    rule: 'ssa-header-members',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { sign: signWithHeader(({ urls }) => ({ x5u: `${urls.https}/keystore/openbanking.pem` })) },
  },
  'crit-header': {
    title: 'The header has a critical extension that nobody knows',
    spec: 'RFC 7515 section 4.1.11',
    rule: 'ssa-header-members',
    error: INVALID,
    answeredByReferenceBank: true,
    making: {
      sign: signWithHeader(() => ({ crit: [CRITICAL_EXTENSION], [CRITICAL_EXTENSION]: true })),
    },
  },
  'no-kid': {
    title: 'The header does not name its key',
    spec: DIRECTORY_HEADER,
    rule: 'ssa-kid',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { sign: signWithHeader(() => ({ kid: undefined })) },
  },
  'unknown-kid': {
    title: "The header names a key that is not among the Directory's, which signed all the same",
    spec: DIRECTORY_VALIDATION,
    rule: 'ssa-signature',
    error: INVALID,
    answeredByReferenceBank: true,
    // As the Directory's own are: 32 bytes in base64url, padded.
    making: {
      sign: signWithHeader(({ random }) => ({
        kid: `${Buffer.from(random.bytes(32)).toString('base64url')}=`,
      })),
    },
  },
  'wrong-signer': {
    title: "Another key signed, under the kid of the Directory's",
    spec: DIRECTORY_VALIDATION,
    rule: 'ssa-signature',
    error: INVALID,
    answeredByReferenceBank: true,
    making: {
      sign: async ({ header, payload }, { unknownKey }) => signJws(header, payload, await unknownKey()),
    },
  },
  'tampered-payload': {
    title: 'A redirect URI was added after the Directory had signed',
    spec: DIRECTORY_VALIDATION,
    rule: 'ssa-signature',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { token: (token) => withPart(token, 1, addRedirectUri) },
  },
  'tampered-signature': {
    title: 'One bit of the signature is another',
    spec: DIRECTORY_VALIDATION,
    rule: 'ssa-signature',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { token: (token) => withPart(token, 2, flipFirstBit) },
  },
  'no-signature': {
    title: 'The signature was cut off; the header still says PS256',
    spec: DIRECTORY_VALIDATION,
    rule: 'ssa-signature',
    error: INVALID,
    answeredByReferenceBank: true,
    making: { token: (token) => withPart(token, 2, () => Buffer.alloc(0)) },
  },
} as const satisfies Readonly<Record<string, SsaDefect>>;

/** A compact JWS with one of its three parts changed. */
function withPart(token: string, position: 0 | 1 | 2, change: (part: Buffer) => Buffer): string {
  return token
    .split('.')
    .map((part, index) =>
      index === position ? change(Buffer.from(part, 'base64url')).toString('base64url') : part,
    )
    .join('.');
}

function addRedirectUri(payload: Buffer): Buffer {
  const claims = JSON.parse(payload.toString('utf8')) as Claims;
  const redirectUris = [...textsOf(claims['software_redirect_uris']), 'https://attacker.example/callback'];
  return Buffer.from(JSON.stringify({ ...claims, software_redirect_uris: redirectUris }), 'utf8');
}

function flipFirstBit(signature: Buffer): Buffer {
  const [first = 0, ...rest] = signature;
  return Buffer.from([first ^ 0x80, ...rest]);
}
