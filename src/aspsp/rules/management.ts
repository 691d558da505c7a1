import { quote } from '../../domain/errors.js';
import { expectThat, failed, passed, skipped } from '../../domain/rules.js';
import { liveToken } from '../../oauth/access-token.js';
import type { Evidence } from '../evidence.js';
import { originsOfKeys } from '../profile.js';
import { listedCertificateRule } from './client-certificate.js';
import { dictionary, type RegistrationRule } from './registration-rule.js';

/** Whether the bank offers the operation at all. */
export const operationRule: RegistrationRule = {
  id: 'operation-offered',
  title: 'The bank offers the operation',
  spec: '{dcr}, Endpoints: which operations are optional; RFC 9110 section 15.5.6',
  error: 'operation_not_offered',
  needs: [],
  check: ({ input: { operation }, profile: { operations } }) =>
    expectThat(operations.includes(operation), operations.join(' or '), operation),
};

export const OWN_CLIENT = 'access-token-client';

/** Whether the token is good for the client that the path names. @see {dcr}, GET, PUT and DELETE /register/{ClientId} */
export const ownClientRules: readonly RegistrationRule[] = [
  {
    id: OWN_CLIENT,
    title: 'The access token was issued to the client of the path, which is registered here',
    spec: '{dcr}, GET /register/{ClientId}: "If the ClientId is unknown … immediately revokes the access token"',
    error: 'invalid_token',
    needs: ['access-token-bound'],
    check: (evidence) => {
      const { clientId } = liveToken(evidence);
      if (evidence.input.clientId !== clientId) {
        return failed(`the client id ${quote(clientId)} of the token`, quote(evidence.input.clientId));
      }
      return evidence.bank.client ? passed : failed('a registered client', 'one that has been deleted');
    },
  },
  {
    id: 'access-token-scope',
    title: 'The access token has the scope that the bank wants for its registration endpoint',
    spec: '{dcr}, Authentication: banks differ in the scope they want',
    error: 'insufficient_scope',
    needs: [OWN_CLIENT],
    check: (evidence) => {
      const { tokenScope } = evidence.profile.management;
      if (tokenScope === null) return skipped('the bank wants none');
      const { scope } = liveToken(evidence);
      return expectThat(scope.split(' ').includes(tokenScope), `a token with the scope ${tokenScope}`, scope);
    },
  },
];

/** Where no SSA comes with the call, the one that the client was registered with says where its organisation's keys are. */
export const managerCertificateRule: RegistrationRule = listedCertificateRule(
  [OWN_CLIENT],
  ({ bank, profile }: Evidence) => ({
    claims: bank.client?.softwareClaims ?? {},
    fetch: (url) => bank.jwks(url, originsOfKeys(profile)),
  }),
);

/** What a replacement must leave as it is. */
export const replacementRules: readonly RegistrationRule[] = [
  {
    id: 'replacement-same-software',
    title: 'The SSA is of the software statement that the client was registered for',
    claim: 'software_statement',
    spec: '{dcr}, PUT /register/{ClientId}; RFC 7592 section 2.2',
    error: 'invalid_software_statement',
    needs: [OWN_CLIENT, 'ssa-claims'],
    check: (evidence) => {
      const { client } = evidence.bank;
      const expected = `software_statement: software_id ${quote(client?.softwareId)} of the organisation ${quote(client?.organisationId)}`;
      const [softwareId, organisationId] = [evidence.ssaText('software_id'), evidence.ssaText('org_id')];
      return softwareId === client?.softwareId && organisationId === client.organisationId
        ? passed
        : failed(expected, `${quote(softwareId)} of ${quote(organisationId)}`);
    },
  },
  {
    id: 'replacement-client-id',
    title: 'client_id, where given or asked for, is that of the path',
    claim: 'client_id',
    spec: dictionary('client_id') + '; RFC 7592 section 2.2',
    error: 'invalid_client_metadata',
    needs: ['request-jws'],
    check: ({ requestClaims: { client_id: clientId }, input, profile }) =>
      clientId === undefined && profile.management.clientIdInReplacement === 'optional'
        ? skipped('client_id is absent, and optional')
        : expectThat(clientId === input.clientId, `client_id ${quote(input.clientId)}`, clientId),
  },
];

/** Last of all, because it takes the software statement. */
export const singleRegistrationRule: RegistrationRule = {
  id: 'software-not-registered',
  title: 'The software statement has no registration yet, where the bank allows one',
  spec: dictionary('software_id') + ': "ASPSPs can choose to allow multiple registrations"',
  error: 'unapproved_software_statement',
  needs: ['request-not-replayed', 'ssa-claims'],
  check: (evidence) => {
    if (evidence.profile.ssa.registrations === 'many') return skipped('the bank allows many');
    const softwareId = evidence.ssaText('software_id');
    return evidence.bank.reserveSoftware(softwareId)
      ? passed
      : failed('a software statement without a registration here', quote(softwareId));
  },
};
