import type { Bank } from '../../aspsp/bank.js';
import type { CertificateService, CertifiedKey } from '../../directory/certificates.js';
import type { Registry } from '../../directory/registry.js';
import type { SsaIssuer } from '../../directory/ssa.js';
import type { TrustAnchor } from '../../directory/trust-anchor.js';
import type { Clock, Random } from '../../domain/ports.js';
import { curlLine } from './curl-line.js';
import { registrationRequest } from './registration-request.js';
import {
  tppFileModes,
  tppFiles,
  type CertifiedKeyOfFiles,
  type RegistrationOfFiles,
  type TppOfFiles,
} from './tpp-files.js';

/** A file of a TPP. */
export interface TppFile {
  readonly name: string;
  readonly text: string;
  readonly isPrivate: boolean;
}

export interface TppArchiveServices {
  readonly registry: Registry;
  readonly certificates: CertificateService;
  readonly ssaIssuer: SsaIssuer;
  readonly trustAnchor: TrustAnchor;
  readonly clock: Clock;
  readonly random: Random;
  /** The HTTP side. */
  readonly httpUrl: string;
}

/** The folder that the files are meant for. */
export const TPP_FOLDER = 'tpp';

/**
 * Everything to register at a bank with: an SSA and a request of this moment, and the keys that are here. What is with its
 * holder is missing, and the README among the files says so.
 * @param bank where the request is for; without one there is no request
 * @throws DomainError `not_found`, and whatever keeps an SSA from being issued
 */
export async function tppArchive(
  services: TppArchiveServices,
  softwareId: string,
  bank: Bank | undefined,
): Promise<TppFile[]> {
  const made = await collect(services, softwareId, bank);
  const { registration } = made;
  return [
    ...Object.entries(tppFiles(made)).map(([name, text]) => ({
      name,
      text,
      isPrivate: tppFileModes[name as keyof typeof tppFileModes] === 'private',
    })),
    { name: 'README.txt', text: readme(made), isPrivate: false },
    ...(registration ? [{ name: 'register.sh', text: script(registration), isPrivate: false }] : []),
  ];
}

/** The call that registers at a bank, to be made in the folder of the files. */
export function registeringCall(bank: Bank): string {
  return curlLine('.', endpointsOf(bank).endpoint);
}

async function collect(
  { registry, certificates, ssaIssuer, trustAnchor, clock, random, httpUrl }: TppArchiveServices,
  softwareId: string,
  bank: Bank | undefined,
): Promise<TppOfFiles> {
  const keys = await certificates.ofSoftwareStatement(softwareId);
  const { ssa } = await ssaIssuer.issue(softwareId);
  const softwareStatement = registry.getSoftwareStatement(softwareId);
  const signing = bestKey(keys, 'obsigning');
  const transport = bestKey(keys, 'obtransport');
  const registration =
    bank && signing?.privateKeyPem
      ? {
          ...endpointsOf(bank),
          ...(await registrationRequest(
            {
              softwareStatement,
              ssa,
              signing: { kid: signing.kid, privateKeyPem: signing.privateKeyPem },
              transport,
            },
            bank,
            clock.now(),
            random,
          )),
        }
      : undefined;
  const organisation = registry.getOrganisation(softwareStatement.organisationId);
  const tpp = { organisation, softwareStatement, ssa, signing, transport };
  return { desk: httpUrl, tpp, rootPem: trustAnchor.rootPem, registration };
}

/** The newest active one of its type: of those whose private key is here, where there is one. */
function bestKey(
  keys: readonly CertifiedKey[],
  type: 'obsigning' | 'obtransport',
): CertifiedKeyOfFiles | undefined {
  const active = keys.filter(({ record, status }) => record.type === type && status === 'active');
  const best = active.findLast(({ record }) => record.privateKeyPem !== null) ?? active.at(-1);
  if (!best) return undefined;
  const { kid, privateKeyPem, certificatePem } = best.record;
  return { kid, privateKeyPem, certificatePem, chainPem: best.chainPem };
}

function endpointsOf(bank: Bank) {
  const { registration_endpoint: endpoint, token_endpoint: tokenEndpoint } = bank.discovery();
  return { bank, endpoint: String(endpoint), tokenEndpoint: String(tokenEndpoint) };
}

function script({ bank, endpoint, expiresAt }: RegistrationOfFiles): string {
  return [
    '#!/bin/sh',
    `# Registers at the bank "${bank.profile.id}": once, until ${expiresAt.toISOString()} by the clock of the sandbox.`,
    'cd "$(dirname "$0")" || exit',
    `exec ${curlLine('.', endpoint)}`,
    '',
  ].join('\n');
}

function readme(made: TppOfFiles): string {
  const { tpp, registration } = made;
  const present = tppFiles(made);
  const lines = fileTexts
    .filter(([name]) => name in present)
    .map(([name, text]) => `  ${name.padEnd(14)} ${text}`);
  return [
    `${tpp.softwareStatement.clientName}, of ${tpp.organisation.name}`,
    `Made by the mock Open Banking Directory at ${made.desk}, for tests only: nothing here is trusted anywhere else.`,
    '',
    ...lines,
    ...missing(made),
    '',
    ...(registration
      ? [
          `To register at the bank "${registration.bank.profile.id}", once and until ${registration.expiresAt.toISOString()}:`,
          '',
          '  sh register.sh',
          '',
          `What the bank made of it, check by check: ${made.desk}/banks/${registration.bank.profile.id}`,
        ]
      : ['There is no request to register with.']),
    '',
  ].join('\n');
}

const fileTexts = [
  ['signing.key', 'private key that signs requests (PKCS#8)'],
  ['signing.pem', 'its OBSigning certificate, and those above it'],
  ['transport.key', 'private key for TLS (PKCS#8)'],
  ['transport.pem', 'its OBTransport certificate, and those above it'],
  ['ssa.jwt', 'software statement assertion, signed by the Directory'],
  ['root.pem', 'root certificate, which the servers of the sandbox chain to'],
  ['request.jwt', 'registration request, signed with signing.key'],
  ['tpp.json', 'ids and addresses'],
] as const;

function missing({ tpp }: TppOfFiles): string[] {
  const keys = [
    { type: 'OBSigning', name: 'signing', key: tpp.signing },
    { type: 'OBTransport', name: 'transport', key: tpp.transport },
  ];
  return keys.flatMap(({ type, name, key }) => {
    if (!key)
      return [
        '',
        `Missing: ${name}.pem and ${name}.key. There is no active ${type} certificate; certify a key.`,
      ];
    if (key.privateKeyPem !== null) return [];
    return [
      '',
      `Missing: ${name}.key. The private key of ${key.kid} is with its holder; put it beside these files.`,
    ];
  });
}
