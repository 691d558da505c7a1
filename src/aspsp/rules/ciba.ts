import { quote } from '../../domain/errors.js';
import { expectThat, failed, passed, skipped, type Finding } from '../../domain/rules.js';
import { CIBA_GRANT_TYPE, dictionaries, fieldLengths } from '../dcr-version.js';
import { textsOf, type Evidence } from '../evidence.js';
import { checkOneOf, metadataRule } from './metadata-rule.js';
import type { RegistrationRule } from './registration-rule.js';

const cibaClaims = {
  mode: 'backchannel_token_delivery_mode',
  endpoint: 'backchannel_client_notification_endpoint',
  algorithm: 'backchannel_authentication_request_signing_alg',
  userCode: 'backchannel_user_code_parameter_supported',
} as const;

/** A rule about a CIBA claim, which versions before 3.3 do not know and therefore ignore. */
function cibaRule(
  claim: string,
  title: string,
  check: (evidence: Evidence, value: unknown) => Finding,
  needs: readonly string[] = [],
): RegistrationRule {
  return metadataRule(
    claim.replaceAll('_', '-'),
    claim,
    title,
    (evidence) => {
      const { dcrVersion } = evidence.profile;
      return dictionaries[dcrVersion].grantTypes.includes(CIBA_GRANT_TYPE)
        ? check(evidence, evidence.metadata[claim])
        : skipped(`DCR ${dcrVersion} does not know the claim`);
    },
    needs,
  );
}

/** @see DCR 3.3, OBClientRegistrationRequest1; CIBA Core 1.0 section 4; FAPI-CIBA section 5.2.2 */
export const cibaRules: readonly RegistrationRule[] = [
  cibaRule(
    cibaClaims.mode,
    'backchannel_token_delivery_mode is poll or ping, and given for CIBA alone',
    (evidence, mode) =>
      checkCibaClaim(evidence, cibaClaims.mode, mode, () =>
        checkOneOf(cibaClaims.mode, mode, ['poll', 'ping']),
      ),
  ),
  cibaRule(
    cibaClaims.endpoint,
    'backchannel_client_notification_endpoint is an https URL, and given for CIBA with ping alone',
    checkNotificationEndpoint,
    ['backchannel-token-delivery-mode'],
  ),
  cibaRule(
    cibaClaims.algorithm,
    'backchannel_authentication_request_signing_alg is an algorithm that FAPI-CIBA allows, and given for CIBA alone',
    (evidence, algorithm) =>
      checkCibaClaim(evidence, cibaClaims.algorithm, algorithm, () =>
        checkOneOf(cibaClaims.algorithm, algorithm, evidence.profile.metadata.signingAlgorithms),
      ),
  ),
  cibaRule(
    cibaClaims.userCode,
    'backchannel_user_code_parameter_supported, where given, is false, and given for CIBA alone',
    (evidence, supported) => {
      if (supported === undefined) return skipped('the claim is absent, and optional');
      return expectThat(
        asksForCiba(evidence) && supported === false,
        `${cibaClaims.userCode}: false, and only with the CIBA grant type`,
        supported,
      );
    },
  ),
];

function asksForCiba({ metadata }: Evidence): boolean {
  return (textsOf(metadata['grant_types']) ?? []).includes(CIBA_GRANT_TYPE);
}

/** A claim that must be there if, and only if, CIBA is among the grant types. */
function checkCibaClaim(evidence: Evidence, claim: string, value: unknown, check: () => Finding): Finding {
  if (asksForCiba(evidence)) return check();
  return value === undefined
    ? skipped('CIBA is not among the grant types')
    : failed(`no ${claim} without the CIBA grant type`, quote(value));
}

function checkNotificationEndpoint(evidence: Evidence, value: unknown): Finding {
  const claim = cibaClaims.endpoint;
  if (evidence.metadata[cibaClaims.mode] !== 'ping') {
    return value === undefined
      ? skipped('the delivery mode is not ping')
      : failed(`no ${claim} unless the delivery mode is ping`, quote(value));
  }
  const good =
    typeof value === 'string' &&
    value.length <= fieldLengths.notificationEndpoint &&
    URL.canParse(value) &&
    new URL(value).protocol === 'https:';
  if (good) return passed;
  return failed(
    `${claim}: an https URL of at most ${fieldLengths.notificationEndpoint} characters`,
    quote(value),
  );
}
