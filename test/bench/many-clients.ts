import { X509Certificate } from 'node:crypto';
import type { Pool } from 'undici';
import type { RegisteredClient } from '../../src/domain/registration.js';
import { createSandbox } from '../../src/testkit.js';
import { fillBank, readClient } from './data-directory.js';
import { connect, post } from './http-client.js';
import {
  bankId,
  createTpp,
  registration,
  registrationPath,
  signRequests,
  tlsIdentityOf,
} from './registering-tpp.js';
import type { Measurement } from './report.js';
import { startProduct, type ServerProcess } from './server-process.js';
import { inTurn, repeat, type Repetition } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const FEW_CLIENTS = 100;
const MANY_CLIENTS = 20_000;
const WARM_UP_COUNT = 40;
const MOST_RATIO = 1.5;
const repetition: Repetition = { minimumRounds: 40, maximumRounds: 150, budgetMilliseconds: 4_000 };

/** A running product and requests to register at its bank, each to be sent once. */
interface FilledBank {
  readonly server: ServerProcess;
  readonly pool: Pool;
  readonly requests: string[];
}

/** The time that one more registration takes with 100 and with 20,000 clients at the bank. */
export async function measureManyClients({ say, newFolder }: Surroundings): Promise<Measurement> {
  const manyCount = MANY_CLIENTS.toLocaleString('en-GB');
  say(`clients: preparing a bank with ${manyCount} of them`);
  const pattern = await registerOne(await newFolder());
  const few = await startFilled(await newFolder(), pattern, FEW_CLIENTS);
  const many = await startFilled(await newFolder(), pattern, MANY_CLIENTS);
  const times = { few: [] as number[], many: [] as number[] };
  try {
    for (const bank of [few, many]) {
      for (let count = 0; count < WARM_UP_COUNT; count += 1) await timeRegistration(bank);
    }
    say('clients: registering some more at both banks, in turn');
    await repeat(repetition, (index) =>
      inTurn(
        index,
        async () => void times.few.push(await timeRegistration(few)),
        async () => void times.many.push(await timeRegistration(many)),
      ),
    );
  } finally {
    for (const { pool, server } of [few, many]) {
      await pool.destroy();
      await server.stop();
    }
  }
  return {
    id: 'registration-among-many',
    title: `one more registration among ${manyCount}, against among ${FEW_CLIENTS}`,
    unit: 'ms',
    product: times.many,
    baseline: times.few,
    limit: { atMost: MOST_RATIO },
  };
}

/** A client as registering leaves it in a data directory. */
async function registerOne(folder: string): Promise<RegisteredClient> {
  const sandbox = await createSandbox({ inMemory: false, dataDir: folder });
  const tpp = await sandbox.services.createReadyTpp({});
  const [request = ''] = await signRequests(tpp, 1);
  const { body, refusal } = await sandbox.services.getBank(bankId).register({
    operation: 'POST',
    clientId: undefined,
    mediaType: 'application/jwt',
    body: request,
    authorization: undefined,
    jwsSignature: undefined,
    clientCertificate: new X509Certificate(tpp.transport.certificatePem).raw,
  });
  await sandbox.close();
  if (!body) throw new Error(`The bank refused: ${refusal?.description ?? ''}`);
  return readClient(folder, bankId, String(body['client_id']));
}

async function startFilled(
  folder: string,
  pattern: RegisteredClient,
  clientCount: number,
): Promise<FilledBank> {
  await fillBank(folder, bankId, pattern, clientCount);
  const server = await startProduct('--data-dir', folder);
  const tpp = await createTpp(server);
  return {
    server,
    pool: connect(server.tlsOrigin, 1, tlsIdentityOf(tpp)),
    requests: await signRequests(tpp, WARM_UP_COUNT + repetition.maximumRounds),
  };
}

async function timeRegistration({ pool, requests }: FilledBank): Promise<number> {
  const request = requests.pop();
  if (request === undefined) throw new Error('The stock of signed requests is used up.');
  const startedAt = performance.now();
  await post(pool, registrationPath, registration(request));
  return performance.now() - startedAt;
}
