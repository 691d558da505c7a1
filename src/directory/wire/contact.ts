import { z } from 'zod';
import { contactSchema, contactTypes, type Contact } from '../../domain/organisation.js';
import { parseInput } from '../../domain/parse.js';

/** @see Directory API 2.2.0, ContactSchema */
export function contactToWire({ email, phone }: Contact) {
  return { EmailAddress: email, PhoneNumber: phone };
}

/** @see Directory API 2.2.0, ContactSchema */
export const contactWireSchema = z.strictObject({
  EmailAddress: contactSchema.shape.email,
  PhoneNumber: contactSchema.shape.phone,
});

/** @throws DomainError `invalid_input` */
export function parseContact(body: unknown): Pick<Contact, 'email' | 'phone'> {
  const { EmailAddress, PhoneNumber } = parseInput(contactWireSchema, body);
  return { email: EmailAddress, phone: PhoneNumber };
}

const pathSchema = z.strictObject({ ContactType: z.enum(contactTypes) });

/** @throws DomainError `invalid_input` */
export function parseContactType(text: unknown): Contact['type'] {
  return parseInput(pathSchema, { ContactType: text }).ContactType;
}
