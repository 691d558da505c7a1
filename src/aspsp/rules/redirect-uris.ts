import { quote } from '../../domain/errors.js';
import { expectThat, failed, skipped } from '../../domain/rules.js';
import { fieldLengths } from '../dcr-version.js';
import { textsOf, type Evidence } from '../evidence.js';
import { dictionary, type RegistrationRule } from './registration-rule.js';

function redirectRule(
  id: string,
  title: string,
  needs: readonly string[],
  check: RegistrationRule['check'],
): RegistrationRule {
  return {
    id,
    title,
    claim: 'redirect_uris',
    spec: dictionary('redirect_uris'),
    error: 'invalid_redirect_uri',
    needs: ['request-jws', ...needs],
    check,
  };
}

/** The redirect URIs that are asked for: the SSA's when the request has none. */
export function requestedRedirectUris(evidence: Evidence): string[] {
  const { redirect_uris: requested } = evidence.requestClaims;
  return requested === undefined ? evidence.ssaList('software_redirect_uris') : (textsOf(requested) ?? []);
}

/** Whether a URI may be registered by its scheme, its length and its form. */
export function isRedirectUri(uri: string): boolean {
  return (
    uri.length <= fieldLengths.redirectUri &&
    /^https:\/\//i.test(uri) &&
    URL.canParse(uri) &&
    !uri.includes('#')
  );
}

/** Redirect URIs are never replaced, by no bank. */
export const redirectUriRules: readonly RegistrationRule[] = [
  redirectRule(
    'redirect-uris-present',
    'redirect_uris, or those of the SSA, name at least one URI',
    ['ssa-claims'],
    (evidence) => {
      const { redirect_uris: requested } = evidence.requestClaims;
      if (requested !== undefined && textsOf(requested) === undefined) {
        return failed('redirect_uris: a list of URIs', quote(requested));
      }
      return expectThat(
        requestedRedirectUris(evidence).length > 0,
        'redirect_uris, or software_redirect_uris of the SSA: at least one URI',
        requested,
      );
    },
  ),
  redirectRule(
    'redirect-uris-https',
    `Every redirect URI is an https URI of at most ${fieldLengths.redirectUri} characters without a fragment`,
    ['redirect-uris-present'],
    (evidence) => {
      const wrong = requestedRedirectUris(evidence).find((uri) => !isRedirectUri(uri));
      return expectThat(
        wrong === undefined,
        `redirect_uris: https URIs of at most ${fieldLengths.redirectUri} characters without a fragment`,
        wrong,
      );
    },
  ),
  redirectRule(
    'redirect-uris-not-localhost',
    'No redirect URI has the host localhost',
    ['redirect-uris-https'],
    (evidence) => {
      const local = requestedRedirectUris(evidence).find((uri) =>
        /^localhost\.?$/.test(new URL(uri).hostname),
      );
      return expectThat(local === undefined, 'redirect_uris: hosts other than localhost', local);
    },
  ),
  redirectRule(
    'redirect-uris-in-ssa',
    "The redirect URIs are a subset of the SSA's",
    ['redirect-uris-present'],
    (evidence) => {
      if (evidence.requestClaims['redirect_uris'] === undefined) {
        return skipped("redirect_uris is absent, so all of the SSA's are meant");
      }
      const known = evidence.ssaList('software_redirect_uris');
      // Character by character: look-alikes are other URIs. RFC 6749 section 3.1.2.3
      const surplus = requestedRedirectUris(evidence).filter((uri) => !known.includes(uri));
      return expectThat(surplus.length === 0, `redirect_uris: some of ${quote(known)}`, surplus[0]);
    },
  ),
];
