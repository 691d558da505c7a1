import { organisationUrns } from '../wire/organisation.js';
import { boolean, complex, dateTime, exact, exacts, text, texts, type Attribute } from './attributes.js';

const common: readonly Attribute[] = [
  exact('schemas'),
  exact('id'),
  complex('meta', text('resourceType'), exact('location')),
];

/** @see SCIM 2.2, Participants.AuthorisationServers */
const authorisationServers = complex(
  'AuthorisationServers',
  ...exacts('Id', 'ParentAuthorisationServerId', 'EISCDId'),
  boolean('AutoRegistrationSupported'),
  ...texts('AuthorizationDomain', 'CustomerFriendlyName', 'CustomerFriendlyDescription'),
  ...texts('CustomerFriendlyLogoUri', 'BaseApiDNSUri', 'DeveloperPortalUri', 'TermsOfService'),
  ...texts('OpenIDConfigEndPointUri', 'PayloadSigningCertLocation', 'ApiResourceDiscoveryEndpoint'),
);

/** @see SCIM 2.2, Participants, urn:openbanking:softwarestatement:1.0 */
const softwareStatements = complex(
  'SoftwareStatements',
  ...exacts('Id', 'ClientId'),
  ...[boolean('Active'), boolean('ObClientCreated')],
  ...texts('AuthorizationDomain', 'ClientName', 'Description', 'Version', 'Mode', 'Roles'),
  ...texts('ClientUri', 'LogoUri', 'PolicyUri', 'TermsOfServiceUri', 'RedirectUri'),
  text('OnBehalfOfObOrganisation'),
);

/**
 * The attributes of ASPSPs, TPPs and participants in general. Those that the document calls "not searchable" can be searched
 * for here.
 * @see SCIM 2.2, Participants
 */
export const participantAttributes: readonly Attribute[] = [
  ...common,
  complex(
    organisationUrns.organisation,
    exact('OBOrganisationId'),
    ...texts('OrganisationCommonName', 'OBAuthorisationState', 'status'),
    dateTime('CreateTimestamp'),
    complex('EmailAddresses', ...texts('Name', 'Value', 'Type'), boolean('Primary')),
    complex('PhoneNumbers', ...texts('Name', 'Value', 'Type'), boolean('Verified')),
  ),
  complex(
    organisationUrns.authorisationDomainStatus,
    complex('Status', ...texts('AuthorizationDomain', 'Status')),
  ),
  complex(
    organisationUrns.competentAuthority,
    ...exacts('AuthorityId', 'RegistrationId', 'EtsiIdentifier'),
    text('MemberState'),
    complex('Authorisations', boolean('Active'), ...texts('MemberState', 'Psd2Role')),
  ),
  complex(
    organisationUrns.competentAuthority11,
    complex(
      'AuthorisationAuthorities',
      ...exacts('AuthorityId', 'RegistrationId', 'X509OrganisationIdentifier'),
      ...texts('AuthorizationDomain', 'MemberState'),
    ),
    complex(
      'Authorisations',
      boolean('Active'),
      exact('AuthorityId'),
      ...texts('AuthorizationDomain', 'MemberState', 'Role'),
    ),
  ),
  complex(
    organisationUrns.legalAuthority,
    complex(
      'LegalAuthorityClaims',
      ...exacts('RegisteredId', 'RegistrationAuthorityId'),
      text('RegisteredName'),
    ),
  ),
  complex(organisationUrns.softwareStatement, softwareStatements),
  authorisationServers,
];

/** @see SCIM 2.2, OBAuthorities */
export const authorityAttributes: readonly Attribute[] = [
  ...common,
  exact('AuthorityId'),
  ...texts('AuthorityDescription', 'Country'),
  complex(
    organisationUrns.organisation,
    exact('OBOrganisationId'),
    ...texts('OrganisationCommonName', 'status'),
    ...[dateTime('CreateTimestamp'), dateTime('ModifyTimestamp')],
  ),
];

/** @see SCIM 2.2, OBQualifiedTrustServiceProviders */
export const trustServiceAttributes: readonly Attribute[] = [
  ...common,
  text('CertificateFingerprint'),
  ...exacts('X509Certificate', 'X509SKI'),
  ...texts('X509SubjectName', 'ServiceName', 'ServiceType', 'ServiceStatus'),
  ...texts('ServiceCountry', 'ServiceLanguage'),
  dateTime('StatusStartingTime'),
  complex('ServiceExtensions', ...texts('AdditionalInfoLang', 'AdditionalInfoURI'), boolean('Critical')),
];
