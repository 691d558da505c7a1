import { authorisationServerSchema } from '../../src/domain/authorisation-server.js';
import { createOrganisation, newOrganisationSchema } from '../../src/domain/organisation.js';
import { emptyRecord, type OrganisationRecord } from '../../src/domain/ports.js';
import { createSoftwareStatement, newSoftwareStatementSchema } from '../../src/domain/software-statement.js';

export const acmeId = '0015800000ACMEpAAP';
export const bankId = '0015800000WilloAAB';
const at = new Date('2026-11-24T10:00:00.000Z');

/** A TPP with two software statements, one of them active. */
export function acme(): OrganisationRecord {
  const input = newOrganisationSchema.parse({
    name: 'Acme Payments Ltd',
    authorisations: [
      { memberState: 'GB', roles: ['AISP', 'PISP'] },
      { memberState: 'IE', roles: ['AISP'] },
    ],
    contacts: [
      { type: 'Technical', name: 'Ada', email: 'ada@acme.example', phone: '+44 20 7946 0001' },
      { type: 'Business', name: 'Bob', email: 'bob@payments.example', phone: '+44 20 7946 0002' },
    ],
  });
  const organisation = createOrganisation(input, acmeId, at);
  const statement = (id: string, clientName: string, more: object) =>
    createSoftwareStatement(
      newSoftwareStatementSchema.parse({
        clientName,
        redirectUris: [`https://${clientName}.example/`],
        ...more,
      }),
      organisation,
      id,
      at,
    );
  return {
    ...emptyRecord,
    organisation,
    softwareStatements: [
      statement('AcmeBudgetPlanner00001', 'Budget', { roles: ['AISP'], policyUri: 'https://acme.example/p' }),
      { ...statement('AcmeCheckout0000000002', 'Checkout', { roles: ['PISP'] }), active: false },
    ],
  };
}

/** A bank of Ireland with one authorisation server, a day younger. */
export function bank(): OrganisationRecord {
  const input = newOrganisationSchema.parse({
    name: 'Willow Bank',
    kind: 'aspsp',
    authority: { id: 'CBIIRL', registrationId: 'C1' },
    authorisations: [{ memberState: 'IE', roles: ['ASPSP'] }],
    contacts: [],
  });
  return {
    ...emptyRecord,
    organisation: createOrganisation(input, bankId, new Date(at.getTime() + 86_400_000)),
    authorisationServers: [
      authorisationServerSchema.parse({
        id: 'AuthorisationServer001',
        customerFriendlyName: 'Willow',
        baseApiDnsUri: 'https://willow.example',
        openIdDiscoveryEndPointUri: 'https://willow.example/.well-known/openid-configuration',
        eiscdIds: ['1234'],
      }),
    ],
  };
}
