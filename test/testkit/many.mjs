// A test process: as many sandboxes as its argument says, one after the other, each with a registration over TLS. It
// says what they left behind.
import { setImmediate as turn } from 'node:timers/promises';
import { startSandbox } from '../../dist/testkit.js';

const sandboxes = Number(process.argv[2]);
const halfway = Math.floor(sandboxes / 2);

const before = await held();
const said = { statuses: [], origins: [], directoryKids: [], heap: [] };
for (let count = 1; count <= sandboxes; count += 1) {
  await useOne();
  if (count === halfway || count === sandboxes) said.heap.push(await heapUsed());
}
// Whoever looks at standard output opens it.
const after = await held();
process.stdout.write(`${JSON.stringify({ ...said, before, after })}\n`);

async function useOne() {
  const sandbox = await startSandbox();
  try {
    const tpp = await sandbox.createTpp();
    const { status } = await tpp.register(sandbox.bank('reference'));
    said.statuses.push(status);
    said.origins.push(sandbox.urls.http, sandbox.urls.https);
    said.directoryKids.push(sandbox.services.trustAnchor.signing.kid);
  } finally {
    await sandbox.close();
  }
}

/** Handles, requests and timers. What ends in this turn is let go of in the next. */
async function held() {
  await turn();
  await turn();
  return process.getActiveResourcesInfo().sort();
}

/** After everything that nobody holds has been thrown away; what has a finaliser takes another round. */
async function heapUsed() {
  for (let count = 0; count < 3; count += 1) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed: inHeap, external } = process.memoryUsage();
  return inHeap + external;
}
