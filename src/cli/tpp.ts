import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BankProfile } from '../aspsp/profile.js';
import { decodeJws } from '../jose/jws.js';
import { systemRandom } from '../sandbox/random.js';
import type { ReadyTpp } from '../sandbox/ready-tpp.js';
import { defineCommand } from './command.js';
import { curlLine } from './curl.js';
import type { Desk } from './desk.js';
import { Refusal } from './failures.js';
import { prepareFolder, writeText } from './files.js';
import { indented, jsonText, print, printable, printJson, styled } from './output.js';
import { registrationRequest, type AddressedBank, type RegistrationRequest } from './registration-request.js';
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
    await prepareFolder(folder, fileNames, values.force);
    const made = await makeTpp(desk, {
      name: values.name,
      roles: values.roles?.split(',').map((role) => role.trim()),
      redirectUris: values['redirect-uri'].length === 0 ? undefined : values['redirect-uri'],
    });
    await writeFiles(folder, filesOf(made), values.force);
    const curl = made.registration && curlLine(resolve(folder), made.registration.endpoint);
    if (values.json) printJson({ ...descriptionOf(made), folder: resolve(folder), curl: curl ?? null });
    else print(report(made, folder, curl));
    return 0;
  },
});

/** Everything that goes into the folder, with its readers. */
const fileModes = {
  'signing.key': 'private',
  'signing.pem': 'public',
  'transport.key': 'private',
  'transport.pem': 'public',
  'ssa.jwt': 'public',
  'root.pem': 'public',
  'tpp.json': 'public',
  'request.jwt': 'public',
} as const;
type FileName = keyof typeof fileModes;
const fileNames = Object.keys(fileModes) as FileName[];

/** What an earlier TPP had and this one has not goes away: it would belong to nobody. */
async function writeFiles(
  folder: string,
  files: Partial<Record<FileName, string>>,
  force: boolean,
): Promise<void> {
  for (const name of fileNames) {
    const path = join(folder, name);
    const text = files[name];
    if (text !== undefined) await writeText({ path, mode: fileModes[name], force }, text);
    else if (force) await rm(path, { force: true });
  }
}

/** A TPP with the way to its bank, where the sandbox has one. */
interface MadeTpp {
  readonly desk: string;
  readonly tpp: ReadyTpp;
  readonly rootPem: string;
  readonly registration: (RegistrationRequest & Registration) | undefined;
}

interface Registration {
  readonly bank: AddressedBank;
  readonly endpoint: string;
  readonly tokenEndpoint: string;
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

function filesOf(made: MadeTpp): Partial<Record<FileName, string>> {
  const { tpp: ready, rootPem, registration } = made;
  return {
    'signing.key': ready.signing.privateKeyPem,
    'signing.pem': ready.signing.certificatePem + ready.signing.chainPem,
    'transport.key': ready.transport.privateKeyPem,
    'transport.pem': ready.transport.certificatePem + ready.transport.chainPem,
    'ssa.jwt': ready.ssa,
    'root.pem': rootPem,
    'tpp.json': `${jsonText(descriptionOf(made))}\n`,
    ...(registration ? { 'request.jwt': registration.jwt } : {}),
  };
}

/** What may be seen of it by everybody: ids and URLs. */
function descriptionOf({ desk, tpp: ready, registration }: MadeTpp) {
  const { organisation, softwareStatement, signing, transport } = ready;
  const decoded = decodeJws(ready.ssa);
  const claims = decoded.ok ? decoded.jws.payload : {};
  return {
    organisationId: organisation.id,
    softwareId: softwareStatement.id,
    name: organisation.name,
    clientName: softwareStatement.clientName,
    roles: softwareStatement.roles,
    redirectUris: softwareStatement.redirectUris,
    signingKid: signing.kid,
    transportKid: transport.kid,
    desk,
    root: `${desk}/ca/root.pem`,
    ssaIssuer: claims['iss'],
    softwareJwks: claims['software_jwks_endpoint'],
    organisationJwks: claims['org_jwks_endpoint'],
    bank: registration
      ? {
          id: registration.bank.profile.id,
          issuer: registration.bank.issuer,
          discovery: `${registration.bank.issuer}/.well-known/openid-configuration`,
          registration: registration.endpoint,
          token: registration.tokenEndpoint,
        }
      : null,
  };
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
