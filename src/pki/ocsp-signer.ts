import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { issue, keyIdentifier, type Issuer } from './authority.js';
import type { DistinguishedName } from './distinguished-name.js';
import * as extensions from './extensions.js';
import { oids } from './oids.js';

/** Whoever signs answers in the name of an authority. */
export interface OcspSigner {
  readonly privateKey: KeyObject;
  /** SHA-1 of its public key, by which answers name it. */
  readonly keyIdentifier: Uint8Array;
  /** DER. */
  readonly certificate: Buffer;
}

/** What the certificate of a responder says, but for what all of them say. */
export interface ResponderCertificate {
  readonly serialNumber: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * Makes a key one that answers in the name of its issuer.
 * @see RFC 6960 section 4.2.2.2: the authority itself must have issued the responder's certificate
 */
export async function certifyOcspSigner(
  issuer: Issuer,
  privateKey: KeyObject,
  fields: ResponderCertificate,
): Promise<OcspSigner> {
  const publicKey = createPublicKey(privateKey);
  const ownIdentifier = keyIdentifier(publicKey);
  const pem = await issue(issuer, {
    ...fields,
    subject: responderName(issuer.name),
    publicKey,
    extensions: [
      extensions.keyUsage(['digitalSignature']),
      extensions.extendedKeyUsage([oids.ocspSigning], false),
      extensions.ocspNoCheck(),
      extensions.authorityKeyIdentifier(issuer.keyIdentifier),
      extensions.subjectKeyIdentifier(ownIdentifier),
    ],
  });
  return { privateKey, keyIdentifier: ownIdentifier, certificate: new X509Certificate(pem).raw };
}

/** The issuer's country and organisation, with a common name of its own. */
function responderName(issuerName: DistinguishedName): DistinguishedName {
  const kept = issuerName.filter((rdn) => rdn.every(({ type }) => type !== oids.commonName));
  return [...kept, [{ type: oids.commonName, value: 'Mock OCSP Responder TEST ONLY' }]];
}
