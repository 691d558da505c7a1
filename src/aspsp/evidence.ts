import { quote } from '../domain/errors.js';
import type { Jwk } from '../domain/jwk.js';
import type { JwksFetchResult } from '../domain/ports.js';
import type { AccessTokenRecord, ConsumedJti, RegisteredClient } from '../domain/registration.js';
import type { Moment } from '../domain/rules.js';
import { decodeJws, type DecodeResult } from '../jose/jws.js';
import type { BearerEvidence } from '../oauth/access-token.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import { tryParseCertificate } from '../pki/client-certificate.js';
import type { ReadJwks } from './jwks-reading.js';
import { negotiate, type Negotiation } from './negotiation.js';
import { expectedAudience, type BankProfile, type Operation } from './profile.js';

/** What a TPP sent to a registration endpoint, as plain data. */
export interface RegistrationInput {
  readonly operation: Operation;
  /** The client id of the path; undefined for POST. */
  readonly clientId: string | undefined;
  readonly body: string;
  /** Without parameters, lower case. */
  readonly mediaType: string | undefined;
  readonly authorization: string | undefined;
  /** The header `x-jws-signature`. */
  readonly jwsSignature: string | undefined;
  /** DER of the certificate that the TLS client showed; the handshake has judged nothing. */
  readonly clientCertificate: Uint8Array | undefined;
}

/** What a bank brings to a judgement. */
export interface BankResources {
  readonly profile: BankProfile;
  /** The bank's issuer URL. */
  readonly issuer: string;
  readonly trustedIssuers: readonly ParsedCertificate[];
  readonly jwks: ReadJwks;
  readonly consumeJti: (jti: ConsumedJti, at: Date) => Promise<boolean>;
  /** Claims the software statement for a registration under way; false when it has one already. */
  readonly reserveSoftware: (softwareId: string) => boolean;
  /** The client that the path names, and the token that was presented, as the bank remembers them. */
  readonly client: RegisteredClient | undefined;
  readonly token: AccessTokenRecord | undefined;
}

/** Members of a JSON object that nobody has vouched for yet. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who vouches for an SSA, where the keys to verify it are, and from where keys of its subject may come. */
export interface SsaAuthority {
  readonly kind: 'issuer' | 'self-signed';
  readonly jwksUri: string;
  readonly jwksOrigins: readonly string[];
}

/**
 * Everything the rules look at, gathered once and only when a rule first asks. Tokens are decoded, not trusted: a rule
 * that relies on more names the rules that must have passed before it.
 */
export class Evidence implements BearerEvidence, Moment {
  readonly certificate: ParsedCertificate | undefined;
  readonly request: DecodeResult;
  readonly ssa: DecodeResult;
  private negotiated: Negotiation | undefined;

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

  get clockSkewSeconds(): number {
    return this.profile.clockSkewSeconds;
  }

  get certificateWasShown(): boolean {
    return this.input.clientCertificate !== undefined;
  }

  get trustedIssuers(): readonly ParsedCertificate[] {
    return this.bank.trustedIssuers;
  }

  get authorization(): string | undefined {
    return this.input.authorization;
  }

  get token(): AccessTokenRecord | undefined {
    return this.bank.token;
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

  get expectedAudience(): string {
    return expectedAudience(this.profile, this.bank.issuer);
  }

  /** What the bank makes of the metadata that was asked for. */
  get negotiation(): Negotiation {
    this.negotiated ??= negotiate(this.requestClaims, this.profile, this.ssaList('software_roles'));
    return this.negotiated;
  }

  /** The claims of the request with what the bank put in place of unsupported values. */
  get metadata(): Claims {
    return this.negotiation.claims;
  }

  /** Who vouches for the SSA, as far as the bank lets them. */
  get ssaAuthority(): SsaAuthority | undefined {
    return ssaAuthorityOf(this.ssaClaims, this.profile);
  }

  /** Keys at a URL that the SSA or its issuer names. */
  jwks(url: string, kid?: string): Promise<JwksFetchResult> {
    return this.bank.jwks(url, this.ssaAuthority?.jwksOrigins ?? [], kid);
  }

  /** The signing keys that a `kid` names in a JWKS, or why there is none. */
  async findSigningKeys(
    url: string,
    kid: unknown,
    names: readonly ('kid' | 'x5t' | 'x5t#S256')[] = ['kid'],
  ): Promise<{ keys: readonly Jwk[] } | { problem: string }> {
    const result = await this.jwks(url, typeof kid === 'string' ? kid : undefined);
    if (!result.ok) return { problem: `${url} ${result.reason}` };
    const candidates = keysNamed(result.jwks.keys, kid, names);
    const keys = candidates.filter(isForSigning);
    if (keys.length > 0) return { keys };
    const [other] = candidates;
    return {
      problem: other
        ? `a key with use "${other.use ?? ''}"`
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

/** Who vouches for an SSA with these claims, as far as a bank of this profile lets them. */
export function ssaAuthorityOf(claims: Claims, { ssa }: Pick<BankProfile, 'ssa'>): SsaAuthority | undefined {
  const { iss, software_id: softwareId, software_jwks_endpoint: endpoint } = claims;
  const issuer = ssa.issuers.find((candidate) => candidate.issuer === iss);
  if (issuer) return { kind: 'issuer', jwksUri: issuer.jwksUri, jwksOrigins: issuer.jwksOrigins };
  if (!ssa.selfSigned || typeof iss !== 'string' || iss !== softwareId) return undefined;
  const jwksUri = typeof endpoint === 'string' ? endpoint : '';
  return { kind: 'self-signed', jwksUri, jwksOrigins: ssa.selfSigned.jwksOrigins };
}

/** The keys that a `kid` means, where it may be any of these members of theirs. */
export function keysNamed(
  keys: readonly Jwk[],
  kid: unknown,
  names: readonly ('kid' | 'x5t' | 'x5t#S256')[],
): Jwk[] {
  return keys.filter((key) => names.some((name) => isNamed(name, key[name], kid)));
}

/** Observed: the Directory pads its thumbprints, as RFC 7515 does not; who names a key by one may do either. */
function isNamed(name: string, member: unknown, kid: unknown): boolean {
  if (name === 'kid' || typeof member !== 'string' || typeof kid !== 'string') return member === kid;
  return member.replace(/=+$/, '') === kid.replace(/=+$/, '');
}

/** A JWK without `use` may be used for anything. @see RFC 7517 section 4.2 */
export function isForSigning({ use }: Jwk): boolean {
  return use === 'sig' || use === undefined;
}

/** The value when it is a list of texts. */
export function textsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}
