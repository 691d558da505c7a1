import { z } from 'zod';
import { alpha2OfAlpha3, memberStates } from './countries.js';
import { DomainError } from './errors.js';
import { organisationIdSchema } from './identifiers.js';
import { limits } from './limits.js';
import { roleSchema, type Role } from './roles.js';

export const organisationKindSchema = z.enum(['tpp', 'aspsp']);
export const organisationStatusSchema = z.enum(['Active', 'Withdrawn', 'Revoked']);

/** Text that a directory entry may hold: not blank, without control characters. */
export function textSchema(maximumLength: number) {
  return z
    .string()
    .max(maximumLength)
    .refine((text) => text.trim() !== '', 'text that is not blank')
    .refine((text) => !/\p{Cc}/u.test(text), 'text without control characters');
}

/**
 * A national competent authority and the number it gave the organisation.
 * Observed: the id is the authority's short name with the ISO 3166-1 alpha-3 code of its country, `OBGBR` in the sandbox.
 */
export const authoritySchema = z.strictObject({
  id: z
    .string()
    .refine(
      (id) => /^[A-Z]{2,10}$/.test(id.slice(0, -3)) && id.slice(-3) in alpha2OfAlpha3,
      'the short name of an authority and a three-letter country code, such as OBGBR or FCAGBR',
    ),
  registrationId: z
    .string()
    .max(limits.registrationIdLength)
    .regex(
      /^[0-9A-Za-z][0-9A-Za-z./ -]*$/,
      'a registration number of letters, digits, ".", "/", "-" and spaces',
    ),
});

export const authorisationSchema = z.strictObject({
  memberState: z.enum(memberStates),
  roles: z
    .array(roleSchema)
    .min(1)
    .refine((list) => new Set(list).size === list.length, 'each role once'),
});

export const contactTypes = ['Technical', 'Business', 'PBC', 'PTC', 'Registered'] as const;

export const contactSchema = z.strictObject({
  type: z.enum(contactTypes),
  name: textSchema(limits.contactFieldLength),
  email: z.email('an e-mail address').max(limits.contactFieldLength),
  phone: textSchema(limits.contactFieldLength),
});

/** The members of an organisation that its creator chooses. */
const details = {
  name: textSchema(limits.organisationNameLength),
  status: organisationStatusSchema,
  authority: authoritySchema,
  authorisations: z
    .array(authorisationSchema)
    .min(1)
    .max(limits.memberStateCount)
    .refine(
      (list) => new Set(list.map((one) => one.memberState)).size === list.length,
      'each member state once',
    ),
  contacts: z
    .array(contactSchema)
    .max(limits.contactCount)
    .refine((list) => new Set(list.map((one) => one.type)).size === list.length, 'each contact type once'),
};

export const organisationSchema = z.strictObject({
  /** The `org_id` of SSAs and the OU of certificates. */
  id: organisationIdSchema,
  /** As in SSAs and certificates. */
  name: details.name,
  /** Whether it is a TPP or a bank. */
  kind: organisationKindSchema,
  /** Only an active one has SSAs and keys. */
  status: details.status,
  /** The competent authority and the number that it registered the organisation under. */
  authority: details.authority,
  /** What it may do, by member state. */
  authorisations: details.authorisations,
  /** Whom the SSA names. */
  contacts: details.contacts,
  /** ISO 8601, by the sandbox’s clock. */
  createdAt: z.iso.datetime(),
});

export const newOrganisationSchema = z.strictObject({
  /** 18 letters and digits; made up when absent. */
  id: organisationIdSchema.optional(),
  /** As in SSAs and certificates. */
  name: details.name,
  /** `tpp` when absent. */
  kind: organisationKindSchema.default('tpp'),
  /** The competent authority and the number that it registered the organisation under; those of the real sandbox when absent. */
  authority: details.authority.optional(),
  /** What it may do, by member state; in `GB` everything that its kind can when absent. */
  authorisations: details.authorisations.optional(),
  /** Whom the SSA names; those of the real sandbox when absent. */
  contacts: details.contacts.optional(),
});

export const organisationChangeSchema = z.strictObject({
  name: details.name.optional(),
  status: details.status.optional(),
  authority: details.authority.optional(),
  authorisations: details.authorisations.optional(),
  contacts: details.contacts.optional(),
});

/**
 * A participant of the Directory: a TPP or a bank.
 * @useDeclaredType
 * @category Directory
 */
export type Organisation = z.infer<typeof organisationSchema>;
export type OrganisationKind = Organisation['kind'];
export type OrganisationStatus = Organisation['status'];
export type Contact = z.infer<typeof contactSchema>;
export type NewOrganisation = z.infer<typeof newOrganisationSchema>;
export type OrganisationChange = z.infer<typeof organisationChangeSchema>;

const defaultRoles: Readonly<Record<Organisation['kind'], Role[]>> = {
  tpp: ['AISP', 'PISP', 'CBPII'],
  aspsp: ['ASPSP'],
};

/** A new organisation, active, with the real sandbox's authority claims and contacts where none were given. */
export function createOrganisation(input: NewOrganisation, id: string, at: Date): Organisation {
  return {
    id,
    name: input.name,
    kind: input.kind,
    status: 'Active',
    authority: input.authority ?? { id: 'OBGBR', registrationId: `Unknown${id}` },
    authorisations: input.authorisations ?? [{ memberState: 'GB', roles: defaultRoles[input.kind] }],
    contacts: input.contacts ?? [
      { type: 'Technical', name: 'Technical', email: 'technical@example.com', phone: '+44 20 7946 0001' },
      { type: 'Business', name: 'Business', email: 'business@example.com', phone: '+44 20 7946 0002' },
    ],
    createdAt: at.toISOString(),
  };
}

export function changeOrganisation(organisation: Organisation, change: OrganisationChange): Organisation {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  return { ...organisation, ...given };
}

/** Every role that some competent authority granted the organisation, whatever the member state. */
export function authorisedRoles(organisation: Organisation): Role[] {
  return [...new Set(organisation.authorisations.flatMap((authorisation) => authorisation.roles))];
}

/**
 * The `organizationIdentifier` of an organisation's certificates. Banks rebuild it from the SSA's authority claims and
 * compare, so certificate and SSA must both come from here.
 * @see ETSI TS 119 495 section 5.2.1
 * Observed: `OBGBR` and `Unknown0015800001041REAAY` give `PSDGB-OB-Unknown0015800001041REAAY`.
 */
export function organisationIdentifier(organisation: Pick<Organisation, 'authority'>): string {
  const { id, registrationId } = organisation.authority;
  return `PSD${getCountryOfAuthority(id)}-${id.slice(0, -3)}-${registrationId}`;
}

/**
 * The authority and the registration number of an `organizationIdentifier`; undefined when it is none of a payment service
 * provider, or of a country that the Directory does not know.
 */
export function authorityOfIdentifier(identifier: string): Organisation['authority'] | undefined {
  const [, alpha2, shortName, registrationId] = /^PSD([A-Z]{2})-([A-Z]{2,10})-(.+)$/s.exec(identifier) ?? [];
  const alpha3 = Object.keys(alpha2OfAlpha3).find((country) => alpha2OfAlpha3[country] === alpha2);
  const result = authoritySchema.safeParse({ id: `${shortName ?? ''}${alpha3 ?? ''}`, registrationId });
  return alpha3 !== undefined && result.success ? result.data : undefined;
}

/** The name and identifier of the authority as a certificate's PSD2 statement gives them. */
export function competentAuthority(organisation: Pick<Organisation, 'authority'>): {
  name: string;
  id: string;
} {
  const { id } = organisation.authority;
  const shortName = id.slice(0, -3);
  // Observed: the sandbox's own authority "OB" is certified as the FCA.
  if (id === 'OBGBR' || id === 'FCAGBR') return { name: 'Financial Conduct Authority', id: 'GB-FCA' };
  return { name: shortName, id: `${getCountryOfAuthority(id)}-${shortName}` };
}

/** The two-letter code of the country at the end of an authority's id; undefined for a country nobody knows. */
export function countryOfAuthority(authorityId: string): string | undefined {
  return alpha2OfAlpha3[authorityId.slice(-3)];
}

/** @throws DomainError `invalid_input` */
function getCountryOfAuthority(authorityId: string): string {
  const country = countryOfAuthority(authorityId);
  if (country === undefined) throw new DomainError('invalid_input', `Unknown authority ${authorityId}.`);
  return country;
}
