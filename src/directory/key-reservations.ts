import { DomainError } from '../domain/errors.js';
import type { OrganisationRepository } from '../domain/ports.js';

/** Each key has one holder and one use, so that a `kid` means one thing: also while two bring the same key at once. */
export class KeyReservations {
  /** Keys being stored right now; the repository does not know them yet. */
  private readonly underWay = new Set<string>();

  constructor(private readonly organisations: OrganisationRepository) {}

  /**
   * Stores a key that nobody has brought before.
   * @param field where the key came from, for the refusal
   * @throws DomainError `conflict`
   */
  store<T>(kid: string, field: string, store: () => Promise<T>): Promise<T> {
    return this.storeAll([kid], field, store);
  }

  /** The same for keys that are stored together. @throws DomainError `conflict` */
  async storeAll<T>(kids: readonly string[], field: string, store: () => Promise<T>): Promise<T> {
    const known = kids.find(
      (kid, index) =>
        this.underWay.has(kid) ||
        this.organisations.findByKid(kid) !== undefined ||
        kids.indexOf(kid) !== index,
    );
    if (known !== undefined) {
      throw new DomainError(
        'conflict',
        `${field}: expected a key that nobody has brought before, got the key "${known}", which is known.`,
      );
    }
    kids.forEach((kid) => this.underWay.add(kid));
    try {
      return await store();
    } finally {
      kids.forEach((kid) => this.underWay.delete(kid));
    }
  }
}
