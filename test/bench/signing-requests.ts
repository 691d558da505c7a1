import { createPublicKey, sign } from 'node:crypto';
import * as der from '../../src/pki/der.js';
import { encodeName, type DistinguishedName } from '../../src/pki/distinguished-name.js';
import { generateRsaKeyPair } from '../../src/pki/key-pairs.js';
import { oids } from '../../src/pki/oids.js';
import { formatPem } from '../../src/pki/pem.js';

/** PKCS#10 requests for distinct new RSA keys, in PEM: keys are made and requests signed by OpenSSL. @see RFC 2986 */
export async function makeSigningRequests(count: number, subject: DistinguishedName): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { privateKeyPem, publicKeyPem } = await generateRsaKeyPair();
      return signingRequest(subject, publicKeyPem, privateKeyPem);
    }),
  );
}

function signingRequest(subject: DistinguishedName, publicKeyPem: string, privateKeyPem: string): string {
  const noAttributes = der.explicit(0);
  const toBeSigned = der.sequence(
    der.integer(Buffer.of(0)),
    encodeName(subject),
    der.decode(createPublicKey(publicKeyPem).export({ format: 'der', type: 'spki' })),
    noAttributes,
  );
  const algorithm = der.sequence(der.objectIdentifier(oids.sha256WithRSAEncryption), der.nullElement());
  const signature = sign('sha256', der.encode(toBeSigned), privateKeyPem);
  return formatPem(
    'CERTIFICATE REQUEST',
    der.encode(der.sequence(toBeSigned, algorithm, der.bitString(signature))),
  );
}
