import { ssaAuthorityOf, isForSigning, keysNamed } from '../../aspsp/evidence.js';
import type { Bank } from '../../aspsp/bank.js';
import type { ReadJwks } from '../../aspsp/jwks-reading.js';
import type { CertifiedKey } from '../../directory/certificates.js';
import { DomainError } from '../../domain/errors.js';
import type { Jwk } from '../../domain/jwk.js';
import type { RuleResult } from '../../domain/registration.js';
import { limits } from '../../domain/limits.js';
import type { DecodedJws } from '../../jose/jws.js';
import { publicKeyOfJwk } from '../../jose/jwk.js';
import { parseCertificate, type ParsedCertificate } from '../../pki/certificate.js';
import { findIssuer, tryParseCertificate } from '../../pki/client-certificate.js';
import { parsePem } from '../../pki/pem.js';
import type { DirectoryServices } from '../directory-services.js';

/** What an inspection asks a directory. */
export type KnownDirectory = Pick<
  DirectoryServices,
  'registry' | 'certificates' | 'trustAnchor' | 'ssaIssuer' | 'urls'
>;

/** The bank whose rules judge a token, and the keys as it reads them for this token and the one within. */
export interface JudgingBank {
  readonly bank: Bank;
  readonly jwks: ReadJwks;
}

/** Where the key of a token should be. */
export interface KeySource {
  readonly url: string;
  readonly origins: readonly string[];
  /** The members that a `kid` may mean. */
  readonly names: readonly ('kid' | 'x5t' | 'x5t#S256')[];
}

/** Who signed a token, as far as it can be found out. */
export interface Signer {
  readonly source: KeySource | undefined;
  readonly key: Jwk | undefined;
  /** Why there is no key. */
  readonly problem: string | undefined;
  readonly certificate: ParsedCertificate | undefined;
  /** Whether the certificate is about the key of the set; true where there is none to compare. */
  readonly certifiesKey: boolean;
  /** Each the issuer of the one before, from that of the certificate on. */
  readonly issuers: readonly ParsedCertificate[];
  /** The key as the directory has it; undefined for the directory's own, and for keys that it does not know. */
  readonly known: CertifiedKey | undefined;
  readonly isDirectorys: boolean;
}

/** Where the key of an SSA is, by what its issuer says to banks; undefined for an issuer that the bank does not trust. */
export function keySourceOfSsa({ payload }: DecodedJws, { profile }: Bank): KeySource | undefined {
  const authority = ssaAuthorityOf(payload, profile);
  return authority && { url: authority.jwksUri, origins: authority.jwksOrigins, names: ['kid'] };
}

/** What a rule of the bank came to. */
export type OutcomeOf = (ruleId: string) => RuleResult | undefined;

/** Where the key of a registration request is, by its SSA; nothing is fetched from where an SSA that is not trusted points. */
export function keySourceOfRequest(
  ssa: DecodedJws,
  { profile }: Bank,
  outcomeOf: OutcomeOf,
): KeySource | undefined {
  const authority = ssaAuthorityOf(ssa.payload, profile);
  const { software_jwks_endpoint: url } = ssa.payload;
  const isTrusted = isSigned(ssa, outcomeOf) && outcomeOf('ssa-jwks-endpoints')?.outcome === 'passed';
  if (!authority || !isTrusted || typeof url !== 'string') return undefined;
  return { url, origins: authority.jwksOrigins, names: profile.request.kidNames };
}

/** By its issuer, or by nobody where the bank accepts that. */
function isSigned({ header }: DecodedJws, outcomeOf: OutcomeOf): boolean {
  const isUnsigned = header['alg'] === 'none' && outcomeOf('ssa-alg')?.outcome === 'passed';
  return outcomeOf('ssa-signature')?.outcome === (isUnsigned ? 'skipped' : 'passed');
}

/** Finds the key that a token names, its certificate and the chain above. */
export async function findSigner(
  { header }: DecodedJws,
  source: KeySource | undefined,
  { jwks }: JudgingBank,
  directory: KnownDirectory,
): Promise<Signer> {
  const kid = typeof header['kid'] === 'string' ? header['kid'] : undefined;
  const found = await findKey(kid, source, jwks);
  const known = findKnown(found.key?.kid ?? kid, directory);
  const certificate = certificateOf(found.key, known);
  return {
    source,
    key: found.key,
    problem: found.problem,
    certificate,
    certifiesKey: isAbout(certificate, found.key),
    issuers: certificate ? issuersAbove(certificate, directory, known) : [],
    known,
    isDirectorys:
      certificate !== undefined && directory.trustAnchor.isOwnCertificate(certificate.serialNumber),
  };
}

async function findKey(
  kid: string | undefined,
  source: KeySource | undefined,
  jwks: ReadJwks,
): Promise<{ key: Jwk | undefined; problem: string | undefined }> {
  if (!source || kid === undefined) return { key: undefined, problem: undefined };
  const result = await jwks(source.url, source.origins, kid);
  if (!result.ok) return { key: undefined, problem: `the JWKS ${result.reason}` };
  const named = keysNamed(result.jwks.keys, kid, source.names);
  const key = named.find(isForSigning);
  if (key) return { key, problem: undefined };
  const [other] = named;
  const problem = other
    ? `the key of this kid is for "${other.use ?? ''}", not for signatures`
    : `none of the ${result.jwks.keys.length} keys there has this kid`;
  return { key: undefined, problem };
}

function findKnown(kid: string | undefined, { certificates }: KnownDirectory): CertifiedKey | undefined {
  return kid === undefined ? undefined : found(() => certificates.get(kid));
}

/** Undefined for what a directory does not have. */
export function found<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (error instanceof DomainError && error.code === 'not_found') return undefined;
    throw error;
  }
}

/** From the set, or of a key that is no longer in it. */
function certificateOf(key: Jwk | undefined, known: CertifiedKey | undefined): ParsedCertificate | undefined {
  const [leaf] = key?.x5c ?? [];
  if (leaf !== undefined) return tryParseCertificate(Buffer.from(leaf, 'base64'));
  return known && parseCertificate(known.record.certificatePem);
}

function isAbout(certificate: ParsedCertificate | undefined, key: Jwk | undefined): boolean {
  if (!certificate || !key) return true;
  return publicKeyOfJwk(key)?.equals(certificate.x509.publicKey) === true;
}

function issuersAbove(
  certificate: ParsedCertificate,
  { trustAnchor }: KnownDirectory,
  known: CertifiedKey | undefined,
): ParsedCertificate[] {
  const candidates = [trustAnchor.chainPem, known?.chainPem ?? ''].flatMap((pem) =>
    (parsePem(pem) ?? []).map(({ der }) => parseCertificate(der)),
  );
  const issuers: ParsedCertificate[] = [];
  for (let current = certificate; issuers.length < limits.chainLength;) {
    const issuer = findIssuer(current, candidates);
    if (!issuer || issuer.thumbprintSha256 === current.thumbprintSha256) break;
    issuers.push(issuer);
    current = issuer;
  }
  return issuers;
}
