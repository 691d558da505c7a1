import { ASSERTION_PLACEHOLDER } from '../../../../sandbox/directory-calls.js';
import { scimResourceNames } from '../../../../directory/scim/scim.js';
import type { AnswerName } from './answers.js';

/** The subjects that the calls of the TLS side are grouped by, with a sentence on each. */
export const protocolGroups = {
  tokens: {
    title: 'Access tokens',
    detail: 'What a client needs before any other call, and where it learns how to get it.',
  },
  organisations: {
    title: 'Organisations and contacts',
    detail: "The record of the caller's own organisation, and how a firm gets one.",
  },
  'authorisation-servers': {
    title: 'Authorisation servers',
    detail: 'Where an ASPSP can be reached; only ASPSPs have them.',
  },
  'software-statements': {
    title: 'Software statements and SSAs',
    detail:
      "The software of the caller's own organisation, and the assertions that the Directory signs for it.",
  },
  certificates: {
    title: 'Certificates of organisations',
    detail: 'Handed in, looked at and revoked; and whose a certificate is.',
  },
  keys: {
    title: 'Keys of software',
    detail: 'Certified, looked at, and associated with a software statement.',
  },
  clients: {
    title: 'OAuth clients',
    detail: 'The client that an organisation itself is, beside its software.',
  },
  participants: {
    title: 'SCIM: participants',
    detail:
      'Every TPP and ASPSP in the Directory, with filters: the only calls that show what belongs to others.',
  },
  authorities: {
    title: 'SCIM: authorities and providers',
    detail: 'Who authorises participants, and who issues their qualified certificates.',
  },
  keystore: {
    title: 'Keystore and discovery',
    detail: 'What anybody may read, without certificate and token.',
  },
  banks: {
    title: 'Registration at a bank',
    detail: 'What the mock banks serve: registration of clients, and tokens for those who are registered.',
  },
} as const;
export type ProtocolGroup = keyof typeof protocolGroups;

/** What is sent, to begin with. */
export interface Example {
  /** Given as JSON, or as text. */
  readonly value: unknown;
  /** The first that the call takes when absent. */
  readonly mediaType?: string;
}

/** What there is to say of a call that its table does not know. */
export interface Sentences {
  readonly group: ProtocolGroup;
  readonly summary: string;
  readonly detail?: string;
  readonly example?: Example;
  /** What is asked in the query, to begin with. */
  readonly asked?: Readonly<Record<string, string>>;
  /** The file that a shell sends in place of an example, and what makes it. */
  readonly file?: { readonly name: string; readonly made: string };
  /** When the answer is 409. */
  readonly conflict?: string;
  readonly answer?: AnswerName;
  /** Where on the desk it is done, if it cannot be sent from the page that describes it. */
  readonly elsewhere?: { readonly path: string; readonly text: string };
}

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
const registrationPage = {
  path: '/software-statements/{softwareId}/register',
  text: 'Compose a request for a bank and send it',
} as const;

const ofDirectory: Readonly<Record<string, Sentences>> = {
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

  [`get ${OWN}/certificate`]: {
    group: 'certificates',
    summary: "List the organisation's own certificates",
    answer: 'Keys',
  },
  [`get ${OWN}/certificate/{organisationType}`]: {
    group: 'certificates',
    summary: 'List those of one type',
    answer: 'Keys',
  },
  [`post ${OWN}/certificate/{organisationType}`]: {
    group: 'certificates',
    summary: 'Hand in a certificate or a signing request of the organisation',
    detail:
      'A PKCS#10 request for an OBWAC or OBSeal, which the Directory certifies; the certificate itself for a QWAC or QSealC, which a trust service provider issued. Either as PEM, or in a JWT that a seal of the organisation signs.',
    file: {
      name: 'organisation.csr',
      made: 'a PKCS#10 request (a certificate for `qwac` and `qseal`) in PEM',
    },
    conflict: `The key is known already. ${notActive}`,
    answer: 'Key',
  },
  [`get ${OWN}/certificate/kid/{kid}`]: {
    group: 'certificates',
    summary: 'Read a certificate or key by its kid',
    detail: 'One of the organisation, or of its software.',
    answer: 'Key',
  },
  [`delete ${OWN}/certificate/kid/{kid}`]: {
    group: 'certificates',
    summary: 'Revoke a certificate or key',
    conflict: 'It is revoked already.',
  },
  [`get ${STATEMENT}/certificate`]: {
    group: 'keys',
    summary: 'List the keys of a software statement',
    detail: 'With those of the organisation that are associated with it.',
    answer: 'Keys',
  },
  [`get ${STATEMENT}/certificate/{softwareType}`]: {
    group: 'keys',
    summary: 'List its keys of one type',
    answer: 'Keys',
  },
  [`post ${STATEMENT}/certificate/{softwareType}`]: {
    group: 'keys',
    summary: 'Have a key of a software statement certified',
    detail:
      'A PKCS#10 request for `obtransport` and `obsigning`, a public key for `sigkey` and `enckey`; in PEM.',
    file: {
      name: 'software.csr',
      made: '`openssl req -new -newkey rsa:2048 -nodes -sha256 -keyout new.key -out software.csr -subj "/C=GB/ST=/L=/O=OpenBanking/OU=$org/CN=$software"`',
    },
    conflict: `The key is known already. ${notActive}`,
    answer: 'Key',
  },
  [`get ${STATEMENT}/certificate/{organisationType}/{kid}`]: {
    group: 'keys',
    summary: 'Read a certificate that is associated with a software statement',
    answer: 'Key',
  },
  [`put ${STATEMENT}/certificate/{organisationType}/{kid}`]: {
    group: 'keys',
    summary: 'Associate a certificate with a software statement, or undo it',
    detail: "An associated certificate is in the statement's JWKS.",
    example: { value: { associate: true } },
    conflict: 'It is so already, or the certificate is not active.',
    answer: 'Key',
  },
  'post /v2.1/certificate/validate': {
    group: 'certificates',
    summary: 'Ask whose a certificate is, and whether it is good',
    detail: "Anybody's certificate, in PEM. The older paths answer without `check_failed`.",
    file: { name: 'transport.pem', made: 'any certificate in PEM; this one is there already' },
    answer: 'Validation',
  },

  'get /v2.1/oauth/{orgId}': {
    group: 'clients',
    summary: "Read the organisation's own client",
    answer: 'OAuthClient',
  },
  'put /v2.1/oauth/{orgId}': {
    group: 'clients',
    summary: "Name the certificate of the organisation's own client",
    detail:
      'An active OBWAC or QWAC of the organisation, in PEM. From then on the organisation takes tokens by showing it.',
    file: { name: 'obwac.pem', made: 'an OBWAC or QWAC of the organisation in PEM' },
    answer: 'OAuthClient',
  },

  'get /keystore/openbanking.jwks': {
    group: 'keystore',
    summary: "Read the Directory's own keys",
    detail: 'By these whoever is shown an SSA verifies it.',
    answer: 'Jwks',
  },
  'get /{orgId}/{holderId}.jwks': {
    group: 'keystore',
    summary: 'Read the keys of an organisation or of its software',
    answer: 'Jwks',
  },
  'get /{orgId}/revoked/{holderId}.jwks': {
    group: 'keystore',
    summary: 'Read those that have been revoked',
    answer: 'Jwks',
  },
  'get /{orgId}/{kid}.pem': {
    group: 'keystore',
    summary: 'Read a certificate with its chain',
    answer: 'Pem',
  },

  'get /aspsp/{bankId}/.well-known/openid-configuration': {
    group: 'banks',
    summary: 'Read what a bank supports',
    answer: 'Metadata',
  },
  'get /aspsp/{bankId}/jwks': { group: 'banks', summary: "Read a bank's keys", answer: 'Jwks' },
  'post /aspsp/{bankId}/register': {
    group: 'banks',
    summary: 'Register a client',
    detail:
      'A JWT that the TPP signs, with an SSA in `software_statement`. The `error_description` of a refusal names the first check that failed and the verdict.',
    file: { name: 'request.jwt', made: 'a signed request; the page below makes one' },
    answer: 'Client',
    elsewhere: registrationPage,
  },
  'get /aspsp/{bankId}/register/{clientId}': {
    group: 'banks',
    summary: 'Read a registration',
    detail: 'With a token of the bank, as the two that follow.',
    answer: 'Client',
    elsewhere: registrationPage,
  },
  'put /aspsp/{bankId}/register/{clientId}': {
    group: 'banks',
    summary: 'Replace a registration',
    file: { name: 'request.jwt', made: 'a signed request; the page below makes one' },
    answer: 'Client',
    elsewhere: registrationPage,
  },
  'delete /aspsp/{bankId}/register/{clientId}': {
    group: 'banks',
    summary: 'Remove a registration',
    elsewhere: registrationPage,
  },
  'post /aspsp/{bankId}/token': {
    group: 'banks',
    summary: 'Take a token of a bank',
    detail: 'By the method that the client registered (`client_credentials`).',
    file: { name: 'token-request.txt', made: 'the form that the method of the client asks for' },
    answer: 'Token',
    elsewhere: registrationPage,
  },
};

/** What the collections of SCIM hold. */
const collections: Readonly<Record<string, readonly [ProtocolGroup, several: string, one: string]>> = {
  OBAccountPaymentServiceProviders: ['participants', 'the ASPSPs', 'an ASPSP'],
  OBThirdPartyProviders: ['participants', 'the TPPs', 'a TPP'],
  Participants: ['participants', 'all participants', 'a participant'],
  OBAuthorities: ['authorities', 'the competent authorities', 'a competent authority'],
  OBQualifiedTrustServiceProviders: [
    'authorities',
    'the qualified trust service providers',
    'one of the providers',
  ],
};

/** A question that is often asked of a collection. */
const asked: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  OBAccountPaymentServiceProviders: {
    filter: '(AuthorisationServers pr)',
    attributes: 'AuthorisationServers',
    count: '3',
  },
};

const searchExample = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
  count: 5,
  attributes: ['id'],
};

const ofScim = Object.fromEntries(
  scimResourceNames.flatMap((name): [string, Sentences][] => {
    const [group, several, one] = collections[name] ?? [];
    if (!group || several === undefined || one === undefined) return [];
    const base = `/scim/v2/${name}`;
    return [
      [
        `get ${base}`,
        { group, summary: `List ${several}`, asked: asked[name] ?? { count: '5' }, answer: 'ScimList' },
      ],
      [
        `post ${base}/.search`,
        {
          group,
          summary: `Search ${several}`,
          detail: 'The same as the list, with the conditions in the body.',
          example: { value: searchExample },
          answer: 'ScimList',
        },
      ],
      [`get ${base}/{id}`, { group, summary: `Read ${one}`, answer: 'ScimResource' }],
    ];
  }),
);

/** What is said of each call, by its method and its newest path. */
export const sentences: Readonly<Record<string, Sentences>> = { ...ofDirectory, ...ofScim };
