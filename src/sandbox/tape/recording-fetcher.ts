import type { JwksFetcher } from '../../domain/ports.js';
import type { CallerFacts } from './exchange.js';
import type { Tape } from './tape.js';

/** A fetcher whose fetches are on the tape, whoever really makes them. */
export function recordingFetcher(honest: JwksFetcher, tape: Tape, caller: CallerFacts): JwksFetcher {
  return {
    fetch: async (url) => {
      const exchange = tape.begin({ caller, method: 'GET', url });
      const result = await tape.during(exchange, () => honest.fetch(url));
      tape.cameBack(exchange, result);
      return result;
    },
  };
}
