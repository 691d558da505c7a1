import { accessTokenRules } from '../../oauth/access-token.js';
import { clientCertificateRules } from '../../oauth/client-certificate-rules.js';
import type { Operation } from '../profile.js';
import { certificateHolderRules, certificateKindRule, psd2CertificateRules } from './client-certificate.js';
import {
  managerCertificateRule,
  operationRule,
  OWN_CLIENT,
  ownClientRules,
  replacementRules,
  singleRegistrationRule,
} from './management.js';
import { metadataRules } from './metadata.js';
import type { RegistrationRule } from './registration-rule.js';
import { requestClaimRules } from './request-claims.js';
import { jwsSignatureRule, mediaTypeRule, requestSignatureRule, requestTokenRules } from './request-token.js';
import { ssaClaimRules } from './ssa-claims.js';
import { ssaTrustRules } from './ssa.js';

const callerRules: readonly RegistrationRule[] = [
  ...clientCertificateRules,
  certificateKindRule,
  ...psd2CertificateRules,
];

/** What can be said of a registration request without its sender. */
const contentRules: readonly RegistrationRule[] = [
  ...requestTokenRules,
  ...ssaTrustRules,
  ...ssaClaimRules,
  requestSignatureRule,
];

/** Who may manage a registration: the client itself, with its token and certificate. */
const managementRules: readonly RegistrationRule[] = [
  operationRule,
  ...callerRules,
  ...accessTokenRules,
  ...ownClientRules,
];

/** Nobody but its owner uses up what can be used but once: who stole a request must not spoil it. */
function usedUpAfter(needed: string): (rule: RegistrationRule) => RegistrationRule {
  return (rule) => (rule.id === 'request-not-replayed' ? { ...rule, needs: [...rule.needs, needed] } : rule);
}

/** Every check of an operation in the order in which they run; the first that fails decides the answer. */
export const registrationRules: Readonly<Record<Operation, readonly RegistrationRule[]>> = {
  POST: [
    operationRule,
    mediaTypeRule,
    ...callerRules,
    ...contentRules,
    ...certificateHolderRules,
    ...requestClaimRules.map(usedUpAfter('client-certificate-organisation')),
    ...metadataRules,
    singleRegistrationRule,
  ],
  GET: [...managementRules, managerCertificateRule],
  PUT: [
    ...managementRules,
    mediaTypeRule,
    ...contentRules,
    jwsSignatureRule,
    ...certificateHolderRules,
    ...requestClaimRules.map(usedUpAfter(OWN_CLIENT)),
    ...replacementRules,
    ...metadataRules,
  ],
  DELETE: [...managementRules, managerCertificateRule],
};

/** The checks that need no sender: what can be said of a registration request that somebody pasted. */
export const requestInspectionRules: readonly RegistrationRule[] = [
  ...contentRules,
  ...requestClaimRules,
  ...metadataRules,
];

/** What can be said of an SSA alone. */
export const ssaInspectionRules: readonly RegistrationRule[] = [
  ...requestTokenRules.filter(({ id }) => id === 'request-jws'),
  ...ssaTrustRules,
  ...ssaClaimRules,
];
