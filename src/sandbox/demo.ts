import type { AuthorisationServers } from '../directory/authorisation-servers.js';
import type { CertificateService, CertifiedKey } from '../directory/certificates.js';
import type { Registry } from '../directory/registry.js';
import type { AuthorisationServer } from '../domain/authorisation-server.js';
import { DomainError } from '../domain/errors.js';
import { isLive, type DirectoryCertificateType } from '../domain/key-record.js';
import type { Clock } from '../domain/ports.js';
import type { DemoData } from './data-files.js';

/** What loading the demo data takes beside the data. */
export interface DemoSurroundings {
  readonly clock: Clock;
  readonly authorisationServersOf: (organisationId: string) => readonly AuthorisationServer[];
}

/** Adds the demo organisations that are not there yet, side by side, and brings their authorisation servers up to date. */
export async function loadDemoData(
  { registry, authorisationServers }: { registry: Registry; authorisationServers: AuthorisationServers },
  demo: DemoData,
  { clock, authorisationServersOf }: DemoSurroundings,
): Promise<void> {
  const now = clock.now().getTime();
  const count = demo.organisations.length;
  await Promise.all(
    demo.organisations.map(async ({ softwareStatements, ...organisation }, index) => {
      const servers = authorisationServersOf(organisation.id);
      // A millisecond apart: a store that is opened again lists organisations by their age.
      const origin = { at: new Date(now - count + index), authorisationServers: servers };
      if (!(await wasNew(registry.createOrganisation(organisation, origin)))) {
        for (const server of servers) await authorisationServers.put(organisation.id, server);
      }
      for (const statement of softwareStatements)
        await wasNew(registry.createSoftwareStatement(organisation.id, statement));
    }),
  );
}

async function wasNew(creation: Promise<unknown>): Promise<boolean> {
  try {
    await creation;
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'conflict') return false;
    throw error;
  }
}

const typesOfStatements: readonly DirectoryCertificateType[] = ['obtransport', 'obsigning'];
const typesOfBanks: readonly DirectoryCertificateType[] = ['obwac', 'obseal'];

/**
 * Certificates that make those of the demo data when someone first looks at them, so that the start need not wait for
 * their keys, and again when the sandbox clock has left their dates. A revoked one stays revoked.
 */
export class DemoCertificates implements CertificateService {
  private readonly statementIds: ReadonlySet<string>;
  private readonly bankIds: ReadonlySet<string>;
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(
    private readonly inner: CertificateService,
    private readonly clock: Clock,
    demo: DemoData,
  ) {
    this.statementIds = new Set(
      demo.organisations.flatMap(({ softwareStatements }) => softwareStatements.map(({ id }) => id)),
    );
    this.bankIds = new Set(demo.organisations.filter(({ kind }) => kind === 'aspsp').map(({ id }) => id));
    this.statementsOf = new Map(
      demo.organisations.map(({ id, softwareStatements }) => [
        id,
        softwareStatements.map((statement) => statement.id),
      ]),
    );
  }

  private readonly statementsOf: ReadonlyMap<string, readonly string[]>;

  async ofSoftwareStatement(softwareId: string): Promise<CertifiedKey[]> {
    await this.prepareStatement(softwareId);
    return this.inner.ofSoftwareStatement(softwareId);
  }

  associatedWith(softwareId: string): Promise<CertifiedKey[]> | CertifiedKey[] {
    return this.inner.associatedWith(softwareId);
  }

  async ofOrganisation(organisationId: string): Promise<CertifiedKey[]> {
    await this.prepareBank(organisationId);
    return this.inner.ofOrganisation(organisationId);
  }

  async allOfOrganisation(organisationId: string): Promise<CertifiedKey[]> {
    await this.prepareBank(organisationId);
    for (const softwareId of this.statementsOf.get(organisationId) ?? [])
      await this.prepareStatement(softwareId);
    return this.inner.allOfOrganisation(organisationId);
  }

  get(kid: string): CertifiedKey {
    return this.inner.get(kid);
  }

  getPrivateKey(kid: string): string {
    return this.inner.getPrivateKey(kid);
  }

  /** A certificate that somebody else brings must not stand in for the one that is still to be made. */
  certifySoftwareStatement: CertificateService['certifySoftwareStatement'] = async (softwareId, request) => {
    await this.prepareStatement(softwareId);
    return this.inner.certifySoftwareStatement(softwareId, request);
  };

  certifyOrganisation: CertificateService['certifyOrganisation'] = async (organisationId, request) => {
    await this.prepareBank(organisationId);
    return this.inner.certifyOrganisation(organisationId, request);
  };

  registerQualified: CertificateService['registerQualified'] = (organisationId, qualified) =>
    this.inner.registerQualified(organisationId, qualified);

  revoke: CertificateService['revoke'] = (kid, reason) => this.inner.revoke(kid, reason);

  private async prepareStatement(softwareId: string): Promise<void> {
    if (!this.statementIds.has(softwareId)) return;
    await this.once(softwareId, async () => {
      const known = await this.inner.ofSoftwareStatement(softwareId);
      await this.certifyMissing(typesOfStatements, known, (type) =>
        this.inner.certifySoftwareStatement(softwareId, { type, generate: true }),
      );
    });
  }

  private async prepareBank(organisationId: string): Promise<void> {
    if (!this.bankIds.has(organisationId)) return;
    await this.once(organisationId, async () => {
      const known = await this.inner.ofOrganisation(organisationId);
      await this.certifyMissing(typesOfBanks, known, (type) =>
        this.inner.certifyOrganisation(organisationId, { type, generate: true }),
      );
    });
  }

  private async certifyMissing(
    types: readonly DirectoryCertificateType[],
    known: readonly CertifiedKey[],
    certify: (type: DirectoryCertificateType) => Promise<CertifiedKey>,
  ): Promise<void> {
    const at = this.clock.now();
    const missing = types.filter((type) => {
      const ofType = known.filter(({ record }) => record.type === type);
      return !ofType.some(({ record }) => record.revocation !== null || isLive(record, at));
    });
    const results = await Promise.allSettled(missing.map(certify));
    const failure = results.find((result) => result.status === 'rejected');
    // A demo organisation that is no longer active gets no certificate, and is shown without one.
    if (
      failure &&
      !(failure.reason instanceof DomainError && failure.reason.code === 'precondition_failed')
    ) {
      throw failure.reason;
    }
  }

  private once(id: string, task: () => Promise<void>): Promise<void> {
    const known = this.underWay.get(id);
    if (known) return known;
    const running = task().finally(() => this.underWay.delete(id));
    this.underWay.set(id, running);
    return running;
  }
}
