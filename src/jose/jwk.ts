import {
  createHash,
  createPrivateKey,
  createPublicKey,
  X509Certificate,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import type { Jwk } from '../domain/jwk.js';

/**
 * The `kid` of a public key in the Directory's keystore.
 * Observed: the RFC 7638 thumbprint, but with SHA-1, as unpadded base64url: 27 characters. It is not `x5t`.
 * @see RFC 7638 section 3.2
 */
export function thumbprintKid(publicKey: KeyObject): string {
  const { crv, e, kty, n, x, y } = publicKey.export({ format: 'jwk' });
  const required = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return createHash('sha1').update(JSON.stringify(required)).digest('base64url');
}

/**
 * A certified key as the real keystore serves it: members in the order observed, `x5t` and `x5t#S256` padded, `x5c` with
 * the leaf alone, neither `alg` nor `key_ops`.
 * @see formats.md section 2
 */
export function keystoreJwk(certificatePem: string, use: 'tls' | 'sig' | 'enc', x5u: string): Jwk {
  const certificate = new X509Certificate(certificatePem);
  return {
    ...publicMembers(certificate.publicKey),
    use,
    x5c: [certificate.raw.toString('base64')],
    x5t: certificateThumbprint(certificate, 'sha1'),
    x5u,
    'x5t#S256': certificateThumbprint(certificate, 'sha256'),
  };
}

/** A key without a certificate as the keystore serves it. @param publicKeyPem SPKI */
export function publicKeyJwk(publicKeyPem: string, use: 'tls' | 'sig' | 'enc'): Jwk {
  const publicKey = createPublicKey(publicKeyPem);
  return { ...publicMembers(publicKey), use };
}

/** A key pair with its use. */
interface KeyPairOfUse {
  readonly privateKeyPem: string;
  readonly use: 'tls' | 'sig' | 'enc';
}

/** The public half of a key pair, as the keystore serves a key without a certificate. */
export function publicJwkOf({ privateKeyPem, use }: KeyPairOfUse): Jwk {
  return { ...publicMembers(createPublicKey(privateKeyPem)), use };
}

/** A key pair with its private half, which no keystore should serve. @see RFC 7518 section 6.3.2 */
export function privateKeyJwk(pair: KeyPairOfUse): Jwk {
  const privateKey = createPrivateKey(pair.privateKeyPem).export({ format: 'jwk' });
  return { ...publicJwkOf(pair), ...privateKey, kty: privateKey.kty ?? '' };
}

/**
 * The key that SSAs are signed with, as `/keystore/openbanking.jwks` serves it.
 * Observed: `kid` equals `x5t#S256`, and `x5c` holds the whole chain: leaf, issuing, root.
 */
export function directoryJwk(chainPems: readonly [leaf: string, ...above: string[]], x5u: string): Jwk {
  const chain = chainPems.map((pem) => new X509Certificate(pem));
  const leaf = new X509Certificate(chainPems[0]);
  const { e, n, kty } = rsaMembers(leaf);
  const kid = directoryKid(leaf);
  return {
    e,
    kid,
    kty,
    n,
    x5u,
    x5c: chain.map((certificate) => certificate.raw.toString('base64')),
    use: 'sig',
    x5t: certificateThumbprint(leaf, 'sha1'),
    'x5t#S256': kid,
  };
}

/** Observed: SHA-256 of the signing certificate, base64url with its padding, although the specification says `x5t`. */
export function directoryKid(certificate: X509Certificate): string {
  return certificateThumbprint(certificate, 'sha256');
}

/** The public key of a JWK, whatever its `use`; undefined when it holds none that OpenSSL can read. */
export function publicKeyOfJwk(jwk: Jwk): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** Key and kid. Observed: in this order, for RSA; qualified certificates of holders may have elliptic curve keys. */
function publicMembers(publicKey: KeyObject): Jwk {
  const { crv, e, kty = '', n, x, y } = publicKey.export({ format: 'jwk' });
  const kid = thumbprintKid(publicKey);
  return kty === 'EC' ? { crv, kid, kty, x, y } : { e, kid, kty, n };
}

function rsaMembers(certificate: X509Certificate): { e: string; n: string; kty: string } {
  const { e = '', n = '', kty = '' } = certificate.publicKey.export({ format: 'jwk' });
  return { e, n, kty };
}

/** base64url with padding, which RFC 7515 does not have and the real keystore does. */
function certificateThumbprint(certificate: X509Certificate, digest: 'sha1' | 'sha256'): string {
  const base64 = createHash(digest).update(certificate.raw).digest('base64');
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}
