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
  /** The name that users are shown. */
  clientName: textSchema(limits.clientNameLength),
  /** What it is for. */
  description: textSchema(limits.descriptionLength),
  /** Of the software, as its makers count. */
  version: textSchema(limits.versionLength),
  /** `Test` where it is under test; banks of a sandbox take no other. */
  mode: z.enum(['Test', 'Live']),
  /** Where it runs. */
  environment: textSchema(limits.environmentLength),
  /** What it may act as. */
  roles: softwareRolesSchema,
  /** Absolute `https` URIs without a fragment. */
  redirectUris: redirectUrisSchema,
  /** Of its website. */
  clientUri: httpUriSchema(limits.uriLength).nullable(),
  /** Of an image. */
  logoUri: httpUriSchema(limits.logoUriLength).nullable(),
  /** Of its privacy policy. */
  policyUri: httpUriSchema(limits.uriLength).nullable(),
  /** Of its terms of service. */
  termsOfServiceUri: httpUriSchema(limits.uriLength).nullable(),
  /** The name of the firm that it acts for, where that is another one. */
  onBehalfOf: textSchema(limits.onBehalfOfLength).nullable(),
};

export const softwareStatementSchema = z.strictObject({
  /** The `software_id` of SSAs and the CN of certificates. */
  id: softwareIdSchema,
  /** Of the organisation that it belongs to. */
  organisationId: organisationIdSchema,
  ...details,
  /** Without it there are neither SSAs nor keys. */
  active: z.boolean(),
  /** ISO 8601, by the sandbox’s clock. */
  createdAt: z.iso.datetime(),
});

export const newSoftwareStatementSchema = z.strictObject({
  /** 22 letters and digits; made up when absent. */
  id: softwareIdSchema.optional(),
  /** The name that users are shown. */
  clientName: details.clientName,
  /** What it is for; the name when absent. */
  description: details.description.optional(),
  /** Of the software: `1.0` when absent. */
  version: details.version.default('1.0'),
  /** `Test` when absent. */
  mode: details.mode.default('Test'),
  /** Where it runs: `sandbox` when absent. */
  environment: details.environment.default('sandbox'),
  /** What it may act as: everything that its organisation may when absent. */
  roles: details.roles.optional(),
  /** Absolute `https` URIs without a fragment; none when absent. */
  redirectUris: details.redirectUris.default([]),
  /** Of its website. */
  clientUri: details.clientUri.default(null),
  /** Of an image. */
  logoUri: details.logoUri.default(null),
  /** Of its privacy policy. */
  policyUri: details.policyUri.default(null),
  /** Of its terms of service. */
  termsOfServiceUri: details.termsOfServiceUri.default(null),
  /** The name of the firm that it acts for, where that is another one. */
  onBehalfOf: details.onBehalfOf.default(null),
});

export const softwareStatementChangeSchema = z
  .strictObject(details)
  .partial()
  .extend({ active: z.boolean().optional() });

/**
 * A piece of software of an organisation: what SSAs are about. @see Directory API 2.2.0, SoftwareStatementSchema
 * @useDeclaredType
 * @category Directory
 */
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
