import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Limit, Measurement } from './report.js';
import { inTurn, median, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const MOST_RATIO_WITHOUT_KEYS = 3;
const MOST_RATIO_WITH_KEYS = 1.5;
const MOST_MILLISECONDS_FIRST = 300;
const MOST_MILLISECONDS_SECOND = 100;
const MOST_MILLISECONDS_TPP = 30;
const TPPS = 8;
/** The first finds code that has never run. */
const WARM_UP_TPPS = 1;
const repetition: Repetition = { minimumRounds: 5, maximumRounds: 11, budgetMilliseconds: 15_000 };

/** Milliseconds that a process of its own took. */
interface Boots {
  readonly loading: number;
  readonly firstBoot: number;
}

type KitBoots = Boots & { readonly secondBoot: number; readonly createTpp: readonly number[] };

/** What a test process waits for: the boots of the test kit and its TPPs, against oauth2-mock-server's boot. */
export async function measureKitBoots({ say, newFolder }: Surroundings): Promise<Measurement[]> {
  say('kit: one process that makes the keys to keep, and one of the baseline');
  const cache = await newFolder();
  await bootKit(cache, TPPS);
  await bootBaseline();
  const boots = { withoutKeys: [] as KitBoots[], withKeys: [] as KitBoots[], baseline: [] as Boots[] };
  await repeat(repetition, async (index) => {
    say(`kit: round ${index + 1}`);
    const emptyCache = await newFolder();
    await inTurn(
      index,
      async () => {
        boots.withoutKeys.push(await bootKit(emptyCache, 0));
        boots.withKeys.push(await bootKit(cache, TPPS));
      },
      async () => void boots.baseline.push(await bootBaseline()),
    );
  });
  const baseline = boots.baseline.map(untilReady);
  const { withKeys } = boots;
  const against = (keys: string, product: readonly KitBoots[], atMost: number): Measurement => ({
    ...row(`test kit: loading and first boot ${keys}`, product.map(untilReady), { atMost }),
    baseline,
    details: {
      productLoadingMilliseconds: median(product.map(({ loading }) => loading)),
      baselineLoadingMilliseconds: median(boots.baseline.map(({ loading }) => loading)),
    },
  });
  return [
    against('ever, against oauth2-mock-server', boots.withoutKeys, MOST_RATIO_WITHOUT_KEYS),
    against('with cached keys, against oauth2-mock-server', withKeys, MOST_RATIO_WITH_KEYS),
    ...[
      row(
        'test kit: first startSandbox() of a process with cached keys',
        withKeys.map(({ firstBoot }) => firstBoot),
        { atMost: MOST_MILLISECONDS_FIRST },
      ),
      row(
        'test kit: second startSandbox() of a process',
        withKeys.map(({ secondBoot }) => secondBoot),
        { atMost: MOST_MILLISECONDS_SECOND },
      ),
      row(
        'test kit: createTpp() with keys at hand',
        withKeys.flatMap(({ createTpp }) => createTpp.slice(WARM_UP_TPPS)),
        { atMost: MOST_MILLISECONDS_TPP },
      ),
    ].map((one) => ({ ...one, details: { oauth2MockServerMilliseconds: median(baseline) } })),
  ];
}

function row(title: string, product: readonly number[], limit: Limit): Measurement {
  const id = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return { id, title, unit: 'ms', product, limit };
}

const untilReady = ({ loading, firstBoot }: Boots) => loading + firstBoot;
const bootKit = (cache: string, tpps: number) => runScript<KitBoots>('kit-boot.mjs', cache, String(tpps));
const bootBaseline = () => runScript<Boots>('mock-server-boot.mjs');

/** Runs a script of this folder to its end, and reads what it says. */
async function runScript<T>(name: string, ...words: readonly string[]): Promise<T> {
  const file = fileURLToPath(new URL(name, import.meta.url));
  // Variables are options of the product: none of this shell's may reach it.
  const env = { PATH: process.env['PATH'] };
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...words], { env });
  return JSON.parse(stdout) as T;
}
