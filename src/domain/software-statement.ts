import { z } from 'zod';
import { invalidInput, type FieldProblem } from './errors.js';
import { organisationIdSchema, softwareIdSchema } from './identifiers.js';
import { limits } from './limits.js';
import { authorisedRoles, textSchema, type Organisation } from './organisation.js';
import { roleSchema, type Role } from './roles.js';

/** A URI that a browser could follow. */
export function httpUriSchema(maximumLength: number) {
  return z
    .string()
    .max(maximumLength)
    .refine((text) => /^https?:$/.test(parseUrl(text)?.protocol ?? ''), 'an http or https URI')
    .refine(
      (text) => !/[\s<>"\\^`{|}\p{Cc}]/u.test(text),
      'a URI without spaces or other forbidden characters',
    );
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/**
 * A redirect URI as the Directory takes it: `localhost` is allowed here, and refused by banks.
 * @see Directory API 2.2.0, SoftwareStatementCreateSchema.RedirectUri; DCR 3.4, redirect_uris
 */
export const redirectUriSchema = z
  .string()
  .max(limits.redirectUriLength)
  .refine(
    (text) => parseUrl(text)?.protocol === 'https:' && text.toLowerCase().startsWith('https://'),
    'an absolute https URI',
  )
  .refine((text) => !text.includes('#'), 'a URI without a fragment')
  .refine(
    (text) => !/[\s<>"\\^`{|}\p{Cc}]/u.test(text),
    'a URI without spaces or other forbidden characters',
  );

export const redirectUrisSchema = z
  .array(redirectUriSchema)
  .max(limits.redirectUriCount)
  .superRefine((list, context) => {
    list.forEach((uri, index) => {
      if (list.indexOf(uri) !== index) {
        context.addIssue({ code: 'custom', path: [index], message: 'a URI that is not in the list already' });
      }
    });
  });

const softwareRolesSchema = z
  .array(roleSchema)
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'each role once')
  .refine((list) => !list.includes('ASPSP') || list.length === 1, 'ASPSP alone, or other roles without it');

/** @see Directory API 2.2.0, SoftwareStatementSchema */
const details = {
  clientName: textSchema(limits.clientNameLength),
  description: textSchema(limits.descriptionLength),
  version: textSchema(limits.versionLength),
  mode: z.enum(['Test', 'Live']),
  environment: textSchema(limits.environmentLength),
  roles: softwareRolesSchema,
  redirectUris: redirectUrisSchema,
  clientUri: httpUriSchema(limits.uriLength).nullable(),
  logoUri: httpUriSchema(limits.logoUriLength).nullable(),
  policyUri: httpUriSchema(limits.uriLength).nullable(),
  termsOfServiceUri: httpUriSchema(limits.uriLength).nullable(),
  onBehalfOf: textSchema(limits.onBehalfOfLength).nullable(),
};

export const softwareStatementSchema = z.strictObject({
  id: softwareIdSchema,
  organisationId: organisationIdSchema,
  ...details,
  active: z.boolean(),
  createdAt: z.iso.datetime(),
});

export const newSoftwareStatementSchema = z.strictObject({
  id: softwareIdSchema.optional(),
  clientName: details.clientName,
  description: details.description.optional(),
  version: details.version.default('1.0'),
  mode: details.mode.default('Test'),
  environment: details.environment.default('sandbox'),
  roles: details.roles.optional(),
  redirectUris: details.redirectUris.default([]),
  clientUri: details.clientUri.default(null),
  logoUri: details.logoUri.default(null),
  policyUri: details.policyUri.default(null),
  termsOfServiceUri: details.termsOfServiceUri.default(null),
  onBehalfOf: details.onBehalfOf.default(null),
});

export const softwareStatementChangeSchema = z
  .strictObject(details)
  .partial()
  .extend({ active: z.boolean().optional() });

export type SoftwareStatement = z.infer<typeof softwareStatementSchema>;
export type NewSoftwareStatement = z.infer<typeof newSoftwareStatementSchema>;
export type SoftwareStatementChange = z.infer<typeof softwareStatementChangeSchema>;

/**
 * A new software statement, active.
 * @throws DomainError `invalid_input` for roles that the organisation is not authorised for
 */
export function createSoftwareStatement(
  input: NewSoftwareStatement,
  organisation: Organisation,
  id: string,
  at: Date,
): SoftwareStatement {
  const roles = input.roles ?? defaultRoles(organisation);
  refuseUnauthorisedRoles(roles, organisation);
  return {
    id,
    organisationId: organisation.id,
    clientName: input.clientName,
    description: input.description ?? input.clientName,
    version: input.version,
    mode: input.mode,
    environment: input.environment,
    roles,
    redirectUris: input.redirectUris,
    clientUri: input.clientUri,
    logoUri: input.logoUri,
    policyUri: input.policyUri,
    termsOfServiceUri: input.termsOfServiceUri,
    onBehalfOf: input.onBehalfOf,
    active: true,
    createdAt: at.toISOString(),
  };
}

/** @throws DomainError `invalid_input` for roles that the organisation is not authorised for */
export function changeSoftwareStatement(
  statement: SoftwareStatement,
  change: SoftwareStatementChange,
  organisation: Organisation,
): SoftwareStatement {
  if (change.roles) refuseUnauthorisedRoles(change.roles, organisation);
  // While it was inactive the organisation may have lost a role that it has.
  else if (change.active && !statement.active) refuseUnauthorisedRoles(statement.roles, organisation);
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return { ...statement, ...given };
}

/** All roles the organisation has, short of ASPSP, which no other role may accompany. */
function defaultRoles(organisation: Organisation): Role[] {
  const authorised = authorisedRoles(organisation);
  const withoutAspsp = authorised.filter((role) => role !== 'ASPSP');
  return withoutAspsp.length > 0 ? withoutAspsp : authorised;
}

function refuseUnauthorisedRoles(roles: readonly Role[], organisation: Organisation): void {
  const authorised = authorisedRoles(organisation);
  const problems: FieldProblem[] = roles.flatMap((role, index) =>
    authorised.includes(role)
      ? []
      : [
          {
            field: `roles[${index}]`,
            expected: `a role the organisation is authorised for (${authorised.join(', ')})`,
            actual: `"${role}"`,
          },
        ],
  );
  if (problems.length > 0) throw invalidInput(problems);
}
