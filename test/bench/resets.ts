import { BankClient } from '../support/bank-client.js';
import { startSandbox, type SandboxOptions } from '../../src/testkit.js';
import type { Measurement } from './report.js';
import type { Surroundings } from './surroundings.js';

const RESETS = 15;
const WARM_UP_RESETS = 5;
const MOST_MILLISECONDS = 50;

/** The time that a reset takes at the size of the demo data, after a TPP was made and has registered. */
export async function measureResets({ say, newFolder }: Surroundings): Promise<Measurement[]> {
  say('resets: making and registering a TPP, and taking everything back');
  return [
    resetsOf('in memory', await timeResets({})),
    resetsOf('in files', await timeResets({ inMemory: false, dataDir: await newFolder() })),
  ];
}

function resetsOf(where: string, product: readonly number[]): Measurement {
  return {
    id: `reset-${where.replaceAll(' ', '-')}`,
    title: `a reset at the size of the demo data, kept ${where}`,
    unit: 'ms',
    product,
    limit: { atMost: MOST_MILLISECONDS },
  };
}

async function timeResets(options: SandboxOptions): Promise<number[]> {
  const sandbox = await startSandbox(options);
  try {
    const tpp = await sandbox.services.createReadyTpp({});
    await new BankClient(sandbox, 'reference', tpp).registered();
    const after = await sandbox.state.export();
    const times: number[] = [];
    for (let count = 0; count < WARM_UP_RESETS + RESETS; count += 1) {
      await sandbox.state.replace(structuredClone(after));
      const startedAt = performance.now();
      await sandbox.state.reset();
      times.push(performance.now() - startedAt);
    }
    return times.slice(WARM_UP_RESETS);
  } finally {
    await sandbox.close();
  }
}
