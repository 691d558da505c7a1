import type { IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type CachePolicy from 'http-cache-semantics';

const load = createRequire(import.meta.url);
let policyOfHeaders: typeof CachePolicy | undefined;

/** Loaded with the first answer that comes: a start need not wait for it. */
function policyClass(): typeof CachePolicy {
  policyOfHeaders ??= class extends (load('http-cache-semantics') as typeof CachePolicy) {
    /** Headers are looked at when they arrive: of this machine's clock the answer must not depend. */
    now(): number {
      return 0;
    }
  };
  return policyOfHeaders;
}

/**
 * For how many seconds a private cache may use an answer with status 200 again, by the answer's headers; 0 for not at
 * all, and where the headers do not say: there is no guessing. An `Expires` counts from the `Date` beside it only.
 * @see RFC 9111 sections 4.2 and 5.2.2
 */
export function freshSecondsOf(headers: IncomingHttpHeaders): number {
  const { expires, ...others } = headers;
  const dated = Number.isFinite(Date.parse(headers.date ?? ''));
  const Policy = policyClass();
  const policy = new Policy(
    { method: 'GET', headers: {} },
    {
      status: 200,
      headers: {
        ...others,
        ...(dated && expires !== undefined ? { expires } : {}),
        // The library compares the names of directives as they are written; RFC 9111 section 5.2 takes any case.
        'cache-control': headers['cache-control']?.toLowerCase(),
      },
    },
    { shared: false, cacheHeuristic: 0, immutableMinTimeToLive: 0 },
  );
  return policy.storable() ? Math.max(0, policy.maxAge() - policy.age()) : 0;
}
