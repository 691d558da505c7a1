import { z } from 'zod';
import { authorisationServerWireSchema } from '../../../../directory/wire/authorisation-server.js';
import { contactWireSchema } from '../../../../directory/wire/contact.js';
import { newStatementWireSchema } from '../../../../directory/wire/software-statement.js';

/** What the TLS side answers with. Open: what is there is said, what else may be there is not. */

const organisationMembers = {
  schemas: z.array(z.string()),
  id: z.string(),
  meta: z.looseObject({ resourceType: z.string(), location: z.string() }),
};

const softwareStatement = newStatementWireSchema.partial().extend({
  Id: z.string(),
  Active: z.boolean(),
  ClientId: z.string(),
  Mode: z.enum(['Live', 'Not Live']),
  ObClientCreated: z.boolean(),
  SigningKeyIds: z.array(z.string()),
  TransportKeyIds: z.array(z.string()),
});

const authorisationServer = authorisationServerWireSchema.partial().extend({ Id: z.string() });

const jwk = z.looseObject({ kid: z.string(), kty: z.string() });

const key = jwk.extend({
  obOrganisationId: z.string(),
  Associations: z.array(z.string()),
  status: z.enum(['Active', 'Revoked', 'Expired']),
  keyType: z.string(),
  expiryDateTime: z.iso.datetime().optional(),
});

/** By the names that the document gives. */
export const protocolAnswers = {
  Token: z.looseObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.number().int(),
    scope: z.string().optional(),
  }),
  Metadata: z.looseObject({ issuer: z.string(), token_endpoint: z.string(), jwks_uri: z.string() }),
  ScimResource: z.looseObject(organisationMembers).partial({ meta: true }),
  ScimList: z.looseObject({
    schemas: z.array(z.string()),
    totalResults: z.number().int(),
    startIndex: z.number().int().optional(),
    itemsPerPage: z.number().int().optional(),
    Resources: z.array(z.looseObject({})).optional(),
  }),
  Enrolled: z.looseObject({
    client_id: z.string(),
    client_id_issued_at: z.number().int(),
    ob_org_id: z.string(),
    token_endpoint_auth_method: z.string(),
    grant_types: z.array(z.string()),
    scope: z.string(),
    client_name: z.string(),
    jwks_uri: z.string(),
  }),
  Contact: contactWireSchema,
  AuthorisationServer: authorisationServer,
  AuthorisationServers: z.array(authorisationServer),
  SoftwareStatement: softwareStatement,
  SoftwareStatements: z.array(softwareStatement),
  Ssa: z.string(),
  Key: key,
  Keys: z.looseObject({ keys: z.array(key) }),
  Jwks: z.looseObject({ keys: z.array(jwk) }),
  Pem: z.string(),
  OAuthClient: z.strictObject({
    ClientID: z.string(),
    ClientCertIssuerDn: z.string(),
    ClientCertSubjectDn: z.string(),
  }),
  Validation: z.looseObject({
    data: z.looseObject({
      certificate: z.looseObject({ type: z.string(), expired: z.boolean(), revoked: z.boolean() }),
      organisation: z.looseObject({ onboarded_to_open_banking: z.boolean(), org_name: z.string() }),
    }),
  }),
  Client: z.looseObject({ client_id: z.string() }),
} as const satisfies Readonly<Record<string, z.ZodType>>;
export type AnswerName = keyof typeof protocolAnswers;
