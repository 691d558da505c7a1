import { X509Certificate } from 'node:crypto';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { generateRsaKeyPair } from '../../src/pki/key-pairs.js';
import { leafProfiles } from '../../src/pki/profiles.js';
import { createSandbox, type Services } from '../../src/testkit.js';
import { ForgeAuthority } from './forge-authority.js';
import type { Measurement } from './report.js';
import { makeSigningRequests } from './signing-requests.js';
import { inTurn, repeat } from './statistics.js';
import type { Surroundings } from './surroundings.js';

const ROUND_COUNT = 6;
const REQUESTS_PER_ROUND = 8;
const WARM_UP_REQUEST_COUNT = 8;
const LEAST_RATIO = 10;

/** Certificates from signing requests per second, one after the other, against node-forge's own `sign()`. */
export async function measureCertificates({ say }: Surroundings): Promise<Measurement> {
  const requestCount = WARM_UP_REQUEST_COUNT + ROUND_COUNT * REQUESTS_PER_ROUND;
  say(`certificates: making ${requestCount} RSA keys and signing requests`);
  const sandbox = await createSandbox({ demo: false });
  const { services } = sandbox;
  const { organisation, softwareId } = await createHolder(services);
  const requests = await makeSigningRequests(
    requestCount,
    leafProfiles.obtransport.subject({ organisation, softwareId }),
  );
  const { privateKeyPem, publicKeyPem } = await generateRsaKeyPair();
  const authority = new ForgeAuthority(privateKeyPem, publicKeyPem);

  const certify = async (csrPem: string) =>
    (await services.certificates.certifySoftwareStatement(softwareId, { type: 'obtransport', csrPem })).record
      .certificatePem;
  const certifyWithForge = (csrPem: string) => Promise.resolve(authority.certify(csrPem, new Date()));
  const warmUp = requests.splice(0, WARM_UP_REQUEST_COUNT);
  for (const issue of [certify, certifyWithForge]) await certificatesPerSecond(warmUp, issue);

  const rates = { product: [] as number[], baseline: [] as number[] };
  const rounds = { minimumRounds: ROUND_COUNT, maximumRounds: ROUND_COUNT, budgetMilliseconds: 0 };
  await repeat(rounds, async (index) => {
    say(`certificates: round ${index + 1}`);
    const batch = requests.splice(0, REQUESTS_PER_ROUND);
    await inTurn(
      index,
      async () => void rates.product.push(await certificatesPerSecond(batch, certify)),
      async () => void rates.baseline.push(await certificatesPerSecond(batch, certifyWithForge)),
    );
  });
  await sandbox.close();
  return {
    id: 'certificates',
    title: 'certificates from CSRs, against node-forge sign()',
    unit: '1/s',
    ...rates,
    limit: { atLeast: LEAST_RATIO },
  };
}

async function createHolder({ registry }: Services) {
  const organisation = await registry.createOrganisation({ name: 'Bench Ltd', kind: 'tpp' });
  const { id: softwareId } = await registry.createSoftwareStatement(
    organisation.id,
    newSoftwareStatementSchema.parse({ clientName: 'Bench' }),
  );
  return { organisation, softwareId };
}

async function certificatesPerSecond(
  csrPems: readonly string[],
  issue: (csrPem: string) => Promise<string>,
): Promise<number> {
  const issued: string[] = [];
  const startedAt = performance.now();
  for (const csrPem of csrPems) issued.push(await issue(csrPem));
  const elapsedMilliseconds = performance.now() - startedAt;
  // Outside the time taken: a certificate that nobody can read would be no use.
  issued.forEach((pem) => new X509Certificate(pem));
  return (csrPems.length * 1000) / elapsedMilliseconds;
}
