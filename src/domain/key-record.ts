import { z } from 'zod';
import { organisationIdSchema, softwareIdSchema } from './identifiers.js';

/** Certificate types of a software statement. */
export const softwareCertificateTypes = ['obtransport', 'obsigning'] as const;
/** Certificate types of an organisation that our own authority issues. */
export const organisationCertificateTypes = ['obwac', 'obseal'] as const;
/** Certificate types of an organisation that a qualified trust service provider issues. @see Regulation (EU) 910/2014 */
export const qualifiedCertificateTypes = ['qwac', 'qseal'] as const;
/** Public keys of a software statement that nobody certifies. @see Directory API 2.2.0, CSROrKey */
export const publicKeyTypes = ['sigkey', 'enckey'] as const;

/** What the Directory's own authority certifies. */
export const directoryCertificateTypeSchema = z.enum([
  ...softwareCertificateTypes,
  ...organisationCertificateTypes,
]);
export type DirectoryCertificateType = z.infer<typeof directoryCertificateTypeSchema>;
export const certificateTypeSchema = z.enum([
  ...softwareCertificateTypes,
  ...organisationCertificateTypes,
  ...qualifiedCertificateTypes,
]);
export type CertificateType = z.infer<typeof certificateTypeSchema>;
export type QualifiedCertificateType = (typeof qualifiedCertificateTypes)[number];
export type PublicKeyType = (typeof publicKeyTypes)[number];
/** What belongs to an organisation itself, and what to its software. */
export type OrganisationCertificateType =
  (typeof organisationCertificateTypes)[number] | QualifiedCertificateType;
export type SoftwareKeyType = (typeof softwareCertificateTypes)[number] | PublicKeyType;

/** Whether a qualified trust service provider issues certificates of the type. */
export function isQualifiedType(type: CertificateType): type is QualifiedCertificateType {
  return qualifiedCertificateTypes.some((qualified) => qualified === type);
}

/** What a key is for. Observed: transport keys have `tls`, which RFC 7517 does not know. */
export const useOfKey: Readonly<Record<CertificateType | PublicKeyType, 'tls' | 'sig' | 'enc'>> = {
  obtransport: 'tls',
  obwac: 'tls',
  qwac: 'tls',
  obsigning: 'sig',
  obseal: 'sig',
  qseal: 'sig',
  sigkey: 'sig',
  enckey: 'enc',
};

/** @see RFC 5280 section 5.3.1 */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
] as const;
export const revocationReasonSchema = z.enum(revocationReasons);
/**
 * Why a key is revoked. @see RFC 5280 section 5.3.1
 * @useDeclaredType
 * @category Directory
 */
export type RevocationReason = z.infer<typeof revocationReasonSchema>;

const revocationSchema = z
  .strictObject({
    at: z.iso.datetime(),
    reason: revocationReasonSchema,
    /** On hold for as long as its holder is not active. */
    whileInactive: z.literal(true).optional(),
  })
  .nullable();

/** A certified public key, with its private key where the sandbox made the pair. */
export const keyRecordSchema = z.strictObject({
  /** @see RFC 7638, with SHA-1 as the Directory does */
  kid: z.string(),
  type: certificateTypeSchema,
  organisationId: organisationIdSchema,
  softwareId: softwareIdSchema.nullable(),
  /** Software statements that a certificate of the organisation has been associated with. */
  associations: z.array(softwareIdSchema).default([]),
  /** Lower-case hex. */
  serialNumber: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  /** SHA-256 of the certificate's DER, lower-case hex. */
  thumbprintSha256: z.string(),
  certificatePem: z.string(),
  privateKeyPem: z.string().nullable(),
  revocation: revocationSchema,
});
export type KeyRecord = z.infer<typeof keyRecordSchema>;

/** A public key of a software statement without a certificate; its holder has the private key. */
export const publicKeyRecordSchema = z.strictObject({
  /** As a certified key's. */
  kid: z.string(),
  type: z.enum(publicKeyTypes),
  organisationId: organisationIdSchema,
  softwareId: softwareIdSchema,
  /** SPKI. */
  publicKeyPem: z.string(),
  createdAt: z.iso.datetime(),
  revocation: revocationSchema,
});
export type PublicKeyRecord = z.infer<typeof publicKeyRecordSchema>;

export type KeyStatus = 'active' | 'revoked' | 'expired';

/** Revoked wins over expired. A certificate whose time has not come yet counts as active: the keystore shows it. */
export function keyStatus(key: KeyRecord, at: Date): KeyStatus {
  if (key.revocation !== null) return 'revoked';
  return new Date(key.notAfter).getTime() < at.getTime() ? 'expired' : 'active';
}

/** Unrevoked, and `at` lies within its dates. */
export function isLive(key: KeyRecord, at: Date): boolean {
  return keyStatus(key, at) === 'active' && new Date(key.notBefore).getTime() <= at.getTime();
}

/** The key as it is once its holder is active again. */
export function withoutHold<Key extends Pick<KeyRecord, 'revocation'>>(key: Key): Key {
  return key.revocation?.whileInactive ? { ...key, revocation: null } : key;
}

/** A certificate of an authority's own, with its key. */
const ownCertificateSchema = z.strictObject({ certificatePem: z.string(), privateKeyPem: z.string() });

/** A certificate authority's own keys and certificates: never handed out, but for the certificates. */
export const certificateAuthorityRecordSchema = z.strictObject({
  /** Base of the URLs that the certificates below carry; they are made anew when it changes. */
  publicBaseUrl: z.string(),
  createdAt: z.iso.datetime(),
  root: ownCertificateSchema,
  issuing: ownCertificateSchema,
});
export type CertificateAuthorityRecord = z.infer<typeof certificateAuthorityRecordSchema>;

/** What the trust anchor keeps beside. */
export const authorityRecordSchema = certificateAuthorityRecordSchema.extend({
  directorySigning: ownCertificateSchema,
  /** Certificates of the same key for when the clock is beyond the dates of the first. */
  furtherSigningCertificatesPem: z.array(z.string()).default([]),
  /** The key of our TLS listeners; their certificate is made at each start. */
  serverPrivateKeyPem: z.string(),
});
export type AuthorityRecord = z.infer<typeof authorityRecordSchema>;
