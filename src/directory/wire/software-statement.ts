import { z } from 'zod';
import { useOfKey } from '../../domain/key-record.js';
import { limits } from '../../domain/limits.js';
import { parseInput } from '../../domain/parse.js';
import {
  httpUriSchema,
  newSoftwareStatementSchema,
  type NewSoftwareStatement,
  type SoftwareStatement,
} from '../../domain/software-statement.js';
import type { RegisteredKey } from '../key-register.js';

/** Ids of the live keys of a statement, by what they are for. */
export interface KeyIds {
  readonly signing: readonly string[];
  readonly transport: readonly string[];
}

/** Signing and transport keys that are active, in the order in which they came. */
export function keyIdsOf(keys: readonly RegisteredKey[]): KeyIds {
  const active = keys.filter(({ status }) => status === 'active').map(({ record }) => record);
  const forUse = (use: string) => active.filter(({ type }) => useOfKey[type] === use).map(({ kid }) => kid);
  return { signing: forUse('sig'), transport: forUse('tls') };
}

/**
 * A software statement as the Directory's API and SCIM show it.
 * @see Directory API 2.2.0, SoftwareStatementSchema: members that are unassigned are not part of it
 */
export function softwareStatementToWire(statement: SoftwareStatement, keyIds?: KeyIds) {
  return {
    Active: statement.active,
    AuthorizationDomain: 'PSD2',
    ClientId: statement.id,
    ClientName: statement.clientName,
    ...(statement.clientUri === null ? {} : { ClientUri: statement.clientUri }),
    Description: statement.description,
    Id: statement.id,
    ...(statement.logoUri === null ? {} : { LogoUri: statement.logoUri }),
    Mode: statement.mode === 'Live' ? 'Live' : 'Not Live',
    ObClientCreated: true,
    ...(statement.onBehalfOf === null ? {} : { OnBehalfOfObOrganisation: statement.onBehalfOf }),
    ...(statement.policyUri === null ? {} : { PolicyUri: statement.policyUri }),
    RedirectUri: statement.redirectUris,
    Roles: statement.roles,
    ...(keyIds ? { SigningKeyIds: keyIds.signing } : {}),
    ...(statement.termsOfServiceUri === null ? {} : { TermsOfServiceUri: statement.termsOfServiceUri }),
    ...(keyIds ? { TransportKeyIds: keyIds.transport } : {}),
    Version: statement.version,
  };
}

const { clientName, description, version, redirectUris, roles } = newSoftwareStatementSchema.shape;

/** @see Directory API 2.2.0, SoftwareStatementCreateSchema; nothing else is taken, so that a misspelt member is noticed */
export const newStatementWireSchema = z.strictObject({
  AuthorizationDomain: z.literal('PSD2', 'PSD2, the one domain that this Directory keeps').optional(),
  ClientName: clientName,
  Description: description.unwrap(),
  /** An empty text says that there is none: the member is required. */
  OnBehalfOfObOrganisation: z.string().max(limits.onBehalfOfLength),
  PolicyUri: httpUriSchema(limits.uriLength),
  ClientUri: httpUriSchema(limits.uriLength),
  LogoUri: httpUriSchema(limits.logoUriLength),
  RedirectUri: redirectUris.unwrap(),
  Roles: roles,
  TermsOfServiceUri: httpUriSchema(limits.uriLength),
  Version: version.unwrap(),
});

/** @throws DomainError `invalid_input` that names the members as they are on the wire */
export function parseNewSoftwareStatement(body: unknown): NewSoftwareStatement {
  const wire = parseInput(newStatementWireSchema, body);
  return parseInput(newSoftwareStatementSchema, {
    clientName: wire.ClientName,
    description: wire.Description,
    onBehalfOf: wire.OnBehalfOfObOrganisation === '' ? null : wire.OnBehalfOfObOrganisation,
    policyUri: wire.PolicyUri,
    clientUri: wire.ClientUri,
    logoUri: wire.LogoUri,
    redirectUris: wire.RedirectUri,
    roles: wire.Roles,
    termsOfServiceUri: wire.TermsOfServiceUri,
    version: wire.Version,
  });
}
