import { beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/directory/authorisation-server.js';
import { parseQuery, parseSelection } from '../../../src/directory/scim/query.js';
import { Scim, type ScimResourceName } from '../../../src/directory/scim/scim.js';
import { countryNames, memberStates } from '../../../src/domain/countries.js';
import { isOrganisationId } from '../../../src/domain/identifiers.js';
import { createOrganisation, newOrganisationSchema } from '../../../src/domain/organisation.js';
import { emptyRecord, type OrganisationRepository } from '../../../src/domain/ports.js';
import { newOrganisationId } from '../../../src/domain/identifiers.js';
import { systemRandom } from '../../../src/sandbox/random.js';
import { createMemoryStore } from '../../../src/store/store.js';
import { acme, acmeId, bank, bankId } from '../../support/participants.js';

const ORGANISATION = 'urn:openbanking:organisation:1.0';
const BASE = 'https://localhost:8443/scim/v2';
const caller: Caller = {
  organisation: acme().organisation,
  clientId: 'AcmeBudgetPlanner00001',
  scopes: ['ASPSPReadAccess', 'TPPReadAll', 'AuthoritiesReadAccess', 'QTSPReadAccess'],
};
const settings = { scimBaseUrl: BASE, createdAt: new Date('2026-11-24T09:00:00Z') };

let organisations: OrganisationRepository;
let scim: Scim;
beforeAll(async () => {
  ({ organisations } = createMemoryStore());
  await organisations.create(acme());
  await organisations.create(bank());
  for (const name of ['beta', 'Alpha', 'alpha']) await organisations.create(anotherTpp(name));
  scim = new Scim(organisations, { listed: () => Promise.resolve([]) }, settings);
});

function anotherTpp(name: string) {
  const input = newOrganisationSchema.parse({ name });
  const id = newOrganisationId(systemRandom);
  return { ...emptyRecord, organisation: createOrganisation(input, id, new Date('2026-11-26T10:00:00Z')) };
}

const list = (query: string, name: ScimResourceName = 'OBThirdPartyProviders') =>
  scim.list(caller, name, parseQuery(new URLSearchParams(query)));
const get = (id: string, query = '', name: ScimResourceName = 'Participants') =>
  scim.get(caller, name, id, parseSelection(new URLSearchParams(query)));

async function names(query: string, name?: ScimResourceName): Promise<unknown[]> {
  const { Resources } = await list(query, name);
  return Resources.map(
    (resource) => (resource[ORGANISATION] as { OrganisationCommonName: string }).OrganisationCommonName,
  );
}

describe('a list', () => {
  it('has everyone of its kind, in the order in which they came', async () => {
    expect(await names('')).toEqual(['Acme Payments Ltd', 'beta', 'Alpha', 'alpha']);
    expect(await names('', 'OBAccountPaymentServiceProviders')).toEqual(['Willow Bank']);
    const everybody = ['Acme Payments Ltd', 'Willow Bank', 'beta', 'Alpha', 'alpha'];
    expect(await names('', 'Participants')).toEqual(everybody);
    expect(await names('', 'participants')).toEqual(everybody);
  });

  it('is a ListResponse', async () => {
    expect(await list('startIndex=2&count=1&attributes=id')).toEqual({
      Resources: [{ schemas: expect.any(Array) as string[], id: expect.any(String) as string }],
      itemsPerPage: 1,
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      startIndex: 2,
      totalResults: 4,
    });
  });

  it.each<[string, object]>([
    ['count=0', { itemsPerPage: 0, startIndex: 1, totalResults: 4, Resources: [] }],
    ['count=0&filter=AuthorisationServers+pr', { itemsPerPage: 0, totalResults: 0, Resources: [] }],
    ['startIndex=4&count=10', { itemsPerPage: 1, startIndex: 4, totalResults: 4 }],
    ['startIndex=100', { itemsPerPage: 0, startIndex: 100, totalResults: 4, Resources: [] }],
    ['startIndex=0&count=2', { itemsPerPage: 2, startIndex: 1, totalResults: 4 }],
    ['filter=OrganisationCommonName+co+"a"&count=2', { itemsPerPage: 2, totalResults: 4 }],
    ['filter=OrganisationCommonName+ew+"ha"&startIndex=2', { itemsPerPage: 1, totalResults: 2 }],
  ])('with %s', async (query, expected) => {
    expect(await list(query)).toMatchObject(expected);
  });

  it.each([
    ['sortBy=OrganisationCommonName', ['Acme Payments Ltd', 'Alpha', 'alpha', 'beta']],
    ['sortBy=OrganisationCommonName&sortOrder=descending', ['beta', 'Alpha', 'alpha', 'Acme Payments Ltd']],
    [`sortBy=${ORGANISATION}:createtimestamp`, ['Acme Payments Ltd', 'beta', 'Alpha', 'alpha']],
    ['sortBy=SoftwareStatements.Id', ['Acme Payments Ltd', 'beta', 'Alpha', 'alpha']],
    // RFC 7644 section 3.4.2.3: without a value last when ascending, first when descending
    ['sortBy=SoftwareStatements.Id&sortOrder=descending', ['beta', 'Alpha', 'alpha', 'Acme Payments Ltd']],
    ['sortBy=Unknown&sortOrder=descending', ['Acme Payments Ltd', 'beta', 'Alpha', 'alpha']],
    ['sortBy=EmailAddresses.Primary', ['Acme Payments Ltd', 'beta', 'Alpha', 'alpha']],
    ['sortBy=EmailAddresses', ['Acme Payments Ltd', 'beta', 'Alpha', 'alpha']],
    ['sortBy=OrganisationCommonName&startIndex=2&count=2', ['Alpha', 'alpha']],
    ['sortBy=OrganisationCommonName&filter=EmailAddresses+co+"ACME"', ['Acme Payments Ltd']],
  ])('with %s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it.each([
    [
      'sortBy=SoftwareStatements',
      'invalidValue',
      'sortBy: expected one of its sub-attributes, got "SoftwareStatements"',
    ],
    ['sortBy=status', 'invalidValue', /^sortBy: expected urn:openbanking:organisation:1.0:status or urn/],
    ['filter=id', 'invalidFilter', /^filter: expected/],
  ])('is refused with %s', async (query, scimType, message) => {
    const refusal = list(query);
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toMatchObject({ scimType });
  });

  it('of trust services is empty where there are none', async () => {
    expect(await list('', 'OBQualifiedTrustServiceProviders')).toMatchObject({
      Resources: [],
      totalResults: 0,
    });
  });
});

describe('a selection of attributes', () => {
  const always = ['schemas', 'id'];
  it.each<[string, string[]]>([
    ['attributes=id', always],
    ['attributes=totalResults', always],
    ['attributes=META', [...always, 'meta']],
    [`attributes=${ORGANISATION}`, [...always, ORGANISATION]],
    [
      'attributes=Authorisations',
      [
        ...always,
        'urn:openbanking:competentauthorityclaims:1.0',
        'urn:trustframework:competentauthorityclaims:1.1',
      ],
    ],
    [
      'excludedAttributes=id,schemas,meta,urn:openbanking:organisation:1.0,urn:openbanking:softwarestatement:1.0,' +
        'urn:openbanking:legalauthorityclaims:1.0,urn:openbanking:authorisationdomainstatus:1.0',
      [
        ...always,
        'urn:openbanking:competentauthorityclaims:1.0',
        'urn:trustframework:competentauthorityclaims:1.1',
      ],
    ],
  ])('%s', async (query, expected) => {
    expect(Object.keys(await get(acmeId, query))).toEqual(expected);
  });

  it('reaches into lists', async () => {
    const query = `attributes=${ORGANISATION}:EmailAddresses.Type,OrganisationCommonName`;
    expect((await get(acmeId, query))[ORGANISATION]).toEqual({
      EmailAddresses: [{ Type: 'Technical' }, { Type: 'Business' }],
      OrganisationCommonName: 'Acme Payments Ltd',
    });
    const shorter = await get(
      acmeId,
      'excludedAttributes=EmailAddresses.Value,EmailAddresses.Primary,PhoneNumbers',
    );
    expect(shorter[ORGANISATION]).toMatchObject({
      EmailAddresses: [
        { Name: 'Ada', Type: 'Technical' },
        { Name: 'Bob', Type: 'Business' },
      ],
    });
    expect(shorter[ORGANISATION]).not.toHaveProperty('PhoneNumbers');
  });

  it('takes the whole for the whole, whatever else it names of it', async () => {
    const [whole, both] = [ORGANISATION, `${ORGANISATION},OBOrganisationId`];
    expect(await get(acmeId, `attributes=${both}`)).toEqual(await get(acmeId, `attributes=${whole}`));
  });
});

describe('one resource', () => {
  it('is found at each endpoint that lists it, and at no other', async () => {
    expect(await get(acmeId, '', 'OBThirdPartyProviders')).toEqual(await get(acmeId));
    expect(await get(bankId, '', 'OBAccountPaymentServiceProviders')).toEqual(await get(bankId));
    await expect(get(bankId, '', 'OBThirdPartyProviders')).rejects.toMatchObject({
      code: 'not_found',
      message: `There is no resource of OBThirdPartyProviders with the id "${bankId}".`,
    });
    await expect(get('constructor')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a caller', () => {
  it.each<[ScimResourceName, string[], boolean]>([
    ['Participants', [], true],
    ['participants', ['TPPManage'], true],
    ['OBAccountPaymentServiceProviders', ['ASPSPReadAccess'], true],
    ['OBAccountPaymentServiceProviders', ['ASPSPReadAll'], true],
    ['OBAccountPaymentServiceProviders', ['TPPReadAccess', 'TPPReadAll'], false],
    ['OBThirdPartyProviders', ['TPPReadAccess'], true],
    ['OBThirdPartyProviders', ['TPPReadAll'], true],
    ['OBThirdPartyProviders', ['ASPSPReadAccess', 'TPPManage'], false],
    ['OBAuthorities', ['AuthoritiesReadAccess'], true],
    ['OBAuthorities', ['TPPReadAll'], false],
    ['OBQualifiedTrustServiceProviders', ['QTSPReadAccess'], true],
    ['OBQualifiedTrustServiceProviders', [], false],
  ])('of %s with the scopes %j: %s', async (name, scopes, allowed) => {
    const query = parseQuery(new URLSearchParams());
    const outcome = scim.list({ ...caller, scopes }, name, query);
    if (allowed) await expect(outcome).resolves.toHaveProperty('totalResults');
    else {
      await expect(outcome).rejects.toMatchObject({ code: 'forbidden' });
      const one = scim.get({ ...caller, scopes }, name, acmeId, {});
      await expect(one).rejects.toMatchObject({ code: 'forbidden' });
    }
  });
});

describe('the authorities', () => {
  it('are those that everybody knows and those that organisations name', async () => {
    const before = (await list('count=1000', 'OBAuthorities')).totalResults;
    const record = anotherTpp('Named');
    const authority = { id: 'XYZIRL', registrationId: 'C9' };
    await organisations.create({ ...record, organisation: { ...record.organisation, authority } });
    const { Resources, totalResults } = await list('filter=AuthorityId+eq+"XYZIRL"', 'OBAuthorities');
    expect(totalResults).toBe(1);
    expect(Resources[0]).toMatchObject({ AuthorityDescription: 'XYZ', Country: 'Ireland' });
    expect((await list('', 'OBAuthorities')).totalResults).toBe(before + 1);
  });

  it('have every member of the document, and the same id at each asking', async () => {
    const { Resources } = await list('filter=AuthorityId+eq+"FCAGBR"', 'OBAuthorities');
    const [authority] = Resources;
    const id = String(authority?.['id']);
    expect(isOrganisationId(id)).toBe(true);
    expect(authority).toEqual({
      schemas: [ORGANISATION],
      id,
      meta: { resourceType: 'OBAccounts', location: `${BASE}/OBAuthorities/${id}` },
      AuthorityId: 'FCAGBR',
      AuthorityDescription: 'Financial Conduct Authority',
      Country: 'United Kingdom',
      [ORGANISATION]: {
        OBOrganisationId: id,
        OrganisationCommonName: 'Financial Conduct Authority',
        CreateTimestamp: '2026-11-24T09:00:00.000Z',
        ModifyTimestamp: '2026-11-24T09:00:00.000Z',
        status: 'Active',
      },
    });
    expect(await get(id, '', 'OBAuthorities')).toEqual(authority);
  });

  it('are of countries that have a name, each under an id of its own', async () => {
    const { Resources } = await list('count=1000', 'OBAuthorities');
    expect(new Set(Resources.map(({ id }) => id)).size).toBe(Resources.length);
    expect(Resources.every(({ Country }) => typeof Country === 'string')).toBe(true);
    expect(Object.keys(countryNames).sort()).toEqual([...memberStates].sort());
  });
});
