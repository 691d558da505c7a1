import { ASSERTION_PLACEHOLDER } from '../../../../sandbox/directory-calls.js';
import type { Sentences } from './sentence.js';

const OWN = '/v2.1/organisation/{orgId}';
const STATEMENT = `${OWN}/software-statement/{softwareId}`;

const statementExample = {
  ClientName: 'Example software',
  Description: 'Made on the docs page',
  OnBehalfOfObOrganisation: '',
  PolicyUri: 'https://tpp.example.com/policy',
  ClientUri: 'https://tpp.example.com',
  LogoUri: 'https://tpp.example.com/logo.svg',
  RedirectUri: ['https://tpp.example.com/callback'],
  Roles: ['AISP'],
  TermsOfServiceUri: 'https://tpp.example.com/terms',
  Version: '1.0',
};

const serverExample = {
  AuthorizationDomain: 'PSD2',
  AutoRegistrationSupported: true,
  BaseApiDNSUri: 'https://api.bank.example',
  CustomerFriendlyDescription: 'Accounts of persons',
  CustomerFriendlyLogoUri: 'https://bank.example/logo.svg',
  CustomerFriendlyName: 'Example Bank',
  DeveloperPortalUri: 'https://developer.bank.example',
  TermsOfService: 'https://bank.example/terms',
  OpenIDConfigEndPointUri: 'https://auth.bank.example/.well-known/openid-configuration',
  PayloadSigningCertLocation: 'https://bank.example/certificates',
  EISCDId: ['1234'],
};

const tokenBody = [
  'grant_type=client_credentials',
  'client_id={softwareId}',
  'scope=TPPReadAccess',
  'client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  `client_assertion=${ASSERTION_PLACEHOLDER}`,
].join('&');

const notActive = 'The organisation is not active.';
const noAspsp = 'The organisation is no ASPSP.';

/** Of access tokens, and of the records of an organisation but for its keys. */
export const recordSentences: Readonly<Record<string, Sentences>> = {
  'post /as/token.oauth2': {
    group: 'tokens',
    summary: 'Take an access token',
    detail:
      "A software statement authenticates by an assertion that it signs (`private_key_jwt`, RS256 or PS256), an organisation's own client by its certificate. The token lives ten minutes and works only with the certificate that it was taken with. Sent from here, `{client_assertion}` becomes a fresh assertion.",
    example: { value: tokenBody },
    answer: 'Token',
  },
  'get /.well-known/openid-configuration': {
    group: 'tokens',
    summary: 'Read what the authorisation server can do',
    answer: 'Metadata',
  },

  'get /v2.1/organisation': {
    group: 'organisations',
    summary: 'List what organisations the caller has',
    detail: 'A list of one: that of the token.',
    answer: 'ScimList',
  },
  'post /v2.1/organisation': {
    group: 'organisations',
    summary: 'Enrol a firm by its QWAC',
    detail:
      'The QWAC is the TLS client certificate, and no token is asked for. With a QSealC as well, the same members come as a JWT that it signs, its chain in `x5c`. Whoever is known already is refused with 400.',
    file: {
      name: 'enrolment.json',
      made: '`client_name`, the method of authentication and the subject of the QWAC, as JSON',
    },
    answer: 'Enrolled',
    elsewhere: { path: '/qtsp', text: 'Get a QWAC for a firm that the Directory does not know' },
  },
  [`get ${OWN}`]: {
    group: 'organisations',
    summary: 'Read the organisation',
    detail: 'With its authorisations, its software statements and its authorisation servers.',
    answer: 'ScimResource',
  },
  [`get ${OWN}/contact/{contactType}`]: {
    group: 'organisations',
    summary: 'Read a contact',
    answer: 'Contact',
  },
  [`put ${OWN}/contact/{contactType}`]: {
    group: 'organisations',
    summary: 'Replace a contact',
    example: { value: { EmailAddress: 'business@tpp.example.com', PhoneNumber: '+44 20 7946 0003' } },
    answer: 'Contact',
  },

  [`get ${OWN}/authorisation-server`]: {
    group: 'authorisation-servers',
    summary: 'List the authorisation servers',
    answer: 'AuthorisationServers',
  },
  [`post ${OWN}/authorisation-server`]: {
    group: 'authorisation-servers',
    summary: 'Add an authorisation server',
    example: { value: serverExample },
    conflict: noAspsp,
    answer: 'AuthorisationServer',
  },
  [`get ${OWN}/authorisation-server/{serverId}`]: {
    group: 'authorisation-servers',
    summary: 'Read an authorisation server',
    answer: 'AuthorisationServer',
  },
  [`put ${OWN}/authorisation-server/{serverId}`]: {
    group: 'authorisation-servers',
    summary: 'Replace an authorisation server',
    example: { value: { ...serverExample, CustomerFriendlyName: 'Example Bank, renamed' } },
    conflict: noAspsp,
    answer: 'AuthorisationServer',
  },
  [`delete ${OWN}/authorisation-server/{serverId}`]: {
    group: 'authorisation-servers',
    summary: 'Remove an authorisation server',
  },

  [`get ${OWN}/software-statement`]: {
    group: 'software-statements',
    summary: 'List the software statements',
    answer: 'SoftwareStatements',
  },
  [`post ${OWN}/software-statement`]: {
    group: 'software-statements',
    summary: 'Create a software statement',
    detail: 'Its roles are among those that the organisation is authorised for.',
    example: { value: statementExample },
    conflict: notActive,
    answer: 'SoftwareStatement',
  },
  [`get ${STATEMENT}`]: {
    group: 'software-statements',
    summary: 'Read a software statement',
    answer: 'SoftwareStatement',
  },
  [`put ${STATEMENT}`]: {
    group: 'software-statements',
    summary: 'Take a software statement out of service, or back',
    detail:
      'While `Active` is false its keys are on hold, and it gets no token: nobody can take it back with its own.',
    example: { value: { Active: true } },
    conflict: 'It has a role that the organisation is no longer authorised for.',
    answer: 'SoftwareStatement',
  },
  [`post ${STATEMENT}/redirect-uri`]: {
    group: 'software-statements',
    summary: 'Add redirect URIs',
    detail: 'A JSON array of them, or one a line.',
    example: { value: 'https://tpp.example.com/another-callback', mediaType: 'text/plain' },
    conflict: 'One of them is registered already, or there would be too many.',
    answer: 'SoftwareStatement',
  },
  [`get ${STATEMENT}/software-statement-assertion`]: {
    group: 'software-statements',
    summary: 'Get an SSA',
    detail: 'A compact JWS that the Directory signs, new at each call.',
    conflict: 'The organisation or the statement is not active.',
    answer: 'Ssa',
  },
  'get /api/v2/{kind}/{orgId}/ssa/{softwareId}': {
    group: 'software-statements',
    summary: 'Get an SSA at the older service',
    conflict: 'The organisation or the statement is not active.',
    answer: 'Ssa',
  },
};
