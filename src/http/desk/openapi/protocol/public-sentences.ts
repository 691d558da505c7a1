import type { Sentences } from './sentence.js';

const registrationPage = {
  path: '/software-statements/{softwareId}/register',
  text: 'Compose a request for a bank and send it',
} as const;

/** Of what anybody may read, and of the banks. */
export const publicSentences: Readonly<Record<string, Sentences>> = {
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
