import { countryNames } from '../../domain/countries.js';
import type { AuthorisationServer } from '../../domain/authorisation-server.js';
import { countryOfAuthority, organisationIdentifier, type Organisation } from '../../domain/organisation.js';
import type { OrganisationRecord } from '../../domain/ports.js';
import type { SoftwareStatement } from '../../domain/software-statement.js';
import { authorisationServerToWire } from './authorisation-server.js';
import { softwareStatementToWire } from './software-statement.js';

/** The blocks of an organisation's resource. @see SCIM 2.2, Participants */
export const organisationUrns = {
  authorisationDomainStatus: 'urn:openbanking:authorisationdomainstatus:1.0',
  competentAuthority: 'urn:openbanking:competentauthorityclaims:1.0',
  competentAuthority11: 'urn:trustframework:competentauthorityclaims:1.1',
  legalAuthority: 'urn:openbanking:legalauthorityclaims:1.0',
  organisation: 'urn:openbanking:organisation:1.0',
  softwareStatement: 'urn:openbanking:softwarestatement:1.0',
} as const;

export interface OrganisationWireSettings {
  /** Under which participants are found: `https://{public host}:{port}/scim/v2`. */
  readonly scimBaseUrl: string;
  /**
   * Whose shape it is. They differ in the `MemberState` of the competent authority's claims 1.0, which SCIM writes as a
   * name, and in what is unassigned although it is required, which SCIM writes as an empty text.
   */
  readonly document: 'scim' | 'directory-api';
}

/** An organisation as one JSON object. @see SCIM 2.2, Participants; Directory API 2.2.0, OrganisationGetFromSCIM200OKResponseSchema */
export function organisationToWire(
  record: OrganisationRecord,
  settings: OrganisationWireSettings,
): Record<string, unknown> {
  const members = organisationMembers.map(
    (name) => [name, organisationMember(record, name, settings)] as const,
  );
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

/** One member of an organisation, made when it is asked for; undefined when it is unassigned. */
export function organisationMember(
  record: OrganisationRecord,
  name: string,
  settings: OrganisationWireSettings,
): unknown {
  return projections.get(name)?.(record, settings);
}

type Projection = (record: OrganisationRecord, settings: OrganisationWireSettings) => unknown;

const projections: ReadonlyMap<string, Projection> = new Map<string, Projection>([
  ['schemas', ({ softwareStatements }) => schemasOf(softwareStatements)],
  ['id', ({ organisation }) => organisation.id],
  ['meta', ({ organisation }, settings) => metaOf(organisation, settings)],
  [organisationUrns.organisation, ({ organisation }) => organisationBlock(organisation)],
  [
    organisationUrns.authorisationDomainStatus,
    ({ organisation }) => ({ Status: [{ AuthorizationDomain: 'PSD2', Status: organisation.status }] }),
  ],
  [
    organisationUrns.competentAuthority,
    ({ organisation }, { document }) => competentAuthorityClaims(organisation, document),
  ],
  [organisationUrns.competentAuthority11, ({ organisation }) => competentAuthorityClaims11(organisation)],
  [organisationUrns.legalAuthority, ({ organisation }) => legalAuthorityClaims(organisation)],
  [
    organisationUrns.softwareStatement,
    ({ softwareStatements }, { document }) => {
      if (softwareStatements.length === 0) return undefined;
      return { SoftwareStatements: softwareStatements.map((one) => statementToWire(one, document)) };
    },
  ],
  [
    'AuthorisationServers',
    ({ authorisationServers }, { document }) => {
      if (authorisationServers.length === 0) return undefined;
      return authorisationServers.map((one) => serverToWire(one, document));
    },
  ],
]);

const organisationMembers = [...projections.keys()];

function schemasOf(statements: readonly SoftwareStatement[]): string[] {
  const { softwareStatement, ...always } = organisationUrns;
  return [...Object.values(always), ...(statements.length === 0 ? [] : [softwareStatement])];
}

function metaOf({ id }: Organisation, { scimBaseUrl }: OrganisationWireSettings) {
  return { resourceType: 'participants', location: `${scimBaseUrl}/Participants/${id}` };
}

/** Without `ModifyTimestamp`, which nobody keeps. */
function organisationBlock({ id, name, status, contacts, createdAt }: Organisation) {
  return {
    OBOrganisationId: id,
    OrganisationCommonName: name,
    CreateTimestamp: createdAt,
    OBAuthorisationState: 'Participant',
    status,
    ...(contacts.length === 0
      ? {}
      : {
          EmailAddresses: contacts.map((contact, index) => ({
            Name: contact.name,
            Value: contact.email,
            Type: contact.type,
            Primary: index === 0,
          })),
          PhoneNumbers: contacts.map((contact) => ({
            Name: contact.name,
            Value: contact.phone,
            Type: contact.type,
            Verified: false,
          })),
        }),
  };
}

function competentAuthorityClaims(
  organisation: Organisation,
  document: OrganisationWireSettings['document'],
): Record<string, unknown> {
  const { authority, authorisations, status } = organisation;
  const country = countryOfAuthority(authority.id) ?? '';
  return {
    AuthorityId: authority.id,
    MemberState: document === 'scim' ? countryNames[country] : country,
    RegistrationId: authority.registrationId,
    EtsiIdentifier: organisationIdentifier(organisation),
    Authorisations: authorisations.flatMap(({ memberState, roles }) =>
      roles.map((role) => ({ Active: status === 'Active', MemberState: memberState, Psd2Role: role })),
    ),
  };
}

function competentAuthorityClaims11(organisation: Organisation) {
  const { authority, authorisations, status } = organisation;
  const ofAuthority = { AuthorityId: authority.id, AuthorizationDomain: 'PSD2' };
  return {
    AuthorisationAuthorities: [
      {
        ...ofAuthority,
        MemberState: countryOfAuthority(authority.id),
        RegistrationId: authority.registrationId,
        X509OrganisationIdentifier: [organisationIdentifier(organisation)],
      },
    ],
    Authorisations: authorisations.flatMap(({ memberState, roles }) =>
      roles.map((role) => ({
        ...ofAuthority,
        Active: status === 'Active',
        MemberState: memberState,
        Role: role,
      })),
    ),
  };
}

/** The one registration that an organisation has here is that with its competent authority. */
function legalAuthorityClaims({ authority, name }: Organisation) {
  return {
    LegalAuthorityClaims: [
      {
        RegisteredId: authority.registrationId,
        RegisteredName: name,
        RegistrationAuthorityId: authority.id,
      },
    ],
  };
}

/** Empty texts come first, so that what is assigned takes their places. */
const requiredOfStatements = { ClientUri: '', LogoUri: '', PolicyUri: '', TermsOfServiceUri: '' };
const requiredOfServers = {
  CustomerFriendlyDescription: '',
  CustomerFriendlyLogoUri: '',
  DeveloperPortalUri: '',
  TermsOfService: '',
  PayloadSigningCertLocation: '',
};

function statementToWire(statement: SoftwareStatement, document: OrganisationWireSettings['document']) {
  const assigned = softwareStatementToWire(statement);
  return document === 'scim' ? { ...requiredOfStatements, ...assigned } : assigned;
}

function serverToWire(server: AuthorisationServer, document: OrganisationWireSettings['document']) {
  const assigned = authorisationServerToWire(server);
  return document === 'scim' ? { ...requiredOfServers, ...assigned } : assigned;
}
