import type { Operation } from '../contract/document.js';

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

/** What bodies are made of that the Directory has to read, and would take. */
export interface RequestMaterials {
  readonly softwareCsr: string;
  readonly organisationCsr: string;
  readonly certificatePem: string;
}

/** Bodies by the end of the path that takes them. */
const bodies: readonly (readonly [RegExp, (materials: RequestMaterials) => unknown])[] = [
  [/\/contact\/\{ContactType\}$/, () => contact],
  [/\/software-statement$/, () => newStatement],
  [/\/software-statement\/\{SoftwareStatementId\}$/, () => ({ Active: false })],
  [/\/redirect-uri$/, () => [anotherRedirectUri]],
  [/\/certificate\/\{OrganisationCertificateType\}$/, ({ organisationCsr }) => organisationCsr],
  [/\/certificate\/\{SoftwareStatementCertificateOrKeyType\}$/, ({ softwareCsr }) => softwareCsr],
  [/\/\{CertificateOrKeyId\}$/, () => ({ associate: true })],
  [/\/authorisation-server(\/\{AuthorisationServerId\})?$/, () => newServer],
  [/\/certificate\/validate$|\/oauth\//, ({ certificatePem }) => certificatePem],
  [/\/organisation(\/\{OrganisationType\})?$/, () => newcomer],
  [/\/\.search$/, () => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'] })],
];

const newcomer = {
  client_name: 'Newcomer',
  token_endpoint_auth_method: 'tls_client_auth',
  tls_client_auth_subject_dn: 'CN=Newcomer',
  grant_types: ['client_credentials'],
  token_endpoint_auth_signing_alg: 'PS256',
};

/** A body that would be taken, by the first media type that the document declares; none where none is asked for. */
export function goodRequest(
  { body, path }: Operation,
  materials: RequestMaterials,
): { readonly contentType?: string; readonly body?: string } {
  const [contentType] = Object.keys(body?.content ?? {});
  if (contentType === undefined) return {};
  const make = bodies.find(([end]) => end.test(path))?.[1];
  if (!make) throw new Error(`No body is known for ${path}.`);
  const made = make(materials);
  return { contentType, body: typeof made === 'string' ? made : JSON.stringify(made) };
}
