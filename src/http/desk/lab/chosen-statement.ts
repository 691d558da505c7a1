import { z } from 'zod';
import type { Request } from 'express';
import { DomainError } from '../../../domain/errors.js';
import type { SoftwareStatement } from '../../../domain/software-statement.js';
import type { Services } from '../../../sandbox/services.js';

const NEWEST_ORGANISATIONS = 12;
const STATEMENTS_OF_EACH = 3;

const querySchema = z.object({ statement: z.string().optional().catch(undefined) });

/** The statement that a page is about, and those that may be chosen in its place. */
export interface StatementChoice {
  readonly chosen: SoftwareStatement | undefined;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  /** An id that was asked for and is nobody's. */
  readonly unknown: string | undefined;
}

/** The statement that the query names, or else the newest. */
export function statementChoice(
  { registry }: Pick<Services, 'registry'>,
  { query }: Pick<Request, 'query'>,
): StatementChoice {
  const { statement: wanted } = querySchema.parse(query);
  const newest = registry
    .latestOrganisations('tpp', NEWEST_ORGANISATIONS)
    .flatMap(({ id }) => registry.pageOfSoftwareStatements(id, { limit: STATEMENTS_OF_EACH }).items);
  const named = wanted === undefined || wanted.trim() === '' ? undefined : wanted.trim();
  const found = named === undefined ? undefined : findStatement(registry, named);
  const chosen = found ?? newest[0];
  const all = chosen && !newest.some(({ id }) => id === chosen.id) ? [chosen, ...newest] : newest;
  return {
    chosen,
    options: all.map(({ id, clientName }) => ({ value: id, text: `${clientName} (${id})` })),
    unknown: named !== undefined && !found ? named : undefined,
  };
}

function findStatement(registry: Services['registry'], id: string): SoftwareStatement | undefined {
  try {
    return registry.getSoftwareStatement(id);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'not_found') return undefined;
    throw error;
  }
}
