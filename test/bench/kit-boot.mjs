// Boots of the test kit as it is built: from before it is loaded, a second one, and then as many TPPs as the second
// argument says. Argument: the folder of the key cache.
import { performance } from 'node:perf_hooks';

const [, , keyCache, tpps] = process.argv;

async function timed(task) {
  const startedAt = performance.now();
  const result = await task();
  return [performance.now() - startedAt, result];
}

const [loading, { startSandbox }] = await timed(() => import('../../dist/testkit.js'));
const [firstBoot, first] = await timed(() => startSandbox({ keyCache }));
const [secondBoot, second] = await timed(() => startSandbox({ keyCache }));
const createTpp = [];
for (let count = 0; count < Number(tpps); count += 1) {
  const [milliseconds] = await timed(() => second.createTpp());
  createTpp.push(milliseconds);
}
await first.close();
await second.close();
process.stdout.write(JSON.stringify({ loading, firstBoot, secondBoot, createTpp }));
