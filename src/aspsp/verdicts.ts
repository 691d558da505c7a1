import { isDeepStrictEqual } from 'node:util';
import { newUuid } from '../domain/identifiers.js';
import type { BankRepository, Random } from '../domain/ports.js';
import {
  errorDescription,
  type Attempt,
  type AttemptOperation,
  type BankError,
} from '../domain/registration.js';
import type { Judgement } from '../domain/rules.js';
import { withoutSecrets } from '../domain/secrets.js';
import type { DecodedJws } from '../jose/jws.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import { formatName } from '../pki/distinguished-name.js';
import type { BankProfile } from './profile.js';

/** Who attempted what, and with which tokens, as far as they could be read. */
export interface AttemptFacts {
  readonly operation: AttemptOperation;
  readonly at: Date;
  readonly certificate: ParsedCertificate | undefined;
  readonly clientId: string | undefined;
  readonly request: DecodedJws | undefined;
  /** The registration request in its compact form, where that is what was sent. */
  readonly compactRequest: string | undefined;
  readonly ssa: DecodedJws | undefined;
}

/** The verdicts of one bank: whole, and without secrets. */
export class Verdicts {
  /** Forgotten with the attempts, and when the process ends: a signed request is in no file. */
  private readonly compactRequests = new WeakMap<Attempt, string>();

  constructor(
    private readonly repository: BankRepository,
    private readonly random: Random,
  ) {}

  /** Stores a verdict before its answer is sent. @throws DomainError `storage_failed` */
  async record(
    { operation, at, certificate, clientId, request, compactRequest, ssa }: AttemptFacts,
    { results, decisive }: Judgement<BankError>,
    profile: BankProfile,
  ): Promise<Attempt> {
    const id = newUuid(this.random);
    const attempt: Attempt = {
      id,
      at: at.toISOString(),
      bankId: profile.id,
      operation,
      ...(clientId === undefined ? {} : { clientId }),
      certificate: certificate
        ? { subject: formatName(certificate.subject), thumbprintSha256: certificate.thumbprintSha256 }
        : null,
      request: withoutSecrets(request ?? null),
      ssa: withoutSecrets(ssa ?? null),
      rules: results.map((result) => ({ ...result, spec: specOf(result, profile) })),
      response: decisive
        ? {
            error: decisive.error,
            errorDescription: `${errorDescription(decisive.description)}; verdict ${id}`,
          }
        : {},
    };
    await this.repository.saveAttempt(attempt);
    const hasSecrets = !isDeepStrictEqual(attempt.request, request);
    if (compactRequest !== undefined && !hasSecrets) this.compactRequests.set(attempt, compactRequest);
    return attempt;
  }

  /** The registration request as it was signed; undefined where it was none, has secrets, or came before a restart. */
  compactRequestOf(attempt: Attempt): string | undefined {
    return this.compactRequests.get(attempt);
  }
}

/** Where a rule is specified, in the version of DCR that the bank speaks. */
export function specOf({ spec }: { readonly spec: string }, { dcrVersion }: BankProfile): string {
  return spec.replaceAll('{dcr}', `DCR ${dcrVersion}`);
}
