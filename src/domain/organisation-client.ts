import { z } from 'zod';

/**
 * The client that an organisation itself is at the Directory's authorisation server; its id is the organisation's.
 * @see Directory API 2.2.0, OAuthClientSchema and Enrol201CreatedResponseSchema
 */
export const organisationClientSchema = z.strictObject({
  /** By its certificate alone, or by assertions that the certificate's key signs. */
  authMethod: z.enum(['tls_client_auth', 'private_key_jwt']),
  /** Of the organisation's certificate. */
  kid: z.string(),
});
export type OrganisationClient = z.infer<typeof organisationClientSchema>;
