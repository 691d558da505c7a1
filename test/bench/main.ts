/**
 * `npm run bench`: what the product costs, as medians beside those of a baseline measured in the same run. Figures are
 * shown and never asserted: the exit code tells whether it ran. Words after `--` choose measurements by name.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { measureCertificates } from './certificates.js';
import { measureKitBoots } from './kit-boots.js';
import { measureManyClients } from './many-clients.js';
import { measureManyStatements } from './many-statements.js';
import { measurePagesAmongMany } from './pages-among-many.js';
import { measureReadsAmongMany } from './reads-among-many.js';
import { measureRegistrations } from './registrations.js';
import { reportOf, resultOf, tableOf, type Measurement } from './report.js';
import { measureResets } from './resets.js';
import { measureRevocation } from './revocation.js';
import { killServers } from './server-process.js';
import { measureSsasOverHttp } from './ssas-over-http.js';
import { measureStart } from './start.js';
import { TemporaryFolders, type Surroundings } from './surroundings.js';
import { measureWithoutFaults } from './without-faults.js';

const LONGEST_RUN_MILLISECONDS = 300_000;
const EXIT_FAILURE = 1;

const resultsFile = fileURLToPath(new URL('../../bench-results.json', import.meta.url));

type Measure = (surroundings: Surroundings) => Promise<Measurement | Measurement[]>;

const measures: Readonly<Record<string, Measure>> = {
  ssas: measureSsasOverHttp,
  certificates: measureCertificates,
  start: measureStart,
  statements: measureManyStatements,
  reads: measureReadsAmongMany,
  pages: measurePagesAmongMany,
  registrations: measureRegistrations,
  clients: measureManyClients,
  faults: measureWithoutFaults,
  revocation: measureRevocation,
  resets: measureResets,
  kit: measureKitBoots,
};

async function main(chosen: readonly string[]): Promise<void> {
  const folders = new TemporaryFolders();
  const startedAt = performance.now();
  const elapsedMilliseconds = () => performance.now() - startedAt;
  const say = (text: string) =>
    process.stderr.write(`${(elapsedMilliseconds() / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
  try {
    const measurements: Measurement[] = [];
    for (const measure of measuresNamed(chosen)) {
      measurements.push(...[await measure({ say, newFolder: folders.make })].flat());
    }
    const results = measurements.map(resultOf);
    const report = reportOf(results, elapsedMilliseconds());
    await writeFile(resultsFile, `${JSON.stringify(report, null, 2)}\n`);
    process.stdout.write(tableOf(results));
    say(`written to ${resultsFile}`);
  } finally {
    killServers();
    await folders.remove();
  }
}

function measuresNamed(names: readonly string[]): Measure[] {
  if (names.length === 0) return Object.values(measures);
  return names.map((name) => {
    const measure = measures[name];
    if (!measure) throw new Error(`${name}: expected one of ${Object.keys(measures).join(', ')}`);
    return measure;
  });
}

/** Ends a run that hangs. */
function abort(reason: string): never {
  process.stderr.write(`bench: ${reason}\n`);
  killServers();
  process.exit(EXIT_FAILURE);
}

setTimeout(() => {
  abort(`stopped after ${LONGEST_RUN_MILLISECONDS / 1000} s, before it was done`);
}, LONGEST_RUN_MILLISECONDS).unref();
process.on('SIGINT', () => abort('interrupted'));
process.on('SIGTERM', () => abort('interrupted'));
main(process.argv.slice(2)).catch((error: unknown) => {
  abort(error instanceof Error ? (error.stack ?? error.message) : String(error));
});
