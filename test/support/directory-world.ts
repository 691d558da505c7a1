import { expect } from 'vitest';
import { authorisationServerSchema } from '../../src/domain/authorisation-server.js';
import type { OrganisationRecord, OrganisationRepository } from '../../src/domain/ports.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { openContract, type ContractDocument, type Operation } from '../contract/document.js';
import { createReadyAspsp, DirectoryClient } from './directory-client.js';
import { MaterialWorkshop } from './directory-material.js';
import { kindOf, pathOf, type PathParameters } from './directory-operations.js';
import { goodRequest, type RequestMaterials } from './directory-requests.js';
import { testKeys } from './keys.js';

/** An operation of one of the documents, under its name. */
export interface Offer {
  readonly name: string;
  readonly document: ContractDocument;
  readonly operation: Operation;
}

/** Every operation of the Directory API and of SCIM. */
export const everyOffer: readonly Offer[] = [openContract('directory-api'), openContract('scim')].flatMap(
  (document) =>
    document.operations().map((operation) => ({
      document,
      operation,
      name: `${operation.method} ${document.basePath}${operation.path}`,
    })),
);

type Kind = 'tpp' | 'aspsp';
const kinds = ['tpp', 'aspsp'] as const;

/** A Directory with a TPP and an ASPSP that have one of everything, and another TPP and ASPSP. */
export class DirectoryWorld {
  private constructor(
    readonly sandbox: Sandbox,
    readonly clients: Readonly<Record<Kind, DirectoryClient>>,
    readonly others: Readonly<Record<Kind, DirectoryClient>>,
    readonly materials: RequestMaterials,
    private readonly things: ReadonlyMap<DirectoryClient, PathParameters>,
  ) {}

  static async open(): Promise<DirectoryWorld> {
    const sandbox = await startSandbox({ keyPairs: testKeys, demo: false });
    const things = new Map<DirectoryClient, PathParameters>();
    const open = async (name: string): Promise<Record<Kind, DirectoryClient>> => {
      const server = authorisationServerSchema.parse(serverOf(name));
      const tpp = new DirectoryClient(
        sandbox,
        await sandbox.services.createReadyTpp({ name: `${name} TPP` }),
      );
      const bank = await createReadyAspsp(sandbox, { name: `${name} Bank` }, [server]);
      const clients = { tpp, aspsp: new DirectoryClient(sandbox, bank) };
      for (const kind of kinds) things.set(clients[kind], await thingsOf(clients[kind], server.id));
      return clients;
    };
    const clients = await open('Own');
    const others = await open('Other');
    const materials = materialsOf(clients.tpp, things);
    return new DirectoryWorld(sandbox, clients, others, materials, things);
  }

  clientOf({ operation }: Offer): DirectoryClient {
    return this.clients[kindOf(operation)];
  }

  /** What the parameters of an operation's path are for a client of its kind, unless given otherwise. */
  parametersOf(
    { operation }: Offer,
    of: Readonly<Record<Kind, DirectoryClient>> = this.clients,
  ): PathParameters {
    return this.things.get(of[kindOf(operation)]) ?? {};
  }

  pathOf(offer: Offer, given: PathParameters = {}): string {
    return offer.document.basePath + pathOf(offer.operation, { ...this.parametersOf(offer), ...given });
  }

  request({ operation }: Offer) {
    return goodRequest(operation, this.materials);
  }

  /** Everything stored. Records are replaced, never changed. */
  stored(): readonly OrganisationRecord[] {
    const { organisations } = this.sandbox.services.registry as unknown as {
      organisations: OrganisationRepository;
    };
    return organisations.page({ limit: 1_000 }).items;
  }

  expectUnchanged(before: readonly OrganisationRecord[]): void {
    const after = this.stored();
    if (after.length === before.length && after.every((record, index) => record === before[index])) return;
    expect(after, 'what is stored').toEqual(before);
  }

  async close(): Promise<void> {
    await this.sandbox.close();
  }
}

function serverOf(name: string) {
  return {
    id: `${name}AuthorisationServer000`.padEnd(22, '0').slice(0, 22),
    customerFriendlyName: name,
    customerFriendlyDescription: name,
    customerFriendlyLogoUri: 'https://bank.example/logo.svg',
    baseApiDnsUri: 'https://api.bank.example',
    openIdDiscoveryEndPointUri: 'https://auth.bank.example/.well-known/openid-configuration',
    developerPortalUri: 'https://developer.bank.example',
    termsOfServiceUri: 'https://bank.example/terms',
    payloadSigningCertLocationUri: 'https://bank.example/certificates',
  };
}

async function thingsOf(
  { sandbox, participant }: DirectoryClient,
  authorisationServerId: string,
): Promise<PathParameters> {
  const { organisation, softwareStatement } = participant;
  const { record } = await sandbox.services.certificates.certifyOrganisation(organisation.id, {
    type: 'obwac',
    generate: true,
  });
  return {
    OrganisationType: organisation.kind,
    OrganisationId: organisation.id,
    SoftwareStatementId: softwareStatement.id,
    AuthorisationServerId: authorisationServerId,
    CertificateOrKeyId: record.kid,
    ContactType: 'Business',
    OrganisationCertificateType: 'obwac',
    OrganisationAssociativeCertificateType: 'obwac',
    SoftwareStatementCertificateOrKeyType: 'obtransport',
    id: organisation.id,
  };
}

function materialsOf(
  client: DirectoryClient,
  things: ReadonlyMap<DirectoryClient, PathParameters>,
): RequestMaterials {
  const { organisation, softwareStatement } = client.participant;
  const workshop = new MaterialWorkshop();
  try {
    const kid = things.get(client)?.['CertificateOrKeyId'] ?? '';
    return {
      softwareCsr: workshop.softwareRequest(organisation.id, softwareStatement.id).csrPem,
      organisationCsr: workshop.organisationRequest('obwac', organisation).csrPem,
      certificatePem: client.sandbox.services.certificates.get(kid).record.certificatePem,
    };
  } finally {
    workshop.remove();
  }
}

/** Rows of a table of tests, named after their operations. */
export function rowsOf(offers: readonly Offer[]): (readonly [string, Offer])[] {
  return offers.map((offer) => [offer.name, offer] as const);
}
