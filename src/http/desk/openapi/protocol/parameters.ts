import { z } from 'zod';
import { contactTypes, organisationKindSchema } from '../../../../domain/organisation.js';
import { typesOfOrganisation, typesOfSoftware } from '../../../protocol/directory/certificate-operations.js';

/** What the braces of a path stand for. */
interface ProtocolParameter {
  readonly note: string;
  readonly schema: z.ZodType;
}

const text = z.string();

const parameters: Readonly<Record<string, ProtocolParameter>> = {
  orgId: { note: 'the organisation; with a token, its own', schema: text },
  softwareId: { note: 'a software statement of the organisation', schema: text },
  kind: { note: 'what the organisation is', schema: organisationKindSchema },
  contactType: { note: 'which of the contacts', schema: z.enum(contactTypes) },
  serverId: { note: 'the `Id` of an authorisation server', schema: text },
  organisationType: { note: 'a type of certificate that organisations have', schema: typesOfOrganisation },
  softwareType: { note: 'a type of key that software has', schema: typesOfSoftware },
  kid: { note: 'the `kid` of a certificate or key', schema: text },
  holderId: { note: 'the software statement, or the organisation itself', schema: text },
  id: { note: 'the `id` of a resource', schema: text },
  bankId: { note: 'a bank', schema: text },
  clientId: { note: 'the `client_id` that the bank gave', schema: text },
};

/** The parameters of a path, in its order. */
export function protocolParametersOf(path: string): (ProtocolParameter & { readonly name: string })[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => {
    const parameter = parameters[name];
    if (!parameter) throw new Error(`Nothing is said of the path parameter "${name}".`);
    return { name, ...parameter };
  });
}
