import { nameOf, type Operation } from '../contract/document.js';
import type { Participant } from './directory-client.js';

/** Values of path parameters by their names. */
export type PathParameters = Readonly<Record<string, string>>;

/** The path of an operation with its parameters, percent-encoded. */
export function pathOf(operation: Operation, parameters: PathParameters): string {
  return operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new Error(`${nameOf(operation)}: no value for ${name}.`);
    return encodeURIComponent(value);
  });
}

/** Whether only its own organisation may ask: the path names one. */
export function namesOrganisation({ path }: Operation): boolean {
  return path.includes('{OrganisationId}');
}

/** Enrolment asks for no token. */
export function isEnrolment({ scopes }: Operation): boolean {
  return scopes === undefined;
}

/** Whether the document lets a token that only reads do. */
export function isRead({ scopes = [] }: Operation): boolean {
  return !scopes.some((scope) => scope.endsWith('Manage'));
}

/** Whose business an operation is: authorisation servers are an ASPSP's, all else is shown with a TPP. */
export function kindOf({ path }: Operation): Participant['organisation']['kind'] {
  return path.includes('/authorisation-server') ? 'aspsp' : 'tpp';
}
