import { createHash, timingSafeEqual } from 'node:crypto';
import { quote } from '../domain/errors.js';
import { expectThat, failed, passed, skipped, type Finding, type Rule } from '../domain/rules.js';
import { formatName, isSameName, parseName } from '../pki/distinguished-name.js';
import { clientAssertionRules } from './client-assertion-rules.js';
import { presentedCertificate } from './client-certificate-rules.js';
import { knownClient, type TokenError, type TokenEvidence, type TokenRule } from './token-evidence.js';

/** Whether the client is who it says. A request that names a client and proves nothing relies on its certificate. */
const clientAuthenticationRules: readonly TokenRule[] = [
  {
    id: 'client-one-method',
    title: 'The client authenticates in one way',
    spec: 'RFC 6749 section 2.3',
    error: 'invalid_request',
    needs: ['token-parameters'],
    check: ({ request: { methods } }) =>
      methods.length === 1 ? passed : failed('one authentication method', methods.join(' and ')),
  },
  {
    id: 'client-one-id',
    title: 'The request names one client',
    claim: 'client_id',
    spec: 'RFC 6749 section 2.3.1',
    error: 'invalid_request',
    needs: ['token-parameters'],
    check: ({ request: { clientId, otherClientId } }) =>
      expectThat(
        otherClientId === undefined,
        `client_id ${quote(clientId)} as in the Authorization header`,
        otherClientId,
      ),
  },
  {
    id: 'client-known',
    title: 'The client is registered here',
    spec: 'RFC 6749 section 5.2',
    error: 'invalid_client',
    needs: ['token-parameters'],
    check: ({ client, request: { clientId, secret } }) => {
      if (client) return passed;
      // What comes with a secret may be the secret, when somebody took one for the other.
      const actual = secret === undefined ? quote(clientId) : 'one that is unknown';
      return failed('client_id, or sub of the assertion: a registered client', actual);
    },
  },
  {
    id: 'client-auth-method',
    title: 'The client authenticates as it registered to',
    spec: 'RFC 7591 section 2, token_endpoint_auth_method',
    error: 'invalid_client',
    needs: ['client-known', 'client-one-method', 'client-one-id'],
    check: (evidence) => {
      const { authMethod } = knownClient(evidence);
      const [method] = evidence.request.methods;
      return expectThat(method === authMethod, authMethod, method);
    },
  },
  ...clientAssertionRules,
  {
    id: 'client-secret',
    title: 'The client knows its secret',
    claim: 'client_secret',
    spec: 'RFC 6749 section 2.3.1',
    error: 'invalid_client',
    needs: ['client-auth-method'],
    check: (evidence) => {
      const { authMethod, secret } = knownClient(evidence);
      if (authMethod !== 'client_secret_basic' && authMethod !== 'client_secret_post') {
        return skipped(`the client registered ${authMethod}`);
      }
      const given = evidence.request.secret;
      return secret !== null && given !== undefined && isSameSecret(secret, given)
        ? passed
        : failed('the client_secret of the registration', 'another one');
    },
  },
  {
    id: 'client-subject-dn',
    title: 'The client certificate has the subject that the client registered',
    spec: 'RFC 8705 section 2.1.2',
    error: 'invalid_client',
    needs: ['client-auth-method', 'client-certificate-trusted', 'client-certificate-dates'],
    check: checkRegisteredSubject,
  },
];

/**
 * Client authentication with further rules about whose the certificate is. An assertion is used up last, and by its owner
 * alone: who stole it must not spoil it.
 */
export function authenticationWith<Evidence extends TokenEvidence, Code extends string>(
  holderRules: readonly Rule<Evidence, Code>[],
): readonly Rule<Evidence, Code | TokenError>[] {
  const holderIds = holderRules.map(({ id }) => id);
  const isReplayRule = ({ id }: TokenRule) => id === 'client-assertion-not-replayed';
  return [
    ...clientAuthenticationRules.filter((rule) => !isReplayRule(rule)),
    ...holderRules,
    ...clientAuthenticationRules
      .filter(isReplayRule)
      .map((rule) => ({ ...rule, needs: [...rule.needs, ...holderIds] })),
  ];
}

function checkRegisteredSubject(evidence: TokenEvidence): Finding {
  const { authMethod, subjectDn } = knownClient(evidence);
  if (authMethod !== 'tls_client_auth') return skipped(`the client registered ${authMethod}`);
  const registered = subjectDn === undefined ? undefined : parseName(subjectDn);
  const { subject } = presentedCertificate(evidence);
  return registered && isSameName(registered, subject)
    ? passed
    : failed(`a certificate of ${subjectDn ?? 'a registered name'}`, formatName(subject));
}

/** Takes the same time whatever the difference. */
function isSameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
