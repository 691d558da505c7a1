import { Router, type Response } from 'express';
import { memberStates } from '../../domain/countries.js';
import {
  contactTypes,
  organisationChangeSchema,
  type Contact,
  type Organisation,
} from '../../domain/organisation.js';
import { parseInput } from '../../domain/parse.js';
import { roles } from '../../domain/roles.js';
import type { Services } from '../../sandbox/services.js';
import { formViews, takesForm, type ControlPlace, type FormInput, type RefusedForm } from './forms.js';
import { withNotice } from './view-models.js';

const FORM = 'edit';

/** The parts of a contact beside its type, which is what tells one contact from another. */
const contactParts = [
  { part: 'name', label: 'Name' },
  { part: 'email', label: 'E-mail' },
  { part: 'phone', label: 'Phone' },
] as const;

/** Where an organisation's name, authority, authorisations and contacts are changed. */
export function organisationEditPage(services: Services): Router {
  const { registry } = services;
  const router = Router();

  router.get('/organisations/:orgId/edit', (request, response) => {
    showForm(response, registry.getOrganisation(request.params.orgId));
  });

  router.post(
    '/organisations/:orgId/edit',
    takesForm<{ orgId: string }>({
      id: FORM,
      placeOf: controlOf,
      take: async (input, { params: { orgId } }, response) => {
        await registry.changeOrganisation(orgId, parseInput(organisationChangeSchema, changeIn(input)));
        response.redirect(303, withNotice(`/organisations/${orgId}`, 'changes-saved'));
      },
      showAgain: ({ params }, response, refused) => {
        showForm(response, registry.getOrganisation(params.orgId), refused);
      },
    }),
  );
  return router;
}

function changeIn(input: FormInput) {
  return {
    name: input.text('name'),
    authority: { id: input.text('authorityId'), registrationId: input.text('registrationId') },
    authorisations: filledRows(input).map((row) => ({
      memberState: input.text(memberStateControl(row)),
      roles: input.list(rolesControl(row)),
    })),
    contacts: filledContacts(input).map((type) => ({
      type,
      name: input.text(contactControl(type, 'name')),
      email: input.text(contactControl(type, 'email')).trim(),
      phone: input.text(contactControl(type, 'phone')),
    })),
  };
}

const memberStateControl = (row: number) => `memberState-${row}`;
const rolesControl = (row: number) => `roles-${row}`;
const removalControl = (row: number) => `remove-${row}`;
const contactControl = (type: Contact['type'], part: keyof Contact) => `contact-${type}-${part}`;

/** Each row of the form has a member state, chosen or not. */
function rowsOf(input: FormInput): number[] {
  return [...memberStates, '']
    .map((_, row) => row)
    .filter((row) => input.list(memberStateControl(row)).length > 0);
}

function filledRows(input: FormInput): number[] {
  return rowsOf(input).filter((row) => {
    const isEmpty = input.text(memberStateControl(row)) === '' && input.list(rolesControl(row)).length === 0;
    return !isEmpty && input.text(removalControl(row)) !== 'yes';
  });
}

/** A contact of which nothing is said is none. */
function filledContacts(input: FormInput): Contact['type'][] {
  return contactTypes.filter((type) =>
    contactParts.some(({ part }) => input.text(contactControl(type, part)).trim() !== ''),
  );
}

/** The control that a member of the change came from: rows and contacts that were left empty have no place in it. */
function controlOf(field: string, input: FormInput): ControlPlace | undefined {
  const [, list, index = '', part = ''] = /^(\w+)(?:\[(\d+)\])?(?:\.(\w+))?/.exec(field) ?? [];
  const place = Number(index);
  if (list === 'authority') {
    return part === 'id'
      ? { name: 'authorityId', label: 'Authority id' }
      : { name: 'registrationId', label: 'Registration number' };
  }
  if (list === 'authorisations') {
    const row = filledRows(input)[place] ?? 0;
    return part === 'roles'
      ? { name: rolesControl(row), label: `Roles of authorisation ${row + 1}` }
      : { name: memberStateControl(row), label: part ? `Member state ${row + 1}` : 'Authorisations' };
  }
  const type = list === 'contacts' ? filledContacts(input)[place] : undefined;
  const named = contactParts.find((one) => one.part === part);
  return (
    type && named && { name: contactControl(type, named.part), label: `${type} contact, ${named.label}` }
  );
}

function showForm(response: Response, organisation: Organisation, refused?: RefusedForm): void {
  const { authority, authorisations, contacts, name } = organisation;
  const ofContact = (type: Contact['type'], part: 'name' | 'email' | 'phone') =>
    contacts.filter((contact) => contact.type === type).map((contact) => contact[part]);
  const rowCount = refused
    ? rowsOf(refused.input).length
    : Math.min(authorisations.length + 1, memberStates.length);
  response.render('organisation-edit', {
    title: `Change ${name}`,
    organisation,
    memberStates: ['', ...memberStates].map((state) => ({ value: state, text: state || 'none' })),
    roles,
    rows: Array.from({ length: rowCount }, (_, row) => ({
      memberState: memberStateControl(row),
      roles: rolesControl(row),
      removal: removalControl(row),
      isNew: row >= authorisations.length,
    })),
    contacts: contactTypes.map((type) => ({
      type,
      parts: contactParts.map(({ part, label }) => ({ label, control: contactControl(type, part) })),
    })),
    ...formViews(
      {
        [FORM]: {
          name: [name],
          authorityId: [authority.id],
          registrationId: [authority.registrationId],
          ...Object.fromEntries(
            authorisations.flatMap((one, row) => [
              [memberStateControl(row), [one.memberState]],
              [rolesControl(row), one.roles],
            ]),
          ),
          ...Object.fromEntries(
            contactTypes.flatMap((type) =>
              contactParts.map(({ part }) => [contactControl(type, part), ofContact(type, part)]),
            ),
          ),
        },
      },
      refused,
    ),
  });
}
