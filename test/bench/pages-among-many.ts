import { measureAmongMany, type Reading } from './filled-products.js';
import { connect } from './http-client.js';
import type { Measurement } from './report.js';
import type { Surroundings } from './surroundings.js';

const pages: Reading<'start' | 'list' | 'search' | 'organisation'> = {
  name: 'pages',
  idOf: (page) => `page-${page}-among-many`,
  titles: {
    start: 'the start page',
    list: 'one page of organisations',
    search: 'one search that finds one organisation',
    organisation: 'the page of one organisation',
  },
  // Enough for a full page of them, so that both directories show the same.
  fewOrganisations: 101,
  warmUpCount: 25,
  repetition: { minimumRounds: 40, maximumRounds: 200, budgetMilliseconds: 3_000 },
  connect: ({ origin }, [organisationId = '']) =>
    Promise.resolve({
      pool: connect(origin, 1),
      headers: { accept: 'text/html' },
      paths: {
        start: '/',
        list: '/organisations',
        search: '/organisations?q=bench+77+ltd',
        organisation: `/organisations/${organisationId}`,
      },
    }),
};

/** The time that pages of the desk take with about 1,000 and with 20,000 software statements there. */
export function measurePagesAmongMany(surroundings: Surroundings): Promise<Measurement[]> {
  return measureAmongMany(pages, surroundings);
}
