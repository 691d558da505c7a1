import type { Exchange } from './exchange.js';
import type { Parties, Party } from './parties.js';

/** Which exchanges are of interest; all of them where nothing is said. */
export interface TapeFilter {
  /** The id of a software statement or of an organisation, or `anonymous`. */
  readonly tpp?: string | undefined;
  /** The id of a bank. */
  readonly bank?: string | undefined;
  /** By the sandbox's clock. */
  readonly since?: string | undefined;
}

/** The exchanges that a filter asks for, with everything that came of them, in the order given. */
export function selectExchanges(
  exchanges: readonly Exchange[],
  parties: Parties,
  { tpp, bank, since }: TapeFilter,
): readonly Exchange[] {
  if (tpp === undefined && bank === undefined && since === undefined) return exchanges;
  const from = since === undefined ? -Infinity : Date.parse(since);
  const isOfTpp = (party: Party) => tpp === undefined || tppKeysOf(party).includes(tpp);
  const isOfBank = (party: Party) => bank === undefined || party.party === `bank:${bank}`;
  return exchanges.filter((exchange) => {
    const line = ancestry(exchange);
    const spoken = line.flatMap((one) => [parties.callerOf(one), parties.calledIn(one)]);
    return exchange.at.getTime() >= from && spoken.some(isOfTpp) && spoken.some(isOfBank);
  });
}

/** By what a filter may name a TPP. */
export function tppKeysOf({ party, name, softwareId, organisationId }: Party): string[] {
  if (party !== 'tpp') return [];
  const ids = [softwareId, organisationId].filter((id) => id !== undefined);
  return ids.length > 0 ? ids : [name];
}

/** The exchange, what it came of, and so on. */
function ancestry(exchange: Exchange): Exchange[] {
  return exchange.parent ? [exchange, ...ancestry(exchange.parent)] : [exchange];
}
