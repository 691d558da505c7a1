import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BankProfile } from '../aspsp/profile.js';
import { systemRandom } from '../sandbox/random.js';
import type { ReadyTpp } from '../sandbox/ready-tpp.js';
import { curlLine } from '../sandbox/tpp-files/curl-line.js';
import { registrationRequest } from '../sandbox/tpp-files/registration-request.js';
import {
  tppDescription,
  tppFiles,
  tppFileModes,
  tppFileNames,
  type Registration,
  type RegistrationOfFiles,
  type TppFileName,
} from '../sandbox/tpp-files/tpp-files.js';
import { defineCommand } from './command.js';
import type { Desk } from './desk.js';
import { Refusal } from './failures.js';
import { prepareFolder, writeText } from './files.js';
import { indented, jsonText, print, printable, printJson, styled } from './output.js';
import { runningDesk, runningTargetOptions } from './target.js';

const BANK = 'reference';

export const tpp = defineCommand({
  synopsis: 'tpp',
  about:
    'Makes a TPP that is ready to register, and writes it into a folder of its own: keys, certificates, an SSA, and a\n' +
    'signed request to register at the reference bank. Prints the curl call that sends it, good once and for a day.',
  options: {
    name: { placeholder: 'NAME', text: 'of the organisation (Test TPP)' },
    roles: { placeholder: 'LIST', text: 'of AISP, PISP, CBPII, with commas between (all)' },
    'redirect-uri': {
      placeholder: 'URI',
      isRepeatable: true,
      text: 'a redirect URI (https://tpp.example.com/callback); repeatable',
    },
    out: { placeholder: 'DIR', text: 'the folder (tpp)' },
    force: { text: 'overwrite the files of an earlier TPP' },
    ...runningTargetOptions,
  },
  refused: {
    'in-memory':
      'a TPP is of use only while its Directory runs: start one with "mock-ob-directory serve --in-memory"',
  },
  wordsAtMost: 0,
  examples: [
    'mock-ob-directory tpp',
    'mock-ob-directory tpp --name "Example Ltd" --roles AISP,PISP --redirect-uri https://app.example.com/callback --out example',
    'eval "$(mock-ob-directory tpp --force --json | jq -r .curl)"',
    'openssl verify -CAfile tpp/root.pem -untrusted tpp/transport.pem tpp/transport.pem',
  ],
  run: async (values) => {
    const desk = runningDesk(values);
    const folder = values.out ?? 'tpp';
    await prepareFolder(folder, tppFileNames, values.force);
    const made = await makeTpp(desk, {
      name: values.name,
      roles: values.roles?.split(',').map((role) => role.trim()),
      redirectUris: values['redirect-uri'].length === 0 ? undefined : values['redirect-uri'],
    });
    await writeFiles(folder, filesOf(made), values.force);
    const curl = made.registration && curlLine(resolve(folder), made.registration.endpoint);
    if (values.json) printJson({ ...tppDescription(made), folder: resolve(folder), curl: curl ?? null });
    else print(report(made, folder, curl));
    return 0;
  },
});

/** What an earlier TPP had and this one has not goes away: it would belong to nobody. */
async function writeFiles(
  folder: string,
  files: Partial<Record<TppFileName, string>>,
  force: boolean,
): Promise<void> {
  for (const name of tppFileNames) {
    const path = join(folder, name);
    const text = files[name];
    if (text !== undefined) await writeText({ path, mode: tppFileModes[name], force }, text);
    else if (force) await rm(path, { force: true });
  }
}

/** A TPP with the way to its bank, where the sandbox has one. */
interface MadeTpp {
  readonly desk: string;
  readonly tpp: ReadyTpp;
  readonly rootPem: string;
  readonly registration: RegistrationOfFiles | undefined;
}

async function makeTpp(desk: Desk, body: object): Promise<MadeTpp> {
  const bank = await findBank(desk);
  const { at } = await desk.read<{ at: string }>({ path: '/sandbox/clock' }, 'at');
  const rootPem = await desk.text({ path: '/ca/root.pem' });
  const ready = await desk.read<ReadyTpp>(
    { method: 'POST', path: '/sandbox/tpps', body },
    'organisation',
    'softwareStatement',
    'signing',
    'transport',
    'ssa',
  );
  const registration = bank && {
    ...bank,
    ...(await registrationRequest(ready, bank.bank, new Date(at), systemRandom)),
  };
  return { desk: desk.url, tpp: ready, rootPem, registration };
}

/** A sandbox without demo data has no banks. */
async function findBank(desk: Desk): Promise<Registration | undefined> {
  try {
    const path = `/sandbox/banks/${BANK}`;
    const profile = await desk.read<BankProfile>({ path }, 'id', 'name', 'request', 'organisationId');
    const discovery = await desk.read<{
      issuer: string;
      registration_endpoint: string;
      token_endpoint: string;
    }>(
      { path: `/aspsp/${BANK}/.well-known/openid-configuration` },
      'issuer',
      'registration_endpoint',
      'token_endpoint',
    );
    const { issuer, registration_endpoint: endpoint, token_endpoint: tokenEndpoint } = discovery;
    return { bank: { profile, issuer }, endpoint, tokenEndpoint };
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  }
}

/** JSON as it is printed too, which moves no cursor. */
function filesOf(made: MadeTpp): Partial<Record<TppFileName, string>> {
  return { ...tppFiles(made), 'tpp.json': `${jsonText(tppDescription(made))}\n` };
}

function report({ tpp: ready, registration }: MadeTpp, folder: string, curl: string | undefined): string {
  const { organisation, softwareStatement, signing, transport } = ready;
  const lines = [
    styled('heading', `${printable(organisation.name)} is ready in ${folder}`),
    indented([
      ['Organisation', organisation.id],
      ['Software statement', softwareStatement.id],
      ['Signing key', `${signing.kid}  signing.key, signing.pem`],
      ['Transport key', `${transport.kid}  transport.key, transport.pem`],
      ['SSA', 'ssa.jwt'],
      ['Root certificate', 'root.pem'],
    ]),
    '',
  ];
  if (!registration || curl === undefined)
    return [...lines, 'This sandbox has no reference bank, so there is no request to register at it.'].join(
      '\n',
    );
  const { bank, expiresAt } = registration;
  return [
    ...lines,
    `To register at ${printable(bank.profile.name)}, once, until ${expiresAt.toISOString()}:`,
    '',
    curl,
  ].join('\n');
}
