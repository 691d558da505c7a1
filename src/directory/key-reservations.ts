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
  async store<T>(kid: string, field: string, store: () => Promise<T>): Promise<T> {
    if (this.underWay.has(kid) || this.organisations.findByKid(kid)) {
      throw new DomainError(
        'conflict',
        `${field}: expected a key that nobody has brought before, got the key "${kid}", which is known.`,
      );
    }
    this.underWay.add(kid);
    try {
      return await store();
    } finally {
      this.underWay.delete(kid);
    }
  }
}
