import { createPrivateKey, X509Certificate, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Jwk } from '../domain/jwk.js';
import { privateKeyJwk, publicJwkOf } from '../jose/jwk.js';
import type { KeyMaterial } from '../sandbox/ready-tpp.js';

/**
 * A JSON Web Key as `node:crypto` and jose take it. @see RFC 7517 section 4
 * @category TPP
 */
export type TestJwk = JsonWebKey & {
  /** `RSA` of all keys that are made here. */
  readonly kty: string;
  /** The same as in the keystore. */
  readonly kid: string;
  /** For signatures, or for TLS as the Directory writes it. */
  readonly use: 'sig' | 'tls';
};

/**
 * A key pair with its certificate, in every form that tests ask for.
 * @category TPP
 */
export interface TestKey {
  /** Its name in the Directory's keystore. */
  readonly kid: string;
  /** The private key. */
  readonly key: KeyObject;
  /** PKCS#8. */
  readonly privateKeyPem: string;
  /** With its private half. */
  readonly jwk: TestJwk;
  /** As the keystore shows it, but without the certificate. */
  readonly publicJwk: TestJwk;
  /** Read into its parts. */
  readonly certificate: X509Certificate;
  /** The certificate alone. */
  readonly certificatePem: string;
  /** The certificates above it: issuing, then root. */
  readonly chainPem: string;
}

/** Reads key material into all its forms. */
export function testKey(material: KeyMaterial, use: 'sig' | 'tls'): TestKey {
  const { kid, privateKeyPem, certificatePem, chainPem } = material;
  return {
    kid,
    key: createPrivateKey(privateKeyPem),
    privateKeyPem,
    jwk: named(privateKeyJwk({ privateKeyPem, use }), kid, use),
    publicJwk: named(publicJwkOf({ privateKeyPem, use }), kid, use),
    certificate: new X509Certificate(certificatePem),
    certificatePem,
    chainPem,
  };
}

function named(jwk: Jwk, kid: string, use: TestJwk['use']): TestJwk {
  return { ...jwk, kty: jwk.kty, kid, use } as TestJwk;
}
