import { z } from 'zod';
import { authorisationServerSchema, type AuthorisationServer } from '../../domain/authorisation-server.js';
import { parseInput } from '../../domain/parse.js';

/**
 * The members of an authorisation server under their names on the wire.
 * @see Directory API 2.2.0, AuthorisationServerSchema and AuthorisationServerRequestSchema
 */
const wireNames = {
  AuthorizationDomain: 'authorisationDomain',
  AutoRegistrationSupported: 'autoRegistrationSupported',
  BaseApiDNSUri: 'baseApiDnsUri',
  CustomerFriendlyDescription: 'customerFriendlyDescription',
  CustomerFriendlyLogoUri: 'customerFriendlyLogoUri',
  CustomerFriendlyName: 'customerFriendlyName',
  DeveloperPortalUri: 'developerPortalUri',
  TermsOfService: 'termsOfServiceUri',
  OpenIDConfigEndPointUri: 'openIdDiscoveryEndPointUri',
  PayloadSigningCertLocation: 'payloadSigningCertLocationUri',
  EISCDId: 'eiscdIds',
  ParentAuthorisationServerId: 'parentAuthorisationServerId',
  ApiResourceDiscoveryEndpoint: 'apiResourceDiscoveryEndpointUri',
} as const satisfies Record<string, keyof AuthorisationServer>;
type WireName = keyof typeof wireNames;

const optionalNames: readonly string[] = ['ParentAuthorisationServerId', 'ApiResourceDiscoveryEndpoint'];

/** What is unassigned is left out. */
export function authorisationServerToWire(server: AuthorisationServer): Readonly<Record<string, unknown>> {
  const members = (Object.keys(wireNames) as WireName[]).map(
    (name) => [name, server[wireNames[name]]] as const,
  );
  return { Id: server.id, ...Object.fromEntries(members.filter(([, value]) => value !== null)) };
}

/** Each member as the domain has it, without defaults: only the optional ones may be absent. */
export const authorisationServerWireSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(wireNames).map(([wireName, name]) => {
      const schema = withoutWrappers(authorisationServerSchema.shape[name]);
      return [wireName, optionalNames.includes(wireName) ? schema.optional() : schema];
    }),
  ),
);

/** @throws DomainError `invalid_input` that names the members as they are on the wire */
export function parseAuthorisationServer(body: unknown): Omit<AuthorisationServer, 'id'> {
  const wire = parseInput(authorisationServerWireSchema, body);
  const members = Object.entries(wireNames).map(([wireName, name]) => [name, wire[wireName]]);
  return authorisationServerSchema.omit({ id: true }).parse(Object.fromEntries(members));
}

function withoutWrappers(schema: z.ZodType): z.ZodType {
  const wrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodNullable;
  return wrapped ? withoutWrappers(schema.unwrap() as z.ZodType) : schema;
}
