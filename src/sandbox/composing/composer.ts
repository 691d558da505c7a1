import type { Bank } from '../../aspsp/bank.js';
import type { CertificateService } from '../../directory/certificates.js';
import type { Registry } from '../../directory/registry.js';
import type { SsaIssuer } from '../../directory/ssa.js';
import { invalidInput, quote, type DomainError } from '../../domain/errors.js';
import { newUuid } from '../../domain/identifiers.js';
import { limits } from '../../domain/limits.js';
import type { Clock, Random } from '../../domain/ports.js';
import type { RegisteredClient } from '../../domain/registration.js';
import type { SoftwareStatement } from '../../domain/software-statement.js';
import { signJws, unsignedJws } from '../../jose/jws.js';
import type { DefectiveSsas } from '../defects/defective-ssas.js';
import { numericDate, registrationClaims, requestAlgorithm, type Claims } from '../registration-claims.js';
import { nameOfKey, type SigningKey } from '../registration-signature.js';
import { NOBODY, type Draft } from './draft.js';
import { filledIn, placeholders } from './placeholders.js';
import { TppKeys } from './tpp-keys.js';

export interface ComposerDependencies {
  readonly registry: Registry;
  readonly certificates: CertificateService;
  readonly ssaIssuer: SsaIssuer;
  readonly defectiveSsas: DefectiveSsas;
  readonly getBank: (bankId: string) => Bank;
  readonly clock: Clock;
  readonly random: Random;
}

/** What there is to compose a request with, and a request that the bank accepts. */
export interface Workbench {
  readonly statement: SoftwareStatement;
  readonly bank: Bank;
  readonly keys: TppKeys;
  /** The newest clients of the statement at the bank. */
  readonly clients: readonly RegisteredClient[];
  readonly claims: Claims;
  readonly header: Claims;
  readonly lifetimeSeconds: number;
}

/** A composed request, to be signed. */
export interface Composed {
  readonly claims: Claims;
  readonly header: Claims;
}

/** Makes registration requests of drafts. */
export class Composer {
  constructor(private readonly services: ComposerDependencies) {}

  /** @throws DomainError `not_found` */
  async workbench(softwareId: string, bankId: string): Promise<Workbench> {
    const bank = this.services.getBank(bankId);
    const statement = this.services.registry.getSoftwareStatement(softwareId);
    const keys = await TppKeys.of(this.services, statement);
    return {
      statement,
      bank,
      keys,
      clients: bank.clientsOf(softwareId, limits.clientsShown),
      ...this.usualClaims(statement, bank, keys),
      header: { typ: 'JWT', alg: requestAlgorithm(bank.profile), kid: placeholders.kid },
    };
  }

  /**
   * Fills in what a draft leaves open; nothing is sent.
   * @throws DomainError `not_found`, `invalid_input`; `precondition_failed` where there would be no SSA
   */
  async compose({ statement, keys, bank }: Workbench, draft: Draft): Promise<Composed> {
    const issuedAt = numericDate(this.services.clock.now());
    const { ssa, issuedAt: iat, expiresAt: exp, jti, kid } = placeholders;
    const claims = filledIn(draft.claims, {
      [iat]: issuedAt,
      [exp]: issuedAt + draft.lifetimeSeconds,
      [jti]: newUuid(this.services.random),
      [ssa]: usesSsa(draft) ? await this.ssa(statement.id, draft) : undefined,
    });
    if (draft.signingKey === NOBODY)
      return { claims, header: { ...filledIn(draft.header, {}), alg: 'none' } };
    const { record } = keys.named('signingKey', draft.signingKey);
    return { claims, header: filledIn(draft.header, { [kid]: nameOfKey(record, bank.profile) }) };
  }

  private usualClaims(statement: SoftwareStatement, { profile, issuer }: Bank, { transport }: TppKeys) {
    const { clock, random } = this.services;
    const { ssa, issuedAt, expiresAt, jti } = placeholders;
    const registrant = {
      softwareStatement: statement,
      transportCertificatePem: transport[0]?.record.certificatePem,
      ssa,
      at: clock.now(),
      random,
    };
    const claims = registrationClaims(registrant, profile, issuer);
    return {
      claims: { ...claims, iat: issuedAt, exp: expiresAt, jti },
      lifetimeSeconds: claims.exp - Number(claims['iat']),
    };
  }

  /** @throws DomainError `invalid_input`; `precondition_failed` where the Directory would issue none */
  private async ssa(softwareId: string, { ssa, defect, pastedSsa }: Draft): Promise<string> {
    const { ssaIssuer, defectiveSsas } = this.services;
    switch (ssa) {
      case 'fresh':
        return (await ssaIssuer.issue(softwareId)).ssa;
      case 'self-signed':
        return (await ssaIssuer.issueSelfSigned(softwareId, { unsigned: false })).ssa;
      case 'unsigned':
        return (await ssaIssuer.issueSelfSigned(softwareId, { unsigned: true })).ssa;
      case 'defective':
        if (defect === undefined) throw missing('defect', 'the name of a defect');
        return (await defectiveSsas.issue(softwareId, { defect })).ssa;
      case 'pasted':
        if (!pastedSsa) throw missing('pastedSsa', 'an SSA');
        return pastedSsa;
    }
  }
}

/**
 * Signs a composed request, or leaves it unsigned for nobody.
 * @throws DomainError `invalid_input` for a header that cannot be signed with
 */
export async function sign({ header, claims }: Composed, key: SigningKey | undefined): Promise<string> {
  if (!key) return unsignedJws({ ...header, alg: 'none' }, claims);
  try {
    return await signJws({ ...header, alg: String(header['alg']) }, claims, key.key);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    const expected = `a JOSE header that an RSA key can sign with, or the signing key ${quote(NOBODY)}`;
    throw invalidInput([{ field: 'header', expected, actual: `${quote(header)} (${reason})` }]);
  }
}

function usesSsa({ claims }: Draft): boolean {
  return Object.values(claims).includes(placeholders.ssa);
}

function missing(field: string, expected: string): DomainError {
  return invalidInput([{ field, expected, actual: 'nothing' }]);
}
