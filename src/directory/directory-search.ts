import { z } from 'zod';
import { notFound } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import {
  organisationKindSchema,
  organisationStatusSchema,
  type Organisation,
} from '../domain/organisation.js';
import type { OrganisationRecord, OrganisationRepository, Page, PageRequest } from '../domain/ports.js';
import type { SoftwareStatement } from '../domain/software-statement.js';
import { TrigramTable, trigramsOf } from './trigrams.js';

const textSchema = z.string().trim().max(limits.searchLength);

/** What may be asked of organisations: a part of a name or of an id, in any case; a kind; a status. */
export const organisationSearchSchema = z.strictObject({
  q: textSchema.default(''),
  kind: organisationKindSchema.optional(),
  status: organisationStatusSchema.optional(),
});
export type OrganisationSearch = z.output<typeof organisationSearchSchema>;

/** What may be asked of the software statements of one organisation. */
export const statementSearchSchema = organisationSearchSchema.pick({ q: true });
export type StatementSearch = z.output<typeof statementSearchSchema>;

/** An organisation that was found, and what of it the text is in. */
export interface FoundOrganisation {
  readonly organisation: Organisation;
  /** In whose name, id or keys it is. */
  readonly softwareStatements: readonly SoftwareStatement[];
  /** Of its certificates. */
  readonly kids: readonly string[];
}

/** What can be found, in lower case. A line feed stands between two texts, and is in none of them. */
interface SearchText {
  readonly whole: string;
  /** In the order of the software statements. */
  readonly ofStatements: readonly string[];
}

/**
 * Finds organisations by their names, ids and registration numbers, and by the client names, ids and keys of their
 * software. Records never change, so each is put into lower case once, and most need not be read again.
 */
export class DirectorySearch {
  private readonly texts = new WeakMap<OrganisationRecord, SearchText>();
  /** Of the list of all. */
  private readonly trigrams = new TrigramTable<OrganisationRecord>((record) => this.textOf(record).whole);

  constructor(private readonly organisations: Pick<OrganisationRepository, 'find' | 'countOf' | 'slice'>) {}

  /** In the order of the list of all. */
  pageOfOrganisations(search: OrganisationSearch, request: PageRequest): Page<FoundOrganisation> {
    const { kind, status } = search;
    const q = search.q.toLowerCase();
    const trigrams = trigramsOf(q);
    const all = this.organisations.slice(undefined, 0, this.organisations.countOf());
    const isFound = (record: OrganisationRecord, place: number) =>
      (q === '' || this.trigrams.mayHaveAll(place, record, trigrams)) &&
      (kind === undefined || record.organisation.kind === kind) &&
      (status === undefined || record.organisation.status === status) &&
      (q === '' || this.textOf(record).whole.includes(q));
    const { items, next } = pageOf(all, isFound, ({ organisation }) => organisation.id, request);
    return { items: items.map((record) => this.found(record, q)), next };
  }

  /** The oldest first. @throws DomainError `not_found` */
  pageOfSoftwareStatements(
    organisationId: string,
    search: StatementSearch,
    request: PageRequest,
  ): Page<SoftwareStatement> {
    const record = this.organisations.find(organisationId);
    if (!record) throw notFound('organisation', organisationId);
    const q = search.q.toLowerCase();
    const texts = q === '' ? [] : this.textOf(record).ofStatements;
    const isFound = (_: SoftwareStatement, index: number) => q === '' || (texts[index] ?? '').includes(q);
    return pageOf(record.softwareStatements, isFound, ({ id }) => id, request);
  }

  private found(record: OrganisationRecord, q: string): FoundOrganisation {
    const { organisation, softwareStatements, keys } = record;
    if (q === '') return { organisation, softwareStatements: [], kids: [] };
    const { ofStatements } = this.textOf(record);
    return {
      organisation,
      softwareStatements: softwareStatements.filter((_, index) => (ofStatements[index] ?? '').includes(q)),
      kids: keys.map(({ kid }) => kid).filter((kid) => kid.toLowerCase().includes(q)),
    };
  }

  private textOf(record: OrganisationRecord): SearchText {
    const known = this.texts.get(record);
    if (known) return known;
    const text = searchTextOf(record);
    this.texts.set(record, text);
    return text;
  }
}

function searchTextOf({
  organisation,
  softwareStatements,
  keys,
  publicKeys,
}: OrganisationRecord): SearchText {
  const kidsOf = new Map<string | null, string[]>();
  for (const { softwareId, kid } of [...keys, ...publicKeys]) {
    const kids = kidsOf.get(softwareId);
    if (kids) kids.push(kid);
    else kidsOf.set(softwareId, [kid]);
  }
  const linesOf = (softwareId: string | null) => kidsOf.get(softwareId) ?? [];
  const ofStatements = softwareStatements.map(({ id, clientName }) => textOf(clientName, id, ...linesOf(id)));
  const { name, id, authority } = organisation;
  const own = textOf(name, id, authority.registrationId, ...linesOf(null));
  return { whole: [own, ...ofStatements].join('\n'), ofStatements };
}

function textOf(...parts: readonly string[]): string {
  return parts.join('\n').toLowerCase();
}

/** A page of those that are found, without looking at more of them than it takes to know whether there is another. */
function pageOf<T>(
  all: readonly T[],
  isFound: (item: T, index: number) => boolean,
  idOf: (item: T) => string,
  { limit, after }: PageRequest,
): Page<T> {
  const items: T[] = [];
  const start = after === undefined ? 0 : all.findIndex((item) => idOf(item) === after) + 1;
  for (let index = start; index < all.length; index++) {
    const item = all[index];
    if (item === undefined || !isFound(item, index)) continue;
    const last = items.at(-1);
    if (last !== undefined && items.length === limit) return { items, next: idOf(last) };
    items.push(item);
  }
  return { items, next: null };
}
