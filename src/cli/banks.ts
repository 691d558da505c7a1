import type { BankProfile } from '../aspsp/profile.js';
import { defineCommand } from './command.js';
import type { Desk } from './desk.js';
import { print, printJson, tableText } from './output.js';
import { targetOptions, withDesk } from './target.js';

export const banks = defineCommand({
  synopsis: 'banks',
  about: 'Lists the mock banks: what each differs by, and where its discovery document is.',
  options: targetOptions,
  wordsAtMost: 0,
  examples: ['mock-ob-directory banks', "mock-ob-directory banks --json | jq -r '.[].discovery'"],
  run: async (values) => {
    const list = await withDesk(values, async (desk) => {
      const profiles = await desk.all<BankProfile>('/sandbox/banks');
      return Promise.all(profiles.map((profile) => viewOf(desk, profile)));
    });
    if (values.json) printJson(list);
    else if (list.length === 0) print('This sandbox has no banks: it was started with --no-demo.');
    else print(banksTable(list));
    return 0;
  },
});

async function viewOf(desk: Desk, { id, name, purpose, dcrVersion, organisationId }: BankProfile) {
  return { id, name, purpose, dcrVersion, organisationId, discovery: await discoveryUrl(desk, id) };
}

function banksTable(list: readonly Awaited<ReturnType<typeof viewOf>>[]): string {
  const rows = list.map(({ id, name, discovery, purpose }) => [id, name, discovery, purpose]);
  return tableText(['BANK', 'NAME', 'DISCOVERY', 'DIFFERS BY'], rows);
}

/** Where a bank's discovery document is for its clients, which come over TLS. */
export async function discoveryUrl(desk: Desk, bankId: string): Promise<string> {
  const path = `/aspsp/${encodeURIComponent(bankId)}/.well-known/openid-configuration`;
  const { issuer } = await desk.read<{ issuer: string }>({ path }, 'issuer');
  return `${issuer}/.well-known/openid-configuration`;
}
