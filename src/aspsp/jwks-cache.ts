import { quote } from '../domain/errors.js';
import { isSecretJwk } from '../domain/jwk.js';
import { limits } from '../domain/limits.js';
import type { Clock, JwksFetcher, JwksFetchResult } from '../domain/ports.js';

/** How a bank treats the copies of JWKS that it keeps. @see formats.md section 7, quirks 13 and 14 */
export interface JwksPolicy {
  /** For how long a copy is used, whatever its headers say; null leaves it to them. @see RFC 9111 section 4.2 */
  readonly maxAgeSeconds: number | null;
  /** Whether a `kid` that is not in a copy makes the bank look again: without it, a rotated key stays unknown. */
  readonly refetchForUnknownKid: boolean;
  /** Whether the bank refuses when the Directory is down, or goes on with what it saw last. @see RFC 9111 section 4.2.4 */
  readonly whenUnreachable: 'refuse' | 'use-last-known';
}

interface Copy {
  readonly answer: Extract<JwksFetchResult, { ok: true }>;
  /** Milliseconds of the sandbox's clock when it was asked for. */
  readonly askedAt: number;
}

/**
 * The JWKS that a bank has seen. Copies that are no longer fresh are kept too: the next policy may still want them.
 * Failures are not kept.
 */
export class JwksCache {
  /** The least recently used comes first. */
  private readonly copies = new Map<string, Copy>();
  private readonly underWay = new Map<string, Promise<JwksFetchResult>>();

  constructor(
    private readonly fetcher: JwksFetcher,
    private readonly clock: Clock,
  ) {}

  /**
   * The set as it is now, or why there is none; never throws. It is fetched once at most.
   * @param origins where a JWKS may lie, as `URL.origin` writes them; elsewhere nothing is fetched or answered
   * @param kid the key that is looked for
   */
  async get(
    url: string,
    origins: readonly string[],
    policy: JwksPolicy,
    kid?: string,
  ): Promise<JwksFetchResult> {
    const objection = objectionTo(url, origins);
    if (objection !== undefined) return { ok: false, reason: objection };
    const copy = this.use(url);
    if (copy && this.isFresh(copy, policy) && !isMissed(kid, copy, policy)) return copy.answer;
    const fetched = await this.fetchShared(url);
    if (fetched.ok || policy.whenUnreachable === 'refuse') return fetched;
    return this.use(url)?.answer ?? fetched;
  }

  /** A copy from the future has seen the clock moved back, and would otherwise stay fresh until the clock is there again. */
  private isFresh({ answer, askedAt }: Copy, { maxAgeSeconds }: JwksPolicy): boolean {
    const ageMilliseconds = this.clock.now().getTime() - askedAt;
    return ageMilliseconds >= 0 && ageMilliseconds < (maxAgeSeconds ?? answer.freshSeconds) * 1000;
  }

  private fetchShared(url: string): Promise<JwksFetchResult> {
    const known = this.underWay.get(url);
    if (known) return known;
    const fetching = this.fetchAndKeep(url).finally(() => this.underWay.delete(url));
    this.underWay.set(url, fetching);
    return fetching;
  }

  private async fetchAndKeep(url: string): Promise<JwksFetchResult> {
    // The age of an answer counts from its request. See RFC 9111 section 4.2.3.
    const askedAt = this.clock.now().getTime();
    try {
      const answer = withoutSecrets(await this.fetcher.fetch(url));
      if (answer.ok) this.keep(url, { answer, askedAt });
      return answer;
    } catch {
      return { ok: false, reason: 'cannot be fetched' };
    }
  }

  private use(url: string): Copy | undefined {
    const copy = this.copies.get(url);
    if (copy) this.keep(url, copy);
    return copy;
  }

  private keep(url: string, copy: Copy): void {
    this.copies.delete(url);
    this.copies.set(url, copy);
    if (this.copies.size <= limits.jwksCacheEntries) return;
    for (const leastRecentlyUsed of this.copies.keys()) {
      this.copies.delete(leastRecentlyUsed);
      return;
    }
  }
}

function objectionTo(url: string, origins: readonly string[]): string | undefined {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target?.protocol !== 'https:') return 'is no https URL';
  if (target.username || target.password) return 'carries credentials';
  if (!origins.includes(target.origin)) {
    return `is at none of the allowed origins (${origins.join(', ') || 'there are none'})`;
  }
  return undefined;
}

/**
 * Who publishes a private key lets everybody sign, and may not know it: no key of the set is trusted then.
 * @see OpenID Connect Dynamic Client Registration 1.0 section 2, jwks_uri; RFC 7517 section 9.2
 */
function withoutSecrets(answer: JwksFetchResult): JwksFetchResult {
  const secret = answer.ok ? answer.jwks.keys.find(isSecretJwk) : undefined;
  return secret ? { ok: false, reason: `holds a private key, kid ${quote(secret.kid)}` } : answer;
}

function isMissed(kid: string | undefined, { answer }: Copy, policy: JwksPolicy): boolean {
  return policy.refetchForUnknownKid && kid !== undefined && !answer.jwks.keys.some((key) => key.kid === kid);
}
