import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { Jwk } from '../domain/jwk.js';
import { privateKeyJwk, publicJwkOf } from '../jose/jwk.js';
import type { KeyMaterial } from '../sandbox/ready-tpp.js';

/** A key pair with its certificate, in every form that tests ask for. */
export interface TestKey {
  /** Its name in the Directory's keystore. */
  readonly kid: string;
  /** The private key. */
  readonly key: KeyObject;
  /** PKCS#8. */
  readonly privateKeyPem: string;
  /** With its private half. */
  readonly jwk: Jwk;
  readonly publicJwk: Jwk;
  readonly certificate: X509Certificate;
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
    jwk: privateKeyJwk({ privateKeyPem, use }),
    publicJwk: publicJwkOf({ privateKeyPem, use }),
    certificate: new X509Certificate(certificatePem),
    certificatePem,
    chainPem,
  };
}
