import { DomainError, notFound } from '../domain/errors.js';
import type { KeyRecord } from '../domain/key-record.js';
import type { Organisation, OrganisationKind } from '../domain/organisation.js';
import type { OrganisationRecord, OrganisationRepository, Page, PageRequest } from '../domain/ports.js';
import type { Collection } from './collection.js';
import type { KeyedQueue } from './keyed-queue.js';

/** Organisations, each with its statements and keys in one document, and indexes for what is looked up. */
export class OrganisationStore implements OrganisationRepository {
  private readonly ids: string[] = [];
  /** An organisation never changes its kind. */
  private readonly idsOfKind: Readonly<Record<OrganisationKind, string[]>> = { tpp: [], aspsp: [] };
  /** How many organisations name each competent authority. */
  private readonly authorityCounts = new Map<string, number>();
  /** Where an organisation stands in the list: in the order in which creations were asked for, however writes end. */
  private readonly places = new Map<string, number>();
  private nextPlace: number;
  private readonly bySoftwareId = new Map<string, string>();
  private readonly byKid = new Map<string, string>();
  private readonly bySerialNumber = new Map<string, readonly KeyRecord[]>();
  private readonly revoked = new Map<string, KeyRecord>();
  private listOfRevoked: readonly KeyRecord[] | undefined;

  constructor(
    private readonly collection: Collection<OrganisationRecord>,
    private readonly queue: KeyedQueue,
  ) {
    const records = collection.values().sort(byAge);
    records.forEach(({ organisation }, place) => this.list(organisation, place));
    this.nextPlace = records.length;
    records.forEach((record) => this.index(record));
  }

  find(organisationId: string): OrganisationRecord | undefined {
    return this.collection.get(organisationId);
  }

  findBySoftwareId(softwareId: string): OrganisationRecord | undefined {
    const id = this.bySoftwareId.get(softwareId);
    return id === undefined ? undefined : this.find(id);
  }

  findByKid(kid: string): OrganisationRecord | undefined {
    const id = this.byKid.get(kid);
    return id === undefined ? undefined : this.find(id);
  }

  hasSerialNumber(serialNumber: string): boolean {
    return this.bySerialNumber.has(serialNumber);
  }

  keysWithSerialNumber(serialNumber: string): readonly KeyRecord[] {
    return this.bySerialNumber.get(serialNumber) ?? [];
  }

  page({ limit, after }: PageRequest): Page<OrganisationRecord> {
    const start = after === undefined ? 0 : this.ids.indexOf(after) + 1;
    const ids = this.ids.slice(start, start + limit);
    const more = start + ids.length < this.ids.length;
    return { items: ids.flatMap((id) => this.find(id) ?? []), next: more ? (ids.at(-1) ?? null) : null };
  }

  countOf(kind?: OrganisationKind): number {
    return this.idsOf(kind).length;
  }

  slice(kind: OrganisationKind | undefined, offset: number, limit: number): OrganisationRecord[] {
    const ids = this.idsOf(kind).slice(offset, offset + limit);
    // Whoever searches goes through all of them, and flatMap() takes several times as long.
    return ids.map((id) => this.find(id)).filter((record) => record !== undefined);
  }

  state(): OrganisationRecord[] {
    return this.slice(undefined, 0, this.countOf());
  }

  revokedKeys(): readonly KeyRecord[] {
    this.listOfRevoked ??= [...this.revoked.values()];
    return this.listOfRevoked;
  }

  authorityIds(): string[] {
    return [...this.authorityCounts.keys()];
  }

  create(record: OrganisationRecord): Promise<void> {
    const { organisation } = record;
    const { id } = organisation;
    const place = this.nextPlace++;
    return this.queue.run(id, async () => {
      if (this.find(id)) throw new DomainError('conflict', `There is an organisation "${id}" already.`);
      await this.collection.save(id, record);
      this.list(organisation, place);
      this.index(record);
    });
  }

  update(
    organisationId: string,
    change: (record: OrganisationRecord) => OrganisationRecord,
  ): Promise<OrganisationRecord> {
    return this.queue.run(organisationId, async () => {
      const current = this.find(organisationId);
      if (!current) throw notFound('organisation', organisationId);
      const changed = change(current);
      if (changed === current) return current;
      await this.collection.save(organisationId, changed);
      this.index(changed, current);
      return changed;
    });
  }

  private idsOf(kind: OrganisationKind | undefined): string[] {
    return kind === undefined ? this.ids : this.idsOfKind[kind];
  }

  private list({ id, kind }: Organisation, place: number): void {
    this.places.set(id, place);
    for (const ids of [this.ids, this.idsOfKind[kind]]) {
      const before = ids.findLastIndex((other) => (this.places.get(other) ?? 0) < place);
      ids.splice(before + 1, 0, id);
    }
  }

  /** Statements and keys are added and changed, never taken away, so indexing them again is enough. */
  private index(record: OrganisationRecord, previous?: OrganisationRecord): void {
    const { organisation, softwareStatements, keys, publicKeys } = record;
    for (const { id } of softwareStatements) this.bySoftwareId.set(id, organisation.id);
    for (const key of keys) {
      this.byKid.set(key.kid, organisation.id);
      const others = this.keysWithSerialNumber(key.serialNumber).filter(({ kid }) => kid !== key.kid);
      this.bySerialNumber.set(key.serialNumber, [...others, key]);
      this.indexRevocation(key);
    }
    for (const { kid } of publicKeys) this.byKid.set(kid, organisation.id);
    this.countAuthority(organisation.authority.id, 1);
    if (previous) this.countAuthority(previous.organisation.authority.id, -1);
  }

  /** Revocations are taken back where they were no more than holds. */
  private indexRevocation(key: KeyRecord): void {
    if (this.revoked.get(key.kid)?.revocation === (key.revocation ?? undefined)) return;
    if (key.revocation === null) this.revoked.delete(key.kid);
    else this.revoked.set(key.kid, key);
    this.listOfRevoked = undefined;
  }

  private countAuthority(authorityId: string, change: number): void {
    const count = (this.authorityCounts.get(authorityId) ?? 0) + change;
    if (count === 0) this.authorityCounts.delete(authorityId);
    else this.authorityCounts.set(authorityId, count);
  }
}

/** Those of one moment stay in the order in which they were found: of files, that of their names. */
function byAge(
  { organisation: one }: OrganisationRecord,
  { organisation: other }: OrganisationRecord,
): number {
  return one.createdAt.localeCompare(other.createdAt);
}
