import type { RevocationReason } from '../domain/key-record.js';
import { signedBy, signatureAlgorithm, type Issuer } from './authority.js';
import * as der from './der.js';
import { encodeName } from './distinguished-name.js';
import { authorityKeyIdentifier, crlNumber, invalidityDate, reasonCode } from './extensions.js';

/** A certificate that its issuer has taken back. */
export interface RevokedCertificate {
  readonly serialNumber: Uint8Array;
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
}

export interface CertificateList {
  /** Grows with every list of the issuer. */
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly RevokedCertificate[];
}

/** A complete certificate revocation list, version 2. @returns DER @see RFC 5280 section 5 */
export async function issueCrl(issuer: Issuer, list: CertificateList): Promise<Buffer> {
  const entries = list.revoked.map(entry);
  const extensions = der.sequence(authorityKeyIdentifier(issuer.keyIdentifier), crlNumber(list.number));
  const toBeSigned = der.sequence(
    der.integer(Buffer.of(1)),
    signatureAlgorithm(),
    encodeName(issuer.name),
    der.time(list.thisUpdate),
    der.time(list.nextUpdate),
    // An empty list of entries is left out. RFC 5280 section 5.1.2.6
    ...(entries.length === 0 ? [] : [der.sequence(...entries)]),
    der.explicit(0, extensions),
  );
  return signedBy(issuer, toBeSigned);
}

function entry({ serialNumber, revokedAt, reason }: RevokedCertificate): der.DerElement {
  // An unspecified reason says no more than none. RFC 5280 section 5.3.1
  const reasons = reason === 'unspecified' ? [] : [reasonCode(reason)];
  return der.sequence(
    der.integer(serialNumber),
    der.time(revokedAt),
    der.sequence(...reasons, invalidityDate(revokedAt)),
  );
}
