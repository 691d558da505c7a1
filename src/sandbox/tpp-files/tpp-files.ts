import type { AddressedBank, RegistrationRequest } from './registration-request.js';
import type { Organisation } from '../../domain/organisation.js';
import type { SoftwareStatement } from '../../domain/software-statement.js';
import { decodeJws } from '../../jose/jws.js';

/** The files of a TPP, with their readers. */
export const tppFileModes = {
  'signing.key': 'private',
  'signing.pem': 'public',
  'transport.key': 'private',
  'transport.pem': 'public',
  'ssa.jwt': 'public',
  'root.pem': 'public',
  'tpp.json': 'public',
  'request.jwt': 'public',
} as const;
export type TppFileName = keyof typeof tppFileModes;
export const tppFileNames = Object.keys(tppFileModes) as TppFileName[];

/** A certified key, whose private half may be with its holder. */
export interface CertifiedKeyOfFiles {
  readonly kid: string;
  readonly privateKeyPem: string | null;
  readonly certificatePem: string;
  readonly chainPem: string;
}

/** Where a TPP may register. */
export interface Registration {
  readonly bank: AddressedBank;
  readonly endpoint: string;
  readonly tokenEndpoint: string;
}

/** A bank with the request that may be sent to it. */
export type RegistrationOfFiles = Registration & RegistrationRequest;

/** What a TPP has, and the way to its bank where there is one. */
export interface TppOfFiles {
  /** The URL of the desk. */
  readonly desk: string;
  readonly tpp: {
    readonly organisation: Organisation;
    readonly softwareStatement: SoftwareStatement;
    readonly signing: CertifiedKeyOfFiles | undefined;
    readonly transport: CertifiedKeyOfFiles | undefined;
    readonly ssa: string;
  };
  readonly rootPem: string;
  readonly registration: RegistrationOfFiles | undefined;
}

/** The files that there are, by name. */
export function tppFiles(made: TppOfFiles): Partial<Record<TppFileName, string>> {
  const { tpp, rootPem, registration } = made;
  return {
    ...filesOfKey('signing', tpp.signing),
    ...filesOfKey('transport', tpp.transport),
    'ssa.jwt': tpp.ssa,
    'root.pem': rootPem,
    'tpp.json': `${JSON.stringify(tppDescription(made), null, 2)}\n`,
    ...(registration ? { 'request.jwt': registration.jwt } : {}),
  };
}

function filesOfKey(
  name: 'signing' | 'transport',
  key: CertifiedKeyOfFiles | undefined,
): Partial<Record<TppFileName, string>> {
  if (!key) return {};
  return {
    ...(key.privateKeyPem === null ? {} : { [`${name}.key`]: key.privateKeyPem }),
    [`${name}.pem`]: key.certificatePem + key.chainPem,
  };
}

/** What may be seen of a TPP by everybody: ids and URLs. */
export function tppDescription({ desk, tpp, registration }: TppOfFiles) {
  const { organisation, softwareStatement, signing, transport } = tpp;
  const decoded = decodeJws(tpp.ssa);
  const claims = decoded.ok ? decoded.jws.payload : {};
  return {
    organisationId: organisation.id,
    softwareId: softwareStatement.id,
    name: organisation.name,
    clientName: softwareStatement.clientName,
    roles: softwareStatement.roles,
    redirectUris: softwareStatement.redirectUris,
    signingKid: signing?.kid ?? null,
    transportKid: transport?.kid ?? null,
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
