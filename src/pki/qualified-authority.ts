import type { KeyObject } from 'node:crypto';
import {
  datesFrom,
  issueDraft,
  keyIdentifier,
  pointers,
  type CertificateDraft,
  type Issuer,
  type IssuerUrls,
} from './authority.js';
import { utf8Values } from './distinguished-name.js';
import * as extensions from './extensions.js';
import {
  disclosureUrl,
  qualificationAt,
  qualifiedValidity,
  subjectOf,
  type QualifiedHolder,
  type QualifiedProfile,
} from './qualified-profiles.js';

/** What of a qualified certificate its holder chooses. */
export interface QualifiedRequest {
  readonly publicKey: KeyObject;
  readonly dnsNames?: readonly string[] | undefined;
}

/** A qualified trust service provider, ready to sign. */
export interface QualifiedIssuer {
  readonly issuer: Issuer;
  readonly urls: IssuerUrls;
  /** Of its other pages. */
  readonly publicBaseUrl: string;
}

/** A QWAC or QSealC. @returns PEM @see ETSI EN 319 412-3 and 412-4, ETSI TS 119 495 section 5 */
export async function issueQualified(...certificate: Parameters<typeof draftQualified>): Promise<string> {
  return issueDraft(draftQualified(...certificate));
}

/** The same, before it is signed. */
export function draftQualified(
  { issuer, urls, publicBaseUrl }: QualifiedIssuer,
  profile: QualifiedProfile,
  holder: QualifiedHolder,
  { publicKey, dnsNames = [] }: QualifiedRequest,
  serialNumber: Uint8Array,
  notBefore: Date,
): CertificateDraft {
  const certifiedNames = profile.takesDnsNames ? dnsNames : [];
  const fields = {
    serialNumber,
    subject: subjectOf({ ...holder, commonName: holder.commonName ?? certifiedNames[0] }),
    subjectEncoding: utf8Values,
    publicKey,
    ...datesFrom(notBefore, qualifiedValidity),
    extensions: [
      extensions.keyUsage(profile.keyUsage),
      ...(certifiedNames.length > 0 ? [extensions.subjectAltName({ dns: certifiedNames, ip: [] })] : []),
      extensions.qcStatements({
        type: profile.qcType,
        roles: holder.roles,
        authority: holder.authority,
        qualification: qualificationAt(publicBaseUrl),
      }),
      ...(profile.extendedKeyUsage ? [extensions.extendedKeyUsage(profile.extendedKeyUsage, false)] : []),
      extensions.certificatePolicies({ id: profile.policy, cps: disclosureUrl(publicBaseUrl) }),
      ...pointers(urls),
      extensions.authorityKeyIdentifier(issuer.keyIdentifier),
      extensions.subjectKeyIdentifier(keyIdentifier(publicKey)),
    ],
  };
  return { issuer, fields };
}
