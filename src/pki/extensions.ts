import type { RevocationReason } from '../domain/key-record.js';
import * as der from './der.js';
import { oids } from './oids.js';
import { encodeQcStatements, type QcStatements } from './qc-statements.js';

/** An X.509 extension, encoded. */
export type Extension = der.DerElement;

function extension(id: string, critical: boolean, value: der.DerElement): Extension {
  return der.sequence(
    der.objectIdentifier(id),
    ...(critical ? [der.boolean(true)] : []),
    der.octetString(value),
  );
}

/** Whether whoever does not know the extension must refuse the certificate. @see RFC 5280 section 4.2 */
export function isCritical(encoded: Extension): boolean {
  return der.children(encoded).some((part) => der.isUniversal(part, 'BOOLEAN') && der.readBoolean(part));
}

/** RFC 5280 section 4.2.1.1 */
export function authorityKeyIdentifier(issuerKeyIdentifier: Uint8Array): Extension {
  return extension(oids.authorityKeyIdentifier, false, der.sequence(der.implicit(0, issuerKeyIdentifier)));
}

/** RFC 5280 section 4.2.1.2, method 1 */
export function subjectKeyIdentifier(keyIdentifier: Uint8Array): Extension {
  return extension(oids.subjectKeyIdentifier, false, der.octetString(keyIdentifier));
}

/** Bit positions. @see RFC 5280 section 4.2.1.3 */
const keyUsageBits = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;
export type KeyUsage = keyof typeof keyUsageBits;

/** RFC 5280 section 4.2.1.3; always critical. */
export function keyUsage(usages: readonly KeyUsage[]): Extension {
  const positions: number[] = usages.map((usage) => keyUsageBits[usage]);
  const byte = positions.reduce((bits, position) => bits | (0x80 >> position), 0);
  return extension(oids.keyUsage, true, der.bitString(Buffer.of(byte), 7 - Math.max(...positions)));
}

/** What a key may be used for by the value of the extension; bits that nothing here gives are passed over. @throws DerError */
export function decodeKeyUsage(value: Uint8Array): KeyUsage[] {
  const [byte = 0] = der.readBitString(der.decode(value));
  return (Object.keys(keyUsageBits) as KeyUsage[]).filter((usage) => byte & (0x80 >> keyUsageBits[usage]));
}

/** RFC 5280 section 4.2.1.4 with the qualifiers that the real sandbox's policy has. */
export function certificatePolicies(policy: {
  readonly id: string;
  readonly cps: string;
  readonly notice?: string;
}): Extension {
  const qualifiers = der.sequence(
    der.sequence(der.objectIdentifier(oids.cps), der.ia5String(policy.cps)),
    ...(policy.notice === undefined
      ? []
      : [der.sequence(der.objectIdentifier(oids.userNotice), der.sequence(der.utf8String(policy.notice)))]),
  );
  return extension(
    oids.certificatePolicies,
    false,
    der.sequence(der.sequence(der.objectIdentifier(policy.id), qualifiers)),
  );
}

/** RFC 5280 section 4.2.1.6 */
export function subjectAltName(names: {
  readonly dns: readonly string[];
  readonly ip: readonly Uint8Array[];
}): Extension {
  return extension(
    oids.subjectAltName,
    false,
    der.sequence(
      ...names.dns.map((name) => der.implicit(2, Buffer.from(name, 'latin1'))),
      ...names.ip.map((address) => der.implicit(7, address)),
    ),
  );
}

/** RFC 5280 section 4.2.1.9; for certificate authorities alone, and critical there. */
export function basicConstraintsOfAuthority(pathLength?: number): Extension {
  const constraint = pathLength === undefined ? [] : [der.integer(Buffer.of(pathLength))];
  return extension(oids.basicConstraints, true, der.sequence(der.boolean(true), ...constraint));
}

/** Whether the value of the extension says CA:TRUE. @throws DerError @see RFC 5280 section 4.2.1.9 */
export function decodeIsAuthority(value: Uint8Array): boolean {
  const [isAuthority] = der.children(der.decode(value));
  return isAuthority !== undefined && der.isUniversal(isAuthority, 'BOOLEAN') && der.readBoolean(isAuthority);
}

/** RFC 5280 section 4.2.1.12 */
export function extendedKeyUsage(purposes: readonly string[], critical: boolean): Extension {
  return extension(oids.extKeyUsage, critical, der.sequence(...purposes.map(der.objectIdentifier)));
}

/** RFC 5280 section 4.2.1.13 */
export function crlDistributionPoint(url: string): Extension {
  const fullName = der.explicit(0, der.implicit(6, Buffer.from(url, 'latin1')));
  return extension(oids.cRLDistributionPoints, false, der.sequence(der.sequence(der.explicit(0, fullName))));
}

/** RFC 5280 section 4.2.2.1 */
export function authorityInfoAccess(urls: { readonly ocsp?: string; readonly caIssuers: string }): Extension {
  const description = (method: string, url: string) =>
    der.sequence(der.objectIdentifier(method), der.implicit(6, Buffer.from(url, 'latin1')));
  return extension(
    oids.authorityInfoAccess,
    false,
    der.sequence(
      ...(urls.ocsp === undefined ? [] : [description(oids.ocsp, urls.ocsp)]),
      description(oids.caIssuers, urls.caIssuers),
    ),
  );
}

/** RFC 3739 section 3.2.6; ETSI TS 119 495 section 5.1 */
export function qcStatements(statements: QcStatements): Extension {
  return encodedQcStatements(encodeQcStatements(statements));
}

/** The same of statements that somebody has encoded, rightly or wrongly. */
export function encodedQcStatements(statements: der.DerElement): Extension {
  return extension(oids.qcStatements, false, statements);
}

/** An extension that no specification has. */
export function privateExtension(id: string, critical: boolean): Extension {
  return extension(id, critical, der.nullElement());
}

/** RFC 6960 section 4.2.2.2.1: nobody need ask whether the certificate has been revoked. */
export function ocspNoCheck(): Extension {
  return extension(oids.ocspNoCheck, false, der.nullElement());
}

/** RFC 9654 section 2.1; the value as it came. */
export function ocspNonce(value: Uint8Array): Extension {
  return der.sequence(der.objectIdentifier(oids.ocspNonce), der.octetString(value));
}

/** RFC 5280 section 5.2.3; the number is at most of 48 bits. */
export function crlNumber(number: number): Extension {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(number, 0, bytes.length);
  return extension(oids.cRLNumber, false, der.integer(bytes));
}

/** @see RFC 5280 section 5.3.1; 7 is not used */
const reasonNumbers: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

/** RFC 5280 section 5.3.1 */
export function crlReason(reason: RevocationReason): der.DerElement {
  return der.enumerated(reasonNumbers[reason]);
}

/** RFC 5280 section 5.3.1 */
export function reasonCode(reason: RevocationReason): Extension {
  return extension(oids.reasonCode, false, crlReason(reason));
}

/** RFC 5280 section 5.3.2: GeneralizedTime, also before 2050. */
export function invalidityDate(at: Date): Extension {
  return extension(oids.invalidityDate, false, der.generalizedTime(at));
}
