import { createHash, X509Certificate } from 'node:crypto';
import * as der from './der.js';
import { decodeIsAuthority, decodeKeyUsage, isCritical, type KeyUsage } from './extensions.js';
import { decodeName, type DistinguishedName } from './distinguished-name.js';
import { oids } from './oids.js';

/** What we read of any certificate, whatever its key: nothing here is verified. */
export interface ParsedCertificate {
  readonly x509: X509Certificate;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the DER, lower-case hex. */
  readonly thumbprintSha256: string;
  readonly subjectKeyIdentifier: Buffer | undefined;
  /** OIDs; undefined when the extension is absent, which allows every purpose. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** OIDs of the policies it was issued under. */
  readonly policies: readonly string[];
  /** DER of its QCStatements, whatever they say; undefined when it carries none. @see RFC 3739 section 3.2.6 */
  readonly qcStatements: Buffer | undefined;
  /** Whether it may issue certificates: by its basic constraints, and by its key usage where it has one. */
  readonly isAuthority: boolean;
  /** Whether its basic constraints call it an authority, whatever its key usage says. @see RFC 5280 section 4.2.1.9 */
  readonly claimsAuthority: boolean;
  /** Undefined when the extension is absent. @see RFC 5280 section 4.2.1.3 */
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** OIDs of the extensions that whoever does not know them must not pass over. @see RFC 5280 section 4.2 */
  readonly criticalExtensions: readonly string[];
  /** OID of the algorithm that it was signed with. */
  readonly signatureAlgorithm: string;
}

/** @throws DerError when the bytes or the PEM text are no certificate */
export function parseCertificate(encoded: Uint8Array | string): ParsedCertificate {
  const x509 = readX509(encoded);
  const fields = fieldsOf(x509.raw);
  const extension = (id: string) => fields.extensions.get(id);
  const keyIdentifier = extension(oids.subjectKeyIdentifier);
  const purposes = extension(oids.extKeyUsage);
  const policies = extension(oids.certificatePolicies);
  const constraints = extension(oids.basicConstraints);
  const keyUsage = extension(oids.keyUsage);
  return {
    x509,
    subject: decodeName(fields.subject),
    issuer: decodeName(fields.issuer),
    serialNumber: x509.serialNumber.toLowerCase(),
    notBefore: new Date(x509.validFrom),
    notAfter: new Date(x509.validTo),
    thumbprintSha256: createHash('sha256').update(x509.raw).digest('hex'),
    subjectKeyIdentifier: keyIdentifier && der.content(der.decode(keyIdentifier)),
    extendedKeyUsage: purposes && der.children(der.decode(purposes)).map(der.readObjectIdentifier),
    policies: policies ? der.children(der.decode(policies)).map(readPolicy) : [],
    qcStatements: extension(oids.qcStatements),
    isAuthority: x509.ca,
    claimsAuthority: constraints !== undefined && decodeIsAuthority(constraints),
    keyUsage: keyUsage && decodeKeyUsage(keyUsage),
    criticalExtensions: fields.criticalExtensions,
    signatureAlgorithm: fields.signatureAlgorithm,
  };
}

/** @see RFC 5280 section 4.2.1.4 */
function readPolicy(information: der.DerElement): string {
  return der.readObjectIdentifier(der.children(information)[0]);
}

function readX509(encoded: Uint8Array | string): X509Certificate {
  try {
    return new X509Certificate(encoded);
  } catch (cause) {
    throw new der.DerError('not a certificate', { cause });
  }
}

/** @see RFC 5280 section 4.1 */
function fieldsOf(raw: Uint8Array) {
  const [tbs, algorithm] = der.children(der.decode(raw));
  const all = der.children(tbs);
  const version = all[0];
  const fields = version && der.isContext(version, 0) ? all.slice(1) : all;
  const [, , issuer, , subject] = fields;
  const tagged = fields.find((field) => der.isContext(field, 3));
  const extensions = tagged ? der.children(der.children(tagged)[0]) : [];
  return {
    issuer,
    subject,
    extensions: new Map(extensions.map(readExtension)),
    criticalExtensions: extensions.filter(isCritical).map((extension) => readExtension(extension)[0]),
    signatureAlgorithm: der.readObjectIdentifier(der.children(algorithm)[0]),
  };
}

/** The id of an extension and the DER inside its octet string. */
export function readExtension(extension: der.DerElement): readonly [id: string, value: Buffer] {
  const parts = der.children(extension);
  return [der.readObjectIdentifier(parts[0]), der.content(parts.at(-1))];
}
