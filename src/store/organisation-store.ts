import { DomainError, notFound } from '../domain/errors.js';
import type { OrganisationRecord, OrganisationRepository, Page, PageRequest } from '../domain/ports.js';
import type { Collection } from './collection.js';
import type { KeyedQueue } from './keyed-queue.js';

/** Organisations, each with its statements and keys in one document, and indexes for what is looked up. */
export class OrganisationStore implements OrganisationRepository {
  private readonly ids: string[];
  /** Where an organisation stands in the list: in the order in which creations were asked for, however writes end. */
  private readonly places = new Map<string, number>();
  private nextPlace: number;
  private readonly bySoftwareId = new Map<string, string>();
  private readonly byKid = new Map<string, string>();
  private readonly serialNumbers = new Set<string>();

  constructor(
    private readonly collection: Collection<OrganisationRecord>,
    private readonly queue: KeyedQueue,
  ) {
    const records = collection.values().sort(byAge);
    this.ids = records.map(({ organisation }) => organisation.id);
    this.ids.forEach((id, place) => this.places.set(id, place));
    this.nextPlace = this.ids.length;
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
    return this.serialNumbers.has(serialNumber);
  }

  page({ limit, after }: PageRequest): Page<OrganisationRecord> {
    const start = after === undefined ? 0 : this.ids.indexOf(after) + 1;
    const ids = this.ids.slice(start, start + limit);
    const more = start + ids.length < this.ids.length;
    return { items: ids.flatMap((id) => this.find(id) ?? []), next: more ? (ids.at(-1) ?? null) : null };
  }

  create(record: OrganisationRecord): Promise<void> {
    const { id } = record.organisation;
    const place = this.nextPlace++;
    return this.queue.run(id, async () => {
      if (this.find(id)) throw new DomainError('conflict', `There is an organisation "${id}" already.`);
      await this.collection.save(id, record);
      this.list(id, place);
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
      this.index(changed);
      return changed;
    });
  }

  private list(id: string, place: number): void {
    this.places.set(id, place);
    const before = this.ids.findLastIndex((other) => (this.places.get(other) ?? 0) < place);
    this.ids.splice(before + 1, 0, id);
  }

  /** Statements and keys are added and changed, never taken away, so indexing again is enough. */
  private index({ organisation, softwareStatements, keys, publicKeys }: OrganisationRecord): void {
    for (const { id } of softwareStatements) this.bySoftwareId.set(id, organisation.id);
    for (const { kid, serialNumber } of keys) {
      this.byKid.set(kid, organisation.id);
      this.serialNumbers.add(serialNumber);
    }
    for (const { kid } of publicKeys) this.byKid.set(kid, organisation.id);
  }
}

function byAge(
  { organisation: one }: OrganisationRecord,
  { organisation: other }: OrganisationRecord,
): number {
  return one.createdAt.localeCompare(other.createdAt) || one.id.localeCompare(other.id);
}
