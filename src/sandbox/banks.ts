import { z } from 'zod';
import { Bank, type BankDependencies } from '../aspsp/bank.js';
import { bankProfileSchema, type BankProfile } from '../aspsp/profile.js';
import { differencesFromUsual, type ProfileDifference } from '../aspsp/profile-settings.js';
import type { TrustedCertificates } from '../aspsp/trusted-issuers.js';
import type { PublicUrls } from '../directory/trust-anchor.js';
import { describeProblem, invalidInput, notFound, quote, type FieldProblem } from '../domain/errors.js';
import { problemsOf } from '../domain/parse.js';
import type { BankRepository, JwksFetcher, Store } from '../domain/ports.js';
import { ConfigurationError } from './options.js';
import { fillIn, type ShippedProfile } from './data-files.js';

export interface BanksSettings extends Pick<BankDependencies, 'clock' | 'random'> {
  /** What a bank fetches with. */
  readonly jwksFetcherOf: (bankId: string) => JwksFetcher;
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
        const kept = repository.findProfile();
        const profile = kept
          ? parseKept(id, resolve(kept, settings))
          : bankProfileSchema.parse(resolve(shippedById.get(id), settings));
        return [id, openBank(profile, repository, settings)];
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
    const profile = this.parseProfile(resolve(input, this.settings), bank.profile);
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

  /** @throws DomainError `invalid_input` that names what is wrong by itself and what is wrong for this bank */
  private parseProfile(input: unknown, current: BankProfile): BankProfile {
    const parsed = bankProfileSchema.safeParse(input);
    const problems = parsed.success ? [] : problemsOf(parsed.error, input, bankProfileSchema);
    const named = new Set(problems.map(({ field }) => field));
    const foreign = this.foreignTo(current, input).filter(({ field }) => !named.has(field));
    if (parsed.success && foreign.length === 0) return parsed.data;
    throw invalidInput([...problems, ...foreign]);
  }

  /** What this bank or this sandbox cannot have, however well it is written. */
  private foreignTo(current: BankProfile, input: unknown): FieldProblem[] {
    const { clientCertificate, ...fixed } = boundPartsSchema.parse(input);
    const known = Object.keys(this.settings.authorities);
    return [
      ...(['id', 'organisationId'] as const).flatMap((field) =>
        fixed[field] === undefined || fixed[field] === current[field]
          ? []
          : [{ field, expected: quote(current[field]), actual: quote(fixed[field]) }],
      ),
      ...(clientCertificate?.authorities ?? []).flatMap((authority, index) =>
        known.includes(authority)
          ? []
          : [
              {
                field: `clientCertificate.authorities[${index}]`,
                expected: `one of ${known.map(quote).join(', ')}`,
                actual: quote(authority),
              },
            ],
      ),
    ];
  }
}

/** The parts of a profile that are bound to its bank or its sandbox, as far as they are there. */
const boundPartsSchema = z
  .object({
    id: z.string().optional().catch(undefined),
    organisationId: z.string().optional().catch(undefined),
    clientCertificate: z
      .object({ authorities: z.array(z.string()).catch([]) })
      .optional()
      .catch(undefined),
  })
  .catch({});

/** A profile of an earlier version of this program may not be one any more. @throws ConfigurationError */
function parseKept(bankId: string, kept: unknown): BankProfile {
  const result = bankProfileSchema.safeParse(kept);
  if (result.success) return result.data;
  const problems = problemsOf(result.error, kept).map(describeProblem).join('; ');
  throw new ConfigurationError(
    `--data-dir: the profile kept for the bank ${quote(bankId)} is not as expected: ${problems}`,
  );
}

/** A bank is told where the Directory is and which roots to trust, and nothing else. */
export function openBank(
  profile: BankProfile,
  repository: BankRepository,
  { clock, random, jwksFetcherOf, urls, authorities }: BanksSettings,
): Bank {
  return new Bank(profile, {
    clock,
    random,
    repository,
    jwksFetcher: jwksFetcherOf(profile.id),
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
  // No digit may follow: one port's number can begin with another's.
  const ours = new RegExp(`${https.replace(/[.[\]]/g, '\\$&')}(?!\\d)`, 'g');
  const text = JSON.stringify(profile).replace(ours, '{directory}');
  return JSON.parse(text) as Record<string, unknown>;
}
