import { expectThat, passed, failed, skipped } from '../domain/rules.js';
import { knownClient, type OAuthClient, type TokenEvidence, type TokenRule } from './token-evidence.js';

const FORM = 'application/x-www-form-urlencoded';

/** The form of the request. */
export const tokenRequestRules: readonly TokenRule[] = [
  {
    id: 'token-media-type',
    title: 'The request is a form',
    spec: 'RFC 6749 section 4.4.2',
    error: 'invalid_request',
    needs: [],
    check: ({ mediaType }) => expectThat(mediaType === FORM, `Content-Type ${FORM}`, mediaType),
  },
  {
    id: 'token-parameters',
    title: 'No parameter comes twice',
    spec: 'RFC 6749 section 3.2',
    error: 'invalid_request',
    needs: [],
    check: ({ request: { problem } }) =>
      problem === undefined ? passed : failed('each parameter once, and not too many', problem),
  },
];

/** Whether the client may have what it asks for. */
export const clientCredentialsRules: readonly TokenRule[] = [
  {
    id: 'token-grant-type',
    title: 'The grant type is client_credentials',
    claim: 'grant_type',
    spec: 'RFC 6749 section 4.4.2',
    error: 'unsupported_grant_type',
    needs: ['token-parameters'],
    check: ({ request: { parameters } }) =>
      expectThat(
        parameters.get('grant_type') === 'client_credentials',
        'grant_type "client_credentials"',
        parameters.get('grant_type'),
      ),
  },
  {
    id: 'token-grant-registered',
    title: 'The client registered the grant type',
    claim: 'grant_type',
    spec: 'RFC 7591 section 2, grant_types',
    error: 'unauthorized_client',
    needs: ['client-known', 'token-grant-type'],
    check: (evidence) => {
      const { grantTypes } = knownClient(evidence);
      return expectThat(
        grantTypes.includes('client_credentials'),
        'grant_types of the registration: with client_credentials',
        grantTypes,
      );
    },
  },
  {
    id: 'token-scope',
    title: 'The scope lies within the registration',
    claim: 'scope',
    spec: 'RFC 6749 section 3.3; {dcr}, Authentication: a scope need not be specified',
    error: 'invalid_scope',
    needs: ['client-known'],
    check: (evidence) => {
      const { scopes } = knownClient(evidence);
      const asked = evidence.request.parameters.get('scope');
      if (asked === undefined) return skipped('scope is absent, so all of the registration is meant');
      const surplus = asked.split(' ').filter((scope) => !scopes.includes(scope));
      return expectThat(surplus.length === 0, `scope within ${scopes.join(' ')}`, surplus.join(' '));
    },
  },
];

/** The scope of the token: what was asked for, or all of the registration. */
export function grantedScope({ request }: TokenEvidence, client: OAuthClient): string {
  return request.parameters.get('scope') ?? client.scopes.join(' ');
}
