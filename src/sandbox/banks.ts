import { Bank, type BankDependencies } from '../aspsp/bank.js';
import { bankProfileSchema, type BankProfile } from '../aspsp/profile.js';
import { differencesFromUsual, type ProfileDifference } from '../aspsp/profile-settings.js';
import type { TrustedCertificates } from '../aspsp/trusted-issuers.js';
import type { PublicUrls } from '../directory/trust-anchor.js';
import { invalidInput, notFound, quote } from '../domain/errors.js';
import { parseInput } from '../domain/parse.js';
import type { BankRepository, Store } from '../domain/ports.js';
import { fillIn, type ShippedProfile } from './data-files.js';

export interface BanksSettings extends Pick<BankDependencies, 'clock' | 'random' | 'jwksFetcher'> {
  readonly store: Store;
  readonly urls: PublicUrls;
  readonly ssaIssuer: string;
  /** The certificates of the Directory and of the trust anchors, by id. */
  readonly authorities: Readonly<Record<string, () => Promise<TrustedCertificates>>>;
}

/** The mock banks of a sandbox, and the profiles that they follow. */
export class Banks {
  private constructor(
    private readonly banks: ReadonlyMap<string, Bank>,
    private readonly repositories: ReadonlyMap<string, BankRepository>,
    private readonly shipped: ReadonlyMap<string, ShippedProfile>,
    private readonly settings: BanksSettings,
  ) {}

  static async open(shipped: readonly ShippedProfile[], settings: BanksSettings): Promise<Banks> {
    const repositories = new Map(
      await Promise.all(shipped.map(async ({ id }) => [id, await settings.store.bank(id)] as const)),
    );
    const shippedById = new Map(shipped.map((profile) => [profile.id, profile]));
    const banks = new Map(
      Array.from(repositories, ([id, repository]) => {
        const written = repository.findProfile() ?? shippedById.get(id);
        return [id, openBank(bankProfileSchema.parse(resolve(written, settings)), repository, settings)];
      }),
    );
    return new Banks(banks, repositories, shippedById, settings);
  }

  list(): readonly Bank[] {
    return [...this.banks.values()];
  }

  /** @throws DomainError `not_found` */
  get(bankId: string): Bank {
    const bank = this.banks.get(bankId);
    if (!bank) throw notFound('bank', bankId);
    return bank;
  }

  /**
   * Gives a bank another profile, which it follows from the next call on. What the profile leaves out is as at a bank
   * that allows all of DCR; id and organisation stay.
   * @throws DomainError `not_found`, `invalid_input`
   */
  async changeProfile(bankId: string, input: unknown): Promise<BankProfile> {
    const bank = this.get(bankId);
    const profile = parseInput(bankProfileSchema, resolve(input, this.settings));
    this.refuseForeign(profile, bank.profile);
    // Our own address is kept as a placeholder: at the next start it may be another.
    await this.repositories.get(bankId)?.saveProfile(unresolve(profile, this.settings.urls));
    bank.follow(profile);
    return profile;
  }

  /** Gives a bank the profile that it came with. @throws DomainError `not_found` */
  async resetProfile(bankId: string): Promise<BankProfile> {
    const bank = this.get(bankId);
    const profile = bankProfileSchema.parse(resolve(this.shipped.get(bankId), this.settings));
    await this.repositories.get(bankId)?.forgetProfile();
    bank.follow(profile);
    return profile;
  }

  /** Whether somebody gave the bank another profile than it came with. @throws DomainError `not_found` */
  hasOtherProfile(bankId: string): boolean {
    this.get(bankId);
    return this.repositories.get(bankId)?.findProfile() !== undefined;
  }

  /** Where the bank differs from one that leaves everything out. @throws DomainError `not_found` */
  differences(bankId: string): ProfileDifference[] {
    const { urls, ssaIssuer } = this.settings;
    const jwksUri = `${urls.https}/keystore/openbanking.jwks`;
    const directory = { issuer: ssaIssuer, jwksUri, jwksOrigins: [urls.https] };
    return differencesFromUsual(this.get(bankId).profile, [directory]);
  }

  private refuseForeign(profile: BankProfile, current: BankProfile): void {
    const fixed = (['id', 'organisationId'] as const)
      .filter((member) => profile[member] !== current[member])
      .map((field) => ({ field, expected: quote(current[field]), actual: quote(profile[field]) }));
    const known = Object.keys(this.settings.authorities);
    const unknown = profile.clientCertificate.authorities.flatMap((authority, index) =>
      known.includes(authority)
        ? []
        : [
            {
              field: `clientCertificate.authorities[${index}]`,
              expected: `one of ${known.map(quote).join(', ')}`,
              actual: quote(authority),
            },
          ],
    );
    if (fixed.length + unknown.length > 0) throw invalidInput([...fixed, ...unknown]);
  }
}

/** A bank is told where the Directory is and which roots to trust, and nothing else. */
export function openBank(
  profile: BankProfile,
  repository: BankRepository,
  { clock, random, jwksFetcher, urls, authorities }: BanksSettings,
): Bank {
  return new Bank(profile, {
    clock,
    random,
    repository,
    jwksFetcher,
    findAuthority: (id) => {
      const find = authorities[id];
      if (!find) throw notFound('authority', id);
      return find();
    },
    issuer: `${urls.https}/aspsp/${profile.id}`,
    jwksUri: `${urls.https}/${profile.organisationId}/${profile.organisationId}.jwks`,
  });
}

/** A profile as it is written down cannot know our address. */
export function resolve(
  written: unknown,
  { urls, ssaIssuer }: Pick<BanksSettings, 'urls' | 'ssaIssuer'>,
): unknown {
  return fillIn(written, { directory: urls.https, ssaIssuer });
}

function unresolve(profile: BankProfile, { https }: PublicUrls): Record<string, unknown> {
  const text = JSON.stringify(profile).replaceAll(https, '{directory}');
  return JSON.parse(text) as Record<string, unknown>;
}
