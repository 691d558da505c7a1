import { z } from 'zod';
import { limits } from './limits.js';
import { textSchema } from './organisation.js';
import { httpUriSchema } from './software-statement.js';

export const authorisationServerIdSchema = z
  .string()
  .regex(/^[0-9A-Za-z]{22}$/, 'an authorisation server id: 22 characters of 0-9, A-Z, a-z');

const uriSchema = httpUriSchema(limits.authorisationServerUriLength);
const friendlyTextSchema = textSchema(limits.authorisationServerTextLength);
const optionalUriSchema = uriSchema.nullable().default(null);

/**
 * An authorisation server of an ASPSP, as the Directory lists it; TPPs find a bank's discovery document through it.
 * @see Directory API 2.2.0, AuthorisationServerSchema: `openIdDiscoveryEndPointUri` is its `OpenIDConfigEndPointUri`
 */
export const authorisationServerSchema = z.strictObject({
  id: authorisationServerIdSchema,
  authorisationDomain: z.enum(['PSD2', 'Pay.UK', 'CD']).default('PSD2'),
  autoRegistrationSupported: z.boolean().default(true),
  customerFriendlyName: friendlyTextSchema,
  customerFriendlyDescription: friendlyTextSchema.nullable().default(null),
  customerFriendlyLogoUri: optionalUriSchema,
  baseApiDnsUri: uriSchema,
  openIdDiscoveryEndPointUri: uriSchema,
  developerPortalUri: optionalUriSchema,
  termsOfServiceUri: optionalUriSchema,
  payloadSigningCertLocationUri: optionalUriSchema,
  eiscdIds: z
    .array(
      z
        .string()
        .refine((id) => [4, 6, 14].includes(id.length), 'an EISCD id of 4, 6 or 14 characters')
        .refine((id) => !/\p{Cc}/u.test(id), 'text without control characters'),
    )
    .max(limits.eiscdIdCount)
    .default([]),
  parentAuthorisationServerId: authorisationServerIdSchema.nullable().default(null),
  apiResourceDiscoveryEndpointUri: optionalUriSchema,
});
export type AuthorisationServer = z.infer<typeof authorisationServerSchema>;
