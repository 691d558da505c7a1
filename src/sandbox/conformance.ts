import type { Bank } from '../aspsp/bank.js';
import { expectedAudience } from '../aspsp/profile.js';
import type { CertificateService, CertifiedKey } from '../directory/certificates.js';
import type { Registry } from '../directory/registry.js';
import type { SsaIssuer } from '../directory/ssa.js';
import type { TrustAnchor } from '../directory/trust-anchor.js';
import { DomainError } from '../domain/errors.js';
import { parseCertificate } from '../pki/certificate.js';
import { formatName } from '../pki/distinguished-name.js';

/** The versions of DCR that the conformance tool has scenarios for. */
export const conformanceVersions = ['3.2', '3.3', '3.4'] as const;
export type ConformanceVersion = (typeof conformanceVersions)[number];

/**
 * The configuration file of the official conformance tool, under its wire names.
 * @see OpenBankingUK/conformance-dcr, QUICK-START.md, "Configuration"
 */
export interface ConformanceConfig {
  readonly spec_version: ConformanceVersion;
  readonly wellknown_endpoint: string;
  readonly ssa: string;
  readonly kid: string;
  readonly aud: string;
  readonly redirect_uris: readonly string[];
  readonly issuer: string;
  readonly private_key: string;
  readonly transport_root_cas: readonly string[];
  readonly transport_cert: string;
  readonly transport_key: string;
  readonly transport_cert_subject_dn: string;
  readonly get_implemented: boolean;
  readonly put_implemented: boolean;
  readonly delete_implemented: boolean;
  readonly environment: string;
  readonly brand: string;
}

export interface ConformanceServices {
  readonly registry: Registry;
  readonly certificates: CertificateService;
  readonly ssaIssuer: SsaIssuer;
  readonly trustAnchor: TrustAnchor;
  /** The HTTP side: the tool fetches discovery with a client that trusts no test root. */
  readonly httpUrl: string;
}

/**
 * Everything that the conformance tool needs to test a bank with a software statement.
 * @throws DomainError `not_found`; `precondition_failed` when the sandbox does not hold the private keys of a live signing
 *   and a live transport certificate, or no redirect URI is left that a bank takes
 */
export async function conformanceConfig(
  { registry, certificates, ssaIssuer, trustAnchor, httpUrl }: ConformanceServices,
  softwareId: string,
  { profile, issuer }: Bank,
  version: ConformanceVersion,
): Promise<ConformanceConfig> {
  const { organisationId, redirectUris } = registry.getSoftwareStatement(softwareId);
  const keys = await certificates.ofSoftwareStatement(softwareId);
  const signing = keyWithPrivateKey(keys, 'obsigning', softwareId);
  const transport = keyWithPrivateKey(keys, 'obtransport', softwareId);
  const { ssa } = await ssaIssuer.issue(softwareId);
  const { operations } = profile;
  return {
    spec_version: version,
    wellknown_endpoint: `${httpUrl}/aspsp/${profile.id}/.well-known/openid-configuration`,
    ssa,
    kid: signing.kid,
    aud: expectedAudience(profile, issuer),
    redirect_uris: registrable(redirectUris, softwareId),
    issuer: profile.request.issuer === 'software-id' ? softwareId : organisationId,
    private_key: signing.privateKeyPem,
    transport_root_cas: [trustAnchor.rootPem, trustAnchor.issuingPem],
    transport_cert: transport.certificatePem,
    transport_key: transport.privateKeyPem,
    transport_cert_subject_dn: formatName(parseCertificate(transport.certificatePem).subject),
    get_implemented: operations.includes('GET'),
    put_implemented: operations.includes('PUT'),
    delete_implemented: operations.includes('DELETE'),
    environment: 'sandbox',
    brand: profile.name,
  };
}

/** The newest live key of a type whose private key the sandbox made. */
function keyWithPrivateKey(
  keys: readonly CertifiedKey[],
  type: 'obsigning' | 'obtransport',
  softwareId: string,
) {
  const key = keys.findLast(
    ({ record, status }) => record.type === type && status === 'active' && record.privateKeyPem !== null,
  );
  const privateKeyPem = key?.record.privateKeyPem;
  if (!key || !privateKeyPem) {
    throw new DomainError(
      'precondition_failed',
      `The conformance tool needs a private key: expected an active ${type} certificate of "${softwareId}" whose key the sandbox made, got none. Certify one with {"type":"${type}","generate":true}.`,
    );
  }
  return { kid: key.record.kid, certificatePem: key.record.certificatePem, privateKeyPem };
}

/**
 * The Directory takes redirect URIs at the local machine; banks refuse localhost, and the tool what is like it.
 * @see DCR 3.4, redirect_uris; OpenBankingUK/conformance-dcr, pkg/compliant/schema/rules.go
 */
function registrable(redirectUris: readonly string[], softwareId: string): string[] {
  const good = redirectUris.filter(
    (uri) => !/^127\.0\.0\.1$|(^|\.)localhost\.?$/.test(new URL(uri).hostname),
  );
  if (good.length > 0) return good;
  throw new DomainError(
    'precondition_failed',
    `The conformance tool needs a redirect URI that banks take: expected one of "${softwareId}" with a host other than localhost and 127.0.0.1, got none.`,
  );
}
