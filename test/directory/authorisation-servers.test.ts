import { beforeEach, describe, expect, it } from 'vitest';
import { AuthorisationServers } from '../../src/directory/authorisation-servers.js';
import { Registry } from '../../src/directory/registry.js';
import {
  authorisationServerSchema,
  type AuthorisationServer,
} from '../../src/domain/authorisation-server.js';
import { DomainError } from '../../src/domain/errors.js';
import { newOrganisationSchema } from '../../src/domain/organisation.js';
import { parseInput } from '../../src/domain/parse.js';
import type { OrganisationRepository } from '../../src/domain/ports.js';
import { systemRandom } from '../../src/sandbox/random.js';
import { createMemoryStore } from '../../src/store/store.js';

const clock = { now: () => new Date('2026-11-24T10:00:00Z') };
const input = {
  id: 'AuthorisationServer001',
  customerFriendlyName: 'A bank',
  baseApiDnsUri: 'https://bank.example',
  openIdDiscoveryEndPointUri: 'https://bank.example/.well-known/openid-configuration',
};
const server = authorisationServerSchema.parse(input);
const other = { ...server, id: 'AuthorisationServer002' };

let organisations: OrganisationRepository;
let registry: Registry;
let authorisationServers: AuthorisationServers;
beforeEach(() => {
  ({ organisations } = createMemoryStore());
  registry = new Registry(organisations, clock, systemRandom);
  authorisationServers = new AuthorisationServers(organisations, systemRandom);
});

const newOrganisation = (kind: 'tpp' | 'aspsp') =>
  registry.createOrganisation(newOrganisationSchema.parse({ name: 'Bank', kind }));

describe('an authorisation server', () => {
  it('has every member of the Directory’s schema, unset where nothing is known', () => {
    expect(server).toEqual({
      ...input,
      authorisationDomain: 'PSD2',
      autoRegistrationSupported: true,
      customerFriendlyDescription: null,
      customerFriendlyLogoUri: null,
      developerPortalUri: null,
      termsOfServiceUri: null,
      payloadSigningCertLocationUri: null,
      eiscdIds: [],
      parentAuthorisationServerId: null,
      apiResourceDiscoveryEndpointUri: null,
    });
  });

  it.each([
    ['id', 'short', /^id: expected an authorisation server id: 22 characters/],
    ['id', undefined, /^id: expected/],
    ['customerFriendlyName', ' ', /^customerFriendlyName: expected text that is not blank/],
    ['customerFriendlyName', 'x'.repeat(256), /^customerFriendlyName: expected at most 255 characters/],
    ['baseApiDnsUri', undefined, /^baseApiDnsUri: expected/],
    ['openIdDiscoveryEndPointUri', 'nowhere', /^openIdDiscoveryEndPointUri: expected an http or https URI/],
    ['openIdDiscoveryEndPointUri', undefined, /^openIdDiscoveryEndPointUri: expected/],
    ['authorisationDomain', 'PSD3', /^authorisationDomain: expected one of/],
    ['eiscdIds', ['12345'], /^eiscdIds\[0\]: expected an EISCD id of 4, 6 or 14 characters/],
    ['parentAuthorisationServerId', 'x', /^parentAuthorisationServerId: expected an authorisation server id/],
  ])('is refused with the %s %j', (member, value, message) => {
    expect(() => parseInput(authorisationServerSchema, { ...input, [member]: value })).toThrow(message);
  });
});

describe('the authorisation servers', () => {
  it('lists the authorisation servers of a bank in the order in which they came', async () => {
    const { id } = await newOrganisation('aspsp');
    expect(authorisationServers.of(id)).toEqual([]);
    await authorisationServers.put(id, other);
    await authorisationServers.put(id, server);
    const changed = { ...other, customerFriendlyName: 'Renamed' };
    await authorisationServers.put(id, changed);
    expect(authorisationServers.of(id)).toEqual([changed, server]);
  });

  it('writes nothing when an authorisation server is put as it is', async () => {
    const { id } = await newOrganisation('aspsp');
    await authorisationServers.put(id, server);
    const before = organisations.find(id);
    await authorisationServers.put(id, { ...server });
    expect(organisations.find(id)).toBe(before);
  });

  it('creates a bank together with them', async () => {
    const bank = newOrganisationSchema.parse({ name: 'Bank', kind: 'aspsp' });
    const { id } = await registry.createOrganisation(bank, { authorisationServers: [server, other] });
    expect(authorisationServers.of(id)).toEqual([server, other]);
  });

  it('keeps them from TPPs', async () => {
    const { id } = await newOrganisation('tpp');
    const refusal = new DomainError(
      'precondition_failed',
      `The organisation "${id}" is a TPP; only an ASPSP has authorisation servers.`,
    );
    await expect(authorisationServers.put(id, server)).rejects.toEqual(refusal);
    const tpp = newOrganisationSchema.parse({ name: 'TPP', kind: 'tpp' });
    await expect(registry.createOrganisation(tpp, { authorisationServers: [server] })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    expect(organisations.page({ limit: 5 }).items).toHaveLength(1);
  });

  it('knows none of an unknown organisation', async () => {
    expect(() => authorisationServers.of('unknown')).toThrow('There is no organisation "unknown".');
    await expect(authorisationServers.put('unknown', server)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('are created under an id of their own, replaced and removed by it', async () => {
    const { id } = await newOrganisation('aspsp');
    const details = detailsOf(server);
    const created = await authorisationServers.create(id, details);
    expect(created).toEqual({ ...details, id: created.id });
    expect(created.id).toMatch(/^[0-9A-Za-z]{22}$/);
    const changed = { ...details, customerFriendlyName: 'Renamed' };
    await authorisationServers.replace(id, created.id, changed);
    expect(authorisationServers.get(id, created.id)).toEqual({ ...changed, id: created.id });
    await authorisationServers.remove(id, created.id);
    expect(authorisationServers.of(id)).toEqual([]);
  });

  it('are neither replaced nor removed where they are not', async () => {
    const { id } = await newOrganisation('aspsp');
    const unknown = server.id;
    const details = detailsOf(server);
    const refusal = { code: 'not_found', message: `There is no authorisation server "${unknown}".` };
    await expect(authorisationServers.replace(id, unknown, details)).rejects.toMatchObject(refusal);
    await expect(authorisationServers.remove(id, unknown)).rejects.toMatchObject(refusal);
    expect(() => authorisationServers.get(id, unknown)).toThrow(refusal.message);
  });
});

function detailsOf({ id, ...details }: AuthorisationServer): Omit<AuthorisationServer, 'id'> {
  expect(id).toBeDefined();
  return details;
}
