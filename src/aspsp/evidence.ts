import { quote } from '../domain/errors.js';
import type { Jwk } from '../domain/jwk.js';
import type { JwksFetcher, JwksFetchResult } from '../domain/ports.js';
import type { ConsumedJti } from '../domain/registration.js';
import { decodeJws, type DecodeResult } from '../jose/jws.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import { tryParseCertificate } from '../pki/client-certificate.js';
import type { BankProfile, SsaIssuerProfile } from './profile.js';

/** What a TPP posted, as plain data. */
export interface RegistrationInput {
  readonly body: string;
  /** Without parameters, lower case. */
  readonly mediaType: string | undefined;
  /** DER of the certificate that the TLS client showed; the handshake has judged nothing. */
  readonly clientCertificate: Uint8Array | undefined;
}

/** What a bank brings to a judgement. */
export interface BankResources {
  readonly profile: BankProfile;
  /** Certificates that may issue client certificates; they chain to a trusted root. */
  readonly trustedIssuers: readonly ParsedCertificate[];
  readonly jwksFetcher: JwksFetcher;
  readonly consumeJti: (jti: ConsumedJti, at: Date) => Promise<boolean>;
}

/** Members of a JSON object that nobody has vouched for yet. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * Everything the rules look at, gathered once and only when a rule first asks. Tokens are decoded, not trusted: a rule
 * that relies on more names the rules that must have passed before it.
 */
export class Evidence {
  readonly certificate: ParsedCertificate | undefined;
  readonly request: DecodeResult;
  readonly ssa: DecodeResult;
  private readonly fetched = new Map<string, Promise<JwksFetchResult>>();

  constructor(
    readonly input: RegistrationInput,
    readonly bank: BankResources,
    /** The instant of the sandbox's clock at which everything is judged. */
    readonly at: Date,
  ) {
    this.certificate = input.clientCertificate && tryParseCertificate(input.clientCertificate);
    this.request = decodeJws(input.body.trim());
    const { software_statement: statement } = this.requestClaims;
    this.ssa = typeof statement === 'string' ? decodeJws(statement) : { ok: false, reason: quote(statement) };
  }

  get profile(): BankProfile {
    return this.bank.profile;
  }

  get requestHeader(): Claims {
    return this.request.ok ? this.request.jws.header : {};
  }

  get requestClaims(): Claims {
    return this.request.ok ? this.request.jws.payload : {};
  }

  get ssaHeader(): Claims {
    return this.ssa.ok ? this.ssa.jws.header : {};
  }

  get ssaClaims(): Claims {
    return this.ssa.ok ? this.ssa.jws.payload : {};
  }

  /** The trusted issuer that the SSA names. */
  get ssaIssuer(): SsaIssuerProfile | undefined {
    return this.profile.ssaIssuers.find(({ issuer }) => issuer === this.ssaClaims['iss']);
  }

  /** Fetches a JWKS; the same one once for all rules of a judgement. */
  jwks(url: string): Promise<JwksFetchResult> {
    const known = this.fetched.get(url);
    if (known) return known;
    const fetching = this.bank.jwksFetcher.fetch(url);
    this.fetched.set(url, fetching);
    return fetching;
  }

  /** The signing key with a `kid` in a JWKS, or why there is none. */
  async findSigningKey(url: string, kid: unknown): Promise<{ key: Jwk } | { problem: string }> {
    const result = await this.jwks(url);
    if (!result.ok) return { problem: `${url} ${result.reason}` };
    const candidates = result.jwks.keys.filter((key) => key.kid === kid);
    const key = candidates.find(({ use }) => use === 'sig' || use === undefined);
    if (key) return { key };
    return {
      problem:
        candidates.length > 0
          ? `a key with use "${candidates[0]?.use ?? ''}"`
          : `${result.jwks.keys.length} other keys at ${url}`,
    };
  }

  /** A claim of the SSA as text; rules that call this need `ssa-claims`. */
  ssaText(claim: string): string {
    const value = this.ssaClaims[claim];
    return typeof value === 'string' ? value : '';
  }

  /** A claim of the SSA as a list of texts; rules that call this need `ssa-claims`. */
  ssaList(claim: string): string[] {
    return textsOf(this.ssaClaims[claim]) ?? [];
  }
}

/** The value when it is a list of texts. */
export function textsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}
