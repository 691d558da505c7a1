import type { Call, Life } from './life.js';

export const STATEMENT = 'application/vnd.openbanking.directory.softwarestatement-v2+json';
export const CONTACT = 'application/vnd.openbanking.directory.orgcontacts-v2+json';
export const AUTHORISATION_SERVER = 'application/vnd.openbanking.directory.authorisationserver-v2+json';
export const PEM = 'application/x-pem-file';
export const JSON_TYPE = 'application/json';

export const newStatement = {
  AuthorizationDomain: 'PSD2',
  ClientName: 'Walker',
  Description: 'Walks the whole Directory',
  OnBehalfOfObOrganisation: 'Acme Ltd',
  PolicyUri: 'https://walker.example/policy',
  ClientUri: 'https://walker.example',
  LogoUri: 'https://walker.example/logo.svg',
  RedirectUri: ['https://walker.example/callback'],
  Roles: ['PISP', 'AISP'],
  TermsOfServiceUri: 'https://walker.example/terms',
  Version: '1.1',
};
export const anotherRedirectUri = 'https://walker.example/another';
export const contact = { EmailAddress: 'business@walker.example', PhoneNumber: '+44 20 7946 0003' };
export const newServer = {
  AuthorizationDomain: 'PSD2',
  AutoRegistrationSupported: true,
  BaseApiDNSUri: 'https://api.bank.example',
  CustomerFriendlyDescription: 'Accounts of persons',
  CustomerFriendlyLogoUri: 'https://bank.example/logo.svg',
  CustomerFriendlyName: 'Bank',
  DeveloperPortalUri: 'https://developer.bank.example',
  TermsOfService: 'https://bank.example/terms',
  OpenIDConfigEndPointUri: 'https://auth.bank.example/.well-known/openid-configuration',
  PayloadSigningCertLocation: 'https://bank.example/certificates',
  EISCDId: ['1234'],
};

export interface Step {
  readonly does: string;
  /** In the path, `{root}`, `{organisations}` and `{organisation}` stand for what a generation of paths has there. */
  readonly operation: string;
  readonly status: number;
  readonly call?: (life: Life) => Call | Promise<Call>;
  /** What the answer has to say beyond what the document declares. */
  readonly then?: (body: Body, life: Life) => void;
}

/** An answer's JSON, or its text where it is none. */
export type Body = Record<string, unknown> & { readonly keys?: { readonly kid: string }[] };

export const json = (body: unknown, contentType = JSON_TYPE): Call => ({
  body: JSON.stringify(body),
  contentType,
});
export const kidsOf = (body: Body): string[] => (body.keys ?? []).map(({ kid }) => kid);

/** A body that would be taken if its object were there. */
export function goodBody(parameter: string, contentType: string): Call {
  const bodies: Readonly<Record<string, unknown>> = {
    SoftwareStatementId: { Active: true },
    CertificateOrKeyId: { associate: true },
    AuthorisationServerId: newServer,
  };
  return json(bodies[parameter], contentType);
}
