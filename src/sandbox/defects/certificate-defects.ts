import { createPrivateKey } from 'node:crypto';
import type { KeyToCertify } from '../../directory/requested-keys.js';
import { newOrganisationId } from '../../domain/identifiers.js';
import {
  organisationCertificateTypes,
  qualifiedCertificateTypes,
  type CertificateType,
  type RevocationReason,
} from '../../domain/key-record.js';
import type { KeyPairSource, Random } from '../../domain/ports.js';
import { createIssuer, sha1WithRsa, type CertificateDraft } from '../../pki/authority.js';
import {
  withExtension,
  withoutAttribute,
  withoutExtension,
  withPurposes,
  withUnwrappedRoles,
} from '../../pki/draft-changes.js';
import * as extensions from '../../pki/extensions.js';
import { generateRsaKeyPair } from '../../pki/key-pairs.js';
import { oids } from '../../pki/oids.js';
import type { Holder } from '../../pki/profiles.js';
import type { Defect } from './defect.js';

/** What spoiling a draft may take. */
export interface Means {
  /** The key that is being certified. */
  readonly key: KeyToCertify;
  readonly keyPairs: KeyPairSource;
}

/** How a certificate comes to be broken in one way; whatever is absent is as in any other certificate. */
export interface CertificateDefect extends Pick<Defect, 'title' | 'spec'> {
  readonly rule: string;
  /** The types that can have it; all of them when absent. */
  readonly types?: readonly CertificateType[];
  /** Why only a key that the sandbox makes can have it. */
  readonly needsGeneratedKey?: string;
  readonly keyPairs?: KeyPairSource;
  /** Days from now until it begins. */
  readonly beginsInDays?: number;
  readonly revoked?: RevocationReason;
  /** Whom it says that it is about. */
  readonly holder?: (holder: Holder, random: Random) => Holder;
  readonly spoil?: (draft: CertificateDraft, means: Means) => CertificateDraft | Promise<CertificateDraft>;
}

/** Longer than any type of certificate lives. */
const LONG_PAST_DAYS = -430;

const typesWithStatements: readonly CertificateType[] = [
  ...organisationCertificateTypes,
  ...qualifiedCertificateTypes,
];

const DATES = 'RFC 5280 section 4.1.2.5';
const SIGNATURE = 'RFC 5280 section 6.1.3';

/** Every way in which a certificate can be asked for broken. */
export const certificateDefects = {
  expired: {
    title: 'The certificate has expired',
    spec: DATES,
    rule: 'client-certificate-dates',
    beginsInDays: LONG_PAST_DAYS,
  },
  'not-yet-valid': {
    title: 'The certificate begins in thirty days',
    spec: DATES,
    rule: 'client-certificate-dates',
    beginsInDays: 30,
  },
  revoked: {
    title: 'The certificate has been revoked: its key is compromised',
    spec: 'RFC 5280 section 6.3; Directory API 2.2.0, "SSA Payload", org_jwks_revoked_endpoint',
    rule: 'client-certificate-not-revoked',
    revoked: 'keyCompromise',
  },
  'wrong-ca': {
    title: 'An authority with the names of the right one and another key signed the certificate',
    spec: SIGNATURE,
    rule: 'client-certificate-trusted',
    spoil: signedByImpostor,
  },
  'bad-signature': {
    title: 'The certificate names the right authority and its key, but that key has not signed it',
    spec: SIGNATURE,
    rule: 'client-certificate-trusted',
    spoil: async ({ issuer, fields }, { keyPairs }) => ({
      issuer: { ...issuer, privateKey: createPrivateKey((await keyPairs.take()).privateKeyPem) },
      fields,
    }),
  },
  'self-signed': {
    title: 'The certificate is signed by its own key',
    spec: SIGNATURE,
    rule: 'client-certificate-trusted',
    needsGeneratedKey: 'its own key signs it',
    spoil: signedByItself,
  },
  'wrong-eku': {
    title: 'The extended key usage is that of a TLS server alone',
    spec: 'RFC 5280 section 4.2.1.12',
    rule: 'client-certificate-usage',
    spoil: (draft) => withPurposes(draft, [oids.serverAuth]),
  },
  'no-key-usage': {
    title: 'The certificate has no key usage',
    spec: 'RFC 5280 section 4.2.1.3; ETSI EN 319 412-2 section 4.3.2',
    rule: 'client-certificate-usage',
    spoil: (draft) => withoutExtension(draft, oids.keyUsage),
  },
  'wrong-key-usage': {
    title: 'The key usage is keyEncipherment alone, so the key may sign no handshake and no token',
    spec: 'RFC 5280 section 4.2.1.3; RFC 5246 section 7.4.6',
    rule: 'client-certificate-usage',
    spoil: (draft) => withExtension(draft, extensions.keyUsage(['keyEncipherment'])),
  },
  'weak-key': {
    title: 'The key is of RSA 1024',
    spec: 'FAPI 1.0 Baseline section 5.2.2; NIST SP 800-131A',
    rule: 'client-certificate-usage',
    needsGeneratedKey: 'the key itself is weak',
    keyPairs: { take: () => generateRsaKeyPair(1024) },
  },
  'is-a-ca': {
    title: 'The basic constraints call the certificate a certificate authority',
    spec: 'RFC 5280 section 4.2.1.9',
    rule: 'client-certificate-usage',
    spoil: (draft) => withExtension(draft, extensions.basicConstraintsOfAuthority()),
  },
  sha1: {
    title: 'The certificate is signed with SHA-1',
    spec: 'RFC 8446 section 4.4.2.4',
    rule: 'client-certificate-signature-algorithm',
    spoil: ({ issuer, fields }) => ({ issuer, fields: { ...fields, signedWith: sha1WithRsa } }),
  },
  'unknown-critical-extension': {
    title: 'The certificate has a critical extension that nobody knows',
    spec: 'RFC 5280 section 4.2',
    rule: 'client-certificate-critical-extensions',
    spoil: (draft) => withExtension(draft, extensions.privateExtension(oids.exampleExtension, true)),
  },
  'bad-qc-statements': {
    title: 'The roles in the PSD2 statement are not each a SEQUENCE of its own',
    spec: 'ETSI TS 119 495 section 5.1',
    rule: 'client-certificate-qc-statements',
    types: typesWithStatements,
    spoil: withUnwrappedRoles,
  },
  'missing-organization-identifier': {
    title: 'The subject has no organizationIdentifier',
    spec: 'ETSI TS 119 495 section 5.2.1',
    rule: 'client-certificate-organisation-identifier',
    types: typesWithStatements,
    spoil: (draft) => withoutAttribute(draft, oids.organizationIdentifier),
  },
  'subject-of-another-organisation': {
    title: 'The subject names another organisation',
    spec: 'Directory API 2.2.0, "Request Validation"; RFC 8705 section 2.1',
    rule: 'client-certificate-organisation',
    holder: anotherOrganisation,
  },
} as const satisfies Readonly<Record<string, CertificateDefect>>;

/**
 * A way in which a certificate can be asked for broken.
 * @useDeclaredType
 * @category TPP
 */
export type CertificateDefectName = keyof typeof certificateDefects;

export const certificateDefectNames = Object.keys(certificateDefects) as [
  CertificateDefectName,
  ...CertificateDefectName[],
];

/** The rows as the catalogue shows them. */
export const certificateDefectRows: readonly Defect[] = certificateDefectNames.map((name) => {
  const { title, spec, rule } = certificateDefects[name];
  return {
    name,
    kind: 'certificate',
    title,
    spec,
    rule,
    error: 'invalid_client',
    answeredByReferenceBank: true,
  };
});

/** The certificate names the impostor's key, so that whoever looks for the issuer by it finds none that is trusted. */
async function signedByImpostor(
  { issuer, fields }: CertificateDraft,
  { keyPairs }: Means,
): Promise<CertificateDraft> {
  const impostor = createIssuer(issuer.name, (await keyPairs.take()).privateKeyPem);
  return signedBy(impostor, fields);
}

function signedByItself({ fields }: CertificateDraft, { key }: Means): CertificateDraft {
  if (key.privateKeyPem === null) throw new Error('Nobody but its holder can sign with the key.');
  const { subject, subjectEncoding } = fields;
  const self = createIssuer(subject, key.privateKeyPem);
  return signedBy(subjectEncoding ? { ...self, nameEncoding: subjectEncoding } : self, fields);
}

function signedBy(issuer: CertificateDraft['issuer'], fields: CertificateDraft['fields']): CertificateDraft {
  return withExtension({ issuer, fields }, extensions.authorityKeyIdentifier(issuer.keyIdentifier));
}

/** An organisation of the same authority that nobody has enrolled. */
function anotherOrganisation({ organisation, ...holder }: Holder, random: Random): Holder {
  const id = newOrganisationId(random);
  const authority = { ...organisation.authority, registrationId: `Unknown${id}` };
  return { ...holder, organisation: { ...organisation, id, name: 'Another Organisation', authority } };
}
