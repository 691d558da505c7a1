import type { Pool } from 'undici';
import { fillDataDirectory, newStatement } from './data-directory.js';
import { connect, post } from './http-client.js';
import type { Measurement } from './report.js';
import { residentMebibytes } from './resident-memory.js';
import { startProduct, type ServerProcess } from './server-process.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const STATEMENTS_PER_ORGANISATION = 100;
const FEW_ORGANISATIONS = 1;
const MANY_ORGANISATIONS = 200;
const WARM_UP_COUNT = 25;
const MOST_RATIO = 1.5;
const MOST_RESIDENT_MEBIBYTES = 300;
const repetition: Repetition = { minimumRounds: 50, maximumRounds: 200, budgetMilliseconds: 12_000 };

/** A running product and the organisation that gets the new statements. */
interface FilledProduct {
  readonly server: ServerProcess;
  readonly pool: Pool;
  readonly path: string;
}

/** The time that one more software statement takes with 100 and with 20,000 there, and the memory at 20,000. */
export async function measureManyStatements({ say, newFolder }: Surroundings): Promise<Measurement[]> {
  const manyCount = (MANY_ORGANISATIONS * STATEMENTS_PER_ORGANISATION).toLocaleString('en-GB');
  say(`statements: preparing a data directory with ${manyCount} of them`);
  const few = await startFilled(await newFolder(), FEW_ORGANISATIONS);
  const many = await startFilled(await newFolder(), MANY_ORGANISATIONS);
  const times = { few: [] as number[], many: [] as number[] };
  const memory: number[] = [];
  try {
    for (const product of [few, many]) {
      for (let count = 0; count < WARM_UP_COUNT; count += 1) await timeCreation(product);
    }
    memory.push(await residentMebibytes(many.server.pid));
    say('statements: creating some more in both directories, in turn');
    await repeat(repetition, (index) =>
      inTurn(
        index,
        async () => void times.few.push(await timeCreation(few)),
        async () => void times.many.push(await timeCreation(many)),
      ),
    );
    memory.push(await residentMebibytes(many.server.pid));
  } finally {
    for (const { pool, server } of [few, many]) {
      await pool.destroy();
      await server.stop();
    }
  }
  return [
    {
      id: 'creation-among-many',
      title: `one more software statement among ${manyCount}, against among ${STATEMENTS_PER_ORGANISATION}`,
      unit: 'ms',
      product: times.many,
      baseline: times.few,
      limit: { atMost: MOST_RATIO },
    },
    {
      id: 'memory-at-many',
      title: `resident memory at ${manyCount} software statements`,
      unit: 'MiB',
      product: [Math.max(...memory)],
      limit: { atMost: MOST_RESIDENT_MEBIBYTES },
    },
  ];
}

async function startFilled(folder: string, organisationCount: number): Promise<FilledProduct> {
  const [organisationId] = await fillDataDirectory(folder, organisationCount, STATEMENTS_PER_ORGANISATION);
  const server = await startProduct('--data-dir', folder, '--no-demo');
  return {
    server,
    pool: connect(server.origin, 1),
    path: `/sandbox/organisations/${organisationId ?? ''}/software-statements`,
  };
}

async function timeCreation({ pool, path }: FilledProduct): Promise<number> {
  const content = { type: 'application/json', body: JSON.stringify(newStatement) };
  const startedAt = performance.now();
  await post(pool, path, content);
  return performance.now() - startedAt;
}
