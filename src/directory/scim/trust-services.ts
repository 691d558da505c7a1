import { createHash, type X509Certificate } from 'node:crypto';
import { parseCertificate } from '../../pki/certificate.js';
import * as der from '../../pki/der.js';
import { formatName } from '../../pki/distinguished-name.js';

/** What a trusted list says of a service that issues qualified certificates. @see ETSI TS 119 612 section 5.5 */
export interface TrustService {
  /** The certificate that the service signs with. */
  readonly certificatePem: string;
  readonly serviceName: string;
  /** ISO 3166-1, two letters. */
  readonly country: string;
  /** Since when it has been granted; since its certificate is valid when absent. */
  readonly grantedAt?: Date;
  /** URIs of what its certificates are for; web sites and electronic seals when absent. */
  readonly purposes?: readonly string[];
}

/** Where SCIM finds the trust services that it lists. */
export interface TrustServiceList {
  listed(): Promise<readonly TrustService[]>;
}

const SERVICE_TYPE = 'http://uri.etsi.org/TrstSvc/Svctype/CA/QC';
const SERVICE_STATUS = 'http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted';
const USUAL_PURPOSES = [
  'http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForWebSiteAuthentication',
  'http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForeSeals',
];
const LANGUAGE = 'en';

/** A trust service as SCIM shows it. @see SCIM 2.2, OBQualifiedTrustServiceProviders */
export type TrustServiceResource = Readonly<Record<string, unknown>> & { readonly id: string };

/**
 * The document calls the fingerprint SHA-256 but gives it the 40 characters of a SHA-1 in hex; so it is here, and the id.
 * @throws DerError when the certificate is none
 */
export function trustServiceResource(service: TrustService, scimBaseUrl: string): TrustServiceResource {
  const { x509, subject, notBefore, subjectKeyIdentifier } = parseCertificate(service.certificatePem);
  const id = createHash('sha1').update(x509.raw).digest('hex');
  return {
    schemas: ['urn:openbanking:qualifiedtrustserviceprovider:1.0'],
    id,
    meta: {
      resourceType: 'OBQualifiedTrustServiceProviders',
      location: `${scimBaseUrl}/OBQualifiedTrustServiceProviders/${id}`,
    },
    CertificateFingerprint: id,
    X509Certificate: x509.raw.toString('base64'),
    X509SKI: (subjectKeyIdentifier ?? keyIdentifierOf(x509)).toString('base64'),
    X509SubjectName: formatName(subject),
    ServiceName: service.serviceName,
    ServiceType: SERVICE_TYPE,
    ServiceStatus: SERVICE_STATUS,
    ServiceCountry: service.country,
    ServiceLanguage: LANGUAGE,
    ServiceExtensions: (service.purposes ?? USUAL_PURPOSES).map((uri) => ({
      AdditionalInfoLang: LANGUAGE,
      AdditionalInfoURI: uri,
      Critical: true,
    })),
    StatusStartingTime: (service.grantedAt ?? notBefore).toISOString(),
  };
}

/** What a certificate that names no key identifier would name. @see RFC 5280 section 4.2.1.2, method 1 */
function keyIdentifierOf({ publicKey }: X509Certificate): Buffer {
  const information = der.decode(publicKey.export({ format: 'der', type: 'spki' }));
  const bits = der.content(der.children(information)[1]);
  return createHash('sha1').update(bits.subarray(1)).digest();
}
