import { certificateHolderRules, clientCertificateRules } from './client-certificate.js';
import { metadataRules } from './metadata.js';
import { requestClaimRules } from './request-claims.js';
import { mediaTypeRule, requestSignatureRule, requestTokenRules } from './request-token.js';
import type { Rule } from './rule.js';
import { ssaClaimRules, ssaTrustRules } from './ssa.js';

/** Every check of a registration in the order in which they run; the first that fails decides the answer. */
export const registrationRules: readonly Rule[] = [
  mediaTypeRule,
  ...clientCertificateRules,
  ...requestTokenRules,
  ...ssaTrustRules,
  ...ssaClaimRules,
  requestSignatureRule,
  ...certificateHolderRules,
  ...requestClaimRules,
  ...metadataRules,
];

/** The checks that need no sender: what can be said of a registration request that somebody pasted. */
export const requestInspectionRules: readonly Rule[] = registrationRules.filter(
  (rule) =>
    rule !== mediaTypeRule &&
    !clientCertificateRules.includes(rule) &&
    !certificateHolderRules.includes(rule),
);

/** What can be said of an SSA alone. */
export const ssaInspectionRules: readonly Rule[] = [
  ...requestTokenRules.filter(({ id }) => id === 'request-jws'),
  ...ssaTrustRules,
  ...ssaClaimRules,
];
