import { parseInput } from '../domain/parse.js';
import { tapeQuerySchema } from '../http/desk/tape-api.js';
import type { Services } from '../sandbox/services.js';
import { selectExchanges } from '../sandbox/tape/selection.js';
import { showExchange, type ShownExchange } from '../sandbox/tape/views.js';
import { isoOf, type Instant } from './options.js';

/**
 * Which exchanges are of interest; all of them where nothing is said.
 * @category Tape
 */
export interface TapeFilter {
  /** The id of a software statement or of an organisation, or `anonymous`. */
  readonly tpp?: string | undefined;
  /** The id of a bank. */
  readonly bank?: string | undefined;
  /** Those that began at this instant of the sandbox’s clock, or later. */
  readonly since?: Instant | undefined;
}

/** As the control API takes it, which gives them page by page. */
const filterSchema = tapeQuerySchema.omit({ limit: true, after: true });

/** @throws DomainError `invalid_input` */
export function readTape(
  { tape, parties }: Pick<Services, 'tape' | 'parties'>,
  { since, ...filter }: TapeFilter,
): ShownExchange[] {
  const wanted = parseInput(filterSchema, { ...filter, since: since instanceof Date ? isoOf(since) : since });
  return selectExchanges(tape.list(), parties, wanted).map((exchange) => showExchange(exchange, parties));
}
