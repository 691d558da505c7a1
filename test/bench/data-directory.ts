import { randomBytes } from 'node:crypto';
import { newOrganisationId, newSoftwareId } from '../../src/domain/identifiers.js';
import { createOrganisation } from '../../src/domain/organisation.js';
import type { OrganisationRecord, Random } from '../../src/domain/ports.js';
import { createSoftwareStatement, newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { openFileStore } from '../../src/store/store.js';

const WRITES_AT_A_TIME = 8;

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
  const waiting = [...records];
  await Promise.all(
    Array.from({ length: WRITES_AT_A_TIME }, async () => {
      for (let record = waiting.pop(); record; record = waiting.pop()) {
        await store.organisations.create(record);
      }
    }),
  );
  await store.close();
  return records.map(({ organisation }) => organisation.id);
}

function organisationRecord(name: string, statementCount: number, at: Date): OrganisationRecord {
  const organisation = createOrganisation({ name, kind: 'tpp' }, newOrganisationId(random), at);
  const input = newSoftwareStatementSchema.parse(newStatement);
  return {
    organisation,
    softwareStatements: Array.from({ length: statementCount }, () =>
      createSoftwareStatement(input, organisation, newSoftwareId(random), at),
    ),
    keys: [],
    authorisationServers: [],
  };
}
