import { z } from 'zod';
import type { CertificateService, CertifiedKey } from '../directory/certificates.js';
import type { Registry } from '../directory/registry.js';
import type { SsaIssuer } from '../directory/ssa.js';
import { limits } from '../domain/limits.js';
import { newOrganisationSchema, type Organisation } from '../domain/organisation.js';
import { parseInput } from '../domain/parse.js';
import { tppRoles, tppRoleSchema } from '../domain/roles.js';
import {
  newSoftwareStatementSchema,
  softwareStatementChangeSchema,
  type SoftwareStatement,
} from '../domain/software-statement.js';

/**
 * What may be asked of a ready TPP: all of it optional. Built on the schema for changes, because that has no defaults of
 * its own that would stand in for ours.
 */
export const readyTppSchema = softwareStatementChangeSchema.omit({ active: true, roles: true }).extend({
  /** Of the organisation: `Test TPP` when absent. */
  name: newOrganisationSchema.shape.name.default('Test TPP'),
  /** Of organisation and software statement: all three when absent. */
  roles: z
    .array(tppRoleSchema)
    .min(1)
    .default([...tppRoles]),
  /** The competent authority and the number that it registered the organisation under. */
  authority: newOrganisationSchema.shape.authority,
  /** Those of the real sandbox when absent. */
  contacts: newOrganisationSchema.shape.contacts,
  /** From when on the certificates are good, ISO 8601: now when absent, by the sandbox’s clock. */
  notBefore: z.iso.datetime({ offset: true }).optional(),
});
/**
 * What may be asked of a ready TPP.
 * @useDeclaredType
 * @category TPP
 */
export type ReadyTppRequest = z.input<typeof readyTppSchema>;

/**
 * A TPP that has no key yet.
 * @category TPP
 */
export interface UncertifiedTpp {
  /** A TPP. */
  readonly organisation: Organisation;
  /** Of that organisation. */
  readonly softwareStatement: SoftwareStatement;
}

/**
 * A TPP with everything it needs to register at a bank.
 * @category TPP
 */
export interface ReadyTpp extends UncertifiedTpp {
  /** OBSigning. */
  readonly signing: KeyMaterial;
  /** OBTransport. */
  readonly transport: KeyMaterial;
  /** Fresh, in compact form. */
  readonly ssa: string;
}

/**
 * A key with its certificate, PEM.
 * @category TPP
 */
export interface KeyMaterial {
  /** Its name in the keystore. */
  readonly kid: string;
  /** PKCS#8. */
  readonly privateKeyPem: string;
  /** The certificate alone. */
  readonly certificatePem: string;
  /** The certificates above it: issuing, then root. */
  readonly chainPem: string;
}

export interface ReadyTppServices {
  readonly registry: Registry;
  readonly certificates: CertificateService;
  readonly ssaIssuer: SsaIssuer;
}

/**
 * Makes an organisation, a software statement, a signing and a transport key with their certificates, and an SSA.
 * @throws DomainError `invalid_input` before anything is made
 */
export async function createReadyTpp(services: ReadyTppServices, request: unknown): Promise<ReadyTpp> {
  const { notBefore, ...wanted } = parseInput(readyTppSchema, request ?? {});
  const { organisation, softwareStatement } = await createUncertified(services.registry, wanted);
  const { id: softwareId } = softwareStatement;
  const certify = (type: 'obsigning' | 'obtransport') =>
    services.certificates.certifySoftwareStatement(softwareId, {
      type,
      generate: true,
      notBefore: notBefore === undefined ? undefined : new Date(notBefore),
    });
  const [signing, transport] = await Promise.all([certify('obsigning'), certify('obtransport')]);
  const { ssa } = await services.ssaIssuer.issue(softwareId);
  return {
    organisation,
    softwareStatement: services.registry.getSoftwareStatement(softwareId),
    signing: keyMaterial(signing, services.certificates),
    transport: keyMaterial(transport, services.certificates),
    ssa,
  };
}

/**
 * Makes an organisation and a software statement as for a ready TPP, whose keys somebody has already.
 * @throws DomainError `invalid_input` before anything is made
 */
export function createTppWithoutKeys(registry: Registry, request: unknown): Promise<UncertifiedTpp> {
  return createUncertified(registry, parseInput(readyTppSchema.omit({ notBefore: true }), request ?? {}));
}

async function createUncertified(
  registry: Registry,
  wanted: Omit<z.output<typeof readyTppSchema>, 'notBefore'>,
): Promise<UncertifiedTpp> {
  const { name, roles, authority, contacts, ...metadata } = wanted;
  const distinctRoles = [...new Set(roles)];
  const statement = parseInput(newSoftwareStatementSchema, {
    ...defaultMetadata(name),
    ...metadata,
    roles: distinctRoles,
  });
  const organisation = await registry.createOrganisation({
    name,
    kind: 'tpp',
    authorisations: [{ memberState: 'GB', roles: distinctRoles }],
    authority,
    contacts,
  });
  const softwareStatement = await registry.createSoftwareStatement(organisation.id, statement);
  return { organisation, softwareStatement };
}

/** Metadata that makes an SSA look as the real sandbox's do: nothing is left out. */
function defaultMetadata(name: string) {
  return {
    clientName: name.slice(0, limits.clientNameLength),
    description: `${name}: software made for tests`,
    redirectUris: ['https://tpp.example.com/callback'],
    clientUri: 'https://tpp.example.com',
    logoUri: 'https://tpp.example.com/logo.svg',
    policyUri: 'https://tpp.example.com/policy',
    termsOfServiceUri: 'https://tpp.example.com/terms',
  };
}

function keyMaterial({ record, chainPem }: CertifiedKey, certificates: CertificateService): KeyMaterial {
  return {
    kid: record.kid,
    privateKeyPem: certificates.getPrivateKey(record.kid),
    certificatePem: record.certificatePem,
    chainPem,
  };
}
