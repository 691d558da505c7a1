import type { KeyRecord } from '../domain/key-record.js';
import type { OrganisationRepository, Store } from '../domain/ports.js';

type Keys = Pick<OrganisationRepository, 'revokedKeys' | 'keysWithSerialNumber'>;

/**
 * The keys of the Directory and of every trust anchor: all of them take the provider's certificates, and whoever revokes
 * one revokes it for all.
 */
export class KeysEverywhere {
  constructor(
    private readonly store: Pick<Store, 'organisations' | 'anchor'>,
    private readonly anchorIds: readonly string[],
  ) {}

  /** Each certificate once. */
  async revokedKeys(): Promise<readonly KeyRecord[]> {
    const revoked = (await this.all()).flatMap((keys) => keys.revokedKeys());
    return [...new Map(revoked.map((key) => [key.kid, key])).values()];
  }

  /** Where several have the certificate, it comes several times. */
  async keysWithSerialNumber(serialNumber: string): Promise<readonly KeyRecord[]> {
    return (await this.all()).flatMap((keys) => keys.keysWithSerialNumber(serialNumber));
  }

  private async all(): Promise<Keys[]> {
    const anchored = await Promise.all(this.anchorIds.map((id) => this.store.anchor(id)));
    return [this.store.organisations, ...anchored.map(({ organisations }) => organisations)];
  }
}
