import { z } from 'zod';
import { isOrganisationId } from '../domain/identifiers.js';

const origin = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'an origin: scheme, host and port');

/** A trusted issuer of SSAs, where its keys are, and from which origins keys of its SSAs' subjects may be fetched. */
const ssaIssuerSchema = z.strictObject({
  issuer: z.string().min(1),
  jwksUri: z.url(),
  jwksOrigins: z.array(origin).min(1),
});

/** How one mock bank behaves. @see formats.md section 7 */
export const bankProfileSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens'),
  name: z.string().min(1).max(140),
  purpose: z.string().min(1),
  /** The bank's own organisation in the Directory: the `aud` a request must carry. */
  organisationId: z.string().refine(isOrganisationId, 'an organisation id'),
  dcrVersion: z.enum(['3.4']),
  requestMediaTypes: z.array(z.string()).min(1),
  tokenEndpointAuthMethods: z.array(z.string()).min(1),
  signingAlgorithms: z.array(z.enum(['PS256', 'ES256'])).min(1),
  grantTypes: z.array(z.string()).min(1),
  responseTypes: z.array(z.string()).min(1),
  applicationTypes: z.array(z.string()).min(1),
  ssaIssuers: z.array(ssaIssuerSchema).min(1),
  ssaMaxAgeSeconds: z.number().int().positive(),
  clockSkewSeconds: z.number().int().nonnegative(),
});
export type BankProfile = z.infer<typeof bankProfileSchema>;
export type SsaIssuerProfile = z.infer<typeof ssaIssuerSchema>;
