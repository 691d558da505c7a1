import { z } from 'zod';

/** What every request for a certificate says of its key and of its beginning. */
export const keyMembers = {
  csrPem: z.string().optional(),
  generate: z.literal(true).optional(),
  notBefore: z.iso.datetime({ offset: true, error: 'an ISO 8601 instant' }).optional(),
};

/** The key of a signing request, or one that the sandbox makes: for `refine`, with what it expects. */
export const oneKey = [
  ({ csrPem, generate }: { csrPem?: string | undefined; generate?: true | undefined }) =>
    (csrPem === undefined) !== (generate === undefined),
  'either csrPem or generate: true',
] as const;
