import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import * as der from './der.js';
import { encodeName, type DistinguishedName, type ValueEncoding } from './distinguished-name.js';
import * as extensions from './extensions.js';
import { oids } from './oids.js';
import { formatPem } from './pem.js';
import {
  authorityOfHolder,
  leafProfiles,
  leafValidity,
  sandboxPolicy,
  serverValidity,
  type Holder,
  type LeafProfile,
  type Validity,
} from './profiles.js';
import { inOidOrder } from './qc-statements.js';
import { addMonths } from '../domain/calendar.js';
import { authorisedRoles } from '../domain/organisation.js';
import type { Role } from '../domain/roles.js';

const signInThreadPool = promisify<string, Uint8Array, KeyObject, Buffer>(sign);

/** A certificate authority's name and key, ready to sign. */
export interface Issuer {
  readonly name: DistinguishedName;
  readonly privateKey: KeyObject;
  /** SHA-1 of its PKCS#1 public key, for the AKI of what it issues. */
  readonly keyIdentifier: Uint8Array;
  /** How the values of its name are encoded; the shortest string type when absent. */
  readonly nameEncoding?: ValueEncoding;
}

export function createIssuer(name: DistinguishedName, privateKeyPem: string): Issuer {
  const privateKey = createPrivateKey(privateKeyPem);
  return { name, privateKey, keyIdentifier: keyIdentifier(createPublicKey(privateKey)) };
}

/** Where relying parties find an issuer's certificate, CRL and OCSP responder. */
export interface IssuerUrls {
  readonly caIssuers: string;
  readonly crl: string;
  readonly ocsp?: string;
}

/** Years a CA certificate reaches into the past and the future of its making; they bound the sandbox clock. */
export const AUTHORITY_YEARS = 20;

/** The root certificate, signed by itself. @returns PEM */
export async function issueRoot(root: Issuer, serialNumber: Uint8Array, at: Date): Promise<string> {
  return issue(root, {
    serialNumber,
    subject: root.name,
    publicKey: createPublicKey(root.privateKey),
    ...authorityDates(at),
    extensions: [
      extensions.basicConstraintsOfAuthority(),
      extensions.keyUsage(['keyCertSign', 'cRLSign']),
      extensions.subjectKeyIdentifier(root.keyIdentifier),
    ],
  });
}

/** The issuing certificate: path length 0. @returns PEM */
export async function issueIssuing(
  root: Issuer,
  subject: DistinguishedName,
  publicKey: KeyObject,
  urls: IssuerUrls,
  serialNumber: Uint8Array,
  at: Date,
): Promise<string> {
  return issue(root, {
    serialNumber,
    subject,
    publicKey,
    ...authorityDates(at),
    extensions: [
      extensions.basicConstraintsOfAuthority(0),
      extensions.keyUsage(['keyCertSign', 'cRLSign']),
      ...pointers(urls),
      extensions.authorityKeyIdentifier(root.keyIdentifier),
      extensions.subjectKeyIdentifier(keyIdentifier(publicKey)),
    ],
  });
}

/** What the holder may choose of a leaf certificate. */
export interface LeafRequest {
  readonly publicKey: KeyObject;
  readonly dnsNames?: readonly string[];
  /** In the order in which they will be certified; all roles of the organisation when absent. */
  readonly roles?: readonly Role[];
}

/** A certificate by one of the Directory's profiles. @returns PEM */
export async function issueLeaf(...leaf: Parameters<typeof draftLeaf>): Promise<string> {
  return issueDraft(draftLeaf(...leaf));
}

/** The same, before it is signed. */
export function draftLeaf(
  issuer: Issuer,
  urls: IssuerUrls,
  profile: LeafProfile,
  holder: Holder,
  request: LeafRequest,
  serialNumber: Uint8Array,
  notBefore: Date,
): CertificateDraft {
  const dnsNames = profile.takesDnsNames(holder) ? (request.dnsNames ?? []) : [];
  const fields: CertificateFields = {
    serialNumber,
    subject: profile.subject(holder),
    publicKey: request.publicKey,
    ...datesFrom(notBefore, leafValidity),
    extensions: [
      extensions.keyUsage(profile.keyUsage),
      ...(dnsNames.length > 0 ? [extensions.subjectAltName({ dns: dnsNames, ip: [] })] : []),
      ...(profile.qcType
        ? [
            extensions.qcStatements({
              type: profile.qcType,
              roles: request.roles ?? inOidOrder(authorisedRoles(holder.organisation)),
              authority: authorityOfHolder(holder),
            }),
          ]
        : []),
      extensions.extendedKeyUsage(profile.extendedKeyUsage.purposes, profile.extendedKeyUsage.critical),
      ...leafTrailer(issuer, urls, request.publicKey),
    ],
  };
  return { issuer, fields };
}

/** The certificate that SSAs are signed with: an OBSigning certificate of the Directory itself. @returns PEM */
export async function issueDirectorySigning(
  issuer: Issuer,
  urls: IssuerUrls,
  subject: DistinguishedName,
  publicKey: KeyObject,
  serialNumber: Uint8Array,
  notBefore: Date,
): Promise<string> {
  const profile = leafProfiles.obsigning;
  return issue(issuer, {
    serialNumber,
    subject,
    publicKey,
    ...datesFrom(notBefore, leafValidity),
    extensions: [
      extensions.keyUsage(profile.keyUsage),
      extensions.extendedKeyUsage(profile.extendedKeyUsage.purposes, profile.extendedKeyUsage.critical),
      ...leafTrailer(issuer, urls, publicKey),
    ],
  });
}

/** The certificate of our own TLS listeners. @returns PEM */
export async function issueServer(
  issuer: Issuer,
  urls: IssuerUrls,
  names: { readonly dns: readonly string[]; readonly ip: readonly Uint8Array[] },
  publicKey: KeyObject,
  serialNumber: Uint8Array,
  notBefore: Date,
): Promise<string> {
  const commonName = names.dns[0] ?? 'localhost';
  return issue(issuer, {
    serialNumber,
    subject: [
      [{ type: oids.countryName, value: 'GB' }],
      [{ type: oids.organizationName, value: 'OpenBanking Mock Directory TEST ONLY' }],
      // A common name holds 64 characters (X.520 ub-common-name); TLS clients read the alternative names.
      [{ type: oids.commonName, value: commonName.slice(0, 64) }],
    ],
    publicKey,
    ...datesFrom(notBefore, serverValidity),
    extensions: [
      extensions.keyUsage(['digitalSignature', 'keyEncipherment']),
      extensions.subjectAltName(names),
      extensions.extendedKeyUsage([oids.serverAuth], false),
      ...leafTrailer(issuer, urls, publicKey),
    ],
  });
}

function leafTrailer(issuer: Issuer, urls: IssuerUrls, publicKey: KeyObject): extensions.Extension[] {
  return [
    extensions.certificatePolicies(sandboxPolicy),
    ...pointers(urls),
    extensions.authorityKeyIdentifier(issuer.keyIdentifier),
    extensions.subjectKeyIdentifier(keyIdentifier(publicKey)),
  ];
}

export function pointers(urls: IssuerUrls): extensions.Extension[] {
  return [extensions.authorityInfoAccess(urls), extensions.crlDistributionPoint(urls.crl)];
}

/** What a certificate says, but for its issuer. */
export interface CertificateFields {
  readonly serialNumber: Uint8Array;
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly extensions.Extension[];
  /** How the values of the subject are encoded; the shortest string type when absent. */
  readonly subjectEncoding?: ValueEncoding;
  /** How it is signed; with SHA-256 when absent. */
  readonly signedWith?: SignatureAlgorithm;
}

/** A certificate before it is signed. */
export interface CertificateDraft {
  readonly issuer: Issuer;
  readonly fields: CertificateFields;
}

/** An algorithm as certificates name it, with its digest as OpenSSL does. @see RFC 8017 appendix A.2.4 */
export interface SignatureAlgorithm {
  readonly id: string;
  readonly digest: string;
}

/** How nobody should sign any more. */
export const sha1WithRsa: SignatureAlgorithm = { id: oids.sha1WithRSAEncryption, digest: 'sha1' };

/** How every authority here signs. */
const sha256WithRsa: SignatureAlgorithm = { id: oids.sha256WithRSAEncryption, digest: 'sha256' };

export function signatureAlgorithm({ id } = sha256WithRsa): der.DerElement {
  return der.sequence(der.objectIdentifier(id), der.nullElement());
}

/** What is to be signed, with the issuer's signature, made by OpenSSL. @returns DER @see RFC 5280 sections 4.1 and 5.1 */
export async function signedBy(
  signer: Pick<Issuer, 'privateKey'>,
  toBeSigned: der.DerElement,
  algorithm = sha256WithRsa,
): Promise<Buffer> {
  return der.encode(der.sequence(...(await signedParts(signer, toBeSigned, algorithm))));
}

/** The same in its parts, for what has more of them. @see RFC 6960 section 4.2.1 */
export async function signedParts(
  { privateKey }: Pick<Issuer, 'privateKey'>,
  toBeSigned: der.DerElement,
  algorithm = sha256WithRsa,
): Promise<der.DerElement[]> {
  const signature = await signInThreadPool(algorithm.digest, der.encode(toBeSigned), privateKey);
  return [toBeSigned, signatureAlgorithm(algorithm), der.bitString(signature)];
}

/** Encodes the fields, signs them in OpenSSL and returns the certificate as PEM. @see RFC 5280 section 4.1 */
export async function issue(issuer: Issuer, fields: CertificateFields): Promise<string> {
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))),
    der.integer(fields.serialNumber),
    signatureAlgorithm(fields.signedWith),
    encodeName(issuer.name, issuer.nameEncoding),
    der.sequence(der.time(fields.notBefore), der.time(fields.notAfter)),
    encodeName(fields.subject, fields.subjectEncoding),
    der.decode(fields.publicKey.export({ format: 'der', type: 'spki' })),
    der.explicit(3, der.sequence(...fields.extensions)),
  );
  return formatPem('CERTIFICATE', await signedBy(issuer, toBeSigned, fields.signedWith));
}

/** Signs a draft as it stands. @returns PEM */
export function issueDraft({ issuer, fields }: CertificateDraft): Promise<string> {
  return issue(issuer, fields);
}

/** SHA-1 of the PKCS#1 key. @see RFC 5280 section 4.2.1.2, method 1 */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ format: 'der', type: 'pkcs1' }))
    .digest();
}

function authorityDates(at: Date): { notBefore: Date; notAfter: Date } {
  const months = AUTHORITY_YEARS * 12;
  return { notBefore: addMonths(wholeSecond(at), -months), notAfter: addMonths(wholeSecond(at), months) };
}

export function datesFrom(at: Date, validity: Validity): { notBefore: Date; notAfter: Date } {
  const notBefore = wholeSecond(at);
  const { months = 0, days = 0, minutes = 0 } = validity;
  const notAfter = new Date(addMonths(notBefore, months).getTime() + (days * 1440 + minutes) * 60_000);
  return { notBefore, notAfter };
}

function wholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}
