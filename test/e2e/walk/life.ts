import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { CertifiedKey } from '../../../src/directory/certificates.js';
import type { Sandbox } from '../../../src/testkit.js';
import type { ContractDocument, Operation } from '../../contract/document.js';
import { createReadyAspsp, DirectoryClient, type DirectoryCall } from '../../support/directory-client.js';
import {
  qualifiedCertificate,
  type MaterialWorkshop,
  type QualifiedMaterial,
  type RequestMaterial,
} from '../../support/directory-material.js';
import { kindOf, pathOf, type PathParameters } from '../../support/directory-operations.js';
import type { TlsAnswer } from '../../support/registration.js';

/** The three generations of paths, and what each puts in front of what they share. */
export const generations = [
  { name: 'v2.1', root: '/v2.1', organisations: '/v2.1/organisation' },
  { name: 'v2', root: '/v2', organisations: '/v2/organisation' },
  { name: 'unversioned', root: '', organisations: '/organisation/{OrganisationType}' },
] as const;
export type Generation = (typeof generations)[number];

export interface Call extends Omit<DirectoryCall, 'authorization'> {
  readonly parameters?: PathParameters;
  /** Enrolment asks for none. */
  readonly withoutToken?: true;
}

/** What all lives have in common. */
export interface Surroundings {
  readonly document: ContractDocument;
  readonly sandbox: Sandbox;
  readonly workshop: MaterialWorkshop;
}

/** Two participants, what they have made at home, and what the Directory has called it. */
export class Life {
  readonly ids = new Map<string, string>();
  private readonly material = new Map<string, unknown>();

  private constructor(
    readonly surroundings: Surroundings,
    readonly generation: Generation,
    readonly clients: { readonly tpp: DirectoryClient; readonly aspsp: DirectoryClient },
    private readonly bearers: { readonly tpp: string; readonly aspsp: string },
  ) {}

  static async begin(surroundings: Surroundings, generation: Generation): Promise<Life> {
    const { sandbox } = surroundings;
    const registrationId = String(765_000 + generations.indexOf(generation));
    const tpp = await sandbox.services.createReadyTpp({
      name: 'Walker Payments Ltd',
      authority: { id: 'FCAGBR', registrationId },
    });
    const aspsp = await createReadyAspsp(sandbox, { name: 'Walker Bank plc' });
    const clients = { tpp: new DirectoryClient(sandbox, tpp), aspsp: new DirectoryClient(sandbox, aspsp) };
    return new Life(surroundings, generation, clients, {
      tpp: await clients.tpp.bearer('TPPReadAccess TPPManage'),
      aspsp: await clients.aspsp.bearer('ASPSPReadAccess ASPSPManage'),
    });
  }

  get organisation() {
    return this.clients.tpp.participant.organisation;
  }

  operation(pattern: string): Operation {
    const { root, organisations } = this.generation;
    return this.surroundings.document.operation(
      pattern
        .replace('{root}', root)
        .replace('{organisations}', organisations)
        .replace('{organisation}', `${organisations}/{OrganisationId}`),
    );
  }

  id(what: string): string {
    const id = this.ids.get(what);
    if (id === undefined) throw new Error(`An earlier step did not get the id of ${what}.`);
    return id;
  }

  /** Remembers the member of an answer that another step needs. */
  remember(what: string, id: unknown): void {
    expect(id).toBeTypeOf('string');
    this.ids.set(what, id as string);
  }

  certificate(rememberedAs: string): CertifiedKey {
    return this.surroundings.sandbox.services.certificates.get(this.id(rememberedAs));
  }

  certificatePem(rememberedAs: string): string {
    return this.certificate(rememberedAs).record.certificatePem;
  }

  /** What is made when it is first needed. */
  made<T>(what: string, make: () => T): T {
    if (!this.material.has(what)) this.material.set(what, make());
    return this.material.get(what) as T;
  }

  request(type: 'obwac' | 'obseal', which = 'first'): RequestMaterial {
    return this.made(`${which} ${type}`, () =>
      this.surroundings.workshop.organisationRequest(type, this.organisation),
    );
  }

  qualified(type: 'qwac' | 'qseal', which = 'first'): Promise<QualifiedMaterial> {
    const { name, authority } = this.organisation;
    return this.made(`${which} ${type}`, () =>
      qualifiedCertificate(this.surroundings.sandbox, type, { name, authority }),
    );
  }

  /** What a newcomer has who is known to nobody but the provider of its certificates. */
  newcomers(type: 'qwac' | 'qseal', wayIn: string): Promise<QualifiedMaterial> {
    const registrationId = createHash('sha256')
      .update(`${this.generation.name} ${wayIn}`)
      .digest('hex')
      .slice(0, 8);
    const holder = { name: `Newcomer by ${wayIn}`, authority: { id: 'FCAGBR', registrationId } };
    return this.made(`${type} of ${holder.name}`, () =>
      qualifiedCertificate(this.surroundings.sandbox, type, holder),
    );
  }

  parametersFor(operation: Operation, given: PathParameters = {}): PathParameters {
    const kind = kindOf(operation);
    return {
      OrganisationType: kind,
      OrganisationId: this.clients[kind].participant.organisation.id,
      SoftwareStatementId: this.ids.get('statement') ?? '',
      AuthorisationServerId: this.ids.get('server') ?? '',
      ContactType: 'Business',
      OrganisationCertificateType: 'obwac',
      OrganisationAssociativeCertificateType: 'obwac',
      SoftwareStatementCertificateOrKeyType: 'obtransport',
      CertificateOrKeyId: this.ids.get('obwac') ?? '',
      ...given,
    };
  }

  send(operation: Operation, { parameters = {}, withoutToken, ...call }: Call): Promise<TlsAnswer> {
    const kind = kindOf(operation);
    return this.clients[kind].call(
      operation.method,
      pathOf(operation, this.parametersFor(operation, parameters)),
      {
        ...call,
        ...(withoutToken ? {} : { authorization: this.bearers[kind] }),
      },
    );
  }
}
