import { z } from 'zod';
import type { RefusalForm } from '../../../protocol/offered.js';

/** @see RFC 6749 section 5.2 */
export const oauthRefusal = z.strictObject({ error: z.string(), error_description: z.string() });

/** @see RFC 7644 section 3.12 */
export const scimRefusalBody = z.strictObject({
  schemas: z.array(z.literal('urn:ietf:params:scim:api:messages:2.0:Error')),
  status: z.string(),
  scimType: z.string().optional(),
  detail: z.string(),
});

/** The media type and the schema of each form of refusal. */
export const refusalTypes: Readonly<Record<RefusalForm, readonly [mediaType: string, schema: string]>> = {
  problem: ['application/problem+json', 'Problem'],
  oauth: ['application/json', 'OAuthRefusal'],
  scim: ['application/scim+json', 'ScimRefusal'],
};

/** A request to enrol is refused as dynamic registration is, once the caller is known. */
export function refusalOf(
  { refusal, answer }: { readonly refusal: RefusalForm; readonly answer?: string },
  status: number,
): RefusalForm {
  return answer === 'Enrolled' && status === 400 ? 'oauth' : refusal;
}
