import { randomBytes } from 'node:crypto';
import { newOrganisationId, newSoftwareId, newUuid } from '../../src/domain/identifiers.js';
import { createOrganisation } from '../../src/domain/organisation.js';
import { emptyRecord, type OrganisationRecord, type Random } from '../../src/domain/ports.js';
import type { KeyRecord } from '../../src/domain/key-record.js';
import type { RegisteredClient } from '../../src/domain/registration.js';
import { createSoftwareStatement, newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { openFileStore } from '../../src/store/store.js';

const WRITES_AT_A_TIME = 8;
const YEAR_MILLISECONDS = 365 * 86_400_000;

const random: Random = { bytes: (count) => randomBytes(count) };

/** What a caller of the control API would send for a statement with the usual members. */
export const newStatement = {
  clientName: 'Bench Budget Planner',
  description: 'Shows all your accounts in one place',
  version: '1.1',
  redirectUris: ['https://budget.bench.example/callback', 'https://localhost:3000/callback'],
  clientUri: 'https://budget.bench.example',
  logoUri: 'https://budget.bench.example/logo.svg',
  policyUri: 'https://budget.bench.example/policy',
  termsOfServiceUri: 'https://budget.bench.example/terms',
};

/**
 * Fills a data directory as creating organisations and statements one by one would have left it, but with one write for
 * each organisation. @returns the ids of the organisations
 */
export async function fillDataDirectory(
  path: string,
  organisationCount: number,
  statementsPerOrganisation: number,
): Promise<string[]> {
  const store = await openFileStore(path);
  const at = new Date();
  const records = Array.from({ length: organisationCount }, (_, index) =>
    organisationRecord(`Bench ${index + 1} Ltd`, statementsPerOrganisation, at),
  );
  await writeAll(records, (record) => store.organisations.create(record));
  await store.close();
  return records.map(({ organisation }) => organisation.id);
}

/** Fills a bank in a data directory with clients like the one given, each of a software statement of its own. */
export async function fillBank(
  path: string,
  bankId: string,
  pattern: RegisteredClient,
  clientCount: number,
): Promise<void> {
  const store = await openFileStore(path);
  const bank = await store.bank(bankId);
  const text = JSON.stringify(pattern);
  const clients = Array.from({ length: clientCount }, () => {
    const softwareId = newSoftwareId(random);
    const likePattern = JSON.parse(text.replaceAll(pattern.softwareId, softwareId)) as RegisteredClient;
    return { ...likePattern, clientId: newUuid(random) };
  });
  await writeAll(clients, (client) => bank.saveClient(client));
  await store.close();
}

/** The client with an id as a bank in a data directory keeps it. */
export async function readClient(path: string, bankId: string, clientId: string): Promise<RegisteredClient> {
  const store = await openFileStore(path);
  const client = (await store.bank(bankId)).findClient(clientId);
  await store.close();
  if (!client) throw new Error(`${path}: ${bankId} has no client ${clientId}`);
  return client;
}

/** Fills a data directory with organisations whose certificates have all been revoked. @returns their keys */
export async function fillRevoked(
  path: string,
  organisationCount: number,
  keysPerOrganisation: number,
): Promise<KeyRecord[]> {
  const store = await openFileStore(path);
  const at = new Date();
  const records = Array.from({ length: organisationCount }, (_, index) => {
    const record = organisationRecord(`Revoked ${index + 1} Ltd`, 0, at);
    const first = 0x40000000 + index * keysPerOrganisation;
    const keys = Array.from({ length: keysPerOrganisation }, (_, key) =>
      revokedKey(record.organisation.id, first + key, at),
    );
    return { ...record, keys };
  });
  await writeAll(records, (record) => store.organisations.create(record));
  await store.close();
  return records.flatMap(({ keys }) => keys);
}

function revokedKey(organisationId: string, serialNumber: number, at: Date): KeyRecord {
  return {
    kid: newUuid(random),
    type: 'obwac',
    organisationId,
    softwareId: null,
    associations: [],
    serialNumber: serialNumber.toString(16),
    notBefore: at.toISOString(),
    notAfter: new Date(at.getTime() + YEAR_MILLISECONDS).toISOString(),
    thumbprintSha256: '',
    certificatePem: '',
    privateKeyPem: null,
    revocation: { at: at.toISOString(), reason: 'superseded' },
  };
}

async function writeAll<T>(items: readonly T[], write: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: WRITES_AT_A_TIME }, async () => {
      for (let item = waiting.pop(); item; item = waiting.pop()) await write(item);
    }),
  );
}

function organisationRecord(name: string, statementCount: number, at: Date): OrganisationRecord {
  const organisation = createOrganisation({ name, kind: 'tpp' }, newOrganisationId(random), at);
  const input = newSoftwareStatementSchema.parse(newStatement);
  return {
    ...emptyRecord,
    organisation,
    softwareStatements: Array.from({ length: statementCount }, () =>
      createSoftwareStatement(input, organisation, newSoftwareId(random), at),
    ),
  };
}
