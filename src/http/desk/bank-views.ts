import type { Bank } from '../../aspsp/bank.js';
import { operations, expectedAudience, type BankProfile } from '../../aspsp/profile.js';
import type { AttemptOperation } from '../../domain/registration.js';
import type { attemptView } from './api.js';

export type AttemptView = ReturnType<typeof attemptView>;

const audiences: Readonly<Record<BankProfile['request']['audience']['rule'], string>> = {
  'organisation-id': 'the id of its organisation',
  'issuer-url': 'its issuer URL',
  fixed: 'a value of its own',
};

/** Where a bank is, and what a registration request must carry as `aud`. */
export function bankAddresses(bank: Bank) {
  const { id, organisationId, request, dcrVersion } = bank.profile;
  const registration = `${bank.issuer}/register`;
  const offered = bank.profile.operations;
  const managing = offered.filter((operation) => operation !== 'POST');
  return {
    issuer: bank.issuer,
    discovery: `${bank.issuer}/.well-known/openid-configuration`,
    discoveryPath: `/aspsp/${id}/.well-known/openid-configuration`,
    registration: [
      { methods: offered.includes('POST') ? ['POST'] : [], url: registration },
      { methods: managing, url: `${registration}/{client_id}` },
    ].filter(({ methods }) => methods.length > 0),
    notOffered: operations.filter((operation) => !offered.includes(operation)),
    token: `${bank.issuer}/token`,
    jwks: String(bank.discovery()['jwks_uri']),
    jwksPath: `/${organisationId}/${organisationId}.jwks`,
    audience: expectedAudience(bank.profile, bank.issuer),
    audienceRule: audiences[request.audience.rule],
    specification: `https://openbankinguk.github.io/dcr-docs-pub/v${dcrVersion}/dynamic-client-registration.html`,
  };
}

/** The operations in words, with the method and the word for a call that went well. */
const attempted: Readonly<Record<AttemptOperation, { name: string; method: string; success: string }>> = {
  create: { name: 'registration', method: 'POST', success: 'registered' },
  read: { name: 'read', method: 'GET', success: 'shown' },
  replace: { name: 'replacement', method: 'PUT', success: 'replaced' },
  remove: { name: 'removal', method: 'DELETE', success: 'removed' },
  token: { name: 'token request', method: 'POST', success: 'granted' },
};

/** An attempt as lists and its own page show it. */
export function attemptSummary(attempt: AttemptView) {
  const { name, method, success } = attempted[attempt.operation];
  const { status, error } = attempt.response;
  return {
    ...attempt,
    name,
    method,
    answer: { isGood: error === undefined, word: error === undefined ? success : 'refused', status, error },
  };
}
