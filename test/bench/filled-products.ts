import type { Pool } from 'undici';
import { fillDataDirectory } from './data-directory.js';
import { read } from './http-client.js';
import type { Measurement } from './report.js';
import { startProduct, type ServerProcess } from './server-process.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const STATEMENTS_PER_ORGANISATION = 10;
const MANY_ORGANISATIONS = 2_000;
const MOST_RATIO = 1.5;

/** How a running product is read. */
export interface Reader<Read extends string> {
  readonly pool: Pool;
  readonly headers: Readonly<Record<string, string>>;
  readonly paths: Readonly<Record<Read, string>>;
}

/** What is read of two products, one of them with many software statements. */
export interface Reading<Read extends string> {
  /** How the progress calls it. */
  readonly name: string;
  readonly idOf: (read: Read) => string;
  readonly titles: Readonly<Record<Read, string>>;
  /** In the smaller product. */
  readonly fewOrganisations: number;
  readonly warmUpCount: number;
  readonly repetition: Repetition;
  /** @param organisationIds those that are there from the start */
  readonly connect: (server: ServerProcess, organisationIds: readonly string[]) => Promise<Reader<Read>>;
}

type FilledProduct<Read extends string> = Reader<Read> & { readonly server: ServerProcess };

/** The time that reading takes with few and with 20,000 software statements there. */
export async function measureAmongMany<Read extends string>(
  reading: Reading<Read>,
  { say, newFolder }: Surroundings,
): Promise<Measurement[]> {
  const { name, idOf, titles, fewOrganisations } = reading;
  const manyCount = statementsOf(MANY_ORGANISATIONS);
  say(`${name}: preparing a data directory with ${manyCount} software statements`);
  const [few, many] = await Promise.all([
    startFilled(reading, await newFolder(), fewOrganisations),
    startFilled(reading, await newFolder(), MANY_ORGANISATIONS),
  ]);
  try {
    const measurements: Measurement[] = [];
    for (const kind of Object.keys(titles) as Read[]) {
      say(`${name}: ${titles[kind]}, from both in turn`);
      const times = await timeInTurn(reading, kind, few, many);
      measurements.push({
        id: idOf(kind),
        title: `${titles[kind]} among ${manyCount} software statements, against among ${statementsOf(fewOrganisations)}`,
        unit: 'ms',
        product: times.many,
        baseline: times.few,
        limit: { atMost: MOST_RATIO },
      });
    }
    return measurements;
  } finally {
    for (const { pool, server } of [few, many]) {
      await pool.destroy();
      await server.stop();
    }
  }
}

function statementsOf(organisationCount: number): string {
  return (organisationCount * STATEMENTS_PER_ORGANISATION).toLocaleString('en-GB');
}

async function startFilled<Read extends string>(
  { connect }: Reading<Read>,
  folder: string,
  organisationCount: number,
): Promise<FilledProduct<Read>> {
  const ids = await fillDataDirectory(folder, organisationCount, STATEMENTS_PER_ORGANISATION);
  const server = await startProduct('--data-dir', folder, '--no-demo');
  return { server, ...(await connect(server, ids)) };
}

async function timeInTurn<Read extends string>(
  { warmUpCount, repetition }: Reading<Read>,
  kind: Read,
  few: FilledProduct<Read>,
  many: FilledProduct<Read>,
) {
  const times = { few: [] as number[], many: [] as number[] };
  for (let count = 0; count < warmUpCount; count += 1) {
    await timeRead(few, kind);
    await timeRead(many, kind);
  }
  await repeat(repetition, (index) =>
    inTurn(
      index,
      async () => void times.few.push(await timeRead(few, kind)),
      async () => void times.many.push(await timeRead(many, kind)),
    ),
  );
  return times;
}

async function timeRead<Read extends string>(
  { pool, headers, paths }: FilledProduct<Read>,
  kind: Read,
): Promise<number> {
  const startedAt = performance.now();
  await read(pool, paths[kind], headers);
  return performance.now() - startedAt;
}
