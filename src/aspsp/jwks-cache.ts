import type { Clock, JwksFetcher, JwksFetchResult } from '../domain/ports.js';
export interface JwksPolicy {
  readonly maxAgeSeconds: number | null;
  readonly refetchForUnknownKid: boolean;
  readonly whenUnreachable: 'refuse' | 'use-last-known';
}
export class JwksCache {
  constructor(
    private readonly fetcher: JwksFetcher,
    _clock: Clock,
  ) {}
  get(url: string, origins: readonly string[], _policy: JwksPolicy, _kid?: string): Promise<JwksFetchResult> {
    if (!URL.canParse(url) || !origins.includes(new URL(url).origin))
      return Promise.resolve({ ok: false, reason: 'is at none of the allowed origins' });
    return this.fetcher.fetch(url);
  }
}
