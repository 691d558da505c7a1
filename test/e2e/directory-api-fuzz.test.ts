import { Agent } from 'node:https';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { qualifiedCertificate, type QualifiedMaterial } from '../support/directory-material.js';
import { deepBodies, fuzzedCall, type FuzzedCall } from '../support/directory-fuzz.js';
import { isEnrolment, kindOf } from '../support/directory-operations.js';
import { DirectoryWorld, everyOffer, rowsOf, type Offer } from '../support/directory-world.js';
import type { TlsAnswer } from '../support/registration.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? '20240229');
const RUNS = Number(process.env['FUZZ_RUNS'] ?? '25');
/** Node itself refuses more than 16 KiB of headers, and the application never hears of it. */
const PATH_LENGTH = 8_000;

let world: DirectoryWorld;
let bearers: Readonly<Record<'tpp' | 'aspsp', string>>;
/** A statement of each, other than that of the client: what is done to it takes nobody's token away. */
let statements: Readonly<Record<'tpp' | 'aspsp', string>>;
let newcomer: Promise<QualifiedMaterial> | undefined;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  process.stdout.write(`FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}\n`);
  world = await DirectoryWorld.open();
  const statementOf = async (kind: 'tpp' | 'aspsp') => {
    const { organisation } = world.clients[kind].participant;
    const input = newSoftwareStatementSchema.parse({ clientName: 'Fuzzed' });
    return (await world.sandbox.services.registry.createSoftwareStatement(organisation.id, input)).id;
  };
  const bearerOf = async (kind: 'tpp' | 'aspsp') =>
    `Bearer ${await world.clients[kind].token({ scope: undefined })}`;
  statements = { tpp: await statementOf('tpp'), aspsp: await statementOf('aspsp') };
  bearers = { tpp: await bearerOf('tpp'), aspsp: await bearerOf('aspsp') };
});
afterAll(async () => {
  agent.destroy();
  await world.close();
});

/** Enrolment goes by the certificate alone. */
async function credentials({ operation }: Offer) {
  if (!isEnrolment(operation)) return { authorization: bearers[kindOf(operation)] };
  newcomer ??= qualifiedCertificate(world.sandbox, 'qwac', {
    name: 'Fuzzed Newcomer',
    authority: { id: 'FCAGBR', registrationId: '999999' },
  });
  return { identity: (await newcomer).identity };
}

function pathOf(offer: Offer, { segments, query }: FuzzedCall): string {
  const marks = Object.keys(segments).map((name) => [name, `MARK${name}MARK`] as const);
  const own = { SoftwareStatementId: statements[kindOf(offer.operation)], ...Object.fromEntries(marks) };
  const path = marks.reduce(
    (whole, [name, mark]) => whole.replace(mark, () => segments[name] ?? ''),
    world.pathOf(offer, own),
  );
  const parameters = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
  return (parameters === '' ? path : `${path}?${parameters}`).slice(0, PATH_LENGTH);
}

async function send(offer: Offer, call: FuzzedCall): Promise<TlsAnswer> {
  const { accept, contentType, body } = call;
  return world.clientOf(offer).call(offer.operation.method, pathOf(offer, call), {
    ...(await credentials(offer)),
    ...{ accept, contentType, body, agent },
  });
}

/** No answer of the 500s, always a request id, and nothing stored unless the call succeeded. */
async function expectToStand(offer: Offer, call: FuzzedCall): Promise<void> {
  const before = world.stored();
  const answer = await send(offer, call);
  expect(answer.status, answer.text).toBeLessThan(500);
  expect(answer.headers['ob-request-id']).toBeDefined();
  if (answer.status >= 300 || offer.operation.method === 'GET') world.expectUnchanged(before);
}

describe('whatever is sent, the server stands and stores nothing that it refuses', () => {
  it.each(rowsOf(everyOffer))('%s', async (_name, offer) => {
    const calls = fuzzedCall(offer.document, offer.operation, world.request(offer));
    const property = fc.asyncProperty(calls, (call) => expectToStand(offer, call));
    await fc.assert(property, { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 15_000 });
  });

  const withJson = everyOffer.filter(({ operation }) =>
    Object.keys(operation.body?.content ?? {}).some((type) => type.endsWith('json') || type === 'text/plain'),
  );
  it.each(rowsOf(withJson))('%s, nested beyond every sense', async (_name, offer) => {
    const { contentType, body = '' } = world.request(offer);
    for (const deep of deepBodies(offer.document, offer.operation, body)) {
      await expectToStand(offer, { segments: {}, query: [], accept: '*/*', contentType, body: deep });
    }
  });
});

it('leaves everybody as able to call as before', async () => {
  for (const kind of ['tpp', 'aspsp'] as const) {
    const { participant } = world.clients[kind];
    const path = `/v2.1/organisation/${participant.organisation.id}/software-statement`;
    const answer = await world.clients[kind].call('GET', path, { authorization: bearers[kind] });
    expect(answer.status, answer.text).toBe(200);
  }
});
