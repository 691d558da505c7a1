import { describe, expect, it } from 'vitest';
import { organisationToWire } from '../../src/directory/wire/organisation.js';
import { acme, acmeId, bank, bankId } from '../support/participants.js';

const scimBaseUrl = 'https://localhost:8443/scim/v2';
const CLAIMS = 'urn:openbanking:competentauthorityclaims:1.0';
const ISSUER = 'https://willow.example';

describe('an organisation in SCIM', () => {
  it('has every block of the document that it has something for', () => {
    expect(organisationToWire(acme(), { scimBaseUrl, document: 'scim' })).toEqual({
      schemas: [
        'urn:openbanking:authorisationdomainstatus:1.0',
        CLAIMS,
        'urn:trustframework:competentauthorityclaims:1.1',
        'urn:openbanking:legalauthorityclaims:1.0',
        'urn:openbanking:organisation:1.0',
        'urn:openbanking:softwarestatement:1.0',
      ],
      id: acmeId,
      meta: { resourceType: 'participants', location: `${scimBaseUrl}/Participants/${acmeId}` },
      'urn:openbanking:organisation:1.0': {
        OBOrganisationId: acmeId,
        OrganisationCommonName: 'Acme Payments Ltd',
        CreateTimestamp: '2026-11-24T10:00:00.000Z',
        OBAuthorisationState: 'Participant',
        status: 'Active',
        EmailAddresses: [
          { Name: 'Ada', Value: 'ada@acme.example', Type: 'Technical', Primary: true },
          { Name: 'Bob', Value: 'bob@payments.example', Type: 'Business', Primary: false },
        ],
        PhoneNumbers: [
          { Name: 'Ada', Value: '+44 20 7946 0001', Type: 'Technical', Verified: false },
          { Name: 'Bob', Value: '+44 20 7946 0002', Type: 'Business', Verified: false },
        ],
      },
      'urn:openbanking:authorisationdomainstatus:1.0': {
        Status: [{ AuthorizationDomain: 'PSD2', Status: 'Active' }],
      },
      [CLAIMS]: {
        AuthorityId: 'OBGBR',
        MemberState: 'United Kingdom',
        RegistrationId: `Unknown${acmeId}`,
        EtsiIdentifier: `PSDGB-OB-Unknown${acmeId}`,
        Authorisations: [
          { Active: true, MemberState: 'GB', Psd2Role: 'AISP' },
          { Active: true, MemberState: 'GB', Psd2Role: 'PISP' },
          { Active: true, MemberState: 'IE', Psd2Role: 'AISP' },
        ],
      },
      'urn:trustframework:competentauthorityclaims:1.1': {
        AuthorisationAuthorities: [
          {
            AuthorityId: 'OBGBR',
            AuthorizationDomain: 'PSD2',
            MemberState: 'GB',
            RegistrationId: `Unknown${acmeId}`,
            X509OrganisationIdentifier: [`PSDGB-OB-Unknown${acmeId}`],
          },
        ],
        Authorisations: [
          ['GB', 'AISP'],
          ['GB', 'PISP'],
          ['IE', 'AISP'],
        ].map(([MemberState, Role]) => ({
          Active: true,
          AuthorityId: 'OBGBR',
          AuthorizationDomain: 'PSD2',
          MemberState,
          Role,
        })),
      },
      'urn:openbanking:legalauthorityclaims:1.0': {
        LegalAuthorityClaims: [
          {
            RegisteredId: `Unknown${acmeId}`,
            RegisteredName: 'Acme Payments Ltd',
            RegistrationAuthorityId: 'OBGBR',
          },
        ],
      },
      'urn:openbanking:softwarestatement:1.0': {
        SoftwareStatements: [
          { ...statement('AcmeBudgetPlanner00001', 'Budget', 'AISP'), PolicyUri: 'https://acme.example/p' },
          { ...statement('AcmeCheckout0000000002', 'Checkout', 'PISP'), Active: false },
        ],
      },
    });
  });

  it('has authorisation servers where it is a bank that has some, and no contacts and statements where it has none', () => {
    const wire = organisationToWire(bank(), { scimBaseUrl, document: 'scim' });
    expect(wire).not.toHaveProperty(['urn:openbanking:softwarestatement:1.0']);
    expect(wire['schemas']).not.toContain('urn:openbanking:softwarestatement:1.0');
    expect(wire['urn:openbanking:organisation:1.0']).toEqual({
      OBOrganisationId: bankId,
      OrganisationCommonName: 'Willow Bank',
      CreateTimestamp: '2026-11-25T10:00:00.000Z',
      OBAuthorisationState: 'Participant',
      status: 'Active',
    });
    expect(wire['AuthorisationServers']).toEqual([
      {
        Id: 'AuthorisationServer001',
        AuthorizationDomain: 'PSD2',
        AutoRegistrationSupported: true,
        BaseApiDNSUri: ISSUER,
        CustomerFriendlyDescription: '',
        CustomerFriendlyLogoUri: '',
        CustomerFriendlyName: 'Willow',
        DeveloperPortalUri: '',
        TermsOfService: '',
        OpenIDConfigEndPointUri: `${ISSUER}/.well-known/openid-configuration`,
        PayloadSigningCertLocation: '',
        EISCDId: ['1234'],
      },
    ]);
    expect(
      organisationToWire({ ...bank(), authorisationServers: [] }, { scimBaseUrl, document: 'scim' }),
    ).not.toHaveProperty('AuthorisationServers');
  });

  it('says of one that is not active that its authorisations are not', () => {
    const record = acme();
    const organisation = { ...record.organisation, status: 'Withdrawn' as const };
    const wire = organisationToWire({ ...record, organisation }, { scimBaseUrl, document: 'scim' });
    expect(wire).toMatchObject({
      'urn:openbanking:organisation:1.0': { status: 'Withdrawn' },
      'urn:openbanking:authorisationdomainstatus:1.0': { Status: [{ Status: 'Withdrawn' }] },
      [CLAIMS]: { Authorisations: [{ Active: false }, { Active: false }, { Active: false }] },
    });
  });

  it('in the Directory API has a code for the member state, and nothing that is unassigned', () => {
    const wire = organisationToWire(bank(), { scimBaseUrl, document: 'directory-api' });
    expect(wire[CLAIMS]).toHaveProperty('MemberState', 'IE');
    expect(wire['AuthorisationServers']).toEqual([expect.not.objectContaining({ TermsOfService: '' })]);
    const statements = organisationToWire(acme(), { scimBaseUrl, document: 'directory-api' });
    expect(JSON.stringify(statements)).not.toContain('""');
  });
});

function statement(id: string, name: string, role: string) {
  return {
    Active: true,
    AuthorizationDomain: 'PSD2',
    ClientId: id,
    ClientName: name,
    ClientUri: '',
    Description: name,
    Id: id,
    LogoUri: '',
    Mode: 'Not Live',
    ObClientCreated: true,
    PolicyUri: '',
    RedirectUri: [`https://${name}.example/`],
    Roles: [role],
    TermsOfServiceUri: '',
    Version: '1.0',
  };
}
