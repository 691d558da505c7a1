import { createHash, createPublicKey } from 'node:crypto';
import type { RevocationReason } from '../domain/key-record.js';
import { signedParts, type Issuer } from './authority.js';
import * as der from './der.js';
import { encodeName } from './distinguished-name.js';
import * as extensions from './extensions.js';
import type { CertId } from './ocsp-request.js';
import type { OcspSigner } from './ocsp-signer.js';
import { oids } from './oids.js';

/** @see RFC 6960 section 4.2.1; 4 is not used */
const errorNumbers = {
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;
export type OcspError = keyof typeof errorNumbers;

/** What a responder says of a certificate. @see RFC 6960 section 2.2 */
export type CertificateStatus =
  | { readonly state: 'good' }
  | { readonly state: 'revoked'; readonly at: Date; readonly reason: RevocationReason }
  | { readonly state: 'unknown' };

export interface OcspStatement {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly certificates: readonly { readonly id: CertId; readonly status: CertificateStatus }[];
  readonly nonce: Buffer | undefined;
}

/** A refusal, which nobody signs. @returns DER @see RFC 6960 section 4.2.1 */
export function ocspRefusal(error: OcspError): Buffer {
  return der.encode(der.sequence(der.enumerated(errorNumbers[error])));
}

/** An answer with the certificate of whoever signed it. @returns DER @see RFC 6960 section 4.2.1 */
export async function issueOcspResponse(signer: OcspSigner, statement: OcspStatement): Promise<Buffer> {
  const { thisUpdate, certificates, nonce } = statement;
  const toBeSigned = der.sequence(
    der.explicit(2, der.octetString(signer.keyIdentifier)),
    der.generalizedTime(thisUpdate),
    der.sequence(...certificates.map(({ id, status }) => singleResponse(id, status, statement))),
    ...(nonce ? [der.explicit(1, der.sequence(extensions.ocspNonce(nonce)))] : []),
  );
  const certificate = der.explicit(0, der.sequence(der.decode(signer.certificate)));
  const basic = der.sequence(...(await signedParts(signer, toBeSigned)), certificate);
  const bytes = der.sequence(der.objectIdentifier(oids.ocspBasic), der.octetString(basic));
  return der.encode(der.sequence(der.enumerated(0), der.explicit(0, bytes)));
}

function singleResponse(
  { encoded }: CertId,
  status: CertificateStatus,
  { thisUpdate, nextUpdate }: Pick<OcspStatement, 'thisUpdate' | 'nextUpdate'>,
): der.DerElement {
  return der.sequence(
    der.decode(encoded),
    encodeStatus(status),
    der.generalizedTime(thisUpdate),
    der.explicit(0, der.generalizedTime(nextUpdate)),
  );
}

function encodeStatus(status: CertificateStatus): der.DerElement {
  switch (status.state) {
    case 'good':
      return der.implicit(0, Buffer.of());
    case 'revoked': {
      // As in a revocation list, an unspecified reason says no more than none.
      const { at, reason } = status;
      const reasons = reason === 'unspecified' ? [] : [der.explicit(0, extensions.crlReason(reason))];
      return der.implicitSequence(1, der.generalizedTime(at), ...reasons);
    }
    case 'unknown':
      return der.implicit(2, Buffer.of());
  }
}

const hashNames: Readonly<Record<string, string>> = {
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

/** Tells which requests mean certificates of an issuer. @see RFC 6960 section 4.1.1 */
export function issuerMatcher({ name, privateKey }: Issuer): (id: CertId) => boolean {
  const encodedName = der.encode(encodeName(name));
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'pkcs1' });
  return ({ hashAlgorithm, issuerNameHash, issuerKeyHash }) => {
    const hashName = hashNames[hashAlgorithm];
    if (hashName === undefined) return false;
    const digest = (bytes: Buffer) => createHash(hashName).update(bytes).digest();
    return issuerNameHash.equals(digest(encodedName)) && issuerKeyHash.equals(digest(publicKey));
  };
}
