import type { JwksFetchResult } from '../domain/ports.js';

/** The keys at a URL, as they are now, when it lies at one of the origins; with a `kid` that should be among them. */
export type ReadJwks = (url: string, origins: readonly string[], kid?: string) => Promise<JwksFetchResult>;

/** Reads every set once, so that all that is judged together is judged by the same keys. */
export function readingOnce(read: ReadJwks): ReadJwks {
  const answers = new Map<string, Promise<JwksFetchResult>>();
  return (url, origins, kid) => {
    const question = JSON.stringify([url, origins, kid]);
    const answer = answers.get(question) ?? read(url, origins, kid);
    answers.set(question, answer);
    return answer;
  };
}
